package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A piece is a stretch of text that the model encodes by itself.
type piece struct {
	text  string
	first bool // opens the whole text
}

// A stage is one step of pre-tokenization: it cuts each piece further, or
// rewrites it.
type stage func(dst []piece, p piece) []piece

func (s stage) apply(pieces []piece) []piece {
	out := make([]piece, 0, len(pieces))
	for _, p := range pieces {
		if p.text != "" {
			out = s(out, p)
		}
	}
	return out
}

// cut returns the stage that cuts pieces where next says: next returns the
// length, at least 1, of the first part of a text that is not empty.
func cut(next func(string) int) stage {
	return func(dst []piece, p piece) []piece {
		first := p.first
		for rest := p.text; rest != ""; {
			n := next(rest)
			dst = append(dst, piece{rest[:n], first})
			rest, first = rest[n:], false
		}
		return dst
	}
}

// prefixSpace puts a space before each piece that has none.
func prefixSpace(dst []piece, p piece) []piece {
	if !strings.HasPrefix(p.text, " ") {
		p.text = " " + p.text
	}
	return append(dst, p)
}

// nextDigit cuts every numeric character apart.
func nextDigit(s string) int {
	if n := lengthOf(s, unicode.IsNumber); n > 0 {
		_, size := utf8.DecodeRuneInString(s)
		return size
	}
	return lengthOf(s, isNotNumber)
}

// nextNumber cuts runs of numeric characters from the rest.
func nextNumber(s string) int {
	if n := lengthOf(s, unicode.IsNumber); n > 0 {
		return n
	}
	return lengthOf(s, isNotNumber)
}

// metaspace writes spaces as mark, puts one in front as the scheme says
// ("always", "first", "never"), and cuts before each mark if split.
func metaspace(mark, scheme string, split bool) stage {
	return func(dst []piece, p piece) []piece {
		text := strings.ReplaceAll(p.text, " ", mark)
		prepend := scheme == "always" || scheme == "first" && p.first
		if prepend && !strings.HasPrefix(text, mark) {
			text = mark + text
		}
		if !split {
			return append(dst, piece{text, p.first})
		}
		return cut(func(s string) int { return nextMark(s, mark) })(dst, piece{text, p.first})
	}
}

// nextMark cuts before every mark.
func nextMark(s, mark string) int {
	skip := 0
	if strings.HasPrefix(s, mark) {
		skip = len(mark)
	}
	if i := strings.Index(s[skip:], mark); i >= 0 && skip+i > 0 {
		return skip + i
	}
	return len(s)
}

func isNotNumber(r rune) bool { return !unicode.IsNumber(r) }

// isSymbol is [^\s\p{L}\p{N}].
func isSymbol(r rune) bool {
	return !unicode.IsSpace(r) && !unicode.IsLetter(r) && !unicode.IsNumber(r)
}

// lengthOf returns the length in bytes of the longest prefix of s of which
// every character is in the class.
func lengthOf(s string, class func(rune) bool) int {
	for i, r := range s {
		if !class(r) {
			return i
		}
	}
	return len(s)
}
