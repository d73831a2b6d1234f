package cell

import (
	"go/types"

	"adkernel/kernel/eval"
)

// fit says how well an object serves where c.want is expected.
func (c *candidates) fit(o types.Object) int {
	if c.want == nil {
		return other
	}
	switch o := o.(type) {
	case *types.Const:
		named := types.Unalias(c.want) != c.want.Underlying()
		switch {
		case o.Parent() == types.Universe && o.Name() == "iota" || !types.AssignableTo(o.Type(), c.want):
			return other
		case !named:
			return fitting
		case types.Identical(o.Type(), c.want):
			return exact
		}
		return making // an untyped constant is seldom meant
	case *types.Var:
		if types.AssignableTo(o.Type(), c.want) {
			return fitting
		}
	case *types.Func:
		if types.AssignableTo(o.Type(), c.want) {
			return fitting
		}
		if r := o.Signature().Results(); r.Len() == 1 && o.Signature().TypeParams() == nil && types.AssignableTo(r.At(0).Type(), c.want) {
			return making
		}
	case *types.TypeName:
		if c.makes(o.Type()) {
			return making
		}
	case *types.Nil:
		switch c.want.Underlying().(type) {
		case *types.Pointer, *types.Slice, *types.Map, *types.Chan, *types.Signature, *types.Interface:
			return making
		}
	}
	return other
}

// makes says whether a literal of type t would fit.
func (c *candidates) makes(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.TypeParams().Len() > 0 {
		return false
	}
	switch t.Underlying().(type) {
	case *types.Interface, *types.Signature, *types.Pointer, *types.Chan:
		return false
	}
	return types.AssignableTo(t, c.want)
}

// constants adds those of the expected type that are another package's.
func (c *candidates) constants() {
	if c.want == nil {
		return
	}
	named, ok := types.Unalias(c.want).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return
	}
	pkg := named.Obj().Pkg()
	if pkg.Path() == cellPath || pkg == c.s.dot {
		return
	}
	if _, basic := named.Underlying().(*types.Basic); !basic {
		return
	}
	qualifier, add, ok := c.qualifier(pkg)
	if !ok {
		return
	}
	for _, name := range pkg.Scope().Names() {
		o, ok := pkg.Scope().Lookup(name).(*types.Const)
		if !ok || !o.Exported() || !types.Identical(o.Type(), named) || !c.matches(qualifier+"."+name) {
			continue
		}
		item := eval.Item{Text: qualifier + "." + name, Kind: "const", Type: c.s.typeText(o), Import: add}
		c.put(candidate{Item: item, fit: exact})
	}
}

// qualifier is what stands before the dot for a package, and the import path
// that has to be added for it; ok is false when the name means something else.
func (c *candidates) qualifier(pkg *types.Package) (name, add string, ok bool) {
	for sc := c.d.pkg.Scope().Innermost(c.d.path[len(c.d.path)-1].Pos()); sc != nil; sc = sc.Parent() {
		for _, name := range sc.Names() {
			if pn, ok := sc.Lookup(name).(*types.PkgName); ok && pn.Imported() == pkg {
				return name, "", true
			}
		}
	}
	for name, l := range c.s.live {
		if pn, ok := l.object.(*types.PkgName); ok && pn.Imported().Path() == pkg.Path() {
			return name, "", true
		}
	}
	name = pkg.Name()
	if _, o := c.d.pkg.Scope().Innermost(c.d.path[len(c.d.path)-1].Pos()).LookupParent(name, 0); o != nil || c.s.live[name] != nil {
		return "", "", false
	}
	if paths := c.s.imp.named(name); len(paths) == 0 || paths[0] != pkg.Path() {
		return "", "", false
	}
	return name, pkg.Path(), true
}
