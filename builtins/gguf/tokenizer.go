package gguf

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kinds of tokens (llama_token_type).
const (
	tokenNormal      = "1"
	tokenUnknown     = "2"
	tokenControl     = "3"
	tokenUserDefined = "4"
	tokenUnused      = "5"
	tokenByte        = "6"
)

const (
	splitLlama3 = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	splitQwen2  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// preTokenizers are the pre-tokenizers of tokenizer.json by llama.cpp's names
// (tokenizer.ggml.pre). Its "default", which a file has that states none, splits
// text as no model does and is not among them.
var preTokenizers = map[string][]any{
	"gpt-2":     {byteLevel(true)},
	"smollm":    {map[string]any{"type": "Digits", "individual_digits": true}, byteLevel(true)},
	"llama-bpe": {split(splitLlama3), byteLevel(false)},
	"llama3":    {split(splitLlama3), byteLevel(false)},
	"qwen2":     {split(splitQwen2), byteLevel(false)},
}

func byteLevel(useRegex bool) map[string]any {
	return map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": useRegex}
}

func split(pattern string) map[string]any {
	return map[string]any{"type": "Split", "pattern": map[string]any{"Regex": pattern}, "behavior": "Isolated", "invert": false}
}

// A vocabulary is what both kinds of tokenizer have in common.
type vocabulary struct {
	tokens []string
	kinds  []string // llama_token_type, as text
	ids    map[string]int
	added  []any // of tokenizer.json
}

// tokenizer returns tokenizer.json and tokenizer_config.json.
func (f *File) tokenizer(c *config) (file, settings map[string]any, err error) {
	v, err := f.vocabulary(c)
	if err != nil {
		return nil, nil, err
	}
	switch model, _ := f.Metadata["tokenizer.ggml.model"].(string); model {
	case "gpt2":
		file, err = f.byteLevelBPE(c, v)
	case "llama":
		file, err = f.sentencePiece(c, v)
	default:
		err = fmt.Errorf("tokenizer.ggml.model %q is not read: only gpt2 (byte-level BPE) and llama (SentencePiece's BPE) are", model)
	}
	if err != nil {
		return nil, nil, err
	}
	settings = map[string]any{"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": c.context, "clean_up_tokenization_spaces": false}
	for key, id := range map[string]*int{"bos_token": c.bos, "eos_token": c.eos} {
		if id != nil {
			settings[key] = v.tokens[*id]
		}
	}
	if template, ok := f.Metadata["tokenizer.chat_template"].(string); ok {
		settings["chat_template"] = template
	}
	return file, settings, nil
}

func (f *File) vocabulary(c *config) (*vocabulary, error) {
	v := &vocabulary{ids: map[string]int{}, added: []any{}}
	v.tokens, _ = f.Metadata["tokenizer.ggml.tokens"].([]string)
	kinds, _ := f.Metadata["tokenizer.ggml.token_type"].([]any)
	if len(v.tokens) == 0 || len(kinds) != len(v.tokens) {
		return nil, fmt.Errorf("the tokenizer has %d tokens and %d token types", len(v.tokens), len(kinds))
	}
	c.vocab = len(v.tokens)
	for id, token := range v.tokens {
		if other, twice := v.ids[token]; twice {
			return nil, fmt.Errorf("tokens %d and %d are both %q", other, id, token)
		}
		v.ids[token] = id
		kind := fmt.Sprint(kinds[id])
		v.kinds = append(v.kinds, kind)
		if kind == tokenControl || kind == tokenUserDefined || kind == tokenUnknown { // llama.cpp's special tokens
			v.added = append(v.added, map[string]any{"id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false,
				"normalized": false, "special": kind != tokenUserDefined})
		}
	}
	for key, id := range map[string]*int{"bos": c.bos, "eos": c.eos} {
		if id != nil && *id >= len(v.tokens) {
			return nil, fmt.Errorf("the %s token is %d, and there are %d tokens", key, *id, len(v.tokens))
		}
	}
	if end, _ := f.Metadata["tokenizer.ggml.add_eos_token"].(bool); end {
		return nil, errors.New("tokenizer.ggml.add_eos_token is true: a token that ends every prompt is not read")
	}
	return v, nil
}

func (f *File) byteLevelBPE(c *config, v *vocabulary) (map[string]any, error) {
	name, _ := f.Metadata["tokenizer.ggml.pre"].(string)
	if name == "" || name == "default" {
		return nil, errors.New("tokenizer.ggml.pre does not say how text is split, as in files of before May 2024: convert the model again with a newer llama.cpp")
	}
	pre, ok := preTokenizers[name]
	if !ok {
		return nil, fmt.Errorf("tokenizer.ggml.pre %q is not read: only %s are", name, strings.Join(slices.Sorted(maps.Keys(preTokenizers)), ", "))
	}
	merges, _ := f.Metadata["tokenizer.ggml.merges"].([]string)
	if len(merges) == 0 {
		return nil, errors.New("the tokenizer has no merges")
	}
	addBOS, stated := f.Metadata["tokenizer.ggml.add_bos_token"].(bool)
	addBOS = addBOS || !stated && (name == "llama-bpe" || name == "llama3") // as llama.cpp decides
	var post any = map[string]any{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true}
	if addBOS {
		var err error
		if post, err = bosTemplate(c, v); err != nil {
			return nil, err
		}
	}
	return map[string]any{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": v.added, "normalizer": nil,
		"pre_tokenizer": map[string]any{"type": "Sequence", "pretokenizers": pre}, "post_processor": post,
		"decoder": map[string]any{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
		"model": map[string]any{"type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil, "end_of_word_suffix": nil,
			"fuse_unk": false, "byte_fallback": false, "ignore_merges": name == "llama-bpe" || name == "llama3", "vocab": v.ids, "merges": merges},
	}, nil
}

// bosTemplate puts the bos token in front of every text.
func bosTemplate(c *config, v *vocabulary) (map[string]any, error) {
	if c.bos == nil {
		return nil, errors.New("tokenizer.ggml.add_bos_token is true, and there is no bos token")
	}
	token, id := v.tokens[*c.bos], *c.bos
	special := map[string]any{"SpecialToken": map[string]any{"id": token, "type_id": 0}}
	sequence := func(name string, kind int) map[string]any {
		return map[string]any{"Sequence": map[string]any{"id": name, "type_id": kind}}
	}
	return map[string]any{
		"type": "TemplateProcessing", "single": []any{special, sequence("A", 0)}, "pair": []any{special, sequence("A", 0), special, sequence("B", 1)},
		"special_tokens": map[string]any{token: map[string]any{"id": token, "ids": []int{id}, "tokens": []string{token}}},
	}, nil
}
