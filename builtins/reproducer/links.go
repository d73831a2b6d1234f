package reproducer

import (
	"go/ast"
	"go/token"
)

// A link says that a name was given what another one names, or a part of it:
// p := &d, m := d.Args, for _, e := range runs. Where the value is a pointer, a
// map or a slice, what is changed through one is changed in the other; text
// alone does not tell where it is.
type link struct {
	name, of string
	whole    bool // not only a part
	address  bool // name holds the address, so that it sees of assigned
}

// linksOf lists the links that a node makes.
func linksOf(node ast.Node) []link {
	var links []link
	add := func(left, right ast.Expr, part bool) {
		to := root(left)
		if to == "" || to == "_" {
			return
		}
		_, isName := left.(*ast.Ident)
		for _, l := range linksTo(right) {
			if l.of != to {
				links = append(links, link{to, l.of, l.whole && isName && !part, l.address})
			}
		}
	}
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if len(n.Lhs) == len(n.Rhs) {
				for i, left := range n.Lhs {
					add(left, n.Rhs[i], false)
				}
			}
		case *ast.ValueSpec:
			if len(n.Names) == len(n.Values) {
				for i, name := range n.Names {
					add(name, n.Values[i], false)
				}
			}
		case *ast.RangeStmt:
			add(n.Value, n.X, true)
		}
		return true
	})
	return links
}

// linksTo lists what the value of an expression may share with names: links
// without their own name.
func linksTo(e ast.Expr) []link {
	switch x := e.(type) {
	case *ast.ParenExpr:
		return linksTo(x.X)
	case *ast.TypeAssertExpr:
		return linksTo(x.X)
	case *ast.UnaryExpr:
		if x.Op != token.AND {
			return nil
		}
		links := linksTo(x.X)
		for i := range links {
			links[i].address = true
		}
		return links
	case *ast.CompositeLit:
		var values []ast.Expr
		for _, element := range x.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok {
				element = pair.Value
			}
			values = append(values, element)
		}
		return partsOf(values)
	case *ast.CallExpr:
		if f, ok := x.Fun.(*ast.Ident); ok && f.Name == "append" {
			return partsOf(x.Args)
		}
		var addresses []ast.Expr // which the result may hold
		for _, argument := range x.Args {
			if u, ok := argument.(*ast.UnaryExpr); ok && u.Op == token.AND {
				addresses = append(addresses, u)
			}
		}
		return partsOf(addresses)
	case *ast.Ident:
		return []link{{of: x.Name, whole: true}}
	}
	if of := root(e); of != "" {
		return []link{{of: of}}
	}
	return nil
}

func partsOf(values []ast.Expr) []link {
	var links []link
	for _, value := range values {
		for _, l := range linksTo(value) {
			l.whole = false
			links = append(links, l)
		}
	}
	return links
}
