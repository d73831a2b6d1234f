package cell

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"adkernel/internal/pattern"
	"adkernel/kernel/eval"
)

// purpose is the doc comment of the field that a string is for, and whether the
// field or the parameter holds a path. A string is for the field that it is
// given to, or compared with.
func (d *draft) purpose() (doc string, isPath bool) {
	for up := len(d.path) - 2; up > 0; up-- {
		here, ok := d.path[up+1].(ast.Expr)
		if !ok {
			return "", false
		}
		switch p := d.path[up].(type) {
		case *ast.ParenExpr, *ast.CompositeLit:
			continue
		case *ast.KeyValueExpr:
			lit, ok := d.path[up-1].(*ast.CompositeLit)
			if !ok || here == p.Key {
				return "", false
			}
			if st := structOf(d.typeOf(lit)); st != nil {
				if f := fieldOf(st, p.Key); f != nil {
					return d.purposeOf(d.typeOf(lit), f)
				}
			}
			return "", false
		case *ast.BinaryExpr:
			if here == p.X {
				return d.purposeOfOperand(p.Y)
			}
			return d.purposeOfOperand(p.X)
		case *ast.AssignStmt:
			if i := slices.Index(p.Rhs, here); i >= 0 && i < len(p.Lhs) {
				return d.purposeOfOperand(p.Lhs[i])
			}
			return "", false
		case *ast.CaseClause:
			if sw, ok := d.path[max(up-2, 0)].(*ast.SwitchStmt); ok && sw.Tag != nil {
				return d.purposeOfOperand(sw.Tag)
			}
			return "", false
		case *ast.CallExpr:
			return "", d.takesPath(p, slices.Index(p.Args, here))
		default:
			return "", false
		}
	}
	return "", false
}

// purposeOfOperand is that of the field that an expression selects.
func (d *draft) purposeOfOperand(x ast.Expr) (doc string, isPath bool) {
	sel, ok := ast.Unparen(x).(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	f, ok := d.info.Uses[sel.Sel].(*types.Var)
	if !ok || !f.IsField() {
		return "", false
	}
	t, index := d.selected(sel, f)
	for _, i := range index {
		st := structOf(t)
		if st == nil || i >= st.NumFields() {
			return "", false
		}
		if st.Field(i) == f {
			return d.purposeOf(t, f)
		}
		t = st.Field(i).Type()
	}
	return "", false
}

func (d *draft) purposeOf(t types.Type, f *types.Var) (doc string, isPath bool) {
	doc = about(d.s.fieldDoc(t, f), f.Name())
	return doc, isPathName(f.Name()) || saysPath().MatchString(doc)
}

// takesPath says whether argument i of a call is a path.
func (d *draft) takesPath(call *ast.CallExpr, i int) bool {
	sig := d.signature(call)
	if sig == nil || i < 0 {
		return false
	}
	v := parameter(sig, i)
	if v == nil {
		return false
	}
	return isPathName(v.Name()) || strings.HasPrefix(d.called(call), "os.") && strings.HasSuffix(v.Name(), "name")
}

// about is what a comment that several fields share says of one: from its name.
func about(doc, name string) string {
	for i := 0; ; {
		j := strings.Index(doc[i:], name)
		if j < 0 {
			return doc
		}
		i += j
		if identStart(doc, i) == i && identEnd(doc, i) == i+len(name) {
			return doc[i:]
		}
		i += len(name)
	}
}

var (
	saysPath  = pattern.New(`(?i)\b(director(y|ies)|folders?|files?|paths?)\b`)
	pathNames = pattern.New(`(?i)^(path|paths|dir|dirs|file|files|folder|folders|root|\w*(filename|path|dir|file|folder))$`)
)

func isPathName(name string) bool { return pathNames().MatchString(name) }

var quotedWord = pattern.New(`"([^"\s]+)"`)

// listedValues are the words that a doc comment quotes, where it lists some:
// `"strict-match" or "flexible-extract" (default)`.
func listedValues(doc string) []eval.Item {
	words := quotedWord().FindAllStringSubmatch(doc, -1)
	if len(words) < 2 {
		return nil
	}
	var out []eval.Item
	for _, w := range words {
		out = append(out, eval.Item{Text: w[1], Kind: "value"})
	}
	return out
}
