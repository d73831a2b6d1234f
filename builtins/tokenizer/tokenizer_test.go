package tokenizer

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// reference is testdata/cases.json: what the tokenizers library gives.
type reference struct {
	Texts      []string
	Tokenizers map[string]struct {
		Vocab            int
		Plain, Framed    [][]int32
		Decoded, Skipped []string
	}
}

func readReference(t testing.TB) reference {
	text, err := os.ReadFile("testdata/cases.json")
	require.NoError(t, err)
	var ref reference
	require.NoError(t, json.Unmarshal(text, &ref))
	return ref
}

func load(t testing.TB, name string) *Tokenizer {
	tok, err := Load(filepath.Join("testdata", name+".json"))
	require.NoError(t, err)
	return tok
}

func TestIDsAndTextsEqualTheTokenizersLibrary(t *testing.T) {
	ref := readReference(t)
	for name, want := range ref.Tokenizers {
		t.Run(name, func(t *testing.T) {
			tok := load(t, name)
			require.Equal(t, want.Vocab, tok.VocabSize())
			for i, text := range ref.Texts {
				ids := tok.Encode(text, true)
				require.Equal(t, want.Framed[i], append([]int32{}, ids...), "%q", text)
				if i < len(want.Plain) {
					require.Equal(t, want.Plain[i], append([]int32{}, tok.Encode(text, false)...), "%q", text)
				}
				cut := ids[min(1, len(ids)):]
				require.Equal(t, want.Decoded[i], tok.Decode(cut, false), "%q: %v", text, cut)
				require.Equal(t, want.Skipped[i], tok.Decode(cut, true), "%q: %v", text, cut)
			}
		})
	}
}

func TestLongWordsMergeAsShortOnes(t *testing.T) {
	tok := load(t, "gpt2")
	merges := tok.model.merges
	for _, word := range []string{strings.Repeat("ab", 20), strings.Repeat(" ", 40), "internationalization", "thethethethethe"} {
		ids := tok.model.symbols(word)
		long := mergeLong(append([]int32{}, ids...), merges)
		require.Equal(t, mergeShort(ids, merges), long, word)
	}
}

func TestEncodingIsSafeForSeveralGoroutines(t *testing.T) {
	ref := readReference(t)
	tok := load(t, "qwen2")
	want := ref.Tokenizers["qwen2"].Framed
	var wg sync.WaitGroup
	wrong := make([]int, 8)
	for g := range wrong {
		wg.Go(func() {
			for i, text := range ref.Texts {
				if fmt.Sprint(tok.Encode(text, true)) != fmt.Sprint(want[i]) {
					wrong[g]++
				}
			}
		})
	}
	wg.Wait()
	require.Equal(t, make([]int, 8), wrong)
}

// What transformers 4.57.1 and 5.23.0 give for an empty text: where they agree,
// these ids; where they do not, a refusal with both.
func TestThePostProcessorFramesATextAndNotTheTokenizerConfig(t *testing.T) {
	tests := map[string]struct {
		base, config string
		want         []int32
		refused      string
	}{
		"eos is not to be added: bos stays":     {"llama3", `{"add_eos_token": false, "bos_token": "<s>"}`, []int32{0}, ""},
		"bos is to be added to a ByteLevel":     {"gpt2", `{"add_bos_token": true, "bos_token": "<s>", "tokenizer_class": "PreTrainedTokenizerFast"}`, nil, ""},
		"bos is not to be added to a template":  {"llama3", `{"add_bos_token": false, "bos_token": "<s>", "tokenizer_class": "Qwen2Tokenizer"}`, []int32{0}, ""},
		"neither, over a template of both":      {"llama2", `{"add_bos_token": false, "add_eos_token": false, "tokenizer_class": "GPT2TokenizerFast"}`, []int32{1, 2}, ""},
		"not stated":                            {"llama3", `{"bos_token": "<s>", "model_max_length": 8192}`, []int32{0}, ""},
		"a class that rewrites, to the same":    {"llama3", `{"add_bos_token": true, "add_eos_token": false, "tokenizer_class": "LlamaTokenizerFast"}`, []int32{0}, ""},
		"to the same, by its defaults":          {"llama3", `{"tokenizer_class": "LlamaTokenizer"}`, []int32{0}, ""},
		"to the same, with objects":             {"llama2", `{"add_eos_token": true, "bos_token": {"content": "<s>"}, "eos_token": {"content": "</s>"}, "tokenizer_class": "LlamaTokenizer"}`, []int32{1, 2}, ""},
		"to no bos":                             {"llama3", `{"add_bos_token": false, "tokenizer_class": "LlamaTokenizerFast"}`, nil, "LlamaTokenizerFast of transformers 4 puts the ids [] before a text and [] behind it, by add_bos_token and add_eos_token; the post_processor of tokenizer.json, which transformers 5 follows, puts [0] and []"},
		"to a bos that is in no template":       {"gpt2", `{"tokenizer_class": "LlamaTokenizerFast"}`, nil, "puts the ids [0] before"},
		"to an eos":                             {"llama3", `{"add_eos_token": true, "tokenizer_class": "CodeLlamaTokenizerFast"}`, nil, "[0] before a text and [1] behind it"},
		"without the eos of the template":       {"llama2", `{"tokenizer_class": "LlamaTokenizer"}`, nil, "puts [1] and [2]: make them agree"},
		"a token that is not in the vocabulary": {"gpt2", `{"tokenizer_class": "GemmaTokenizer"}`, nil, `bos_token: "<bos>" is not in the vocabulary`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			text, err := os.ReadFile(filepath.Join("testdata", test.base+".json"))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "tokenizer.json"), text, 0o644))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "tokenizer_config.json"), []byte(test.config), 0o644))
			tok, err := Load(dir)
			if test.refused != "" {
				require.ErrorContains(t, err, test.refused)
				require.ErrorContains(t, err, "tokenizer_config.json")
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, tok.Encode("", true))
		})
	}
}

func TestWhatIsNotSupportedIsRefusedByName(t *testing.T) {
	model := `"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}`
	tests := map[string]struct{ text, want string }{
		"not JSON":            {`{`, "unexpected EOF"},
		"truncated":           {`{"version":"1.0",` + model, "unexpected EOF"},
		"more text":           {`{` + model + `}}`, "text after the JSON value"},
		"invalid UTF-8":       {"{\"version\":\"\xff\"}", "not valid UTF-8"},
		"no model":            {`{}`, "model: missing"},
		"WordPiece":           {`{"model":{"type":"WordPiece","vocab":{}}}`, `model: type "WordPiece" is not supported`},
		"unknown field":       {`{"novelty":1,` + model + `}`, `unknown field "novelty"`},
		"unknown model field": {`{"model":{"type":"BPE","vocab":{"a":0},"byte_fall":1}}`, `unknown field "byte_fall"`},
		"no vocabulary":       {`{"model":{"type":"BPE"}}`, "vocab is empty"},
		"negative id":         {`{"model":{"vocab":{"a":-1}}}`, `token "a" has id -1`},
		"shared id":           {`{"model":{"vocab":{"a":0,"b":0}}}`, `tokens "a" and "b" share id 0`},
		"merge of unknown":    {`{"model":{"vocab":{"a":0},"merges":["a b"]}}`, `merges: number 0: "b" is not in the vocabulary`},
		"merge of three":      {`{"model":{"vocab":{"a":0},"merges":["a a a"]}}`, "merges: number 0: 3 tokens, want 2"},
		"dropout":             {`{"model":{"vocab":{"a":0},"dropout":0.1}}`, "dropout 0.1 is not supported"},
		"suffix":              {`{"model":{"vocab":{"a":0},"end_of_word_suffix":"</w>"}}`, "end_of_word_suffix"},
		"unknown unk":         {`{"model":{"vocab":{"a":0},"unk_token":"<unk>"}}`, `unk_token "<unk>" is not in the vocabulary`},
		"normalizer":          {`{"normalizer":{"type":"Lowercase"},` + model + `}`, `normalizer: type "Lowercase": not supported`},
		"regex replace":       {`{"normalizer":{"type":"Replace","pattern":{"Regex":"a+"},"content":""},` + model + `}`, `normalizer: type "Replace": pattern "a+" is not supported`},
		"pre-tokenizer":       {`{"pre_tokenizer":{"type":"Whitespace"},` + model + `}`, `pre_tokenizer: type "Whitespace": not supported`},
		"split pattern":       {`{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"x"},"behavior":"Isolated","invert":false},` + model + `}`, `pre_tokenizer: type "Split": pattern "x" is not supported`},
		"split behavior":      {`{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"x"},"behavior":"MergedWithNext","invert":false},` + model + `}`, `behavior "MergedWithNext"`},
		"byte level first":    {`{"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"ByteLevel"},{"type":"Digits"}]},` + model + `}`, "ByteLevel before the end"},
		"post-processor":      {`{"post_processor":{"type":"BertProcessing"},` + model + `}`, `post_processor: type "BertProcessing": not supported`},
		"template twice":      {`{"post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A"}},{"Sequence":{"id":"A"}}]},` + model + `}`, "the text 2 times"},
		"template token":      {`{"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}]},` + model + `}`, `special token "<s>" has no ids`},
		"decoder":             {`{"decoder":{"type":"WordPiece"},` + model + `}`, `decoder: type "WordPiece": not supported`},
		"added id":            {`{"added_tokens":[{"id":7,"content":"a"}],` + model + `}`, `token "a" has id 7 here and 0 in the vocabulary`},
		"added on another":    {`{"added_tokens":[{"id":0,"content":"<s>"}],` + model + `}`, `tokens "<s>" and "a" share id 0`},
		"added empty":         {`{"added_tokens":[{"id":9,"content":""}],` + model + `}`, "token 9 is empty"},
		"deep":                {`{"normalizer":` + strings.Repeat(`{"type":"Sequence","normalizers":[`, 20) + strings.Repeat(`]}`, 20) + `,` + model + `}`, "nested more than"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "tokenizer.json")
			require.NoError(t, os.WriteFile(path, []byte(test.text), 0o644))
			_, err := Load(path)
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, path)
		})
	}
	_, err := Load(filepath.Join(t.TempDir(), "missing.json"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func FuzzParseNeverPanics(f *testing.F) {
	const text = "x x ab'S 12 x\xff é\n"
	const model = `"model":{"vocab":{"a":0,"b":1,"ab":2,"▁":4,"<0xFF>":5},"merges":[["a","b"]],"byte_fallback":true,"unk_token":"a"}`
	for _, steps := range []string{
		`"added_tokens":[{"id":3,"content":"x","rstrip":true,"lstrip":true}]`,
		`"added_tokens":[{"id":3,"content":"x","normalized":true,"single_word":true}],"normalizer":{"type":"Prepend","prepend":"▁"}`,
		`"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}`,
		`"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":true}]}`,
		`"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"},"decoder":{"type":"Metaspace","replacement":"▁"}`,
		`"decoder":{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":"a","start":1,"stop":0}]}`,
		`"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"s"}},{"Sequence":{"id":"A"}}],"special_tokens":{"s":{"ids":[1]}}}`,
	} {
		f.Add([]byte("{"+steps+","+model+"}"), text)
	}
	f.Fuzz(func(t *testing.T, file []byte, text string) {
		tok, err := parse(file)
		if err != nil {
			return
		}
		tok.Decode(tok.Encode(text, true), true)
	})
}

func FuzzByteLevelTextSurvivesTheRoundTrip(f *testing.F) {
	names := []string{"gpt2", "qwen2", "llama3", "digits"}
	for _, text := range readReference(f).Texts {
		f.Add(text)
	}
	var toks []*Tokenizer
	for _, name := range names {
		toks = append(toks, load(f, name))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.Contains(text, "<|") {
			return // the first is no text; in the second, added tokens may take white space along
		}
		for i, tok := range toks {
			want := text
			if names[i] == "qwen2" {
				want = nfc(text)
			}
			require.Equal(t, want, tok.Decode(tok.Encode(text, false), false), names[i])
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	text := strings.Join(readReference(b).Texts, "\n")
	for _, name := range []string{"gpt2", "llama3", "digits", "llama2"} {
		tok := load(b, name)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				tok.Encode(text, false)
			}
		})
	}
}
