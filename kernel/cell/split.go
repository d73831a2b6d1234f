package cell

import (
	"fmt"
	"go/scanner"
	"go/token"
	"slices"
	"strings"
	"unicode/utf8"
)

type chunkKind int

const (
	statement chunkKind = iota // var declarations are statements, too
	packageClause
	importDecl
	typeDecl
	constDecl
	funcDecl
	methodDecl
)

// A chunk is one top-level declaration or statement of a cell.
type chunk struct {
	kind      chunkKind
	cell      int // execution count of the cell it is from
	text      string
	line, col int // of its first byte, from 1
	start     int // byte offset in the cell
	doc       string
	values    int // of a list of values that ends the cell, a, b, which is no statement of Go; else 0
}

func (c chunk) end() int { return c.start + len(c.text) }

// directive makes positions in the text after it those of the cell, and a
// statement of a list of values.
func (c chunk) directive() string {
	if c.values > 0 {
		return fmt.Sprintf("_%s = /*line %s:%d:%d*/", strings.Repeat(", _", c.values-1), fileName(c.cell), c.line, c.col)
	}
	return fmt.Sprintf("//line %s:%d:%d\n", fileName(c.cell), c.line, c.col)
}

func fileName(cell int) string { return fmt.Sprintf("In[%d]", cell) }

// lexeme is a token with its extent.
type lexeme struct {
	tok        token.Token
	lit        string
	start, end int
}

// scan returns the tokens of src, automatic semicolons included, and the
// scanner's complaints.
func scan(src string) (*token.File, []lexeme, scanner.ErrorList) {
	file := token.NewFileSet().AddFile("", -1, len(src))
	var errs scanner.ErrorList
	var sc scanner.Scanner
	sc.Init(file, []byte(src), func(p token.Position, msg string) { errs.Add(p, msg) }, 0)
	var out []lexeme
	for {
		pos, tok, lit := sc.Scan()
		if tok == token.EOF {
			return file, out, errs
		}
		start := file.Offset(pos)
		out = append(out, lexeme{tok, lit, start, start + width(src[start:], tok, lit)})
	}
}

// width is how many bytes the token at the beginning of src has there. What the
// scanner says of it has others where a raw string holds carriage returns, and
// where a byte is not of UTF-8.
func width(src string, tok token.Token, lit string) int {
	switch {
	case tok == token.SEMICOLON && lit == "\n":
		return 0
	case tok == token.SEMICOLON, lit == "":
		return min(len(tok.String()), len(src))
	case tok == token.STRING && lit[0] == '`':
		if text, _, closed := strings.Cut(src[1:], "`"); closed {
			return len(text) + 2
		}
		return len(src)
	case tok == token.ILLEGAL:
		_, n := utf8.DecodeRuneInString(src)
		return n
	}
	return len(lit)
}

// split cuts a cell into its top-level declarations and statements. The error
// is the scanner's; the chunks are useful even so.
func split(src string, n int) ([]chunk, error) {
	file, toks, errs := scan(src)
	var out []chunk
	var ending []lexeme // the tokens of the last chunk
	first, depth := -1, 0
	block := 0 // of the last for, if, switch or select: semicolons before it do not end the statement
	flush := func(last int) {
		if first < 0 {
			return
		}
		start, end := toks[first].start, toks[last].end
		p := file.Position(file.Pos(start))
		ending = toks[first : last+1]
		out = append(out, chunk{kindOf(ending), n, src[start:end], p.Line, p.Column, start, docBefore(src[:start]), 0})
		first = -1
	}
	for i, t := range toks {
		if t.tok == token.SEMICOLON && depth <= 0 && i >= block {
			flush(i - 1)
			continue
		}
		if first < 0 {
			first = i
		}
		switch t.tok {
		case token.FOR, token.IF, token.SWITCH, token.SELECT:
			if depth <= 0 && i >= block {
				block = blockOf(toks, i)
			}
		case token.LBRACE, token.LPAREN, token.LBRACK:
			depth++
		case token.RPAREN, token.RBRACE, token.RBRACK:
			depth--
		}
	}
	flush(len(toks) - 1)
	if n := len(out); n > 0 && out[n-1].kind == statement {
		out[n-1].values = listed(ending)
	}
	return out, errs.Err()
}

// listed counts the values of a list of them, and is 0 for other statements.
func listed(toks []lexeme) int {
	commas, depth := 0, 0
	for _, t := range toks {
		switch t.tok {
		case token.LBRACE, token.LPAREN, token.LBRACK:
			depth++
			continue
		case token.RPAREN, token.RBRACE, token.RBRACK:
			depth--
			continue
		}
		switch {
		case depth > 0:
		case t.tok == token.COMMA:
			commas++
		case t.tok == token.FUNC, t.tok == token.STRUCT, t.tok == token.MAP, t.tok == token.CHAN: // of a value's type
		case t.tok.IsKeyword(), isAssignment(t.tok), t.tok == token.COLON:
			return 0
		}
	}
	if commas == 0 {
		return 0
	}
	return commas + 1
}

func isAssignment(t token.Token) bool {
	return t == token.ASSIGN || t == token.DEFINE || token.ADD_ASSIGN <= t && t <= token.AND_NOT_ASSIGN || t == token.INC || t == token.DEC
}

// docBefore is the text of the line comments that end right above a chunk.
func docBefore(src string) string {
	above, ok := strings.CutSuffix(strings.TrimRight(src, " \t"), "\n")
	if !ok {
		return ""
	}
	lines := strings.Split(above, "\n")
	var doc []string
	for i := len(lines) - 1; i >= 0; i-- {
		text, ok := strings.CutPrefix(strings.TrimSpace(lines[i]), "//")
		if !ok {
			break
		}
		doc = append(doc, strings.TrimPrefix(text, " "))
	}
	slices.Reverse(doc)
	return strings.Join(doc, "\n")
}

func kindOf(toks []lexeme) chunkKind {
	switch toks[0].tok {
	case token.PACKAGE:
		return packageClause
	case token.IMPORT:
		return importDecl
	case token.TYPE:
		return typeDecl
	case token.CONST:
		return constDecl
	case token.FUNC:
		if len(toks) > 1 && toks[1].tok == token.IDENT {
			return funcDecl
		}
		if isMethod(toks) {
			return methodDecl
		}
	}
	return statement
}

// isMethod tells func (r T) Name( from a function literal.
func isMethod(toks []lexeme) bool {
	depth := 0
	for i := 1; i < len(toks); i++ {
		switch toks[i].tok {
		case token.LPAREN:
			depth++
		case token.RPAREN:
			if depth--; depth == 0 {
				return i+2 < len(toks) && toks[i+1].tok == token.IDENT && toks[i+2].tok == token.LPAREN
			}
		}
	}
	return false
}
