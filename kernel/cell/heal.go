package cell

import (
	"go/token"
	"strings"
)

// A cell that is being typed rarely parses: brackets are open, a block or an
// operand is missing. heal makes the smallest changes after which each
// statement stands for itself, so that an open bracket costs no more than its
// own statement. Nothing is removed but closing brackets that close nothing
// (blanked), and nothing is inserted but what was forgotten; lines stay lines.

// healed is a text and where its changes are.
type healed struct {
	text  string
	edits []edit // by place
}

// An edit inserts text at a byte of the original, or blanks one byte of it
// (insert is "").
type edit struct {
	at     int
	insert string
}

// place is where byte at of the original is in the healed text.
func (h *healed) place(at int) int {
	moved := 0
	for _, e := range h.edits {
		if e.at < at {
			moved += len(e.insert)
		}
	}
	return at + moved
}

func heal(text string) *healed {
	_, toks, errs := scan(text)
	h := healer{text: text, toks: toks, unended: map[int]bool{}}
	for _, e := range errs {
		if strings.HasSuffix(e.Msg, "literal not terminated") {
			h.unended[e.Pos.Offset] = true
		}
	}
	for i := range toks {
		h.token(i)
	}
	h.endHeader(0, lastEnd(toks, len(toks)))
	h.close(0, lastEnd(toks, len(toks)))
	return &healed{applied(text, h.edits), h.edits}
}

func applied(text string, edits []edit) string {
	var b strings.Builder
	from := 0
	for _, e := range edits {
		b.WriteString(text[from:e.at])
		from = e.at
		if e.insert == "" {
			b.WriteByte(' ')
			from++
		}
		b.WriteString(e.insert)
	}
	b.WriteString(text[from:])
	return b.String()
}

// healer goes through the tokens of a text.
type healer struct {
	text    string
	toks    []lexeme
	unended map[int]bool // where a string or a rune begins that has no end
	open    []opened
	heads   []header
	edits   []edit
}

// opened is a bracket that is open. In a group, as in import (…), lines end
// statements.
type opened struct {
	tok   token.Token
	start int
	group bool
}

// header is a for, if, switch or select, or an else, whose block has not begun;
// or a go or defer, whose call has not ended.
type header struct {
	first, depth int  // index of its token; how many brackets were open
	body         bool // of go func or defer func: begun
}

func (h *healer) token(i int) {
	t := h.toks[i]
	if len(h.open) > 0 && h.declares(i) {
		h.endHeader(0, lastEnd(h.toks, i))
		h.close(0, lastEnd(h.toks, i))
	}
	if h.unended[t.start] {
		h.insert(t.end, t.lit[:1])
	}
	switch t.tok {
	case token.SEMICOLON:
		if t.lit != "\n" {
			if n := len(h.heads); n > 0 && h.heads[n-1].depth == len(h.open) && h.isCall(h.heads[n-1]) {
				h.endHeader(len(h.open), lastEnd(h.toks, i))
			}
			return
		}
		// Where a line may end, Go allows it to within braces alone.
		n := len(h.open)
		for n > 0 && h.open[n-1].tok != token.LBRACE && !h.open[n-1].group {
			n--
		}
		h.close(n, lastEnd(h.toks, i))
		h.endHeader(n, lastEnd(h.toks, i))
	case token.FOR, token.IF, token.SWITCH, token.SELECT, token.ELSE:
		if n := len(h.heads); n > 0 && h.heads[n-1].depth == len(h.open) { // else if
			h.heads = h.heads[:n-1]
		}
		h.heads = append(h.heads, header{first: i, depth: len(h.open)})
	case token.GO, token.DEFER:
		h.heads = append(h.heads, header{first: i, depth: len(h.open)})
	case token.LBRACE:
		if n := len(h.heads); n > 0 && h.isCall(h.heads[n-1]) {
			h.heads[n-1].body = h.heads[n-1].body || h.heads[n-1].depth == len(h.open)
		} else if n > 0 && h.heads[n-1].depth == len(h.open) && blockOf(h.toks, h.heads[n-1].first) == i {
			h.heads = h.heads[:n-1]
		}
		h.open = append(h.open, opened{tok: t.tok, start: t.start})
	case token.LPAREN, token.LBRACK:
		group := false
		if i > 0 {
			switch h.toks[i-1].tok {
			case token.IMPORT, token.CONST, token.VAR, token.TYPE:
				group = true
			}
		}
		h.open = append(h.open, opened{t.tok, t.start, group})
	case token.RPAREN, token.RBRACK, token.RBRACE:
		h.closing(i)
	}
}

// closing closes what was forgotten within the bracket that token i closes.
func (h *healer) closing(i int) {
	t := h.toks[i]
	want := map[token.Token]token.Token{token.RPAREN: token.LPAREN, token.RBRACK: token.LBRACK, token.RBRACE: token.LBRACE}[t.tok]
	n := len(h.open) - 1
	for n >= 0 && h.open[n].tok != want {
		if h.open[n].tok == token.LBRACE && strings.Contains(h.text[h.open[n].start:t.start], "\n") {
			n = -1 // a parenthesis does not close a block
			break
		}
		n--
	}
	if n < 0 {
		h.edits = append(h.edits, edit{at: t.start})
		return
	}
	h.endHeader(n+1, lastEnd(h.toks, i))
	h.close(n+1, lastEnd(h.toks, i))
	h.open = h.open[:n]
}

// close closes brackets until n are open.
func (h *healer) close(n, at int) {
	for len(h.open) > n {
		last := h.open[len(h.open)-1]
		h.open = h.open[:len(h.open)-1]
		h.insert(at, map[token.Token]string{token.LPAREN: ")", token.LBRACK: "]", token.LBRACE: "}"}[last.tok])
	}
}

// endHeader gives a block to each header that has none, and a call to each go
// and defer, if they stand within at least n brackets.
func (h *healer) endHeader(n, at int) {
	for len(h.heads) > 0 && h.heads[len(h.heads)-1].depth >= n {
		head := h.heads[len(h.heads)-1]
		h.heads = h.heads[:len(h.heads)-1]
		h.close(head.depth, at)
		if h.isCall(head) {
			h.insert(at, h.missingCall(head, at))
		} else {
			h.insert(at, h.missingClauses(head, at)+" {}")
		}
	}
}

func (h *healer) isCall(head header) bool {
	tok := h.toks[head.first].tok
	return tok == token.GO || tok == token.DEFER
}

// missingCall is what a go or defer lacks that ends at a byte.
func (h *healer) missingCall(head header, at int) string {
	isLiteral := head.first+1 < len(h.toks) && h.toks[head.first+1].tok == token.FUNC
	switch {
	case isLiteral && !head.body:
		return " {}()"
	case strings.HasSuffix(applied(h.text[:at], h.edits), ")"):
		return ""
	}
	return "()"
}

// missingClauses are the semicolons, and the condition, that the header of an
// if, for or switch lacks when it begins with an assignment.
func (h *healer) missingClauses(head header, at int) string {
	assigns, semicolons, depth := false, 0, 0
	for _, t := range h.toks[head.first:] {
		if t.start >= at {
			break
		}
		switch t.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		case token.RANGE:
			if depth == 0 {
				return ""
			}
		case token.SEMICOLON:
			if depth == 0 {
				semicolons++
			}
		case token.DEFINE, token.ASSIGN:
			assigns = assigns || depth == 0
		}
	}
	switch tok := h.toks[head.first].tok; {
	case !assigns:
		return ""
	case tok == token.FOR:
		return strings.Repeat(";", max(0, 2-semicolons))
	case tok == token.IF && semicolons == 0:
		return "; true"
	case tok == token.SWITCH && semicolons == 0:
		return ";"
	}
	return ""
}

func (h *healer) insert(at int, text string) {
	if text != "" {
		h.edits = append(h.edits, edit{at, text})
	}
}

// declares says whether token i begins a line with a declaration that stands in
// no brackets: whatever is open was not closed.
func (h *healer) declares(i int) bool {
	t := h.toks[i]
	if i == 0 || t.start == 0 {
		return false
	}
	if before := h.toks[i-1]; before.tok != token.SEMICOLON && before.tok != token.LBRACE && before.tok != token.LPAREN && before.tok != token.COMMA {
		return false
	}
	switch t.tok {
	case token.FUNC, token.TYPE, token.IMPORT:
	default:
		return false
	}
	if h.text[t.start-1] != '\n' || i+1 >= len(h.toks) {
		return false
	}
	next := h.toks[i+1].tok
	return t.tok == token.IMPORT || next == token.IDENT || t.tok == token.FUNC && isMethod(h.toks[i:min(len(h.toks), i+20)])
}

// lastEnd is where the token before i ends that is not the end of a line.
func lastEnd(toks []lexeme, i int) int {
	for i--; i >= 0; i-- {
		if toks[i].tok != token.SEMICOLON || toks[i].lit != "\n" {
			return toks[i].end
		}
	}
	return 0
}
