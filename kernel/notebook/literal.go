package notebook

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// literal is a value for the parameter, as Go. Beside Go's own expressions it
// takes text for a string, Python's True and False for a bool, 1m30s for a
// time.Duration, and JSON for a slice or a map: what a shell or a workflow
// hands on.
func (p parameter) literal(value string) (string, error) {
	switch {
	case p.isString():
		return strconv.Quote(value), nil
	case p.isBool() && (value == "True" || value == "False"):
		return strings.ToLower(value), nil
	}
	if _, err := parser.ParseExpr(value); err == nil {
		return value, nil
	}
	if d, err := time.ParseDuration(value); err == nil && p.isDuration() {
		return durationText(d), nil
	}
	if t := p.composite(); t != nil {
		if text, ok := fromJSON(value); ok {
			return types.ExprString(t) + text, nil
		}
	}
	return "", fmt.Errorf("%q is no Go expression%s", value, p.example())
}

func (p parameter) isString() bool {
	lit, ok := p.value.(*ast.BasicLit)
	return ok && lit.Kind == token.STRING || isName(p.typ, "string")
}

func (p parameter) isBool() bool {
	return isName(p.value, "true") || isName(p.value, "false") || isName(p.typ, "bool")
}

func isName(x ast.Expr, name string) bool {
	id, ok := x.(*ast.Ident)
	return ok && id.Name == name
}

// isDuration goes by how durations are written: as multiples of what package
// time names.
func (p parameter) isDuration() bool {
	found := false
	for _, x := range []ast.Expr{p.typ, p.value} {
		if x == nil {
			continue
		}
		ast.Inspect(x, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			found = found || ok && isName(s.X, "time") && slices.Contains(
				[]string{"Duration", "Nanosecond", "Microsecond", "Millisecond", "Second", "Minute", "Hour"}, s.Sel.Name)
			return true
		})
	}
	return found
}

func durationText(d time.Duration) string {
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"Hour", time.Hour}, {"Minute", time.Minute}, {"Second", time.Second}, {"Millisecond", time.Millisecond}, {"Microsecond", time.Microsecond}} {
		if d%unit.size == 0 {
			return fmt.Sprintf("%d * time.%s", d/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%d * time.Nanosecond", d)
}

// composite is the type of a slice, an array or a map; nil for others.
func (p parameter) composite() ast.Expr {
	t := p.typ
	if lit, ok := p.value.(*ast.CompositeLit); ok && t == nil {
		t = lit.Type
	}
	switch t.(type) {
	case *ast.ArrayType, *ast.MapType:
		return t
	}
	return nil
}

// fromJSON is the braces of a composite literal for an array or an object.
func fromJSON(text string) (string, bool) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return "", false
	}
	if _, err := decoder.Token(); err != io.EOF {
		return "", false
	}
	switch v.(type) {
	case []any, map[string]any:
		return jsonAsGo(v), true
	}
	return "", false
}

func jsonAsGo(v any) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case string:
		return strconv.Quote(v)
	case []any:
		all := make([]string, len(v))
		for i, x := range v {
			all[i] = jsonAsGo(x)
		}
		return "{" + strings.Join(all, ", ") + "}"
	case map[string]any:
		var all []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			all = append(all, strconv.Quote(key)+": "+jsonAsGo(v[key]))
		}
		return "{" + strings.Join(all, ", ") + "}"
	default: // a number or a boolean
		return fmt.Sprint(v)
	}
}

// example says how a value is written.
func (p parameter) example() string {
	switch {
	case p.isDuration():
		return ", and no duration such as 1m30s"
	case p.composite() != nil:
		return fmt.Sprintf(" such as %s{...}, and no JSON", types.ExprString(p.composite()))
	case p.value != nil:
		return " such as its default, " + types.ExprString(p.value)
	}
	return ""
}
