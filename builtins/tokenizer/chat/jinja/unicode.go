package jinja

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// isSpace is str.isspace: Go's own leaves out the separators of ASCII.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// upper and lower are Python's, which know letters that become several.
func upper(s string) string {
	if isASCII(s) {
		return strings.ToUpper(s)
	}
	return cases.Upper(language.Und).String(s)
}

func lower(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return cases.Lower(language.Und).String(s)
}

// isCased reports whether a letter is upper, lower or title case.
func isUpper(r rune) bool { return unicode.IsUpper(r) || unicode.Is(unicode.Other_Uppercase, r) }
func isLower(r rune) bool { return unicode.IsLower(r) || unicode.Is(unicode.Other_Lowercase, r) }
func isCased(r rune) bool { return isUpper(r) || isLower(r) || unicode.IsTitle(r) }

// onlyCase is str.isupper and str.islower: there are cased letters, all of one
// case.
func onlyCase(s string, is func(rune) bool) bool {
	found := false
	for _, r := range s {
		if isCased(r) {
			if !is(r) {
				return false
			}
			found = true
		}
	}
	return found
}

// capital is a letter at the beginning of a word. Letters whose title case is
// more than one are refused.
func capital(r rune) (string, error) {
	up := upper(string(r))
	if title := string(unicode.ToTitle(r)); title == up || r < 0x80 {
		return up, nil
	}
	return "", fmt.Errorf("the title case of %q is not supported", r)
}

// capitalized is str.capitalize.
func capitalized(s string) (string, error) {
	for _, r := range s {
		first, err := capital(r)
		return first + lower(s)[len(lower(string(r))):], err
	}
	return "", nil
}

// titled is str.title: a word is what lies between characters without case.
func titled(s string) (string, error) {
	var b strings.Builder
	within := false
	for _, r := range s {
		c := string(r)
		switch {
		case r == 'Σ' || r == '\u0345':
			return "", fmt.Errorf("the title case of %q is not supported", r)
		case within:
			c = lower(c)
		default:
			var err error
			if c, err = capital(r); err != nil {
				return "", err
			}
		}
		within = isCased(r)
		b.WriteString(c)
	}
	return b.String(), nil
}

// words is str.split() without arguments.
func words(s string) []string { return strings.FieldsFunc(s, isSpace) }

// isLineEnd says where str.splitlines cuts.
func isLineEnd(r rune) bool {
	return r >= '\n' && r <= '\r' || r >= 0x1c && r <= 0x1e || r == 0x85 || r == 0x2028 || r == 0x2029
}

// lines is str.splitlines.
func lines(s string, keep bool) []string {
	var out []string
	start, runes := 0, []rune(s)
	for i := 0; i < len(runes); i++ {
		if !isLineEnd(runes[i]) {
			continue
		}
		stop := i
		if runes[i] == '\r' && i+1 < len(runes) && runes[i+1] == '\n' {
			i++
		}
		if keep {
			stop = i + 1
		}
		out = append(out, string(runes[start:stop]))
		start = i + 1
	}
	if start < len(runes) {
		out = append(out, string(runes[start:]))
	}
	return out
}
