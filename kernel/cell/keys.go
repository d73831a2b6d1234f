package cell

import (
	"go/ast"
	"go/types"
	"slices"
	"strconv"

	"adkernel/kernel/eval"
)

// A Place is a live variable, or what lies in one and can be found by reading
// memory: nothing is evaluated.
type Place struct {
	Var  *types.Var
	Path []Step
}

// A Step leads from a struct, or from a pointer to one, to a field, or from a
// map to the value of a string.
type Step struct {
	Field int
	Key   *string // of a map; nil: a field
}

// MaxKeys is how many keys of a map are proposed.
const MaxKeys = 500

// keys are those of the map that is indexed, or from which a key is deleted, at
// the end of the path, and that begin with prefix. The map's keys are strings.
func (d *draft) keys(prefix string) []string {
	if d.s.keys == nil || len(d.path) < 2 {
		return nil
	}
	here, _ := d.path[len(d.path)-1].(ast.Expr)
	var of ast.Expr
	switch p := d.path[len(d.path)-2].(type) {
	case *ast.IndexExpr:
		if p.Index == here {
			of = p.X
		}
	case *ast.CallExpr:
		id, ok := ast.Unparen(p.Fun).(*ast.Ident)
		if ok && id.Name == "delete" && d.info.Types[p.Fun].IsBuiltin() && len(p.Args) > 1 && p.Args[1] == here {
			of = p.Args[0]
		}
	}
	if of == nil || !hasTextKeys(d.typeOf(of)) {
		return nil
	}
	place, ok := d.place(of)
	if !ok {
		return nil
	}
	out := d.s.keys(place, prefix)
	slices.Sort(out)
	return out[:min(len(out), MaxKeys)]
}

// hasTextKeys says whether a type is a map whose keys are strings.
func hasTextKeys(t types.Type) bool {
	if t == nil {
		return false
	}
	m, ok := t.Underlying().(*types.Map)
	if !ok {
		return false
	}
	b, ok := m.Key().Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

// place is where the value of an expression lies, if that is known without
// evaluating it.
func (d *draft) place(x ast.Expr) (Place, bool) {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		v, ok := d.info.Uses[x].(*types.Var)
		if l := d.s.live[x.Name]; !ok || l == nil || l.object != types.Object(v) {
			return Place{}, false
		}
		return Place{Var: v}, true
	case *ast.StarExpr:
		return d.place(x.X)
	case *ast.SelectorExpr:
		s := d.info.Selections[x]
		if s == nil || s.Kind() != types.FieldVal {
			return Place{}, false
		}
		p, ok := d.place(x.X)
		for _, i := range s.Index() {
			p.Path = append(p.Path, Step{Field: i})
		}
		return p, ok
	case *ast.IndexExpr:
		key := d.term(x.Index, 0).Text
		if key == nil || !hasTextKeys(d.typeOf(x.X)) {
			return Place{}, false
		}
		p, ok := d.place(x.X)
		p.Path = append(p.Path, Step{Key: key})
		return p, ok
	}
	return Place{}, false
}

// keys adds the keys of a map that is indexed, quoted. They are proposed where
// nothing of one is typed: what is typed outside of quotes begins a name.
func (c *candidates) keys() {
	if c.prefix != "" {
		return
	}
	for i, key := range c.d.keys("") {
		text := strconv.Quote(key)
		if c.matches(text) {
			c.put(candidate{Item: eval.Item{Text: text, Kind: "key"}, fit: field, order: i})
		}
	}
}

// keyItems are keys as a string may hold them.
func keyItems(keys []string) []eval.Item {
	out := make([]eval.Item, len(keys))
	for i, key := range keys {
		out[i] = eval.Item{Text: key, Kind: "key"}
	}
	return out
}
