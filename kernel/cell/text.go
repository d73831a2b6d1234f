package cell

import (
	"go/token"
	"strconv"
	"strings"
	"unicode/utf8"
)

type textKind int

const (
	code textKind = iota
	comment
	runeText
	stringText
)

// A text is where the cursor stands, as far as quotes and comments tell.
type text struct {
	kind       textKind
	start, end int // of a string: its first quote, and behind its last one, or the cursor when there is none
	raw        bool
}

// textAt reads source up to the cursor and the string there to its end.
func textAt(source string, cursor int) text {
	for i := 0; i < cursor; {
		switch rest := source[i:]; {
		case strings.HasPrefix(rest, "//"):
			n := strings.IndexByte(rest, '\n')
			if n < 0 || i+n >= cursor {
				return text{kind: comment}
			}
			i += n
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 || i+n+4 > cursor {
				return text{kind: comment}
			}
			i += n + 4
		case rest[0] == '"', rest[0] == '\'', rest[0] == '`':
			end, closed := quoteEnd(source, i)
			if end < cursor || end == cursor && closed {
				i = end
				continue
			}
			if rest[0] == '\'' {
				return text{kind: runeText}
			}
			if !closed {
				end = cursor
			}
			return text{kind: stringText, start: i, end: end, raw: rest[0] == '`'}
		default:
			i++
		}
	}
	return text{}
}

// quoteEnd is where the string or rune that begins at i ends.
func quoteEnd(source string, i int) (end int, closed bool) {
	quote := source[i]
	for j := i + 1; j < len(source); j++ {
		switch c := source[j]; {
		case c == quote:
			return j + 1, true
		case quote != '`' && c == '\n':
			return j, false
		case quote != '`' && c == '\\':
			j++
		}
	}
	return len(source), false
}

// inImport says whether a string after source is an import path.
func inImport(source string) bool {
	_, toks, _ := scan(source)
	i := len(toks) - 1
	paths := false
	for ; i >= 0; i-- {
		t := toks[i].tok
		paths = paths || t == token.STRING
		if t != token.STRING && t != token.SEMICOLON && t != token.IDENT && t != token.PERIOD {
			break
		}
	}
	if i < 0 {
		return false
	}
	return toks[i].tok == token.IMPORT && !paths || toks[i].tok == token.LPAREN && i > 0 && toks[i-1].tok == token.IMPORT
}

// unquoted is the value of a piece of a string's source.
func unquoted(piece string, raw bool) (string, bool) {
	if raw {
		return piece, true
	}
	value, err := strconv.Unquote(`"` + piece + `"`)
	return value, err == nil
}

// quoted is how a value is written in a string, if it can be.
func quoted(value string, raw bool) (string, bool) {
	if raw {
		return value, !strings.ContainsAny(value, "`\r")
	}
	q := strconv.Quote(value)
	return q[1 : len(q)-1], true
}

// quotedLength is how many bytes of a string's source write the first n bytes
// of its value.
func quotedLength(piece string, n int, raw bool) int {
	if raw {
		return n
	}
	rest := piece
	for n > 0 && rest != "" {
		r, multibyte, tail, err := strconv.UnquoteChar(rest, '"')
		if err != nil {
			break
		}
		if multibyte || r < utf8.RuneSelf {
			n -= max(1, utf8.RuneLen(r))
		} else {
			n-- // \xff
		}
		rest = tail
	}
	return len(piece) - len(rest)
}
