package console

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFold(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a sentence":              {"Real loss: -14.9 points, one-sided 95 % limit", "Real loss: -14.9\npoints, one-sided 95\n% limit"},
		"an item":                 {"    - for: the logits are wrong\n", "    - for: the\n      logits are\n      wrong\n"},
		"what fits":               {"short\n\n  a  b\n", "short\n\n  a  b\n"},
		"a row of numbers":        {"  subject  50  96.0  52.0  -44.0", "  subject  50  96.0  52.0  -44.0"},
		"a name and a sentence":   {"  flips  170 losses and 36 gains", "  flips  170 losses\n         and 36\n         gains"},
		"a sentence far right":    {"  a very long name  and a word", "  a very long name  and a word"},
		"a word that is too long": {"see /a/path/that/is/longer/than/a/line for more", "see\n/a/path/that/is/longer/than/a/line\nfor more"},
		"characters, not bytes":   {"ééééé ééééé ééééé é", "ééééé ééééé ééééé é"},
		"letters of two columns":  {"基准 掉了 四个百分点 也 许", "基准 掉了 四个百分点\n也 许"},
		"colours":                 {"\x1b[31mred\x1b[0m and more words here", "\x1b[31mred\x1b[0m and more words\nhere"},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, fold(c.text, 20)) })
	}
}

func FuzzFoldKeepsTheWords(f *testing.F) {
	f.Add("  - a b  c\n\n d", 3)
	f.Fuzz(func(t *testing.T, text string, width int) {
		require.Equal(t, strings.Fields(text), strings.Fields(fold(text, width)))
	})
}
