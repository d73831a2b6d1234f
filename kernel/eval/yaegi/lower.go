package yaegi

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"adkernel/kernel/cell"
	"adkernel/kernel/eval"
)

// lowered is a cell in the interpreter's terms: a file of declarations, and
// the function among them that holds the statements.
type lowered struct {
	cell  int
	file  *ast.File
	entry string
}

// lowering turns one checked cell into a lowered one.
//
//   - Every package-level object gets a name of its own (names).
//   - A function f is declared under another name, and f is a variable that
//     holds it, so that callers made earlier see a redefinition. A method calls
//     such a variable, too.
//   - A constant expression becomes its value.
//   - What is newer than the interpreter (min, range over integers, ...) is
//     written in older Go.
type lowering struct {
	p     *cell.Program
	info  *types.Info
	names *names
	known map[string]bool // import paths that have symbols

	pos      token.Pos // of nodes made here; in the cell's file, or imports are not found
	imports  map[string]bool
	types    []ast.Spec
	vars     []ast.Spec
	funcs    []ast.Decl
	prologue []ast.Stmt
	fresh    int
	closures map[*types.Var]bool // local variables that hold function literals
	loops    []span
	refused  []eval.Diagnostic
}

func (e *evaluator) lower(p *cell.Program) (*lowered, error) {
	l := &lowering{
		p: p, info: p.Info, names: e.names, known: e.known,
		pos: p.File.Package, imports: map[string]bool{},
	}
	l.survey()
	l.declareNames()
	for _, d := range p.File.Decls {
		l.declaration(d)
	}
	l.methods()
	entry := l.statements()
	if len(l.refused) > 0 {
		return nil, &eval.Error{Kind: eval.Refused, Message: l.refused[0].Message, At: l.refused}
	}
	return &lowered{p.Cell.N, l.file(), entry}, nil
}

// survey notes the loops, and which local variables are given a function literal.
func (l *lowering) survey() {
	l.closures = map[*types.Var]bool{}
	ast.Inspect(l.p.File, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			l.loops = append(l.loops, span{n.Pos(), n.End()})
		}
		as, ok := n.(*ast.AssignStmt)
		if !ok || len(as.Lhs) != len(as.Rhs) {
			return true
		}
		for i, e := range as.Lhs {
			id, isName := e.(*ast.Ident)
			if _, isFunc := as.Rhs[i].(*ast.FuncLit); !isName || !isFunc {
				continue
			}
			if v, ok := l.info.ObjectOf(id).(*types.Var); ok {
				if _, global := l.names.lookup(v); !global {
					l.closures[v] = true
				}
			}
		}
		return true
	})
}

// refuse notes that the interpreter would not run this right.
func (l *lowering) refuse(pos token.Pos, why string) {
	at := eval.Diagnostic{Cell: l.p.Cell.N, Line: 1, Column: 1, Message: why}
	if p := l.p.Fset.Position(pos); p.IsValid() {
		at.Line, at.Column = p.Line, p.Column
	}
	if !slices.Contains(l.refused, at) {
		l.refused = append(l.refused, at)
	}
}

// alias imports a package and returns the name it goes by.
func (l *lowering) alias(path string) string {
	if !l.known[path] {
		l.refuse(l.pos, fmt.Sprintf("package %s is not available to yaegi", path))
	}
	l.imports[path] = true
	return packageAlias(path)
}

// statements makes the function that holds the cell's statements.
func (l *lowering) statements() (entry string) {
	entry = l.names.fresh(fmt.Sprintf("%scell%d", mark, l.p.Cell.N))
	body := l.p.Body
	l.rewrite(body)
	variables, rest := body.Body.List[:l.p.Init], body.Body.List[l.p.Init:]
	list := l.marked(variables)
	for _, d := range l.p.Inits {
		list = append(list, &ast.ExprStmt{X: l.call(l.ident(d.Name.Name))})
	}
	list = append(list, l.marked(rest)...)
	if l.p.Shown != nil {
		last := list[len(list)-1]
		list[len(list)-1] = &ast.ExprStmt{X: &ast.CallExpr{Fun: l.runtime("Show"), Lparen: last.Pos(), Args: values(last), Rparen: last.End()}}
	}
	started := []ast.Stmt{
		&ast.DeferStmt{Defer: l.pos, Call: l.call(l.runtime("Ended"))},
		&ast.ExprStmt{X: l.call(l.runtime("Started"))},
	}
	if main, ok := l.p.Pkg.Scope().Lookup("main").(*types.Func); ok && l.p.RunMain {
		name, _ := l.names.lookup(main)
		list = append(list, &ast.ExprStmt{X: l.call(l.ident(name))})
	}
	body.Name = &ast.Ident{NamePos: l.pos, Name: entry}
	body.Body.List = slices.Concat(started, l.prologue, list)
	l.funcs = append(l.funcs, body)
	return entry
}

// values are those of the statement that ends a cell which shows some.
func values(last ast.Stmt) []ast.Expr {
	if list, ok := last.(*ast.AssignStmt); ok {
		return list.Rhs
	}
	return []ast.Expr{last.(*ast.ExprStmt).X}
}

// marked tells the runtime before each statement where it is: the interpreter
// does not know where in a function a panic happened.
func (l *lowering) marked(list []ast.Stmt) []ast.Stmt {
	var out []ast.Stmt
	for _, st := range list {
		p := l.p.Fset.Position(st.Pos())
		out = append(out, &ast.ExprStmt{X: l.call(l.runtime("At"), l.number(p.Line), l.number(p.Column))}, st)
	}
	return out
}

func (l *lowering) call(f ast.Expr, args ...ast.Expr) *ast.CallExpr {
	return &ast.CallExpr{Fun: f, Lparen: l.pos, Args: args, Rparen: l.pos}
}

// runtime is a function of the runtime, as an expression.
func (l *lowering) runtime(name string) ast.Expr {
	return &ast.SelectorExpr{X: l.ident(l.alias(runtimePath)), Sel: l.ident(name)}
}

// file puts together what the interpreter compiles.
func (l *lowering) file() *ast.File {
	f := &ast.File{Package: l.pos, Name: l.ident("main")}
	for _, v := range l.vars {
		spec := v.(*ast.ValueSpec)
		spec.Type = l.typeExpr(spec.Type.(*lateType).t)
	}
	var imports []ast.Spec
	for path := range l.imports {
		if l.names.firstImport(l.p.Cell.N, path) {
			imports = append(imports, &ast.ImportSpec{
				Name: l.ident(packageAlias(path)),
				Path: &ast.BasicLit{ValuePos: l.pos, Kind: token.STRING, Value: fmt.Sprintf("%q", path)},
			})
		}
	}
	for _, g := range []*ast.GenDecl{
		{TokPos: l.pos, Tok: token.IMPORT, Specs: imports},
		{TokPos: l.pos, Tok: token.TYPE, Specs: l.types},
		{TokPos: l.pos, Tok: token.VAR, Specs: l.vars},
	} {
		if len(g.Specs) > 0 {
			f.Decls = append(f.Decls, g)
		}
	}
	f.Decls = append(f.Decls, l.funcs...)
	return f
}
