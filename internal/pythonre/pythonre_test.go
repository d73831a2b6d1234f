package pythonre

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The cases are Python's: testdata/make_cases.py.
func TestMatchesArePythons(t *testing.T) {
	text, err := os.ReadFile("testdata/cases.json")
	require.NoError(t, err)
	var cases [][]json.RawMessage
	require.NoError(t, json.Unmarshal(text, &cases))
	require.Greater(t, len(cases), 4000)
	refused := map[string]bool{}
	for _, c := range cases {
		var pattern, text, removed string
		var found [][]string
		for i, into := range []any{&pattern, &text, &found, &removed} {
			require.NoError(t, json.Unmarshal(c[i], into))
		}
		r, err := Compile(pattern)
		if err != nil {
			require.Contains(t, pattern, `[\W]`, "%v", err)
			refused[pattern] = true
			continue
		}
		got, err := r.FindAll(text)
		require.NoError(t, err)
		if len(found) == 0 {
			found = nil
		}
		require.Equal(t, found, got, "re.findall(%q, %q)", pattern, text)
		without, err := r.Remove(text)
		require.NoError(t, err)
		require.Equal(t, removed, without, "re.sub(%q, %q)", pattern, text)
	}
	require.Len(t, refused, 1)
}

func TestWhatIsNotKnownIsRefused(t *testing.T) {
	for pattern, want := range map[string]string{
		`(?x) a`:        `"(?x) a": a group of this kind is not known here`,
		`(?a)\w`:        "a group of this kind",
		`(?P=name)`:     "a group of this kind",
		`(a)(?(1)b|c)`:  "a group of this kind",
		`[a\W]`:         `"\\W" is not known here`,
		`\N{DIGIT ONE}`: `"\\N" is not known here`,
		`\0`:            `"\\0" is not known here`,
		`[\1]`:          `"\\1" is not known here`,
		`\101`:          `"\\1" is not known here`,
		`\p{L}`:         `"\\p" is not known here`,
		`a\`:            "ends with a backslash",
		`(`:             `pattern "("`,
		`a**`:           `pattern "a**"`,
		`a++`:           `pattern "a++"`,
		`(?P<name`:      "a group's name has no end",
		`x{,y}`:         "no repetition",
		`\Uffffffff`:    `"\\U" is not known here`,
	} {
		_, err := Compile(pattern)
		require.ErrorContains(t, err, want, pattern)
	}
}

func TestASearchWithoutAnEndEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes as long as a search may")
	}
	r := MustCompile(`(\w+\w+)+(?<=x)!`)
	r.any.MatchTimeout, r.longer.MatchTimeout = timeout/100, timeout/100
	_, err := r.FindAll(strings.Repeat("a", 100))
	require.ErrorContains(t, err, "timeout")
}

// FuzzCompile: no pattern panics, and what is compiled matches some text or none.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{`(?<=a)[\w-]{,3}$`, `(?P<a>\b)\1`, `[^]\]]`, `(?#`, `\U0001f600`, `(?i`, "\\\xc5"} {
		f.Add(seed, "aab 1.")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		r, err := Compile(pattern)
		if err != nil {
			return
		}
		r.any.MatchTimeout, r.longer.MatchTimeout = timeout/100, timeout/100
		_, _ = r.FindAll(text)
		_, _ = r.Remove(text)
	})
}

// As Python's re.escape wrote them.
func TestEscapedTextsMatchThemselves(t *testing.T) {
	for text, want := range map[string]string{
		"a b-c.d":     `a\ b\-c\.d`,
		"(x) [y] {z}": `\(x\)\ \[y\]\ \{z\}`,
		"1+1=2*?^$|":  `1\+1=2\*\?\^\$\|`,
		"~&#\\'\"/é_": `\~\&\#\\'"/é_`,
		"\n\t\r\v\f":  "\\\n\\\t\\\r\\\v\\\f",
	} {
		require.Equal(t, want, Escape(text))
		pattern, err := Compile(Escape(text))
		require.NoError(t, err)
		matches, err := pattern.FindAll("." + text + ".")
		require.NoError(t, err)
		require.Equal(t, [][]string{{text}}, matches)
	}
}
