package jinja

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// nowOf is the moment that make_fixtures.py has.
func nowOf(format string) string {
	return strings.NewReplacer("%Y", "2026", "%m", "03", "%d", "05", "%b", "Mar", "%B", "March", "%H", "07", "%M", "08", "%S", "09").Replace(format)
}

type grid struct {
	Context json.RawMessage
	Cases   [][2]*string
}

func readGrid(t testing.TB, path string) grid {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	var g grid
	require.NoError(t, json.Unmarshal(raw, &g))
	return g
}

func (g *grid) render(t testing.TB, source string) (string, error) {
	t.Helper()
	template, err := Parse(source)
	if err != nil {
		return "", err
	}
	variables := map[string]any{}
	read, err := FromJSON(g.Context)
	require.NoError(t, err)
	context := read.(*Dict)
	for i, key := range context.keys {
		variables[key.(string)] = context.values[i]
	}
	variables["raise_exception"] = &Func{Name: "raise_exception", Params: "message", Call: func(a []any) (any, error) {
		return nil, fmt.Errorf("%v", a[0])
	}}
	variables["strftime_now"] = &Func{Name: "strftime_now", Params: "format", Call: func(a []any) (any, error) {
		return nowOf(a[0].(string)), nil
	}}
	return template.Render(variables)
}

// refusals is how many templates of the grid that Jinja2 renders are refused
// here: each is a construct that no chat template is known to use. More of
// them are a loss.
const refusals = 443

func TestEveryTemplateIsRenderedAsJinja2RendersItOrRefused(t *testing.T) {
	g := readGrid(t, "testdata/grid.json")
	require.Greater(t, len(g.Cases), 9000)
	require.LessOrEqual(t, g.compare(t), refusals)
}

// TestTemplatesAtRandom takes the file of JINJA_GRID, which make_grid.py makes.
func TestTemplatesAtRandom(t *testing.T) {
	path := os.Getenv("JINJA_GRID")
	if path == "" {
		t.Skip("JINJA_GRID is not set")
	}
	g := readGrid(t, path)
	t.Logf("%d of %d templates are refused here alone", g.compare(t), len(g.Cases))
}

func TestValuesOfGo(t *testing.T) {
	type text string
	template, err := Parse("{{ v }}")
	require.NoError(t, err)
	for _, c := range []struct {
		value      any
		want, fail string
	}{
		{[]string{"a", "b"}, "['a', 'b']", ""},
		{map[text]int32{"b": 1, "a": 2}, "{'a': 2, 'b': 1}", ""},
		{uint8(7), "7", ""},
		{float32(0.5), "0.5", ""},
		{text("x"), "x", ""},
		{json.Number("12"), "12", ""},
		{json.Number("12.0"), "12.0", ""},
		{[]any(nil), "[]", ""},
		{uint64(1) << 63, "", "v: an integer of more than 64 bits, which is not supported"},
		{json.Number("123456789012345678901"), "", "v: an integer of more than 64 bits, which is not supported"},
		{struct{}{}, "", "v: a template has no value for a Go struct {}"},
		{map[int]int{1: 1}, "", "v: a template has no value for a Go map[int]int"},
	} {
		got, err := template.Render(map[string]any{"v": c.value})
		if c.fail != "" {
			require.EqualError(t, err, c.fail)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
}

func TestJSONKeepsItsOrderAndItsNumbers(t *testing.T) {
	v, err := FromJSON([]byte(`{"b": 1, "a": [1.0, null, {"z": 1e3, "y": true}]}`))
	require.NoError(t, err)
	template, err := Parse("{{ v }}")
	require.NoError(t, err)
	got, err := template.Render(map[string]any{"v": v})
	require.NoError(t, err)
	require.Equal(t, "{'b': 1, 'a': [1.0, None, {'z': 1000.0, 'y': True}]}", got)
	for _, bad := range []string{"", "{", "[1", "1 2", `{"a":}`} {
		_, err := FromJSON([]byte(bad))
		require.Error(t, err, bad)
	}
}

// TestATemplateEnds: what would run or grow for ever is refused.
func TestATemplateEnds(t *testing.T) {
	for source, want := range map[string]string{
		"{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% set x = a %}{% endfor %}":                                                          "too many steps",
		"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}":                                                                                                        "too deep",
		"{% set ns = namespace(x='a') %}{% for a in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}":                                                        "more than 16 MiB",
		"{% set ns = namespace(x='a') %}{% for a in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}":                                                        "more than 16 MiB",
		"{% set ns = namespace(x=[1]) %}{% for a in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}":                                                        "a list of more than",
		"{% set ns = namespace(x=[1]) %}{% for a in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x[0][0] }}":                                       "more than 16 MiB",
		"{% set ns = namespace(x=[1], y=[1]) %}{% for a in range(90) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}": "too many elements to compare",
		"{% set ns = namespace(x='a' | escape) %}{% for a in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}":                                               "more than 16 MiB",
		"{{ range(99999) | join('a' * 999999) }}":                                                                                                                "more than 16 MiB",
		"{{ ('a' * 999999).join('b' * 99999) }}":                                                                                                                 "more than 16 MiB",
		"{{ ('%9999999s' * 99) | format(*range(99)) }}":                                                                                                          "more than 16 MiB",
		"{{ ('{0}' * 99999).format('a' * 999999) }}":                                                                                                             "more than 16 MiB",
		"{{ [1] | batch(9223372036854775807, 0) | list }}":                                                                                                       "a list of more than",
		"{{ 'a' * 999999999999 }}":        "more than 16 MiB",
		"{{ [1] * 999999999999 }}":        "a list of more than",
		"{{ range(999999999999) }}":       "more than 100000 elements",
		"{{ 'a'.center(999999999999) }}":  "more than 16 MiB",
		"{{ " + strings.Repeat("(", 9999): "not closed",
		"{{ " + strings.Repeat("(", 9999) + "1" + strings.Repeat(")", 9999) + " }}": "nested more than",
		"{{ " + strings.Repeat("-", 9999) + "1 }}":                                  "nested more than",
		strings.Repeat("{% if 1 %}", 9999) + strings.Repeat("{% endif %}", 9999):    "nested more than",
	} {
		template, err := Parse(source)
		if err == nil {
			_, err = template.Render(nil)
		}
		require.ErrorContains(t, err, want, "%.80s", source)
	}
}

// TestTheLargestNumbers: sums of them are beyond 64 bits.
func TestTheLargestNumbers(t *testing.T) {
	for source, want := range map[string]string{
		"{{ 'a b' | truncate(9223372036854775807) }}":                      "a b",
		"{{ 'a b c d' | truncate(3, true, '', 9223372036854775807) }}":     "a b c d",
		"{{ 'abc'[-9223372036854775807:9223372036854775807] }}":            "abc",
		"{{ 'abc'[9223372036854775807:none:-9223372036854775807] }}":       "c",
		"{{ 'abc'.find('c', -9223372036854775807, 9223372036854775807) }}": "2",
		"{{ 'a b c'.rsplit(' ', 9223372036854775807) }}":                   "['a', 'b', 'c']",
		"{{ [1, 2] | batch(9223372036854775807) | list }}":                 "[[1, 2]]",
		"{{ 9223372036854775807 // -1 }} {{ 9223372036854775807 % 10 }}":   "-9223372036854775807 7",
		"{{ range(3)[-9223372036854775807] is defined }}":                  "False",
	} {
		template, err := Parse(source)
		require.NoError(t, err)
		got, err := template.Render(nil)
		require.NoError(t, err)
		require.Equal(t, want, got, source)
	}
}

func TestAnErrorSaysTheLine(t *testing.T) {
	for source, want := range map[string]string{
		"a\n{% if x %}\n{{ 1 + 'a' }}":                  "line 3: the template ends before \"endif\"",
		"a\n{{ 1 + 'a' }}":                              "line 2: + is not defined for a int and a str",
		"\n\n{% set x = missing.a.b %}":                 "line 3: \"missing\" is undefined",
		"{{ x }}\n{{ x | frobnicate }}":                 "line 2: unknown filter \"frobnicate\"",
		"{% include 'x' %}":                             "line 1: the tag include is not supported in a chat template here",
		"{# a":                                          "line 1: the comment does not end with #}",
		"{{ 'a' | wordwrap }}":                          "line 1: the filter wordwrap is not supported",
		"{% for x in [1] %}\n{{ x.pop() }}{% endfor %}": "line 2: the attribute \"pop\" of a int is undefined",
	} {
		template, err := Parse(source)
		if err == nil {
			_, err = template.Render(nil)
		}
		require.EqualError(t, err, want, source)
	}
}

func TestTemplatesAreRenderedBesideEachOther(t *testing.T) {
	template, err := Parse("{% set ns = namespace(n=0) %}{% macro m(x) %}{{ x }}{% endmacro %}{% for x in l %}{% set ns.n = ns.n + x %}{{ m(x) }}{% endfor %}{{ ns.n }}")
	require.NoError(t, err)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			got, err := template.Render(map[string]any{"l": []any{1, 2, 3}})
			assert.NoError(t, err)
			assert.Equal(t, "1236", got)
		})
	}
	all.Wait()
}

func FuzzRender(f *testing.F) {
	g := readGrid(f, "testdata/grid.json")
	for i := 0; i < len(g.Cases); i += 20 {
		f.Add(*g.Cases[i][0])
	}
	f.Fuzz(func(t *testing.T, source string) {
		g.render(t, source)
	})
}

// compare reports every template that is rendered otherwise than by Jinja2,
// and counts those that are refused here alone.
func (g *grid) compare(t *testing.T) int {
	refused := 0
	for _, c := range g.Cases {
		got, err := g.render(t, *c[0])
		switch {
		case c[1] == nil && err == nil:
			t.Errorf("%q\nJinja2 refuses it, here it is %q", *c[0], got)
		case c[1] != nil && err != nil:
			refused++
			t.Logf("refused: %q, %v\nJinja2: %q", *c[0], err, *c[1])
		case err == nil && got != *c[1]:
			t.Errorf("%q\nJinja2: %q\nhere:   %q", *c[0], *c[1], got)
		}
	}
	return refused
}
