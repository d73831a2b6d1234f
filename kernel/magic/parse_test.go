package magic

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// outline writes the parts of a cell: their kinds, and what they hold.
func outline(source string) []string {
	var out []string
	for _, p := range parse(source, func(name string) bool { return name == "live" }) {
		text := strings.TrimSpace(source[p.start:p.end])
		switch p.kind {
		case goCode:
			out = append(out, "go: "+text)
		case shellLine:
			out = append(out, "shell"+p.name+": "+p.rest)
		case lineMagic:
			out = append(out, "line "+p.name+": "+p.rest)
		case cellMagic:
			out = append(out, "cell "+p.name+": "+p.rest+"|"+p.body)
		case question:
			out = append(out, "question"+strings.Repeat("?", p.detail)+": "+p.name)
		}
	}
	return out
}

func TestCellsAreCutIntoGoAndMagics(t *testing.T) {
	for name, test := range map[string]struct {
		source string
		want   []string
	}{
		"nothing":                    {"", nil},
		"Go":                         {"x := 1\ny := x % 2", []string{"go: x := 1\ny := x % 2"}},
		"between Go":                 {"x := 1\n!ls -l\n\n%cd /tmp \nx", []string{"go: x := 1", "shell!: ls -l", "line cd: /tmp", "go: x"}},
		"indented":                   {"  %pwd", []string{"line pwd: "}},
		"a line that goes on":        {"!ls \\\n  -l\nx", []string{"shell!: ls   -l", "go: x"}},
		"a cell":                     {"\n%%bash -e\nls\n%pwd\n", []string{"cell bash: -e|ls\n%pwd\n"}},
		"a cell below Go":            {"x\n%%bash\nls", []string{"go: x", "line : %bash", "go: ls"}},
		"a raw string":               {"s := `\n%pwd\n!ls\n`\n!ls", []string{"go: s := `\n%pwd\n!ls\n`", "shell!: ls"}},
		"a comment":                  {"/* \n%pwd */\n// `\n%pwd", []string{"go: /* \n%pwd */\n// `", "line pwd: "}},
		"brackets":                   {"f(\n!a,\n)\n{\n%cd\n}", []string{"go: f(\n!a,\n)\n{\n%cd\n}"}},
		"strings with brackets":      {`s, r := "{\"(", '['` + "\n!ls", []string{`go: s, r := "{\"(", '['`, "shell!: ls"}},
		"an operand":                 {"ok := a &&\n\t!b\n!c", []string{"go: ok := a &&\n\t!b", "shell!: c"}},
		"after an increment":         {"i++\n!ls", []string{"go: i++", "shell!: ls"}},
		"Go's not, of a variable":    {"!live", []string{"go: !live"}},
		"Go's not, declared above":   {"a, ok := f()\n!ok", []string{"go: a, ok := f()\n!ok"}},
		"Go's not, declared by var":  {"var ok bool\n!ok", []string{"go: var ok bool\n!ok"}},
		"Go's not, of a call":        {`!strings.HasPrefix(s, "x")`, []string{`go: !strings.HasPrefix(s, "x")`}},
		"Go's not, of a field":       {"!live.done", []string{"go: !live.done"}},
		"a command that looks so":    {"!a.out", []string{"shell!: a.out"}},
		"a program called true":      {"!true", []string{"shell!: true"}},
		"lines as a value":           {"!!ls", []string{"shell!!: ls"}},
		"questions":                  {"strings.Cut?\nx??\n?y\n??z\n?", []string{"question: strings.Cut", "question?: x", "question: y", "question?: z", "question: "}},
		"a question about a magic":   {"%time?\n%%bash?\n?%cd", []string{"question: %time", "question: %%bash", "question: %cd"}},
		"half-typed Go":              {"for {\n%cd", []string{"go: for {\n%cd"}},
		"Windows' ends of lines":     {"x\r\n!ls\r\n%pwd\r\n", []string{"go: x", "shell!: ls", "line pwd: "}},
		"a shell's unbalanced quote": {"!echo don't\nx", []string{"shell!: echo don't", "go: x"}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, outline(test.source)) })
	}
}

func TestBlankedCodeKeepsItsPlaces(t *testing.T) {
	source := "é := 1\n!ls é\n%time f(é)\n\ty"
	parts := parse(source, neverLive)
	require.Equal(t, "é := 1\n      \n      f(é)\n\ty", goOf(source, parts))
	require.Len(t, goOf(source, parts), len(source))
	require.Equal(t, "  _ = x + 1\ny", goOf("%time x + 1\ny", parse("%time x + 1\ny", neverLive)), "a value in the middle is no statement")
	require.Equal(t, "             f()", goOf("%timeit -n10 f()", parse("%timeit -n10 f()", neverLive)))
	require.Equal(t, strings.Repeat(" ", len("%timeit -n 10 -r2 "))+"f()", goOf("%timeit -n 10 -r2 f()", parse("%timeit -n 10 -r2 f()", neverLive)))
	require.Equal(t, "             y := 1\nf(y)", goOf("%%timeit -n1 y := 1\nf(y)", parse("%%timeit -n1 y := 1\nf(y)", neverLive)))
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"x := 1\n!ls\n%cd", "%%bash\nls", "s := `\n%", "x?\n??", "!\\\n\\", "%timeit -n", "%%time\n%timeit -r 2 x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		parts := parse(source, neverLive)
		end := 0
		for _, p := range parts {
			require.LessOrEqual(t, end, p.start, "parts are in order and do not overlap")
			require.LessOrEqual(t, p.start, p.end)
			require.LessOrEqual(t, p.restAt, max(p.end, p.restAt))
			end = p.end
			if p.kind == lineMagic {
				from, to := codeOf(source, p)
				require.True(t, p.start <= from && from <= to && to <= p.end)
			}
		}
		require.LessOrEqual(t, end, len(source))
		code := goOf(source, parts)
		require.Len(t, code, len(source))
		require.Equal(t, strings.Count(source, "\n"), strings.Count(code, "\n"))
	})
}
