package exact

import (
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
)

// orderCalls makes the calls of a statement come before what it reads, as
// compiled Go does. The specification leaves open whether x + f() reads x
// before or after f changes it. Package ssa reads x first; the compiler makes
// the calls first, each into a temporary, and reads variables afterwards
// (cmd/compile/internal/walk/order.go), and people rely on what it does:
//
//	return v, json.Unmarshal(data, &v)
//	nodes[0].next = add() // which appends to nodes
//	out = append(out, visit(n-1))
//
// The statements that tell the difference, and only those, are rewritten as the
// compiler does it: what it copies at once goes into variables before the
// statement. Those that read nothing but variables of their own function, which
// nothing else knows, are not among them. What is left as it was stands in the
// package's comment.
func orderCalls(files []*ast.File, info *types.Info) {
	o := &orderer{info: info, fixed: fixedVars(files, info)}
	for _, f := range files {
		for _, d := range f.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Body != nil {
				if f, ok := info.Defs[d.Name].(*types.Func); ok {
					o.generic = isGeneric(f)
					o.function(f.Signature(), d.Body)
				}
				continue
			}
			ast.Inspect(d, func(n ast.Node) bool { // of package variables
				if lit, ok := n.(*ast.FuncLit); ok {
					o.literal(lit)
					return false
				}
				return true
			})
		}
	}
}

// An orderer rewrites functions.
type orderer struct {
	info    *types.Info
	fixed   map[*types.Var]bool // the local variables that no call changes
	generic bool                // the function has type parameters
	results *types.Tuple        // of the function
	gotos   map[string]bool     // labels of the function that are jumped to
	names   int                 // of temporaries

	out []ast.Stmt // what goes before the statement being rewritten

	// While it is looked for what a statement needs:
	pending bool // something has been read for an operation that is still to come
	need    bool // and then a call
}

func (o *orderer) literal(lit *ast.FuncLit) {
	if sig, ok := o.info.TypeOf(lit).(*types.Signature); ok {
		o.function(sig, lit.Body)
	}
}

// function orders the statements of a function, and of those within it.
func (o *orderer) function(sig *types.Signature, body *ast.BlockStmt) {
	defer func(results *types.Tuple, gotos map[string]bool) {
		o.results, o.gotos = results, gotos
	}(o.results, o.gotos)
	o.results, o.gotos = sig.Results(), map[string]bool{}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.BranchStmt:
			if n.Tok == token.GOTO {
				o.gotos[n.Label.Name] = true
			}
		}
		return true
	})
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			o.literal(n)
			return false
		case *ast.BlockStmt:
			n.List = o.list(n.List)
		case *ast.CaseClause:
			n.Body = o.list(n.Body)
		case *ast.CommClause:
			n.Body = o.list(n.Body)
		}
		return true
	})
}

// list orders statements that follow each other.
func (o *orderer) list(list []ast.Stmt) []ast.Stmt {
	var out []ast.Stmt // once it differs
	for i, s := range list {
		before := o.statement(s)
		if len(before) > 0 && out == nil {
			out = append(make([]ast.Stmt, 0, len(list)+len(before)), list[:i]...)
		}
		if out != nil {
			out = append(append(out, before...), s)
		}
	}
	if out == nil {
		return list
	}
	return out
}

// statement orders a statement in place, and returns what goes before it.
func (o *orderer) statement(s ast.Stmt) []ast.Stmt {
	outer := o.out
	o.out = nil
	o.order(s)
	before := o.out
	o.out = outer
	return before
}

// one orders a statement that stands where only one may.
func (o *orderer) one(s ast.Stmt) ast.Stmt {
	if before := o.statement(s); len(before) > 0 {
		return &ast.BlockStmt{Lbrace: s.Pos(), List: append(before, s), Rbrace: s.End()}
	}
	return s
}

// temp assigns an expression to a new variable, before the statement, and
// returns that; constants and variables that nothing changes stay as they are.
func (o *orderer) temp(x ast.Expr) ast.Expr {
	if o.settled(x) {
		return x
	}
	return o.temps(x, []types.Type{types.Default(o.info.TypeOf(x))})[0]
}

// temps does it for each value of an expression that has several.
func (o *orderer) temps(x ast.Expr, list []types.Type) []ast.Expr {
	define := &ast.AssignStmt{Tok: token.DEFINE, TokPos: x.Pos(), Rhs: []ast.Expr{x}}
	var out []ast.Expr
	for _, t := range list {
		if t == nil { // of no interest
			define.Lhs = append(define.Lhs, &ast.Ident{NamePos: x.Pos(), Name: "_"})
			out = append(out, nil)
			continue
		}
		v := o.variable(x.Pos(), t)
		def := &ast.Ident{NamePos: x.Pos(), Name: v.Name()}
		o.info.Defs[def] = v
		define.Lhs = append(define.Lhs, def)
		out = append(out, o.use(v))
	}
	o.out = append(o.out, define)
	return out
}

func (o *orderer) variable(pos token.Pos, t types.Type) *types.Var {
	o.names++
	v := types.NewVar(pos, nil, "ʹ"+strconv.Itoa(o.names), t)
	o.fixed[v] = true
	return v
}

func (o *orderer) use(v *types.Var) *ast.Ident {
	id := &ast.Ident{NamePos: v.Pos(), Name: v.Name()}
	o.info.Uses[id] = v
	o.info.Types[id] = types.TypeAndValue{Type: v.Type()}
	return id
}

// settled says whether it makes no difference when x is evaluated.
func (o *orderer) settled(x ast.Expr) bool {
	x = ast.Unparen(x)
	if o.constant(x) {
		return true
	}
	id, ok := x.(*ast.Ident)
	if !ok {
		return false
	}
	v, ok := o.info.Uses[id].(*types.Var)
	return !ok || o.fixed[v]
}

// constant says whether evaluating x does nothing: a constant, nil, a type, a
// builtin function.
func (o *orderer) constant(x ast.Expr) bool {
	tv := o.info.Types[x]
	return tv.Value != nil || tv.IsType() || tv.IsNil() || tv.IsBuiltin()
}

// fixedVars are the local variables that only statements of their own function
// change: no function literal within it mentions them, and nothing takes their
// address.
func fixedVars(files []*ast.File, info *types.Info) map[*types.Var]bool {
	fixed, owner := map[*types.Var]bool{}, map[*types.Var]ast.Node{}
	addressed := func(x ast.Expr) {
		if v := rootVar(x, info); v != nil {
			fixed[v] = false
		}
	}
	var visit func(n, function ast.Node)
	visit = func(root, function ast.Node) {
		ast.Inspect(root, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n != function {
					visit(n, n)
					return false
				}
			case *ast.FuncLit:
				if n != function {
					visit(n, n)
					return false
				}
			case *ast.Ident:
				if v, ok := info.Defs[n].(*types.Var); ok && function != nil && !v.IsField() {
					if _, known := fixed[v]; !known {
						fixed[v], owner[v] = true, function
					}
				}
				if v, ok := info.Uses[n].(*types.Var); ok && owner[v] != function {
					fixed[v] = false
				}
			case *ast.CaseClause:
				if v, ok := info.Implicits[n].(*types.Var); ok {
					fixed[v], owner[v] = true, function
				}
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					addressed(n.X)
				}
			case *ast.SliceExpr:
				if _, ok := under(info.TypeOf(n.X)).(*types.Array); ok {
					addressed(n.X)
				}
			case *ast.SelectorExpr:
				if takesAddress(n, info) {
					addressed(n.X)
				}
			}
			return true
		})
	}
	for _, f := range files {
		visit(f, nil)
	}
	return fixed
}

// takesAddress says whether x.m is a method whose receiver is &x.
func takesAddress(x *ast.SelectorExpr, info *types.Info) bool {
	s := info.Selections[x]
	if s == nil || s.Kind() != types.MethodVal || s.Indirect() {
		return false
	}
	recv := s.Obj().(*types.Func).Signature().Recv()
	return recv != nil && isPointer(recv.Type()) && !isPointer(s.Recv())
}

// rootVar is the variable that an addressable expression is a part of, or nil
// when it is behind a pointer.
func rootVar(x ast.Expr, info *types.Info) *types.Var {
	for {
		switch e := x.(type) {
		case *ast.ParenExpr:
			x = e.X
		case *ast.SelectorExpr:
			if s := info.Selections[e]; s == nil || s.Indirect() {
				return nil
			}
			x = e.X
		case *ast.IndexExpr:
			if _, ok := under(info.TypeOf(e.X)).(*types.Array); !ok {
				return nil
			}
			x = e.X
		case *ast.Ident:
			v, _ := info.Uses[e].(*types.Var)
			return v
		default:
			return nil
		}
	}
}

func under(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	return t.Underlying()
}

func isPointer(t types.Type) bool {
	_, ok := under(t).(*types.Pointer)
	return ok
}
