package monospace

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWidth(t *testing.T) {
	for s, want := range map[string]int{
		"": 0, "abc": 3, "数学": 4, "ｱ": 1, "Ａ": 2, "e\u0301": 1, "กำ": 2, "👍🏽": 2, "👨‍👩‍👧": 2, "🇩🇪": 2, "…─·": 3,
	} {
		require.Equal(t, want, Width(s), "%q", s)
	}
}

func TestPadding(t *testing.T) {
	require.Equal(t, "数学 |", Left("数学", 5)+"|")
	require.Equal(t, " 数学|", Right("数学", 5)+"|")
	require.Equal(t, "数学", Left("数学", 3), "never cut")
}

func TestLine(t *testing.T) {
	for _, c := range []struct {
		s     string
		width int
		want  string
	}{
		{"", 3, ""},
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"数学的", 6, "数学的"},
		{"数学的", 5, "数学…"},
		{"数学的", 4, "数…"},
		{"e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
		{"👍🏽👍🏽", 3, "👍🏽…"},
		{"a\tb\r\n", 10, `a\tb\r\n`},
		{"a\tb\r\n", 6, `a\tb…`},
		{"\x1b[31m\u2028\x00\x7f", 30, `\x1b[31m\u2028\x00\x7f`},
		{`"\"`, 3, `"\"`},
	} {
		got := Line(c.s, c.width)
		require.Equal(t, c.want, got)
		require.LessOrEqual(t, Width(got), c.width)
	}
}

func TestShort(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"fp8-tp2", 7, "fp8-tp2"}, {"fp8-tp2", 6, "fp8…p2"}, {"fp8-tp2", 5, "fp…p2"}, {"fp8-tp2", 1, "…"}, {"fp8-tp2", 0, "…"},
		{"two words", 5, "two …"}, {"größer", 5, "größ…"}, {"", 3, ""},
	} {
		require.Equal(t, c.want, Short(c.text, c.width), "%s in %d", c.text, c.width)
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  []string
	}{
		{"it fits into a line", 19, []string{"it fits into a line"}},
		{"it fits into a line", 18, []string{"it fits into a", "line"}},
		{"/a/path/without/a/blank is not broken", 16, []string{"/a/path/without/a/blank", "is not broken"}},
		{"数学 数学 数学 数学", 16, []string{"数学 数学 数学", "数学"}},
		{"no room for a word", 15, []string{"no room for a word"}},
		{"", 20, []string{""}},
	} {
		require.Equal(t, c.want, Wrap(c.text, c.width), "%s in %d", c.text, c.width)
	}
}
