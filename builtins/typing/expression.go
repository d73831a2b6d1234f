package typing

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"adkernel/builtins/frame"
	"adkernel/internal/pattern"
	"adkernel/kernel/eval"
)

// expression says what may stand at the end of an expression over columns.
func expression(l eval.Literal, columns []Column, isPredicate bool) eval.Suggestion {
	open, at := openQuote(l.Before)
	switch open {
	case '\'', '"':
		return eval.Suggestion{Start: at + 1, Items: values(l.Before[:at], columns, open)}
	case '`':
		return eval.Suggestion{Start: at + 1, Items: names(columns)}
	}
	start := wordStart(l.Before)
	out := eval.Suggestion{Start: start}
	if r, _ := utf8.DecodeRuneInString(l.Before[start:]); unicode.IsDigit(r) {
		return out // a number
	}
	if endsInOperand(l.Before[:start]) {
		for _, word := range []string{"and", "or", "in", "is null", "is not null", "not in", "contains", "startswith", "endswith"} {
			out.Items = append(out.Items, eval.Item{Text: word, Kind: "keyword"})
		}
		return out
	}
	for _, c := range columns {
		text := c.Name
		if !frame.IsName(text) {
			if l.Raw || strings.Contains(text, "`") {
				continue // cannot be written there
			}
			text = "`" + text + "`"
		}
		out.Items = append(out.Items, eval.Item{Text: text, Kind: "column", Type: c.Type()})
	}
	for _, name := range frame.Functions() {
		out.Items = append(out.Items, eval.Item{Text: name, Kind: "function"})
	}
	if isPredicate {
		out.Items = append(out.Items, eval.Item{Text: "not", Kind: "keyword"})
	}
	for _, word := range []string{"false", "true"} {
		out.Items = append(out.Items, eval.Item{Text: word, Kind: "keyword"})
	}
	return out
}

// openQuote is the quote that text ends within, and where it stands; 0 when
// there is none.
func openQuote(text string) (quote byte, at int) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote == 0 && (c == '\'' || c == '"' || c == '`'):
			quote, at = c, i
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0 && quote != '`' && c == '\\':
			i++
		}
	}
	return quote, at
}

// wordStart is where the word begins in which text ends.
func wordStart(text string) int { return len(strings.TrimRightFunc(text, isNameRune)) }

func isNameRune(r rune) bool {
	return r == '_' || r == '.' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// endsInOperand says whether an operator has to follow text.
func endsInOperand(text string) bool {
	text = strings.TrimRightFunc(text, unicode.IsSpace)
	r, _ := utf8.DecodeLastRuneInString(text)
	switch {
	case text == "":
		return false
	case strings.ContainsRune(")'\"`", r):
		return true
	case !isNameRune(r):
		return false
	}
	word := strings.ToLower(text[wordStart(text):])
	return word == "null" || !slices.Contains(frame.Keywords(), word)
}

// compared is the end of a text after which a value of a column stands.
var compared = pattern.New("(?i)(?:`([^`]+)`|([\\pL_][\\pL\\pN_.]*))\\s*(?:==?|!=|<>|<=?|>=?|(?:not\\s+)?in\\s*\\([^()]*|contains|startswith|endswith)\\s*$")

// maxValues is how many different values of a column are proposed.
const maxValues = 300

// values are those of the column with which a string is compared.
func values(before string, columns []Column, quote byte) []eval.Item {
	m := compared().FindStringSubmatch(before)
	if m == nil {
		return nil
	}
	name := m[1] + m[2]
	i := slices.IndexFunc(columns, func(c Column) bool { return c.Name == name })
	if i < 0 || columns[i].From == nil || columns[i].From.Kind() != frame.String {
		return nil
	}
	c := columns[i].From
	seen := map[string]bool{}
	const rows = 100_000 // looked at
	for row := range min(c.Len(), rows) {
		text, ok := c.Value(row).(string)
		if !ok || seen[text] || text == "" || strings.ContainsAny(text, string(quote)+"\\\n\r") {
			continue
		}
		if seen[text] = true; len(seen) == maxValues {
			break
		}
	}
	var out []eval.Item
	for text := range seen {
		out = append(out, eval.Item{Text: text, Kind: "value"})
	}
	slices.SortFunc(out, func(a, b eval.Item) int { return strings.Compare(a.Text, b.Text) })
	return out
}
