package cell

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"adkernel/kernel/eval"
)

// A lateMethod is a method of a type of an earlier cell: checked as a function
// and added to the type as soon as all signatures are known.
type lateMethod struct {
	decl     *ast.FuncDecl
	chunk    chunk
	typeName *types.TypeName
	name     string
	method   *types.Func
	added    bool
	uses     []use
}

// takeLateMethods turns the methods of types of earlier cells into functions.
func (r *round) takeLateMethods() {
	for _, d := range r.file.Decls {
		fd, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if fd.Name.Name == bodyName {
			r.body = fd
		}
		name := receiver(fd)
		l := r.s.live[name]
		if _, declared := r.declares[name]; fd.Recv == nil || declared || l == nil {
			continue
		}
		tn, ok := l.object.(*types.TypeName)
		if !ok {
			continue
		}
		named, ok := types.Unalias(tn.Type()).(*types.Named)
		if !ok || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != cellPath {
			continue
		}
		if named.TypeParams().Len() > 0 {
			r.reversion = name
			return
		}
		r.late = append(r.late, asFunction(fd, named.Obj(), r.methodChunk(name+"."+fd.Name.Name)))
	}
}

func (r *round) methodChunk(key string) chunk {
	for _, c := range r.chunks {
		if c.kind == methodDecl && methodKey(c) == key {
			return c
		}
	}
	return chunk{}
}

// asFunction makes the receiver the first parameter.
func asFunction(fd *ast.FuncDecl, tn *types.TypeName, c chunk) *lateMethod {
	m := &lateMethod{decl: fd, chunk: c, typeName: tn, name: fd.Name.Name}
	recv := fd.Recv.List[0]
	fields := []*ast.Field{recv}
	if fd.Type.Params != nil {
		fields = append(fields, fd.Type.Params.List...)
	}
	for _, f := range fields { // all parameters need a name, or none
		if len(f.Names) == 0 {
			f.Names = []*ast.Ident{{NamePos: f.Pos(), Name: "_"}}
		}
	}
	fd.Type.Params = &ast.FieldList{Opening: fd.Type.Params.Pos(), List: fields, Closing: fd.Type.Params.End()}
	fd.Recv = nil
	fd.Name = &ast.Ident{NamePos: fd.Name.NamePos, Name: tn.Name() + mark + m.name}
	return m
}

// attach makes the function f a method of the older type; false means that a
// method of this name with another signature exists.
func (m *lateMethod) attach(f *types.Func) bool {
	sig := f.Signature()
	params := make([]*types.Var, 0, sig.Params().Len())
	for i := 1; i < sig.Params().Len(); i++ {
		params = append(params, sig.Params().At(i))
	}
	recv := types.NewParam(token.NoPos, m.typeName.Pkg(), "", sig.Params().At(0).Type())
	want := types.NewSignatureType(recv, nil, nil, types.NewTuple(params...), sig.Results(), sig.Variadic())
	named := m.typeName.Type().(*types.Named)
	for i := range named.NumMethods() {
		old := named.Method(i)
		if old.Name() != m.name || m.name == "_" {
			continue
		}
		m.method = old
		return types.Identical(old.Type(), want) && types.Identical(old.Signature().Recv().Type(), recv.Type())
	}
	m.method = types.NewFunc(f.Pos(), m.typeName.Pkg(), m.name, want)
	m.added = true
	named.AddMethod(m.method)
	return true
}

// detach takes the methods that were added to types of earlier cells away
// again. go/types has no way to do that, but what it has of methods are these
// objects, and nothing finds one that is named _.
func detach(late []*lateMethod) {
	for _, m := range late {
		if m.added {
			*m.method = *types.NewFunc(m.method.Pos(), m.method.Pkg(), "_", m.method.Signature())
		}
	}
}

// declareAnew adds an older type's declaration and methods to the cell, which
// makes them a new type.
func (r *round) declareAnew(name string) error {
	if r.tried["type "+name] {
		return problem(eval.Check, []eval.Diagnostic{{Cell: r.cell.N, Line: 1, Column: 1, Message: "type " + name + " could not be declared anew"}})
	}
	r.tried["type "+name] = true
	own := map[string]bool{}
	for _, c := range r.chunks {
		if c.kind == methodDecl {
			own[methodKey(c)] = true
		}
	}
	source := r.s.live[name].source
	for _, l := range r.s.live { // types declared in one group come together
		if len(l.source) > 0 && len(source) > 0 && l.source[0] == source[0] {
			for _, c := range l.source {
				if !slices.Contains(r.chunks, c) && !(c.kind == methodDecl && own[methodKey(c)]) {
					if err := r.s.add(r.parsed, c); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}
