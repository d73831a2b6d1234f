package notebook

import (
	"go/scanner"
	"go/token"
	"html/template"
	"strings"
)

// highlightGo is Go source as HTML, coloured by its tokens. What is not Go is
// left as it is.
func highlightGo(source string) template.HTML {
	source = strings.ReplaceAll(source, "\r", "") // the scanner drops them from literals
	file := token.NewFileSet().AddFile("", 1, len(source))
	var s scanner.Scanner
	s.Init(file, []byte(source), func(token.Position, string) {}, scanner.ScanComments)
	var out strings.Builder
	at := 0
	for {
		pos, tok, literal := s.Scan()
		if tok == token.EOF {
			break
		}
		start := file.Offset(pos)
		if tok == token.SEMICOLON && literal != ";" || start < at {
			continue // inserted by the scanner
		}
		if literal == "" {
			literal = tok.String()
		}
		end := min(start+len(literal), len(source))
		out.WriteString(template.HTMLEscapeString(source[at:start]))
		writeToken(&out, tokenClass(tok, source[end:]), source[start:end])
		at = end
	}
	out.WriteString(template.HTMLEscapeString(source[at:]))
	return template.HTML(out.String())
}

// tokenClass is the style of a token, with the source that follows it.
func tokenClass(tok token.Token, rest string) string {
	switch {
	case tok.IsKeyword():
		return "keyword"
	case tok == token.STRING || tok == token.CHAR:
		return "string"
	case tok.IsLiteral() && tok != token.IDENT:
		return "number"
	case tok == token.COMMENT:
		return "comment"
	case tok == token.IDENT && strings.HasPrefix(rest, "("):
		return "call"
	}
	return ""
}

func writeToken(out *strings.Builder, class, text string) {
	escaped := template.HTMLEscapeString(text)
	if class == "" {
		out.WriteString(escaped)
		return
	}
	out.WriteString(`<span class="` + class + `">` + escaped + `</span>`)
}
