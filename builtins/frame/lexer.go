package frame

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind int

const (
	endToken tokenKind = iota
	nameToken
	quotedNameToken // in backquotes: never a keyword
	numberToken
	stringToken
	symbolToken
)

type token struct {
	kind tokenKind
	at   int
	text string // without quotes; symbols in their first spelling
}

// describe is the token as an error names it.
func (t token) describe() string {
	if t.kind == endToken {
		return "the end"
	}
	return strconv.Quote(t.text)
}

// symbols maps each spelling of an operator to one; longer spellings first.
var symbols = []struct{ spelling, meaning string }{
	{"==", "=="}, {"!=", "!="}, {"<>", "!="}, {"<=", "<="}, {">=", ">="}, {"&&", "and"}, {"||", "or"},
	{"=", "=="}, {"<", "<"}, {">", ">"}, {"!", "not"}, {"+", "+"}, {"-", "-"}, {"*", "*"}, {"/", "/"}, {"%", "%"},
	{"(", "("}, {")", ")"}, {",", ","},
}

// tokenize splits source; the last token is an endToken.
func tokenize(source string) ([]token, error) {
	var tokens []token
	for at := 0; at < len(source); {
		r, size := utf8.DecodeRuneInString(source[at:])
		if unicode.IsSpace(r) {
			at += size
			continue
		}
		t, length, err := nextToken(source, at, r)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		at += length
	}
	return append(tokens, token{kind: endToken, at: len(source)}), nil
}

func nextToken(source string, at int, r rune) (t token, length int, err error) {
	rest := source[at:]
	switch {
	case r == '\'' || r == '"':
		text, length, err := quotedString(source, at)
		return token{stringToken, at, text}, length, err
	case r == '`':
		end := strings.IndexByte(rest[1:], '`')
		if end < 0 {
			return token{}, 0, wrong(at, "the backquote is not closed")
		}
		return token{quotedNameToken, at, rest[1 : end+1]}, end + 2, nil
	case isDigit(rest[0]) || rest[0] == '.' && len(rest) > 1 && isDigit(rest[1]):
		length := numberLength(rest)
		return token{numberToken, at, rest[:length]}, length, nil
	case r == '_' || unicode.IsLetter(r):
		length := len(rest)
		if i := strings.IndexFunc(rest, func(r rune) bool { return !isNameRune(r) }); i >= 0 {
			length = i
		}
		return token{nameToken, at, rest[:length]}, length, nil
	}
	for _, s := range symbols {
		if strings.HasPrefix(rest, s.spelling) {
			return token{symbolToken, at, s.meaning}, len(s.spelling), nil
		}
	}
	return token{}, 0, wrong(at, "unexpected character %q", r)
}

// isNameRune reports whether r may stand in a name, which may hold dots as
// flattened JSON objects do.
func isNameRune(r rune) bool {
	return r == '_' || r == '.' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// numberLength returns how much of s, which starts with a number, belongs to it.
func numberLength(s string) int {
	i := 0
	for i < len(s) {
		c := s[i]
		sign := (c == '+' || c == '-') && i > 0 && (s[i-1] == 'e' || s[i-1] == 'E')
		if !sign && c != '.' && !isDigit(c) && !('a' <= c && c <= 'z') && !('A' <= c && c <= 'Z') && c != '_' {
			break
		}
		i++
	}
	return i
}

// quotedString reads the string that starts with the quote at source[at].
func quotedString(source string, at int) (text string, length int, err error) {
	quote := source[at]
	var b strings.Builder
	for i := at + 1; i < len(source); i++ {
		switch c := source[i]; {
		case c == quote:
			return b.String(), i + 1 - at, nil
		case c != '\\':
			b.WriteByte(c)
		case i+1 == len(source):
			return "", 0, wrong(at, "the string is not closed")
		default:
			i++
			escaped, known := map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', '\\': '\\', '\'': '\'', '"': '"'}[source[i]]
			if !known {
				return "", 0, wrong(i-1, "unknown escape \\%c; known are \\n \\t \\r \\\\ \\' \\\"", rune(source[i]))
			}
			b.WriteByte(escaped)
		}
	}
	return "", 0, wrong(at, "the string is not closed")
}
