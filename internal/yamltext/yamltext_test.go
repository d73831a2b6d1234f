package yamltext

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDecode(t *testing.T) {
	var m map[string]any
	require.NoError(t, Decode([]byte("a: 1\nb: {c: x}\n"), &m))
	require.Equal(t, map[string]any{"a": uint64(1), "b": map[string]any{"c": "x"}}, m)
	require.NoError(t, Decode(nil, &m), "empty text changes nothing")
	require.Len(t, m, 2)
}

func TestDecodeStrictRefusesUnknownFields(t *testing.T) {
	var v struct{ Known int }
	require.NoError(t, DecodeStrict([]byte("known: 3"), &v))
	require.Error(t, DecodeStrict([]byte("unknown: 3"), &v))
}

type wrapped struct{ Inner int }

// UnmarshalYAML reads a wrapped as another type, as types do that files hold in
// another form.
func (w *wrapped) UnmarshalYAML(decode func(any) error) error {
	var document struct {
		Fields struct{ Size int } `yaml:",inline"`
		On     *struct{ Speed float64 }
	}
	err := decode(&document)
	w.Inner = document.Fields.Size
	return err
}

func TestUnknownFieldsAreNamedInReadingOrderBesideTheKnownOnes(t *testing.T) {
	type value struct {
		Known  int
		Hidden int `yaml:"-"`
		Listed []struct{ Name string }
		Mapped map[string]struct{ Name string }
		Own    *wrapped `yaml:"own_words"`
	}
	for text, want := range map[string]string{
		"knwon: 3":                       `[1:1] unknown field "knwon"; did you mean "known"?`,
		"unlike: 3\nother: 4":            `[1:1] unknown field "unlike": have known, listed, mapped, own_words`,
		"known: 1\nlisted: [{nam: x}]":   `[2:11] unknown field "nam"; did you mean "name"?`,
		"mapped: {a: {name: x, b: 1}}":   `[1:23] unknown field "b": have name`,
		"own_words: {siez: 1}":           `[1:13] unknown field "siez"; did you mean "size"?`,
		"own_words:\n  on:\n    fast: 1": `[3:5] unknown field "fast": have speed`,
		"hidden: 3":                      `unknown field "hidden"`,
		"\"quoted\": 3":                  `unknown field "quoted"`,
		"? complex\n: 3":                 `unknown field "complex"`,
		"<<: {merged: 3}":                `[1:6] unknown field "merged"`,
	} {
		var v value
		require.ErrorContains(t, DecodeStrict([]byte(text), &v), want, text)
	}
	var v value
	require.NoError(t, DecodeStrict([]byte("known: 1\nmapped: {a: {name: x}}\nown_words: {size: 2, on: {speed: 1}}"), &v))
	require.Equal(t, 2, v.Own.Inner)
}

func TestWrongTypesAreWordedForPeople(t *testing.T) {
	var v struct {
		Name     string
		Size     int
		Share    float64
		On       bool
		List     []string
		Settings map[string]any
	}
	for text, want := range map[string]string{
		"name: [1, 2]":  "[1:7] want text, not a list",
		"share: many":   "[1:8] want a number, not text",
		"share: {a: 1}": "[1:8] want a number, not a mapping",
		"on: 7":         "[1:5] want true or false, not a whole number",
	} {
		err := DecodeStrict([]byte(text), &v)
		require.ErrorContains(t, err, want, "%s", text)
		require.ErrorContains(t, err, "^", "the place is shown")
	}
}

func TestTextsInThePlaceOfBooleansAreRefused(t *testing.T) {
	type settings struct {
		Name  string         `yaml:"name"`
		Case  bool           `yaml:"case"`
		Args  map[string]any `yaml:"args"`
		Stops []string       `yaml:"stops"`
	}
	for text, want := range map[string]string{
		"case: off":                                       "[1:7] want true or false, not the text \"off\": write false",
		`case: "true"`:                                    "[1:7] want true or false, not the text \"true\": write true",
		"args:\n  fuse:\n    enabled: off\n":              "[3:14] off is a text in YAML 1.2 and false in 1.1: write false, or \"off\" where the text is meant",
		"args: {list: [1, &a Yes]}":                       "[1:21] Yes is a text in YAML 1.2 and true in 1.1",
		"name: on\nstops: [no, yes]\n":                    "",
		"args: {a: 'off', b: \"no\", c: false}":           "",
		"args: {a: office, b: on top, c: true, d: no-op}": "",
	} {
		err := DecodeStrict([]byte(text), &settings{})
		if want == "" {
			require.NoError(t, err, text)
		} else {
			require.ErrorContains(t, err, want, text)
		}
	}
	var value any
	require.ErrorContains(t, Decode([]byte("off"), &value), "write false", "a value alone")
}

func TestWholeNumbersAreNotCut(t *testing.T) {
	var v struct{ Size int }
	require.NoError(t, DecodeStrict([]byte("size: -12 # dozen"), &v))
	require.Equal(t, -12, v.Size)
	for _, text := range []string{"1.5", "many", "[1]", "true", "99999999999999999999", "18446744073709551615"} {
		require.ErrorContains(t, DecodeStrict([]byte("size: "+text), &v), "want a whole number, not", text)
	}
	var nested struct {
		Share  float64
		Nested []struct{ Size *int }
	}
	err := DecodeStrict([]byte("share: 0.5\nnested:\n- size: 3\n- size: 0.5\n"), &nested)
	require.ErrorContains(t, err, `[4:9] want a whole number, not "0.5"`)
	require.ErrorContains(t, err, "^", "the place is shown")
}

func TestASecondDocumentIsRefused(t *testing.T) {
	var v map[string]any
	for _, text := range []string{"a: 1", "---\na: 1\n", "# why\n---\na: 1\n...\n", "%YAML 1.2\n---\na: 1", "a: |\n  ---\n", "", "# nothing\n", "---\n"} {
		require.NoError(t, Decode([]byte(text), &v), text)
	}
	for _, text := range []string{"a: 1\n---\nb: 2", "---\na: 1\n...\n---\nb: 2", "---\n---\nb: 2", "a: 1\n---\n"} {
		require.ErrorContains(t, DecodeStrict([]byte(text), &v), "a second document begins here", text)
	}
}

func TestWhatIsNoTextIsNotShown(t *testing.T) {
	var v map[string]any
	require.EqualError(t, Decode([]byte("a: 1\n\xff\xfe"), &v), "line 2: not UTF-8 text, so it is no YAML")
	require.EqualError(t, Decode([]byte("a: \x1b[2J"), &v), "line 1: control character U+001B, so it is no YAML")
	require.NoError(t, Decode([]byte("a:\t1\r\n# \u00e9\n"), &v))
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"a: 1", "rules:\n !0 #000", "[", "a: &b [*b]", "- !!binary x", "\x00", "known: [{name: x, <<: *b}]", "own: {? [a] : 1}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var m map[string]any
		_ = Decode(text, &m) // an error or a value, never a panic
		var v struct {
			Known []struct{ Name string }
			Own   *wrapped
		}
		_ = DecodeStrict(text, &v)
	})
}
