package exact

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// source is a checked package with bodies: a cell, or a package of the
// standard library.
type source struct {
	pkg    *types.Package
	native *types.Package // whose objects are in pkg's scope too, or nil
	files  []*ast.File
	info   *types.Info
	users  bool // neither a cell's nor the library's

	origin *origin                 // of a cell
	places map[token.Pos]token.Pos // of its calls
}

// A world is an ssa.Program made for one cell. It holds the cell and the
// packages with generic bodies that it can reach; of everything else it holds
// the objects that are mentioned, without bodies. It is dropped when the cell
// has been compiled, so that a session does not grow with what it has run.
type world struct {
	rt    *runtime
	prog  *ssa.Program
	full  map[*types.Package]*source
	stubs map[*types.Package]map[types.Object]bool
}

// newWorld creates the packages that s needs, and s itself.
func (rt *runtime) newWorld(s *source) (*world, *ssa.Package) {
	w := &world{
		rt: rt, prog: ssa.NewProgram(rt.fset, ssa.InstantiateGenerics|ssa.BareInits),
		full: map[*types.Package]*source{}, stubs: map[*types.Package]map[types.Object]bool{},
	}
	w.reach(s)
	var own *ssa.Package
	for _, f := range w.full {
		p := w.prog.CreatePackage(f.pkg, f.files, f.info, false)
		p.SetDebugMode(f.origin != nil || f.users) // for the values in traces, and to tell which addresses are taken
		if f == s {
			own = p
		}
	}
	for p, objects := range w.stubs {
		if w.full[p] == nil {
			w.stub(p, objects)
		}
	}
	return w, own
}

// sourceOf is the package that f is written in, or nil.
func (w *world) sourceOf(f *ssa.Function) *source {
	for f.Parent() != nil {
		f = f.Parent()
	}
	if o := f.Origin(); o != nil {
		f = o
	}
	if o := f.Object(); o != nil {
		return w.full[o.Pkg()]
	}
	if f.Pkg != nil {
		return w.full[f.Pkg.Pkg]
	}
	return nil
}

// reach notes what the code of s mentions.
func (w *world) reach(s *source) {
	if w.full[s.pkg] != nil {
		return
	}
	w.full[s.pkg] = s
	seen := map[types.Type]bool{}
	for _, o := range s.info.Uses {
		w.mention(o)
	}
	for _, sel := range s.info.Selections {
		w.mention(sel.Obj())
		w.types(sel.Recv(), seen)
	}
	for _, inst := range s.info.Instances {
		w.types(inst.Type, seen)
		for a := range inst.TypeArgs.Types() {
			w.types(a, seen)
		}
	}
	for _, tv := range s.info.Types {
		w.types(tv.Type, seen)
	}
}

// mention notes a package-level object, or what declares a method.
func (w *world) mention(o types.Object) {
	if o == nil || o.Pkg() == nil {
		return
	}
	f, isFunc := o.(*types.Func)
	if isFunc && f.Origin() != f {
		o, f = f.Origin(), f.Origin()
	}
	if isFunc {
		if isGeneric(f) {
			w.generic(f.Pkg())
		}
		if f.Signature().Recv() != nil {
			return // package ssa makes methods on demand
		}
	}
	switch o.(type) {
	case *types.Func, *types.Var:
		if o.Parent() != nil && o.Parent().Parent() != types.Universe && o.Pkg().Scope().Lookup(o.Name()) != o {
			return // not of a package
		}
		if v, ok := o.(*types.Var); ok && v.IsField() {
			return
		}
		m := w.stubs[o.Pkg()]
		if m == nil {
			m = map[types.Object]bool{}
			w.stubs[o.Pkg()] = m
		}
		m[o] = true
	}
}

func isGeneric(f *types.Func) bool {
	sig := f.Signature()
	return sig.TypeParams().Len() > 0 || sig.RecvTypeParams().Len() > 0
}

// generic adds a package whose bodies are needed to make instances.
func (w *world) generic(p *types.Package) {
	if s := w.rt.source(p); s != nil {
		w.reach(s)
	}
}

// types adds the packages of generic types that t is made of.
func (w *world) types(t types.Type, seen map[types.Type]bool) {
	if t == nil || seen[t] {
		return
	}
	seen[t] = true
	switch t := t.(type) {
	case *types.Alias:
		w.types(types.Unalias(t), seen)
	case *types.Named:
		if t.TypeArgs().Len() > 0 {
			w.generic(t.Obj().Pkg())
			for a := range t.TypeArgs().Types() {
				w.types(a, seen)
			}
		}
		if w.rt.isSource(t.Obj().Pkg()) {
			w.types(t.Underlying(), seen)
		}
	case *types.Pointer:
		w.types(t.Elem(), seen)
	case *types.Slice:
		w.types(t.Elem(), seen)
	case *types.Array:
		w.types(t.Elem(), seen)
	case *types.Chan:
		w.types(t.Elem(), seen)
	case *types.Map:
		w.types(t.Key(), seen)
		w.types(t.Elem(), seen)
	case *types.Struct:
		for f := range t.Fields() {
			w.types(f.Type(), seen)
		}
	case *types.Tuple:
		for v := range t.Variables() {
			w.types(v.Type(), seen)
		}
	case *types.Signature:
		w.types(t.Params(), seen)
		w.types(t.Results(), seen)
	}
}

// stub creates a package of objects without bodies.
func (w *world) stub(p *types.Package, objects map[types.Object]bool) {
	file := &ast.File{Name: ast.NewIdent(p.Name())}
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}, FileVersions: map[*ast.File]string{}}
	for o := range objects {
		id := ast.NewIdent(o.Name())
		info.Defs[id] = o
		switch o.(type) {
		case *types.Var:
			file.Decls = append(file.Decls, &ast.GenDecl{Tok: token.VAR, Specs: []ast.Spec{&ast.ValueSpec{Names: []*ast.Ident{id}}}})
		case *types.Func:
			file.Decls = append(file.Decls, &ast.FuncDecl{Name: id, Type: &ast.FuncType{}})
		}
	}
	w.prog.CreatePackage(p, []*ast.File{file}, info, false)
}
