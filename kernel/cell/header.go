package cell

import "go/token"

// blockOf returns which of toks opens the block of the for, if, switch, select
// or else that is toks[i]; len(toks) where none does. Other braces before it
// belong to literals: of functions, and of types that cannot be taken for an
// expression ([]T{...}, map[K]T{...}, struct{...}{...}), for outside of brackets
// Go allows no others there.
func blockOf(toks []lexeme, i int) int {
	h := headerReader{toks, i + 1}
	operand := false // an operand has ended: brackets index or call it
	for h.i < len(toks) {
		switch h.tok() {
		case token.LBRACE:
			return h.i
		case token.LPAREN:
			h.skip()
			operand = true
		case token.LBRACK:
			if operand {
				h.skip()
				continue
			}
			h.literal()
			operand = true
		case token.MAP, token.CHAN, token.STRUCT, token.INTERFACE, token.FUNC:
			h.literal()
			operand = true
		case token.RPAREN, token.RBRACK, token.RBRACE:
			h.i++
			operand = true
		default:
			operand = h.tok().IsLiteral() // or a name
			h.i++
		}
	}
	return len(toks)
}

// headerReader reads the tokens between such a keyword and its block.
type headerReader struct {
	toks []lexeme
	i    int // of the next token
}

// tok is the next token; EOF behind the last one.
func (h *headerReader) tok() token.Token {
	if h.i < len(h.toks) {
		return h.toks[h.i].tok
	}
	return token.EOF
}

// skip goes behind the bracket that matches the next token.
func (h *headerReader) skip() {
	for depth := 0; h.i < len(h.toks); {
		switch h.tok() {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		}
		h.i++
		if depth == 0 {
			return
		}
	}
}

// literal goes behind a type, and the braces of a literal of it.
func (h *headerReader) literal() {
	h.typ()
	if h.tok() == token.LBRACE {
		h.skip()
	}
}

// typ goes behind a type.
func (h *headerReader) typ() {
	for {
		switch h.tok() {
		case token.MUL, token.ARROW, token.CHAN:
			h.i++
		case token.MAP:
			h.i++
			h.skip()
		case token.LBRACK:
			h.skip()
		case token.STRUCT, token.INTERFACE:
			h.i++
			h.skip()
			return
		case token.FUNC:
			h.i++
			h.skip()
			switch h.tok() {
			case token.LPAREN: // several results
				h.skip()
				return
			case token.IDENT, token.MUL, token.ARROW, token.CHAN, token.MAP, token.LBRACK, token.STRUCT, token.INTERFACE, token.FUNC:
			default:
				return
			}
		case token.LPAREN:
			h.skip()
			return
		case token.IDENT:
			h.i++
			if h.tok() == token.PERIOD {
				h.i += 2
			}
			if h.tok() == token.LBRACK { // type arguments
				h.skip()
			}
			return
		default:
			return
		}
	}
}
