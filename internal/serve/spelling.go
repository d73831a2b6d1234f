package serve

import (
	"strings"
	"unicode/utf8"

	"adkernel/builtins/tokenizer"
)

// A speller turns output ids into text as they come. What a token adds depends
// on those before it (a space, the rest of a character), so it decodes a short
// window twice and takes the difference; special tokens are left out. (Where
// bytes are a fallback, a byte that was shown stays, though the decoder of a
// whole text would take it back when an invalid one follows.)
type speller struct {
	tokenizer *tokenizer.Tokenizer
	ids       []int32
	window    int // where decoding begins
	read      int // ids whose text was given out
}

func newSpeller(t *tokenizer.Tokenizer) *speller { return &speller{tokenizer: t} }

// add returns the text that is certain now: none while a character is
// incomplete.
func (s *speller) add(id int32) string {
	s.ids = append(s.ids, id)
	before := s.tokenizer.Decode(s.ids[s.window:s.read], true)
	now := s.tokenizer.Decode(s.ids[s.window:], true)
	if len(now) <= len(before) || strings.HasSuffix(now, string(utf8.RuneError)) {
		return ""
	}
	s.window, s.read = s.read, len(s.ids)
	return strings.TrimPrefix(now, before)
}

// rest returns the text that add held back.
func (s *speller) rest() string {
	before := s.tokenizer.Decode(s.ids[s.window:s.read], true)
	now := s.tokenizer.Decode(s.ids[s.window:], true)
	s.window, s.read = len(s.ids), len(s.ids)
	return strings.TrimPrefix(now, before)
}

// spellOne is the text of a token that follows another, special ones spelled
// out: a space in front of it is there, which a decoder drops at the beginning
// of a text.
func spellOne(t *tokenizer.Tokenizer, before, id int32) string {
	head := t.Decode([]int32{before}, false)
	if text, ok := strings.CutPrefix(t.Decode([]int32{before, id}, false), head); ok {
		return text
	}
	return t.Decode([]int32{id}, false) // the two make one character
}

// spellAll is the text of every token of a prompt.
func spellAll(t *tokenizer.Tokenizer, ids []int32) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		if i == 0 {
			out[i] = t.Decode(ids[:1], false)
			continue
		}
		out[i] = spellOne(t, ids[i-1], id)
	}
	return out
}
