package checkpoint

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// llama2 writes Llama 2's kind of tokenizer, with the beginning of a text put
// before it, as edit leaves it.
func llama2(t *testing.T, edit func(map[string]any)) string {
	t.Helper()
	text, err := os.ReadFile("../tokenizer/testdata/llama2.json")
	require.NoError(t, err)
	var file map[string]any
	require.NoError(t, json.Unmarshal(text, &file))
	post := file["post_processor"].(map[string]any)
	post["single"] = post["single"].([]any)[:2]
	edit(file)
	text, err = json.Marshal(file)
	require.NoError(t, err)
	dir := t.TempDir()
	writeFile(t, dir, tokenizerFile, string(text))
	return dir
}

// transformers 5 writes the tokenizers of SentencePiece anew, with other steps
// that give the same ids but where a text begins with a space.
func TestStepsThatReleasesRewriteAreNoFault(t *testing.T) {
	reference := llama2(t, func(map[string]any) {})
	model := llama2(t, func(file map[string]any) {
		file["normalizer"] = nil
		file["pre_tokenizer"] = map[string]any{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false}
		inside(file, "model")["unk_token"] = nil
	})
	wrong, notes := compareFiles(model, reference)
	require.Empty(t, wrong)
	require.Len(t, notes, 3)
	require.Contains(t, notes[1], "tokenizer.json: normalizer is none")
	require.Contains(t, notes[2], `ordinary texts have the same ids, but " leading space" has the ids `)

	// Without the mark of the first word they are other ids.
	wrong, _ = compareFiles(llama2(t, func(file map[string]any) {
		file["normalizer"] = nil
		file["pre_tokenizer"] = map[string]any{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": false}
	}), reference)
	require.Len(t, wrong, 2)
	require.Contains(t, wrong[1].Finding, `"The following are multiple c" has the ids `)
}

func TestStepsThatDoNothingAreNone(t *testing.T) {
	for name, test := range map[string]struct {
		of   func(any) []any
		a, b string
		same bool
	}{
		"a frame without tokens": {framing, `{"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}}], "special_tokens": {}}`, `null`, true},
		"offsets":                {framing, `{"type": "ByteLevel", "trim_offsets": false}`, `null`, true},
		"a sequence of one":      {steps, `{"type": "Sequence", "normalizers": [{"type": "NFC"}]}`, `{"type": "NFC"}`, true},
		"defaults of bytes":      {steps, `{"type": "ByteLevel", "add_prefix_space": true}`, `{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}`, true},
		"the older Metaspace":    {steps, `{"type": "Metaspace", "replacement": "▁", "add_prefix_space": true}`, `{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}`, true},
		"no prefix":              {steps, `{"type": "Metaspace", "replacement": "▁", "add_prefix_space": false}`, `{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}`, false},
		"another frame":          {framing, `{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}], "special_tokens": {"<s>": {"ids": [1]}}}`, `null`, false},
		"the decoder's settings": {decoding, `{"type": "ByteLevel", "add_prefix_space": true}`, `{"type": "ByteLevel", "add_prefix_space": false}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			var a, b any
			require.NoError(t, json.Unmarshal([]byte(test.a), &a))
			require.NoError(t, json.Unmarshal([]byte(test.b), &b))
			if test.same {
				require.Equal(t, test.of(b), test.of(a))
			} else {
				require.NotEqual(t, test.of(b), test.of(a))
			}
		})
	}
}

func TestUnigramsArePiecesWithScores(t *testing.T) {
	write := func(vocab string) string {
		dir := t.TempDir()
		writeFile(t, dir, tokenizerFile, `{"model": {"type": "Unigram", "unk_id": 0, "vocab": `+vocab+`}}`)
		return dir
	}
	reference := write(`[["<unk>", 0.0], ["a", -1.5], ["b", -2.5]]`)
	for vocab, want := range map[string]string{
		`[["<unk>", 0.0], ["b", -1.5], ["a", -2.5]]`: `tokenizer.json: 2 of 3 tokens of the reference's vocab have other ids (first: "a" is 2, in the reference 1)`,
		`[["<unk>", 0.0], ["a", -1.5], ["b", -2.0]]`: `tokenizer.json: entry 2 of vocab is ["b",-2], in the reference ["b",-2.5]`,
	} {
		wrong, _ := compareFiles(write(vocab), reference)
		require.NotEmpty(t, wrong)
		require.Equal(t, want, wrong[0].Finding)
	}
	wrong, notes := compareFiles(reference, reference)
	require.Empty(t, wrong)
	require.Empty(t, notes)
}

func TestTheTemplateInForceIsCompared(t *testing.T) {
	write := func(config, template string) string {
		dir := t.TempDir()
		writeFile(t, dir, tokenizerConfigFile, config)
		if template != "" {
			writeFile(t, dir, templateFile, template)
		}
		return dir
	}
	reference := write(`{"chat_template": [{"name": "tool_use", "template": "{{ tools }}"}, {"name": "default", "template": "{{ messages }}"}]}`, "")
	for _, same := range []string{write(`{"chat_template": "{{ messages }}"}`, ""), write(`{}`, "{{ messages }}\n"), write(`{"chat_template": "{{ tools }}"}`, "{{ messages }}")} {
		wrong, notes := compareFiles(same, reference)
		require.Empty(t, wrong)
		require.Empty(t, notes)
	}
	wrong, _ := compareFiles(write(`{"chat_template": "{{ messages }}"}`, "{{ message }}"), reference)
	require.Equal(t, []Difference{{Name: "chat_template", Finding: "tokenizer_config.json: the chat_template (or chat_template.jinja, which wins over it) is not the reference's: " +
		`at character 10 "{{ message }}", in the reference "{{ messages }}"`}}, wrong)
	_, notes := compareFiles(reference, write(`{}`, ""))
	require.Equal(t, []string{"tokenizer_config.json: there is a chat_template, in the reference there is none"}, notes)
}

func TestFilesThatCannotBeReadAreNoted(t *testing.T) {
	broken, reference := t.TempDir(), filepath.Join("../../notebooks/demo/dense")
	for _, file := range []string{tokenizerFile, tokenizerConfigFile, generationFile} {
		writeFile(t, broken, file, "{")
	}
	wrong, notes := compareFiles(broken, reference)
	require.Empty(t, wrong)
	require.Len(t, notes, 3)
	require.Contains(t, notes[0], "tokenizer.json was not compared: ")
}
