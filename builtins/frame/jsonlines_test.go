package frame

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func fromJSONLines(text string) (*Frame, error) {
	return decodeJSONLines(strings.NewReader(text), "test.jsonl")
}

func TestReadJSONLinesFlattensAndFillsWithNull(t *testing.T) {
	f, err := fromJSONLines(`{"i": 1, "s": "a\u00e9\n\"", "usage": {"tokens": 5, "deep": {"x": true}}}` + "\n\n" +
		`{"s": null, "f": 2.5, "i": -2}` + "\r\n" +
		` { "f" : NaN , "usage" : { } } ` + "\n" +
		`{"f": -Infinity, "i": 3}`)
	require.NoError(t, err)
	require.Equal(t, []string{"i", "s", "usage.tokens", "usage.deep.x", "f"}, f.Columns())
	require.Equal(t, 4, f.Len())
	want := [][]any{{int64(1), "aé\n\"", int64(5), true, nil}, {int64(-2), nil, nil, nil, 2.5}, {nil, nil, nil, nil, nil}, {int64(3), nil, nil, nil, math.Inf(-1)}}
	for i, row := range want {
		for j, c := range f.columns {
			if i == 2 && c.name == "f" {
				require.True(t, math.IsNaN(c.floats[i]) && !c.IsNull(i))
				continue
			}
			require.Equal(t, row[j], c.Value(i), "row %d, %s", i, c.name)
		}
	}
}

func TestReadJSONLinesMakesIntegersAmongFloatsFloats(t *testing.T) {
	f, err := fromJSONLines("{\"x\":null}\n{\"x\":1}\n{\"x\":2.5}\n{\"x\":3}\n")
	require.NoError(t, err)
	got, err := f.Col("x").Floats()
	require.NoError(t, err)
	require.Equal(t, []float64{1, 2.5, 3}, got[1:])
	require.True(t, f.Col("x").IsNull(0))
}

func TestReadJSONLinesErrorsNameFileLineAndPlace(t *testing.T) {
	for text, want := range map[string]string{
		"{\"a\":1}\n{\"a\":\"x\"}\n":              `test.jsonl:2: character 6: "a" is string here and int64 in line 1`,
		"{\"a\":1}\n{\"a\":true}\n":               `test.jsonl:2: character 6: "a" is bool here and int64 in line 1`,
		"{\"a\":9007199254740993}\n{\"a\":0.5}\n": `test.jsonl:2: character 6: "a": a fraction among integers such as 9007199254740993`,
		"{\"a\":0.5}\n{\"a\":9007199254740993}\n": `test.jsonl:2: character 6: "a": an integer such as 9007199254740993 among fractions`,
		"{\"a\":[1]}\n":                           `test.jsonl:1: character 6: "a" holds an array`,
		"{\"a\":1,\"a\":2}\n":                     `the key "a" occurs twice`,
		"{\"a\":1}\n{\"a\":":                      `test.jsonl:2: character 6: expected a value, not the end of the line (cut off`,
		"{\"a\":1}\n{\"a\":\"xy":                  `test.jsonl:2: character 6: the string is not closed (cut off`,
		"{\"a\":1} x\n":                           `unexpected 'x' after the object`,
		"[1]\n":                                   `each line holds one JSON object, not '['`,
		"{\"a\":01}\n":                            `expected a value, not '0'`,
		"{\"a\":1e999}\n":                         `1e999 does not fit float64`,
		"{\"a\":18446744073709551615}\n":          `does not fit int64`,
		"{\"a\":nope}\n":                          `expected a value, not 'n'`,
		"{a:1}\n":                                 `expected a key in quotes, not 'a'`,
		"{\"a\" 1}\n":                             `expected a colon`,
		"{\"a\":1,}\n":                            `expected a key in quotes, not '}'`,
		"{\"a\":\"\\x\"}\n":                       `character 6: string:`,
		"{\"a\":\"\\ud800\"}\n":                   `test.jsonl:1: character 6: string: \ud800 at byte 1 is half of a surrogate pair`,
		"{\"a\":1}\n{\"\xff\":2}\n":               `test.jsonl:2: character 2: string: byte 1 is 0xff, which is not UTF-8`,
		strings.Repeat(`{"a":`, 200):              `objects nest more than 100 deep`,
	} {
		_, err := fromJSONLines(text)
		require.ErrorContains(t, err, want, "%q", text)
	}
}

func TestKeysThatDifferInEveryRowAreRefused(t *testing.T) {
	var lines strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&lines, "{\"scores\":{\"question %d\":0.5}}\n", i)
	}
	_, err := fromJSONLines(lines.String())
	require.ErrorContains(t, err, "test.jsonl:5793: 5 793 rows with 5 793 keys, of which a row has few")
}

func TestJSONLinesWrittenAreReadBackEqual(t *testing.T) {
	f := New(
		Strings("text", []string{"<b>&\u2028", "say \"x\"\n", ""}).Masked([]bool{false, false, true}),
		Floats("float", []float64{1, math.NaN(), math.Inf(-1)}),
		Ints("int", []int64{math.MinInt64, 0, math.MaxInt64}),
		Bools("bool", []bool{true, false, true}).Masked([]bool{true, false, false}),
	)
	path := filepath.Join(t.TempDir(), "f.jsonl")
	require.NoError(t, f.WriteJSONLines(path))
	got, err := ReadJSONLines(path)
	require.NoError(t, err)
	requireSame(t, f, got)
	require.Equal(t, Float, got.Col("float").Kind())

	require.ErrorContains(t, New(Strings("s", []string{"\xff"})).WriteJSONLines(path), "not valid UTF-8")
	got, err = ReadJSONLines(path)
	require.NoError(t, err, "a failed write leaves the file that was there")
	require.Equal(t, 3, got.Len())
}

// FuzzJSONLines: what is read agrees with encoding/json, and is read back equal.
func FuzzJSONLines(f *testing.F) {
	for _, seed := range []string{
		`{"a":1,"b":"x"}`, `{"a":{"b":{"c":-0.5e3}}}`, "{\"a\":1}\n{\"a\":2.5}", `{"a":"\ud83d\ude00\ud800"}`, `{"a":NaN}`, `{}`, "{\"\\u0061\":null}", `{"a":"`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := fromJSONLines(text)
		if err != nil {
			return
		}
		for line := range strings.SplitSeq(text, "\n") {
			if strings.TrimSpace(line) != "" && !strings.Contains(line, "NaN") && !strings.Contains(line, "Infinity") {
				require.True(t, json.Valid([]byte(line)), "%q", line)
			}
		}
		var written bytes.Buffer
		if err := read.encodeJSONLines(&written); err != nil || len(read.columns) == 0 {
			return
		}
		again, err := fromJSONLines(written.String())
		require.NoError(t, err)
		require.Equal(t, read.Columns(), again.Columns())
		require.Equal(t, read.String(), again.String())
	})
}
