// Package tokenizer turns text into the token ids that a model was trained on,
// and back. It reads Hugging Face tokenizer.json files of the byte-pair
// encoding family: byte-level (GPT-2, Llama 3, Qwen) and SentencePiece-like
// with byte fallback (Llama 2, Mistral), and gives the ids that the tokenizers
// library gives on the same file.
//
// It does not know chat templates, truncation, padding or other families of
// tokenizers. Anything in a file that it does not know is an error when the
// file is loaded, never a different encoding.
package tokenizer

import "golang.org/x/text/unicode/norm"

// A Tokenizer encodes and decodes text. It is safe for use by several
// goroutines at once.
type Tokenizer struct {
	tokens map[int32]token
	ids    map[string]int32

	literal    *matcher // added tokens looked for in the text as given
	normalized *matcher // added tokens looked for in normalized text

	normalize []func(string) string
	stages    []stage // pre-tokenization
	model     *bytePairModel
	frame     frame
	decode    []decoder
}

// A token is one entry of the vocabulary.
type token struct {
	text    string // as the file spells it
	special bool   // left out of decoded text on request
}

// A frame is what the post-processor puts around the ids of a text.
type frame struct {
	before, after []int32
}

// VocabSize returns the number of tokens, added ones included. The logits of a
// model may have more columns than that: unused ones, for alignment.
func (t *Tokenizer) VocabSize() int { return len(t.tokens) }

// Encode returns the ids of text. Added tokens spelled out in the text become
// their ids. When special is true, the ids that the post-processor adds to a
// single text (usually the beginning-of-sequence token) are added.
func (t *Tokenizer) Encode(text string, special bool) []int32 {
	var ids []int32
	if special {
		ids = append(ids, t.frame.before...)
	}
	t.literal.split(text, func(part string, start int, added int32) {
		if added >= 0 {
			ids = append(ids, added)
			return
		}
		ids = t.encodePart(ids, part, start == 0)
	})
	if special {
		ids = append(ids, t.frame.after...)
	}
	return ids
}

// encodePart appends the ids of text without literal added tokens. first says
// whether it opens the whole text.
func (t *Tokenizer) encodePart(ids []int32, text string, first bool) []int32 {
	for _, f := range t.normalize {
		text = f(text)
	}
	t.normalized.split(text, func(part string, start int, added int32) {
		if added >= 0 {
			ids = append(ids, added)
			return
		}
		pieces := []piece{{text: part, first: first && start == 0}}
		for _, s := range t.stages {
			pieces = s.apply(pieces)
		}
		for _, p := range pieces {
			ids = t.model.encode(ids, p.text)
		}
	})
	return ids
}

// Decode returns the text of ids. Ids that are not in the vocabulary are left
// out, special tokens as well when skipSpecial is true. Bytes that form no
// valid UTF-8 become U+FFFD.
func (t *Tokenizer) Decode(ids []int32, skipSpecial bool) string {
	texts := make([]string, 0, len(ids))
	for _, id := range ids {
		tok, ok := t.tokens[id]
		if !ok || tok.special && skipSpecial {
			continue
		}
		texts = append(texts, tok.text)
	}
	for _, d := range t.decode {
		texts = d(texts)
	}
	return joinTexts(texts, len(t.decode) == 0)
}

// nfc is Unicode's canonical composition.
func nfc(s string) string { return norm.NFC.String(s) }
