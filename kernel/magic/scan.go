package magic

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// scan follows lines of Go far enough to say whether a statement may begin in
// the next one: outside of brackets, raw strings and comments, and not after
// an operator. Half-typed and wrong code does not confuse it for longer than
// the brackets stay open.
type scan struct {
	depth int  // of brackets
	raw   bool // within a raw string
	block bool // within a comment /* */
	open  bool // the last token wants another
}

func (s *scan) betweenStatements() bool { return s.depth <= 0 && !s.raw && !s.block && !s.open }

// line reads one line, its end included.
func (s *scan) line(text string) {
	for i := 0; i < len(text); {
		rest := text[i:]
		switch {
		case s.raw:
			n := strings.IndexByte(rest, '`')
			if n < 0 {
				return
			}
			s.raw, s.open = false, false
			i += n + 1
		case s.block:
			n := strings.Index(rest, "*/")
			if n < 0 {
				return
			}
			s.block = false
			i += n + 2
		case strings.HasPrefix(rest, "//"):
			return
		case strings.HasPrefix(rest, "/*"):
			s.block = true
			i += 2
		case rest[0] == '`':
			s.raw = true
			i++
		case rest[0] == '"' || rest[0] == '\'':
			i += quoted(rest)
			s.open = false
		case strings.HasPrefix(rest, "++") || strings.HasPrefix(rest, "--"):
			s.open = false
			i += 2
		case strings.IndexByte("([{", rest[0]) >= 0:
			s.depth++
			s.open = false
			i++
		case strings.IndexByte(")]}", rest[0]) >= 0:
			s.depth--
			s.open = false
			i++
		default:
			r, size := utf8.DecodeRuneInString(rest)
			switch {
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == ';':
				s.open = false
			case !unicode.IsSpace(r):
				s.open = true
			}
			i += size
		}
	}
}

// quoted is the length of the string or rune literal that text starts with; it
// ends with the line.
func quoted(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return i + 1
		case '\n':
			return i
		}
	}
	return len(text)
}
