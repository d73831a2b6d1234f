package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The split patterns of the byte-level family. Go's regexp has no look-ahead,
// so each is matched by hand; the functions below follow the alternatives of
// their pattern in order.
const (
	patternGPT2   = `'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	patternGPT2b  = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	patternLlama3 = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternQwen2  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// splitPatterns maps a pattern, as tokenizer.json spells it, to its matcher.
var splitPatterns = map[string]func(string) int{
	patternGPT2:   nextGPT2,
	patternGPT2b:  nextGPT2,
	patternLlama3: func(s string) int { return nextLlama3(s, 3) },
	patternQwen2:  func(s string) int { return nextLlama3(s, 1) },
}

var contractions = []string{"s", "t", "re", "ve", "m", "ll", "d"}

// nextGPT2 returns the length of patternGPT2's match at the start of s.
func nextGPT2(s string) int {
	if n := contraction(s, strings.HasPrefix); n > 0 {
		return n
	}
	skip := 0
	if s[0] == ' ' {
		skip = 1
	}
	for _, class := range []func(rune) bool{unicode.IsLetter, unicode.IsNumber, isSymbol} {
		if n := lengthOf(s[skip:], class); n > 0 {
			return skip + n
		}
	}
	return whiteSpace(s)
}

// nextLlama3 returns the length of patternLlama3's match at the start of s,
// with runs of at most digits numeric characters.
func nextLlama3(s string, digits int) int {
	if n := contraction(s, hasPrefixFold); n > 0 {
		return n
	}
	r, size := utf8.DecodeRuneInString(s)
	if unicode.IsLetter(r) {
		return lengthOf(s, unicode.IsLetter)
	}
	if unicode.IsNumber(r) {
		return numberRun(s, digits)
	}
	if r != '\r' && r != '\n' {
		if n := lengthOf(s[size:], unicode.IsLetter); n > 0 {
			return size + n
		}
	}
	skip := 0
	if r == ' ' {
		skip = 1
	}
	if n := lengthOf(s[skip:], isSymbol); n > 0 {
		n += skip
		return n + lengthOf(s[n:], isLineBreak)
	}
	space := s[:lengthOf(s, unicode.IsSpace)]
	if i := strings.LastIndexAny(space, "\r\n"); i >= 0 {
		return i + 1 // \s*[\r\n]+
	}
	return whiteSpace(s)
}

// whiteSpace matches \s+(?!\S)|\s+ : all white space at the end of the text,
// else all but the last, which is left to the word that follows.
func whiteSpace(s string) int {
	n := lengthOf(s, unicode.IsSpace)
	if n == len(s) {
		return n
	}
	_, last := utf8.DecodeLastRuneInString(s[:n])
	if n > last {
		return n - last
	}
	return n
}

// numberRun returns the length of at most limit numeric characters.
func numberRun(s string, limit int) int {
	count := 0
	return lengthOf(s, func(r rune) bool {
		count++
		return count <= limit && unicode.IsNumber(r)
	})
}

// contraction returns the length of an English contraction ('s, 're) at the
// start of s, or 0.
func contraction(s string, hasPrefix func(s, prefix string) bool) int {
	if s[0] != '\'' {
		return 0
	}
	for _, c := range contractions {
		if hasPrefix(s[1:], c) {
			return 1 + foldedLength(s[1:], len(c))
		}
	}
	return 0
}

// hasPrefixFold is strings.HasPrefix under simple case folding; prefix is
// ASCII.
func hasPrefixFold(s, prefix string) bool {
	n := foldedLength(s, len(prefix))
	return n > 0 && strings.EqualFold(s[:n], prefix)
}

// foldedLength returns the length in bytes of the first count characters of s,
// or 0 if it has fewer. (U+017F, two bytes, folds to s.)
func foldedLength(s string, count int) int {
	n := 0
	for range count {
		_, size := utf8.DecodeRuneInString(s[n:])
		if size == 0 {
			return 0
		}
		n += size
	}
	return n
}

func isLineBreak(r rune) bool { return r == '\r' || r == '\n' }
