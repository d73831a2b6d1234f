package cell

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// members adds what may stand after "x.".
func (c *candidates) members(x ast.Expr) {
	if id, ok := x.(*ast.Ident); ok {
		if pn, ok := c.d.info.Uses[id].(*types.PkgName); ok {
			c.packageMembers(id.Name, pn)
			return
		}
	}
	tv := c.d.info.Types[x]
	t := tv.Type
	if t == nil || t == types.Typ[types.Invalid] || tv.IsVoid() {
		return
	}
	if tv.IsType() { // a method expression
		for sel := range types.NewMethodSet(t).Methods() {
			c.add(sel.Obj(), local)
		}
		return
	}
	receiver := t
	if _, ok := t.(*types.Pointer); !ok && tv.Addressable() && !types.IsInterface(t) {
		receiver = types.NewPointer(t)
	}
	for sel := range types.NewMethodSet(receiver).Methods() {
		c.add(sel.Obj(), local)
	}
	c.structFields(t, map[types.Type]bool{})
}

// structFields adds the fields of a struct and of what it embeds.
func (c *candidates) structFields(t types.Type, seen map[types.Type]bool) {
	st := structOf(t)
	if st == nil || seen[st] {
		return
	}
	seen[st] = true
	for f := range st.Fields() {
		c.add(f, local)
	}
	for f := range st.Fields() {
		if f.Embedded() {
			c.structFields(f.Type(), seen)
		}
	}
}

// packageMembers adds the names of a package. Where the cell leaves the import
// out, they are those of each package of that name which has everything that
// the cell takes from it.
func (c *candidates) packageMembers(name string, pn *types.PkgName) {
	names := func(p *types.Package, add string) {
		for _, member := range p.Scope().Names() {
			o := p.Scope().Lookup(member)
			if !o.Exported() || !c.matches(member) {
				continue
			}
			item := candidate{Item: c.item(o, member), fit: c.fit(o)}
			item.Import = add
			c.put(item)
		}
	}
	if l := c.s.live[name]; l != nil || pn.Pos().IsValid() {
		names(pn.Imported(), "")
		return
	}
	taken := slices.DeleteFunc(selections(c.d.file)[name], func(m string) bool { return strings.Contains(m, mark) || m == "_" })
	for _, path := range c.s.imp.named(name) {
		p, err := c.s.imp.Import(path)
		if err != nil || p.Name() != name {
			continue
		}
		if !slices.ContainsFunc(taken, func(m string) bool { return p.Scope().Lookup(m) == nil }) {
			names(p, path)
		}
	}
}
