package cell

import (
	"errors"
	"go/scanner"
	"go/token"
	"strings"

	"adkernel/kernel/eval"
)

// IsComplete says whether source could run as it stands, or waits for more.
func (s *Session) IsComplete(source string) eval.Completeness {
	_, toks, errs := scan(source)
	for _, e := range errs {
		if strings.HasSuffix(e.Msg, "not terminated") && (strings.HasPrefix(e.Msg, "raw string") || strings.HasPrefix(e.Msg, "comment")) {
			return eval.Completeness{Status: "incomplete"}
		}
	}
	if len(errs) > 0 {
		return eval.Completeness{Status: "invalid"}
	}
	depth := 0
	for _, t := range toks {
		switch t.tok {
		case token.LPAREN, token.LBRACE, token.LBRACK:
			depth++
		case token.RPAREN, token.RBRACE, token.RBRACK:
			depth--
		}
		if depth < 0 {
			return eval.Completeness{Status: "invalid"}
		}
	}
	if depth > 0 {
		return eval.Completeness{Status: "incomplete", Indent: nextIndent(source)}
	}
	chunks, err := split(source, 0)
	if err != nil {
		return eval.Completeness{Status: "invalid"}
	}
	for i, c := range chunks {
		_, err := parseChunk(c)
		if c.kind == packageClause || err == nil {
			continue
		}
		if i == len(chunks)-1 && breaksOff(err, c) {
			return eval.Completeness{Status: "incomplete", Indent: lastIndent(source)}
		}
		return eval.Completeness{Status: "invalid"}
	}
	return eval.Completeness{Status: "complete"}
}

// breaksOff says whether the parser wanted more behind the chunk's end.
func breaksOff(err error, c chunk) bool {
	var list scanner.ErrorList
	if !errors.As(err, &list) || len(list) == 0 {
		return false
	}
	last := c.line + strings.Count(c.text, "\n")
	return list[0].Pos.Line > last || list[0].Pos.Line == last && endsOpen(c.text)
}

// endsOpen says whether a text ends in a token that needs an operand.
func endsOpen(text string) bool {
	_, toks, _ := scan(text)
	if len(toks) == 0 {
		return false
	}
	t := toks[len(toks)-1].tok
	return t.IsOperator() && t != token.RPAREN && t != token.RBRACE && t != token.RBRACK && t != token.INC && t != token.DEC && t != token.SEMICOLON
}

// nextIndent is the last line's, and a tab more where that line opens something.
func nextIndent(source string) string {
	indent := lastIndent(source)
	source = strings.TrimRight(source, "\n")
	line := strings.TrimRight(source[strings.LastIndexByte(source, '\n')+1:], " \t")
	if line != "" && strings.ContainsRune("({[:", rune(line[len(line)-1])) {
		indent += "\t"
	}
	return indent
}

func lastIndent(source string) string {
	source = strings.TrimRight(source, "\n")
	line := source[strings.LastIndexByte(source, '\n')+1:]
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}
