package magic

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"reflect"
	"slices"
	"strings"

	"adkernel/kernel/eval"
)

// expand replaces {x} by the value of an expression that names something of
// the session, as {n+1} and {d.Model} do; {{x}} stands for {x} itself. All
// other braces are the shell's, those of ${x} among them.
func (c *call) expand(text string) (string, error) {
	var out strings.Builder
	for i := 0; i < len(text); {
		end := braced(text[i:])
		switch {
		case strings.HasPrefix(text[i:], "${"):
			end = max(braced(text[i+1:])+1, 2)
			out.WriteString(text[i : i+end])
		case end == 0:
			end = 1
			out.WriteByte(text[i])
		case strings.HasPrefix(text[i:], "{{") && strings.HasSuffix(text[:i+end], "}}") && c.names(text[i+2:i+end-2]):
			out.WriteString(text[i+1 : i+end-1])
		case c.names(text[i+1 : i+end-1]):
			value, ok, err := c.value(text[i+1 : i+end-1])
			if err != nil {
				return "", err
			}
			if !ok {
				value = text[i : i+end]
			}
			out.WriteString(value)
		default:
			end = 1
			out.WriteByte(text[i])
		}
		i += end
	}
	return out.String(), nil
}

// braced is the length of what stands in braces at the start of text, with
// them; 0 where nothing does.
func braced(text string) int {
	if !strings.HasPrefix(text, "{") {
		return 0
	}
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"', '`':
			if end := strings.IndexByte(text[i+1:], text[i]); end >= 0 {
				i += end + 1
			}
		}
	}
	return 0
}

// names says whether text is an expression that names something of the
// session. Blanks at its ends are the shell's: { x } is a command there.
func (c *call) names(text string) bool {
	if text == "" || strings.TrimSpace(text) != text {
		return false
	}
	x, err := parser.ParseExpr(text)
	if err != nil {
		return false
	}
	if _, isFunc := x.(*ast.FuncLit); isFunc {
		return false
	}
	found := false
	ast.Inspect(x, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			n = sel.X
		}
		if id, ok := n.(*ast.Ident); ok && !found {
			found = slices.ContainsFunc(c.e.inner.Names(), func(l eval.Name) bool { return l.Name == id.Name })
		}
		return !found
	})
	return found
}

// value is that of an expression, as text; ok is false where it has none. An
// expression may run code of cells: what that panics with is the error.
func (c *call) value(text string) (value string, ok bool, err error) {
	source := text
	if i := strings.Index(c.cell.Source[c.part.restAt:], "{"+text+"}"); i >= 0 { // its place, for errors
		i += c.part.restAt + 1
		source = keep(c.cell.Source, i, i+len(text))
	}
	result, err := c.e.inner.Evaluate(c.ctx, eval.Cell{N: c.cell.N, Source: source})
	var failed *eval.Error
	if errors.As(err, &failed) {
		switch failed.Kind {
		case eval.Syntax, eval.Check, eval.Refused:
			return "", false, nil
		}
	}
	if err != nil {
		return "", false, err
	}
	if len(result.Values) != 1 || reflect.ValueOf(result.Values[0]).Kind() == reflect.Func {
		return "", false, nil
	}
	c.uses = union(c.uses, result.Uses)
	return fmt.Sprint(result.Values[0]), true, nil
}
