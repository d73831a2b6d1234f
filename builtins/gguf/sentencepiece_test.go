package gguf

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/tokenizer"
)

// The reference is SentencePiece itself (testdata/make_sentencepiece.py).
func TestASentencePieceModelEncodesAsSentencePieceDoes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	require.NoError(t, Import("testdata/sentencepiece.gguf", dir))
	got, err := tokenizer.Load(dir)
	require.NoError(t, err)
	text, err := os.ReadFile("testdata/sentencepiece.json")
	require.NoError(t, err)
	var cases []struct {
		Text    string
		IDs     []int32
		Decoded string
	}
	require.NoError(t, json.Unmarshal(text, &cases))
	require.Greater(t, len(cases), 20)
	for _, c := range cases {
		ids := got.Encode(c.Text, false)
		require.Equal(t, append([]int32{}, c.IDs...), append([]int32{}, ids...), "%q", c.Text)
		require.Equal(t, c.Decoded, got.Decode(ids, true), "%q", c.Text)
		require.Equal(t, append([]int32{1}, c.IDs...), got.Encode(c.Text, true), "%q with <s>", c.Text)
	}
	require.Equal(t, append(got.Encode("a", false), append([]int32{2}, got.Encode("b", false)...)...), got.Encode("a</s>b", false), "a space behind a special token, as in front of a text")
}

func TestASentencePieceModelThatWouldEncodeOtherwiseIsRefused(t *testing.T) {
	pieces := func(changes ...entry) writer {
		w, _ := tiny()
		set := map[string]any{
			"tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": []string{"<s>", "</s>", "a", "b", "▁", "ab", "<unk>", "▁a"},
			"tokenizer.ggml.token_type": []int32{3, 3, 1, 1, 1, 1, 2, 1}, "tokenizer.ggml.scores": []float32{0, 0, -4, -5, -3, -1, 0, -2},
		}
		for _, c := range changes {
			set[c.key] = c.value
		}
		for i, e := range w.metadata {
			if value, ok := set[e.key]; ok {
				w.metadata[i].value = value
				delete(set, e.key)
			}
		}
		for key, value := range set {
			w.metadata = append(w.metadata, entry{key, value})
		}
		return w
	}
	dir := filepath.Join(t.TempDir(), "model")
	require.NoError(t, Import(writeGGUF(t, pieces()), dir))
	got, err := tokenizer.Load(dir)
	require.NoError(t, err)
	require.Equal(t, []int32{0, 4, 5, 6, 7}, got.Encode("abc a", true), "ab is made before ▁a; runs of unknown characters are one token")
	require.Equal(t, []int32{0, 7, 6, 4, 3}, got.Encode("a<unk>b", true), "the unknown token's own text is it, as in llama.cpp")
	require.Equal(t, "a b", got.Decode([]int32{7, 6, 4, 3}, true))

	dir = filepath.Join(t.TempDir(), "without")
	require.NoError(t, Import(writeGGUF(t, pieces(entry{"tokenizer.ggml.add_space_prefix", false}, entry{"tokenizer.ggml.add_bos_token", false})), dir))
	got, err = tokenizer.Load(dir)
	require.NoError(t, err)
	require.Equal(t, []int32{5, 7}, got.Encode("ab a", true))
	require.Equal(t, "ab a", got.Decode([]int32{5, 7}, true))

	for message, change := range map[string]entry{
		"8 tokens and 3 scores":                    {"tokenizer.ggml.scores", []float32{0, 1, 2}},
		"SentencePiece's unigram models":           {"tokenizer.ggml.scores", []float32{0, 0, -4, -5, -3, -1.5, 0, -2}},
		"tokens 5 and 7 have the same score":       {"tokenizer.ggml.scores", []float32{0, 0, -4, -5, -3, -1, 0, -1}},
		"the score of token 3 is":                  {"tokenizer.ggml.scores", []float32{0, 0, -4, float32(math.NaN()), -3, -1, 0, -2}},
		"1 byte tokens: want 256 or none":          {"tokenizer.ggml.token_type", []int32{3, 3, 1, 1, 1, 1, 6, 1}},
		"neither byte tokens nor an unknown token": {"tokenizer.ggml.token_type", []int32{3, 3, 1, 1, 1, 1, 1, 1}},
		`is of the kind "unused"`:                  {"tokenizer.ggml.token_type", []int32{3, 3, 1, 1, 1, 5, 2, 1}},
		"and holds spaces":                         {"tokenizer.ggml.token_type", []int32{3, 3, 1, 1, 1, 1, 2, 4}},
		"a tokenizer that drops white space":       {"tokenizer.ggml.remove_extra_whitespaces", true},
		"a tokenizer that normalizes characters":   {"tokenizer.ggml.precompiled_charsmap", []int32{1}},
	} {
		require.ErrorContains(t, Import(writeGGUF(t, pieces(change)), filepath.Join(t.TempDir(), "x")), message)
	}
}
