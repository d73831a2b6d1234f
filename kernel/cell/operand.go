package cell

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"adkernel/kernel/eval"
)

// operand is what brackets the cursor stands in: those of a call, or of a
// literal.
type operand struct {
	name, nameEnd int // of the function or type, in the source
	bracket       token.Token
	index         int    // commas before the cursor
	key           string // literal: the field that is typed
}

// operandAt finds the innermost call or literal around the cursor from the
// tokens before it: a cell that is being typed need not parse.
func operandAt(source string, cursor int) (operand, bool) {
	_, toks, _ := scan(source[:cursor])
	depth, commas := 0, 0
	key, elided := "", false // elided: of a literal that leaves its type to the one around it
	for i := len(toks) - 1; i >= 0; i-- {
		switch t := toks[i]; t.tok {
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth++
		case token.COMMA:
			if depth == 0 {
				commas++
			}
		case token.COLON:
			if depth == 0 && commas == 0 && key == "" && i > 0 && toks[i-1].tok == token.IDENT {
				key = toks[i-1].lit
			}
		case token.SEMICOLON:
			if depth == 0 && t.end < cursor && t.lit == ";" {
				return operand{}, false
			}
		case token.LBRACK, token.LPAREN, token.LBRACE:
			if depth > 0 {
				depth--
				continue
			}
			name := calledToken(toks[:i])
			switch {
			case name < 0 || t.tok == token.LBRACK || name > 0 && toks[name-1].tok == token.FUNC:
				if t.tok == token.LBRACE {
					if i == 0 || !slices.Contains([]token.Token{token.LBRACE, token.COMMA, token.COLON}, toks[i-1].tok) {
						return operand{}, false // a block
					}
					elided = true
					continue // with its key
				}
			case t.tok == token.LBRACE && isElement(toks, name) && !elided: // []T{ and map[K]T{ say nothing of their elements
			default:
				return operand{toks[name].start, toks[name].end, t.tok, commas, key}, true
			}
			commas, key, elided = 0, "", false
		}
	}
	return operand{}, false
}

// isElement says whether the type whose name is a token is that of the elements
// of another one.
func isElement(toks []lexeme, name int) bool {
	i := name - 1
	if i > 0 && toks[i].tok == token.PERIOD {
		i -= 2
	}
	for i >= 0 && toks[i].tok == token.MUL {
		i--
	}
	return i >= 0 && toks[i].tok == token.RBRACK
}

// calledToken is the name in front of a bracket, also of f[int](; -1 when there
// is none.
func calledToken(toks []lexeme) int {
	i := len(toks) - 1
	if i >= 0 && toks[i].tok == token.RBRACK {
		for depth := 0; i >= 0; i-- {
			switch toks[i].tok {
			case token.RBRACK:
				depth++
			case token.LBRACK:
				depth--
			}
			if depth == 0 {
				i--
				break
			}
		}
	}
	if i < 0 || toks[i].tok != token.IDENT {
		return -1
	}
	return i
}

// inspectOperand describes the function whose arguments, or the type whose
// literal is typed at the cursor, and says which argument or field it is.
func (s *Session) inspectOperand(source string, cursor int) (eval.Inspection, bool) {
	op, ok := operandAt(source, cursor)
	if !ok {
		return eval.Inspection{}, false
	}
	name := source[op.name:op.nameEnd]
	if textAt(source, cursor).kind == code && identStart(source, cursor) == cursor && identEnd(source, cursor) == cursor {
		source = source[:cursor] + cursorID + source[cursor:] // there may be no operand yet
	}
	d := s.draft(source, name, op.name)
	defer d.discard()
	o := d.object()
	if o == nil {
		return eval.Inspection{}, false
	}
	if op.bracket == token.LBRACE && !d.ofLiteral() {
		return eval.Inspection{}, false // a block
	}
	if op.bracket == token.LBRACE {
		if st := structOf(o.Type()); st != nil {
			if f := fieldOf(st, ast.NewIdent(op.key)); f != nil {
				return s.describeField(o.Type(), f), true
			}
		}
		return s.describe(o), true
	}
	in := s.describe(o)
	in.Argument = s.argument(o, op.index)
	return in, true
}

// argument says what argument i of a function is, or nothing.
func (s *Session) argument(function types.Object, i int) string {
	sig, ok := function.Type().Underlying().(*types.Signature)
	if _, isType := function.(*types.TypeName); !ok || isType || sig.Params().Len() == 0 {
		return ""
	}
	p := parameter(sig, i)
	if p == nil {
		return ""
	}
	typ := types.TypeString(p.Type(), s.qualify)
	if elems, ok := strings.CutPrefix(typ, "[]"); ok && sig.Variadic() && i >= sig.Params().Len()-1 {
		typ = "..." + elems
	}
	return fmt.Sprintf("argument %d: %s", i+1, strings.TrimSpace(p.Name()+" "+typ))
}

// ofLiteral says whether the end of the path is the type of a literal.
func (d *draft) ofLiteral() bool {
	for up := len(d.path) - 2; up >= 0; up-- {
		switch p := d.path[up].(type) {
		case *ast.SelectorExpr, *ast.IndexExpr, *ast.IndexListExpr, *ast.ArrayType, *ast.MapType, *ast.StarExpr:
		case *ast.CompositeLit:
			return p.Type == d.path[up+1]
		default:
			return false
		}
	}
	return false
}
