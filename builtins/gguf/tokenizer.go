package gguf

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kinds of tokens (llama_token_type).
const (
	tokenControl     = 3
	tokenUserDefined = 4
)

const (
	splitLlama3 = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	splitQwen2  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// preTokenizers are the pre-tokenizers of tokenizer.json by llama.cpp's names
// (tokenizer.ggml.pre).
var preTokenizers = map[string][]any{
	"gpt-2":     {byteLevel(true)},
	"default":   {byteLevel(true)},
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

// tokenizer returns tokenizer.json and tokenizer_config.json.
func (f *File) tokenizer(c *config) (file, settings map[string]any, err error) {
	model, _ := f.Metadata["tokenizer.ggml.model"].(string)
	if model != "gpt2" {
		return nil, nil, fmt.Errorf("tokenizer.ggml.model %q is not read: only gpt2 (byte-level BPE) is; SentencePiece's needs the original tokenizer.json", model)
	}
	name, ok := f.Metadata["tokenizer.ggml.pre"].(string)
	if !ok {
		name = "default"
	}
	pre, ok := preTokenizers[name]
	if !ok {
		return nil, nil, fmt.Errorf("tokenizer.ggml.pre %q is not read: only %s are", name, strings.Join(slices.Sorted(maps.Keys(preTokenizers)), ", "))
	}
	tokens, _ := f.Metadata["tokenizer.ggml.tokens"].([]string)
	merges, _ := f.Metadata["tokenizer.ggml.merges"].([]string)
	kinds, _ := f.Metadata["tokenizer.ggml.token_type"].([]any)
	if len(tokens) == 0 || len(merges) == 0 || len(kinds) != len(tokens) {
		return nil, nil, fmt.Errorf("the tokenizer has %d tokens, %d merges and %d token types", len(tokens), len(merges), len(kinds))
	}
	c.vocab = len(tokens)
	vocabulary := make(map[string]int, len(tokens))
	added := []any{}
	for id, token := range tokens {
		if other, twice := vocabulary[token]; twice {
			return nil, nil, fmt.Errorf("tokens %d and %d are both %q", other, id, token)
		}
		vocabulary[token] = id
		if kind := fmt.Sprint(kinds[id]); kind == fmt.Sprint(tokenControl) || kind == fmt.Sprint(tokenUserDefined) {
			added = append(added, map[string]any{"id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false,
				"normalized": false, "special": kind == fmt.Sprint(tokenControl)})
		}
	}
	for key, id := range map[string]*int{"bos": c.bos, "eos": c.eos} {
		if id != nil && *id >= len(tokens) {
			return nil, nil, fmt.Errorf("the %s token is %d, and there are %d tokens", key, *id, len(tokens))
		}
	}
	addBOS, stated := f.Metadata["tokenizer.ggml.add_bos_token"].(bool)
	addBOS = addBOS || !stated && (name == "llama-bpe" || name == "llama3") // as llama.cpp decides
	var post any = map[string]any{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true}
	if addBOS {
		if c.bos == nil {
			return nil, nil, fmt.Errorf("tokenizer.ggml.add_bos_token is true, and there is no bos token")
		}
		post = bosTemplate(tokens[*c.bos], *c.bos)
	}
	file = map[string]any{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": added, "normalizer": nil,
		"pre_tokenizer": map[string]any{"type": "Sequence", "pretokenizers": pre}, "post_processor": post,
		"decoder": map[string]any{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
		"model": map[string]any{"type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil, "end_of_word_suffix": nil,
			"fuse_unk": false, "byte_fallback": false, "ignore_merges": name == "llama-bpe" || name == "llama3", "vocab": vocabulary, "merges": merges},
	}
	settings = map[string]any{"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": c.context, "clean_up_tokenization_spaces": false}
	for key, id := range map[string]*int{"bos_token": c.bos, "eos_token": c.eos} {
		if id != nil {
			settings[key] = tokens[*id]
		}
	}
	if template, ok := f.Metadata["tokenizer.chat_template"].(string); ok {
		settings["chat_template"] = template
	}
	return file, settings, nil
}

// bosTemplate puts a token in front of every text.
func bosTemplate(token string, id int) map[string]any {
	special := map[string]any{"SpecialToken": map[string]any{"id": token, "type_id": 0}}
	sequence := func(name string, kind int) map[string]any {
		return map[string]any{"Sequence": map[string]any{"id": name, "type_id": kind}}
	}
	return map[string]any{
		"type": "TemplateProcessing", "single": []any{special, sequence("A", 0)}, "pair": []any{special, sequence("A", 0), special, sequence("B", 1)},
		"special_tokens": map[string]any{token: map[string]any{"id": token, "ids": []int{id}, "tokens": []string{token}}},
	}
}
