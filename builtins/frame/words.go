package frame

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Functions lists the functions of expressions (see Frame.Where), sorted.
func Functions() []string { return functionNames() }

// Keywords lists the words of expressions that cannot be names of columns
// outside of backquotes.
func Keywords() []string { return slices.Clone(keywords) }

// IsName reports whether an expression may name a column so without
// backquotes.
func IsName(name string) bool {
	first, _ := utf8.DecodeRuneInString(name)
	if first != '_' && !unicode.IsLetter(first) || strings.ContainsFunc(name, func(r rune) bool { return !isNameRune(r) }) {
		return false
	}
	switch word := strings.ToLower(name); word {
	case "true", "false":
		return false
	default:
		return !slices.Contains(keywords, word)
	}
}
