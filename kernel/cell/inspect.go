package cell

import (
	"go/ast"
	"go/types"
	"strings"

	"adkernel/kernel/eval"
)

// Inspect describes the name at the cursor, a byte offset. Where there is none,
// it describes the function whose arguments are typed there, or the type whose
// literal is.
func (s *Session) Inspect(source string, cursor int) (eval.Inspection, bool) {
	cursor = onRune(source, cursor)
	t := textAt(source, cursor)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case t.kind == comment:
		return eval.Inspection{}, false
	case t.kind == stringText && inImport(source[:t.start]):
		path, _ := unquoted(strings.Trim(source[t.start:t.end], "\"`"), t.raw)
		p, err := s.imp.Import(path)
		if err != nil {
			return eval.Inspection{}, false
		}
		return s.describePackage(p), true
	case t.kind == code:
		start := identStart(source, cursor)
		if end := identEnd(source, start); start < end {
			if in, ok := s.inspectName(source, start, end); ok {
				return in, true
			}
		}
	}
	if in, ok := s.inspectOperand(source, cursor); ok {
		return in, true
	}
	if cursor > 0 && source[cursor-1] == ')' {
		in, ok := s.inspectOperand(source, cursor-1)
		in.Argument = ""
		return in, ok
	}
	return eval.Inspection{}, false
}

func identEnd(source string, start int) int {
	return len(source) - len(strings.TrimLeftFunc(source[start:], isIdent))
}

// inspectName describes source[start:end].
func (s *Session) inspectName(source string, start, end int) (eval.Inspection, bool) {
	if o, owner := s.selected(source, start); o != nil {
		return s.describeMember(o, owner), true
	}
	name := source[start:end]
	d := s.draft(source, name, start)
	defer d.discard()
	o := d.object()
	if o == nil && len(d.path) == 0 {
		o = s.visible(name, d.pkg)
	}
	if o == nil {
		return s.inspectPackage(source, name, start)
	}
	var owner types.Type
	if v, ok := o.(*types.Var); ok && v.IsField() {
		owner = d.owner(v)
	}
	return s.describeMember(o, owner), true
}

// describeMember describes a name; of a field, owner is the type that has it, or
// nil where that is not known.
func (s *Session) describeMember(o types.Object, owner types.Type) eval.Inspection {
	if v, ok := o.(*types.Var); ok && owner != nil {
		return s.describeField(owner, v)
	}
	return s.describe(o)
}

// inspectPackage describes a package that a cell would import by naming it.
func (s *Session) inspectPackage(source, name string, start int) (eval.Inspection, bool) {
	paths := s.imp.named(name)
	if len(paths) == 0 || strings.HasSuffix(strings.TrimRight(source[:start], " \t\r\n"), ".") {
		return eval.Inspection{}, false
	}
	p, err := s.imp.Import(paths[0])
	if err != nil {
		return eval.Inspection{}, false
	}
	return s.describePackage(p), true
}

// describeField describes a field of a type.
func (s *Session) describeField(owner types.Type, f *types.Var) eval.Inspection {
	in := eval.Inspection{Signature: types.ObjectString(f, s.qualify), Doc: s.fieldDoc(owner, f)}
	if named := namedOf(owner); named != nil {
		if p := named.Obj().Pkg(); p.Path() == cellPath {
			in.Where = s.where(f)
		} else {
			in.Where = p.Path() + "." + named.Obj().Name()
			in.Unsourced = s.unsourced(p.Path(), named.Obj().Name()+"."+f.Name())
		}
	}
	return in
}

// object is what the identifier at the end of the path means, or nil.
func (d *draft) object() types.Object {
	if len(d.path) == 0 {
		return nil
	}
	id, ok := d.path[len(d.path)-1].(*ast.Ident)
	if !ok {
		return nil
	}
	return d.objectOf(id)
}

// objectOf is what an identifier means, or nil.
func (d *draft) objectOf(id *ast.Ident) types.Object {
	if o := d.info.Uses[id]; o != nil {
		return o
	}
	if o := d.info.Defs[id]; o != nil {
		return o
	}
	if n := len(d.path); n > 1 { // Type.Field, which is no Go
		if sel, ok := d.path[n-2].(*ast.SelectorExpr); ok && sel.Sel == id {
			if t := d.typeNamed(sel.X); t != nil {
				o, _, _ := types.LookupFieldOrMethod(t, true, d.pkg, id.Name)
				return o
			}
		}
	}
	for _, n := range d.path { // switch v := x.(type)
		if a, ok := n.(*ast.TypeSwitchStmt); ok && len(a.Body.List) > 0 {
			if def, ok := a.Assign.(*ast.AssignStmt); ok && def.Lhs[0] == ast.Expr(id) {
				return d.info.Implicits[a.Body.List[0]]
			}
		}
	}
	return nil
}

// typeNamed is the type that an expression names, also a generic one, or nil.
func (d *draft) typeNamed(x ast.Expr) types.Type {
	id, ok := x.(*ast.Ident)
	if sel, isSel := x.(*ast.SelectorExpr); isSel {
		id, ok = sel.Sel, true
	}
	if !ok {
		return nil
	}
	if tn, ok := d.info.Uses[id].(*types.TypeName); ok {
		return tn.Type()
	}
	return nil
}

// owner is the type that declares the field at the end of the path, or nil.
func (d *draft) owner(f *types.Var) types.Type {
	for up := len(d.path) - 2; up >= 0; up-- {
		switch p := d.path[up].(type) {
		case *ast.CompositeLit:
			return d.typeOf(p)
		case *ast.SelectorExpr:
			t, index := d.selected(p, f)
			return declaring(t, index, f)
		case *ast.TypeSpec:
			return d.typeOf(p.Name)
		}
	}
	return nil
}

// declaring is the type that declares a field, which an index path from t leads
// to, or nil.
func declaring(t types.Type, index []int, f *types.Var) types.Type {
	for _, i := range index {
		st := structOf(t)
		if st == nil || st.Field(i) == f {
			return t
		}
		t = st.Field(i).Type()
	}
	return nil
}

// selected is the type from which a selector takes a field, and the way there.
func (d *draft) selected(p *ast.SelectorExpr, f *types.Var) (types.Type, []int) {
	if sel := d.info.Selections[p]; sel != nil {
		return sel.Recv(), sel.Index()
	}
	t := d.typeNamed(p.X)
	if t == nil {
		return nil, nil
	}
	_, index, _ := types.LookupFieldOrMethod(t, true, d.pkg, f.Name())
	return t, index
}

// namedOf is the named type that a type is, or points to, or nil.
func namedOf(t types.Type) *types.Named {
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	named, ok := t.(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return nil
	}
	return named
}
