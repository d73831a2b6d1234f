package cell

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"adkernel/kernel/eval"
)

// A candidate is an item and its place among the others: smaller is better.
type candidate struct {
	eval.Item
	fit, distance, order int
}

// How well a candidate fits what is expected.
const (
	field   = iota - 1 // of the literal, or a key of the map
	exact              // a constant of the type itself
	fitting            // a value of the type
	making             // a function or type that makes one
	other
)

// Where a candidate is from.
const (
	local = iota // the cell
	alive        // earlier cells
	vocabulary
	predeclared
	keyword
	importable
)

// candidates gathers what matches the prefix.
type candidates struct {
	s      *Session
	d      *draft
	prefix string
	colon  bool
	want   types.Type
	seen   map[string]bool
	items  []candidate

	fittingOnly bool // leave out what does not fit
}

func (c *candidates) sorted() []eval.Item {
	order := make([]*candidate, len(c.items))
	for i := range c.items {
		order[i] = &c.items[i]
	}
	slices.SortFunc(order, func(a, b *candidate) int {
		return cmp.Or(a.fit-b.fit, a.distance-b.distance, a.order-b.order, strings.Compare(a.Text, b.Text))
	})
	out := make([]eval.Item, len(order))
	for i, item := range order {
		out[i] = item.Item
	}
	return out
}

// matches says whether a name is one to propose, and has not been.
func (c *candidates) matches(name string) bool {
	return strings.HasPrefix(name, c.prefix) && name != "_" && !c.seen[name] && !strings.Contains(name, mark)
}

func (c *candidates) add(o types.Object, distance int) {
	if o == nil || !c.matches(o.Name()) || o.Name() == "_" || o.Name() == "init" && distance == local {
		return
	}
	if o.Pkg() != nil && o.Pkg().Path() != cellPath && !o.Exported() {
		return
	}
	fit := c.fit(o)
	if c.fittingOnly && fit == other {
		return
	}
	c.put(candidate{Item: c.item(o, o.Name()), fit: fit, distance: distance})
}

func (c *candidates) item(o types.Object, text string) eval.Item {
	item := eval.Item{Text: text, Kind: kindName(o)}
	if _, isType := o.(*types.TypeName); !isType {
		item.Type = c.typeText(o)
	}
	return item
}

// typeText is Session.typeText, remembered for what stays.
func (c *candidates) typeText(o types.Object) string {
	if l := c.s.live[o.Name()]; l != nil && l.object == o {
		return c.s.liveText(l)
	}
	if o.Pkg() == nil || o.Pkg() != c.s.dot {
		return c.s.typeText(o)
	}
	text, ok := c.s.texts[o]
	if !ok {
		text = c.s.typeText(o)
		c.s.texts[o] = text
	}
	return text
}

func (c *candidates) put(item candidate) {
	c.seen[item.Text] = true
	c.items = append(c.items, item)
}

func (c *candidates) word(text, kind string, distance int) {
	if c.matches(text) {
		c.put(candidate{Item: eval.Item{Text: text, Kind: kind}, fit: other, distance: distance})
	}
}

// collect adds what may stand where the draft's path ends.
func (c *candidates) collect() {
	if len(c.d.path) < 2 {
		return
	}
	at := c.d.site()
	c.want = at.want
	if c.want != nil {
		if i, ok := c.want.Underlying().(*types.Interface); ok && i.Empty() {
			c.want = nil // everything fits
		}
	}
	switch at.kind {
	case invention:
	case label:
		for _, n := range c.d.path {
			if l, ok := n.(*ast.LabeledStmt); ok {
				c.word(l.Label.Name, "label", local)
			}
		}
	case member:
		c.members(at.of)
	case typeName:
		c.scope(true)
		for _, word := range []string{"chan", "func", "interface", "map", "struct"} {
			c.word(word, "keyword", keyword)
		}
		if _, ok := at.parent.(*ast.TypeAssertExpr); ok {
			c.word("type", "keyword", keyword)
		}
		c.packages()
	case key:
		c.fields(at)
		if c.want != nil {
			c.fittingOnly = true
			c.scope(false)
		}
	default:
		c.keys()
		c.constants()
		c.scope(false)
		if c.prefix == "" {
			return
		}
		if _, ok := at.parent.(*ast.ExprStmt); ok {
			for t := token.BREAK; t <= token.VAR; t++ {
				c.word(t.String(), "keyword", keyword)
			}
		} else {
			for _, word := range []string{"chan", "func", "interface", "map", "range", "struct"} {
				c.word(word, "keyword", keyword)
			}
		}
		c.packages()
	}
}

// fields adds the fields that a literal does not give yet.
func (c *candidates) fields(at site) {
	given := map[string]bool{}
	for _, e := range at.lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok {
				given[id.Name] = true
			}
		}
	}
	i := 0
	for f := range at.fields.Fields() {
		i++
		if given[f.Name()] || !c.matches(f.Name()) || f.Pkg() != nil && f.Pkg().Path() != cellPath && !f.Exported() {
			continue
		}
		text := f.Name() + ": "
		if c.colon {
			text = f.Name()
		}
		c.seen[f.Name()] = true
		c.put(candidate{Item: c.item(f, text), fit: field, order: i})
	}
}

// scope adds every name that is visible at the cursor, or those of types and
// packages.
func (c *candidates) scope(typesOnly bool) {
	add := func(o types.Object, distance int) {
		if typesOnly {
			switch o.(type) {
			case *types.TypeName, *types.PkgName:
			default:
				return
			}
		}
		c.add(o, distance)
	}
	pos := c.d.path[len(c.d.path)-1].Pos()
	pkg := c.d.pkg.Scope()
	f, _ := c.d.path[1].(*ast.FuncDecl)
	inBody := f != nil && f.Name.Name == bodyName
	for sc := pkg.Innermost(pos); sc != nil && sc != types.Universe; sc = sc.Parent() {
		for _, name := range sc.Names() {
			o := sc.Lookup(name)
			distance := local
			if c.inserted(o) {
				if sc == pkg { // of an earlier cell
					continue
				}
				distance = alive // of a package whose names the cell imports
			}
			if sc != pkg {
				if _, now := sc.LookupParent(name, pos); now != o { // of a later statement
					continue
				}
			} else if _, isVar := o.(*types.Var); isVar && inBody { // in the body's scope, too
				continue
			}
			add(o, distance)
		}
	}
	for name, l := range c.s.live {
		if c.s.dotImported(name, l) == nil {
			add(l.object, alive)
		}
	}
	for _, d := range slices.Backward(c.s.dots) {
		for _, o := range c.s.exported(d.path) {
			add(o, alive)
		}
	}
	for _, o := range c.s.everywhere {
		if o.Pkg() == nil {
			add(o, predeclared)
		} else {
			add(o, vocabulary)
		}
	}
}

// inserted says whether an object of the draft's scope is not the cell's own.
func (c *candidates) inserted(o types.Object) bool {
	if pn, ok := o.(*types.PkgName); ok {
		return !pn.Pos().IsValid()
	}
	return o.Pkg() != c.d.pkg
}

// packages adds the packages that could be imported.
func (c *candidates) packages() {
	if c.prefix == "" {
		return
	}
	best := map[string]string{}
	for _, path := range c.s.imp.paths() {
		name := PackageName(path)
		if old, ok := best[name]; c.matches(name) && (!ok || likelier(path, old) < 0) {
			best[name] = path
		}
	}
	for name, best := range best {
		c.put(candidate{Item: eval.Item{Text: name, Kind: "package", Type: best, Import: best}, fit: other, distance: importable})
	}
}
