package pythonjson

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestWhatIsNoTextIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"a": "x\ud800"}`:                       `\ud800 at byte 8 is half of a surrogate pair`,
		`"\uDC00"`:                               `\uDC00 at byte 1 is half`,
		`"\ud83d\u0041"`:                         `\ud83d at byte 1 is half`,
		`"\ud83d\ud83d\ude00"`:                   `\ud83d at byte 1 is half`,
		`{"\ud800": NaN}`:                        `\ud800 at byte 2 is half`,
		`["\\\\", "\\\ud9ff"]`:                   `\ud9ff at byte 12 is half`,
		`"\ud800`:                                `\ud800 at byte 1 is half`,
		"{\"a\": \"caf\xe9\"}":                   "byte 10 is 0xe9, which is not UTF-8",
		"\"\xed\xa0\x80\"":                       "byte 1 is 0xed, which is not UTF-8", // CESU-8
		"\"a\ufffd\" \"\xff":                     "byte 8 is 0xff",
		"\"" + strings.Repeat("ü", 9) + "\xfc\"": "byte 19 is 0xfc",
	} {
		var v any
		err := Unmarshal([]byte(text), &v)
		require.ErrorIs(t, err, ErrNoText, "%q", text)
		require.ErrorContains(t, err, want, "%q", text)
		require.Nil(t, v, "%q", text)
	}
}

func TestTextsAreReadAsTheyAre(t *testing.T) {
	for text, want := range map[string]any{
		`"\ud83d\ude00"`:      "\U0001f600",
		`"\\ud800"`:           `\ud800`, // a backslash, and five letters
		`"\ufffd�"`:           "\ufffd\ufffd",
		`"\u00e9\u0000\n"`:    "é\x00\n",
		`[NaN, -Infinity]`:    []any{"NaN", "-Infinity"},
		`["NaN \" NaN", NaN]`: []any{`NaN " NaN`, "NaN"},
	} {
		var v any
		require.NoError(t, Unmarshal([]byte(text), &v), "%q", text)
		require.Equal(t, want, v, "%q", text)
	}
}

func TestAValueOfAnotherTypeSaysWhatIsWanted(t *testing.T) {
	var v struct {
		ID     int               `json:"id"`
		Inner  struct{ OK bool } `json:"inner"`
		List   []string          `json:"list"`
		Number float64           `json:"number"`
		Map    map[string]int    `json:"map"`
	}
	for text, want := range map[string]string{
		`{"id": 1e30}`:         "id: number 1e30, want a whole number",
		`{"id": NaN}`:          "id: string, want a whole number",
		`{"inner": {"OK": 1}}`: "inner.OK: number, want true or false",
		`{"list": {}}`:         "list: object, want a list",
		`{"list": [1]}`:        "list: number, want a text",
		`{"number": []}`:       "number: array, want a number",
		`{"map": [NaN]}`:       "map: array, want an object",
		`[]`:                   "array, want an object",
	} {
		require.EqualError(t, Unmarshal([]byte(text), &v), want, text)
	}
	require.NoError(t, Unmarshal([]byte("\ufeff{\"id\": 3}"), &v), "a byte order mark is none of the text")
	require.Equal(t, 3, v.ID)
}

// FuzzCheck: what passes is read by encoding/json without a replacement that the
// text does not spell itself.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{`"\ud83d\ude00\ud800"`, `"\\ud800"`, `"\ufffd"`, "\"\xff\"", `"\u`, `"\ud800\u`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var read string
		if json.Unmarshal([]byte(text), &read) != nil {
			_ = Check([]byte(text)) // does not panic
			return
		}
		spelled := strings.Count(text, "\ufffd") + strings.Count(strings.ToLower(text), `\ufffd`)
		replaced := strings.Count(read, string(utf8.RuneError)) > spelled
		if replaced || !utf8.ValidString(text) {
			require.ErrorIs(t, Check([]byte(text)), ErrNoText)
		} else if spelled == 0 {
			require.NoError(t, Check([]byte(text)))
		}
	})
}
