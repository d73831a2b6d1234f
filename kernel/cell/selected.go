package cell

import (
	"go/token"
	"go/types"
	"slices"
)

// selected is what the name at byte start means that is selected from a name of
// an earlier cell or from a package, as in strings.Fields or run.Task.Name, and
// for a field the type that has it. It is nil where the cell's own declarations
// might have a say in it, or what is around it.
//
// Nothing of the cell is checked for it, so that nothing in a half-typed cell
// can hide what such a name means.
func (s *Session) selected(source string, start int) (o types.Object, owner types.Type) {
	_, toks, _ := scan(source)
	last := slices.IndexFunc(toks, func(t lexeme) bool { return t.start == start && t.tok == token.IDENT })
	root := last
	for root >= 2 && toks[root-1].tok == token.PERIOD && toks[root-2].tok == token.IDENT {
		root -= 2
	}
	if root == last || root > 0 && toks[root-1].tok == token.PERIOD {
		return nil, nil
	}
	members, ok := onlySelected(toks, toks[root].lit)
	if !ok {
		return nil, nil
	}
	o = s.fromOutside(toks[root].lit, members)
	for i := root + 2; i <= last && o != nil; i += 2 {
		o, owner = s.memberOf(o, toks[i].lit)
	}
	return o, owner
}

// onlySelected lists what a cell selects from a name. It is not ok where the
// cell does anything else with the name, which may be to declare it, and where
// it imports something.
func onlySelected(toks []lexeme, name string) (members []string, ok bool) {
	for i, t := range toks {
		switch {
		case t.tok == token.IMPORT:
			return nil, false
		case t.tok != token.IDENT || t.lit != name || i > 0 && toks[i-1].tok == token.PERIOD:
		case i+2 < len(toks) && toks[i+1].tok == token.PERIOD && toks[i+2].tok == token.IDENT:
			members = append(members, toks[i+2].lit)
		default:
			return nil, false
		}
	}
	return members, true
}

// fromOutside is what a name means in a cell that does not declare it, or nil.
func (s *Session) fromOutside(name string, members []string) types.Object {
	if o := s.visible(name, s.vars); o != nil {
		return o
	}
	p, err := s.imp.Import(s.packageNamed(name, members))
	if err != nil {
		return nil
	}
	return types.NewPkgName(token.NoPos, s.vars, name, p)
}

// memberOf is the member called name of a package, of a type or of a variable's
// type, or nil, and for a field the type that declares it.
func (s *Session) memberOf(o types.Object, name string) (types.Object, types.Type) {
	var in types.Type
	switch o := o.(type) {
	case *types.PkgName:
		if !token.IsExported(name) {
			return nil, nil
		}
		return o.Imported().Scope().Lookup(name), nil
	case *types.Var, *types.TypeName:
		in = o.Type()
	default:
		return nil, nil
	}
	member, index, _ := types.LookupFieldOrMethod(in, true, s.vars, name)
	if v, ok := member.(*types.Var); ok {
		return member, declaring(in, index, v)
	}
	return member, nil
}
