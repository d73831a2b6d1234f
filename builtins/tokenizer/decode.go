package tokenizer

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// A decoder is one step from the tokens' spellings to text.
type decoder func(texts []string) []string

// joinTexts ends decoding: spaced is the library's rule for a file without a
// decoder.
func joinTexts(texts []string, spaced bool) string {
	if spaced {
		return strings.Join(texts, " ")
	}
	return strings.Join(texts, "")
}

// decodeByteLevel undoes GPT-2's spelling of bytes. A token with a character
// that spells no byte stands for itself.
func decodeByteLevel(texts []string) []string {
	var b strings.Builder
	for _, text := range texts {
		if bytes, ok := spelledBytes(text); ok {
			text = bytes
		}
		b.WriteString(text)
	}
	return []string{validUTF8(b.String())}
}

// decodeByteFallback joins runs of byte tokens ("<0xE2>") to text. A run that
// is no valid UTF-8 becomes one U+FFFD a byte.
func decodeByteFallback(texts []string) []string {
	var out []string
	var run []byte
	flush := func() {
		switch {
		case len(run) == 0:
		case utf8.Valid(run):
			out = append(out, string(run))
		default:
			for range run {
				out = append(out, string(utf8.RuneError))
			}
		}
		run = run[:0]
	}
	for _, text := range texts {
		if b, ok := byteToken(text); ok {
			run = append(run, b)
			continue
		}
		flush()
		out = append(out, text)
	}
	flush()
	return out
}

// byteToken reads a byte token's spelling.
func byteToken(s string) (byte, bool) {
	if len(s) != 6 || !strings.HasPrefix(s, "<0x") || s[5] != '>' {
		return 0, false
	}
	b, err := strconv.ParseUint(s[3:5], 16, 8)
	return byte(b), err == nil
}

// decodeReplace writes old as new in every token.
func decodeReplace(old, new string) decoder {
	return func(texts []string) []string {
		out := make([]string, len(texts))
		for i, text := range texts {
			out[i] = strings.ReplaceAll(text, old, new)
		}
		return out
	}
}

// decodeMetaspace writes mark as a space, and drops it from the first token if
// encoding has put it there.
func decodeMetaspace(mark string, prepended bool) decoder {
	return func(texts []string) []string {
		out := make([]string, len(texts))
		for i, text := range texts {
			space := " "
			if i == 0 && prepended {
				space = ""
			}
			out[i] = strings.ReplaceAll(text, mark, space)
		}
		return out
	}
}

// decodeFuse joins all tokens to one.
func decodeFuse(texts []string) []string {
	return []string{strings.Join(texts, "")}
}

// decodeStrip removes up to start times content from the front of every token,
// and up to stop times from its end.
func decodeStrip(content string, start, stop int) decoder {
	return func(texts []string) []string {
		out := make([]string, len(texts))
		for i, text := range texts {
			for n := 0; n < start && strings.HasPrefix(text, content); n++ {
				text = text[len(content):]
			}
			for n := 0; n < stop && strings.HasSuffix(text, content); n++ {
				text = text[:len(text)-len(content)]
			}
			out[i] = text
		}
		return out
	}
}

// validUTF8 replaces each maximal ill-formed subsequence of s by U+FFFD, as
// Rust's from_utf8_lossy does (Unicode Standard, section 3.9, "U+FFFD
// Substitution of Maximal Subparts").
func validUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && size == 1 {
			size = subpart(s)
		}
		b.WriteRune(r)
		s = s[size:]
	}
	return b.String()
}

// subpart returns the length of the maximal subpart at the start of s, which
// begins with no valid character: the longest prefix of one, or 1.
func subpart(s string) int {
	for n := min(3, len(s)); n > 1; n-- {
		if truncatedRune(s[:n]) {
			return n
		}
	}
	return 1
}

// truncatedRune reports whether s is the beginning of a character's encoding:
// some continuation makes it valid.
func truncatedRune(s string) bool {
	for _, tail := range []string{"\x80", "\x80\x80"} {
		r, size := utf8.DecodeRuneInString(s + tail)
		if r != utf8.RuneError && size == len(s)+len(tail) {
			return true
		}
	}
	return false
}
