package gguf

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// spaceMark is how SentencePiece spells a space.
const spaceMark = "▁"

// sentencePiece is tokenizer.json of a BPE model of SentencePiece, which
// llama.cpp keeps as tokens with scores: of all adjacent pieces that make a
// token, the two with the greatest score are merged first. That is BPE with a
// merge for every two tokens that make a third, in the order of its score, as
// transformers writes these models too.
//
// Characters that are no token are spelled in byte tokens. A space is put in
// front of the text and behind every special token, as llama.cpp and the
// "legacy" tokenizers of transformers do.
func (f *File) sentencePiece(c *config, v *vocabulary) (map[string]any, error) {
	scores, err := f.scores(v)
	if err != nil {
		return nil, err
	}
	if err := f.checkSentencePiece(v); err != nil {
		return nil, err
	}
	merges, err := scoredMerges(v, scores)
	if err != nil {
		return nil, err
	}
	unknown, bytes := "", 0
	for id, kind := range v.kinds {
		switch kind {
		case tokenUnknown:
			unknown = v.tokens[id]
		case tokenByte:
			bytes++
		}
	}
	if bytes != 0 && bytes != 256 {
		return nil, fmt.Errorf("the tokenizer has %d byte tokens: want 256 or none", bytes)
	}
	if bytes == 0 && unknown == "" {
		return nil, errors.New("the tokenizer has neither byte tokens nor an unknown token: characters that are no token would be lost")
	}
	prefix := f.flag("tokenizer.ggml.add_space_prefix", true)
	normalizers := []any{map[string]any{"type": "Replace", "pattern": map[string]any{"String": " "}, "content": spaceMark}}
	decoders := []any{
		map[string]any{"type": "Replace", "pattern": map[string]any{"String": spaceMark}, "content": " "},
		map[string]any{"type": "ByteFallback"}, map[string]any{"type": "Fuse"},
	}
	if prefix {
		normalizers = append([]any{map[string]any{"type": "Prepend", "prepend": spaceMark}}, normalizers...)
		decoders = append(decoders, map[string]any{"type": "Strip", "content": " ", "start": 1, "stop": 0})
	}
	var post any
	if f.flag("tokenizer.ggml.add_bos_token", true) {
		if post, err = bosTemplate(c, v); err != nil {
			return nil, err
		}
	}
	model := map[string]any{"type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil, "end_of_word_suffix": nil,
		"fuse_unk": true, "byte_fallback": bytes == 256, "ignore_merges": false, "vocab": v.ids, "merges": merges}
	if unknown != "" {
		model["unk_token"] = unknown
	}
	return map[string]any{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": v.added,
		"normalizer": map[string]any{"type": "Sequence", "normalizers": normalizers}, "pre_tokenizer": nil, "post_processor": post,
		"decoder": map[string]any{"type": "Sequence", "decoders": decoders}, "model": model,
	}, nil
}

// flag is a truth value of the metadata.
func (f *File) flag(key string, otherwise bool) bool {
	if value, ok := f.Metadata[key].(bool); ok {
		return value
	}
	return otherwise
}

func (f *File) scores(v *vocabulary) ([]float64, error) {
	list, _ := f.Metadata["tokenizer.ggml.scores"].([]any)
	if len(list) != len(v.tokens) {
		return nil, fmt.Errorf("the tokenizer has %d tokens and %d scores", len(v.tokens), len(list))
	}
	out := make([]float64, len(list))
	for i, value := range list {
		score, ok := value.(float64)
		if !ok || score != score {
			return nil, fmt.Errorf("the score of token %d is %v", i, value)
		}
		out[i] = score
	}
	return out, nil
}

// checkSentencePiece refuses what would encode otherwise than it says.
func (f *File) checkSentencePiece(v *vocabulary) error {
	switch {
	case f.flag("tokenizer.ggml.remove_extra_whitespaces", false):
		return errors.New("tokenizer.ggml.remove_extra_whitespaces is true: a tokenizer that drops white space is not read")
	case f.Metadata["tokenizer.ggml.precompiled_charsmap"] != nil:
		return errors.New("tokenizer.ggml.precompiled_charsmap: a tokenizer that normalizes characters is not read")
	}
	for id, kind := range v.kinds {
		switch {
		case kind == tokenUnused:
			return fmt.Errorf("token %d, %q, is of the kind \"unused\", which is not read", id, v.tokens[id])
		case kind == tokenUserDefined && strings.Contains(v.tokens[id], spaceMark):
			return fmt.Errorf("token %d, %q, is of the kind \"user-defined\" and holds spaces, which is not read", id, v.tokens[id])
		}
	}
	return nil
}

// scoredMerges lists every two tokens that make a third: that of the greatest
// score first, the ways to make one token by the places of their sides.
func scoredMerges(v *vocabulary, scores []float64) ([][2]string, error) {
	type merge struct{ left, right, whole int }
	normal := func(text string) (int, bool) {
		id, ok := v.ids[text]
		return id, ok && v.kinds[id] == tokenNormal
	}
	var all []merge
	byScore := map[float64]int{}
	for whole, text := range v.tokens {
		if v.kinds[whole] != tokenNormal {
			continue
		}
		if scores[whole] != math.Trunc(scores[whole]) {
			return nil, fmt.Errorf("token %d, %q, has the score %v, a likelihood: SentencePiece's unigram models are not read, only its BPE is", whole, text, scores[whole])
		}
		before := len(all)
		for at := range text {
			left, ok1 := normal(text[:at])
			right, ok2 := normal(text[at:])
			if at > 0 && ok1 && ok2 {
				all = append(all, merge{left, right, whole})
			}
		}
		if len(all) == before {
			continue // a character, or never made
		}
		if other, twice := byScore[scores[whole]]; twice {
			return nil, fmt.Errorf("tokens %d and %d have the same score: which of them is made first depends on the text, and that is not read", other, whole)
		}
		byScore[scores[whole]] = whole
	}
	slices.SortFunc(all, func(a, b merge) int {
		return cmp.Or(cmp.Compare(scores[b.whole], scores[a.whole]), cmp.Compare(a.left, b.left), cmp.Compare(a.right, b.right))
	})
	out := make([][2]string, len(all))
	for i, m := range all {
		out[i] = [2]string{v.tokens[m.left], v.tokens[m.right]}
	}
	return out, nil
}
