package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// file is the shape of tokenizer.json. Truncation and padding are settings of
// a call, not of the encoding, and are not applied.
type file struct {
	Version       string          `json:"version"`
	Truncation    json.RawMessage `json:"truncation"`
	Padding       json.RawMessage `json:"padding"`
	AddedTokens   []fileToken     `json:"added_tokens"`
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
	PostProcessor json.RawMessage `json:"post_processor"`
	Decoder       json.RawMessage `json:"decoder"`
	Model         json.RawMessage `json:"model"`
}

type fileToken struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

type fileModel struct {
	Type         string           `json:"type"`
	Vocab        map[string]int32 `json:"vocab"`
	Merges       json.RawMessage  `json:"merges"`
	Dropout      float64          `json:"dropout"`
	Unknown      *string          `json:"unk_token"`
	Prefix       string           `json:"continuing_subword_prefix"`
	Suffix       string           `json:"end_of_word_suffix"`
	FuseUnknown  bool             `json:"fuse_unk"`
	ByteFallback bool             `json:"byte_fallback"`
	IgnoreMerges bool             `json:"ignore_merges"`
}

// Load reads a tokenizer.json, given by its own path or by that of the
// checkpoint's directory. Its post-processor says which special tokens frame a
// text. As in transformers 5, add_bos_token and add_eos_token of a
// tokenizer_config.json beside it change nothing; where transformers 4 would
// follow them to another frame, the tokenizer is refused.
//
// The file is followed as the tokenizers library follows it. (transformers 5
// builds LlamaTokenizer anew instead, so that for Llama 2 a text that begins
// with a space starts with other ids there.)
//
// The error names the file and the element that is malformed or unsupported.
func Load(path string) (*Tokenizer, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "tokenizer.json")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	t, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %s: %w", path, err)
	}
	if err := t.checkConfig(filepath.Join(filepath.Dir(path), "tokenizer_config.json")); err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return t, nil
}

func parse(text []byte) (*Tokenizer, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("not valid UTF-8")
	}
	var f file
	if err := strict(text, &f); err != nil {
		return nil, err
	}
	t := &Tokenizer{tokens: map[int32]token{}, ids: map[string]int32{}}
	byteLevel, err := t.readPreTokenizer(f.PreTokenizer)
	if err != nil {
		return nil, fmt.Errorf("pre_tokenizer: %w", err)
	}
	if err := t.readModel(f.Model, byteLevel); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if err := t.readNormalizer(f.Normalizer); err != nil {
		return nil, fmt.Errorf("normalizer: %w", err)
	}
	if err := t.readAddedTokens(f.AddedTokens); err != nil {
		return nil, fmt.Errorf("added_tokens: %w", err)
	}
	if err := t.readPostProcessor(f.PostProcessor); err != nil {
		return nil, fmt.Errorf("post_processor: %w", err)
	}
	if err := t.readDecoder(f.Decoder); err != nil {
		return nil, fmt.Errorf("decoder: %w", err)
	}
	return t, nil
}

// strict decodes one JSON value into v and refuses fields that v has not.
func strict(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("text after the JSON value")
	}
	return nil
}

func isNull(raw json.RawMessage) bool {
	return len(raw) == 0 || bytes.Equal(bytes.TrimSpace(raw), []byte("null"))
}

func (t *Tokenizer) readModel(raw json.RawMessage, byteLevel bool) error {
	if isNull(raw) {
		return errors.New("missing")
	}
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil {
		return err
	}
	if kind.Type != "BPE" && kind.Type != "" {
		return fmt.Errorf("type %q is not supported, only BPE is", kind.Type)
	}
	var m fileModel
	if err := strict(raw, &m); err != nil {
		return err
	}
	switch {
	case len(m.Vocab) == 0:
		return errors.New("vocab is empty")
	case m.Dropout != 0:
		return fmt.Errorf("dropout %g is not supported: it makes encoding random", m.Dropout)
	case m.Prefix != "":
		return fmt.Errorf("continuing_subword_prefix %q is not supported", m.Prefix)
	case m.Suffix != "":
		return fmt.Errorf("end_of_word_suffix %q is not supported", m.Suffix)
	}
	for s, id := range m.Vocab {
		if id < 0 {
			return fmt.Errorf("vocab: token %q has id %d", s, id)
		}
		if other, taken := t.tokens[id]; taken {
			return fmt.Errorf("vocab: tokens %q and %q share id %d", min(s, other.text), max(s, other.text), id)
		}
		t.tokens[id] = token{text: s}
		t.ids[s] = id
	}
	merges, err := readMerges(m.Merges)
	if err != nil {
		return fmt.Errorf("merges: %w", err)
	}
	_, marked := m.Vocab[spaceMark]
	model := &bytePairModel{
		merges:       make(map[pair]merge, len(merges)),
		ignoreMerges: m.IgnoreMerges,
		byteLevel:    byteLevel,
		byteFallback: m.ByteFallback,
		unknown:      -1,
		fuseUnknown:  m.FuseUnknown,
		wordMark:     marked && !byteLevel,
	}
	if m.Unknown != nil {
		id, ok := m.Vocab[*m.Unknown]
		if !ok {
			return fmt.Errorf("unk_token %q is not in the vocabulary", *m.Unknown)
		}
		model.unknown = id
	}
	for rank, sides := range merges {
		if err := model.addMerge(m.Vocab, rank, sides); err != nil {
			return fmt.Errorf("merges: number %d: %w", rank, err)
		}
	}
	model.indexBytes(m.Vocab)
	t.model = model
	return nil
}

// addMerge records a merge; a later one of the same pair replaces it, as in
// the library.
func (m *bytePairModel) addMerge(vocab map[string]int32, rank int, sides [2]string) error {
	joined := sides[0] + sides[1]
	for _, s := range []string{sides[0], sides[1], joined} {
		if _, ok := vocab[s]; !ok {
			return fmt.Errorf("%q is not in the vocabulary", s)
		}
	}
	m.merges[pair{vocab[sides[0]], vocab[sides[1]]}] = merge{int32(rank), vocab[joined]}
	if strings.Contains(strings.TrimLeft(joined, spaceMark), spaceMark) {
		m.wordMark = false
	}
	return nil
}

// readMerges reads both spellings of the list: ["a b", ...] and
// [["a", "b"], ...].
func readMerges(raw json.RawMessage) ([][2]string, error) {
	if isNull(raw) {
		return nil, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, err
	}
	merges := make([][2]string, len(list))
	for i, item := range list {
		var sides []string
		if item[0] == '"' {
			var joined string
			if err := json.Unmarshal(item, &joined); err != nil {
				return nil, fmt.Errorf("number %d: %w", i, err)
			}
			sides = strings.Split(joined, " ")
		} else if err := json.Unmarshal(item, &sides); err != nil {
			return nil, fmt.Errorf("number %d: %w", i, err)
		}
		if len(sides) != 2 {
			return nil, fmt.Errorf("number %d: %d tokens, want 2", i, len(sides))
		}
		merges[i] = [2]string(sides)
	}
	return merges, nil
}

func (t *Tokenizer) readAddedTokens(list []fileToken) error {
	var literal, normalized []addedToken
	for _, a := range list {
		if a.Content == "" {
			return fmt.Errorf("token %d is empty", a.ID)
		}
		if a.ID < 0 {
			return fmt.Errorf("token %q has id %d", a.Content, a.ID)
		}
		if id, ok := t.ids[a.Content]; ok && id != a.ID {
			return fmt.Errorf("token %q has id %d here and %d in the vocabulary", a.Content, a.ID, id)
		}
		if other, ok := t.tokens[a.ID]; ok && other.text != a.Content {
			return fmt.Errorf("tokens %q and %q share id %d", a.Content, other.text, a.ID)
		}
		t.ids[a.Content] = a.ID
		added := addedToken{a.Content, a.ID, a.SingleWord, a.LStrip, a.RStrip}
		if a.Normalized {
			for _, f := range t.normalize {
				added.pattern = f(added.pattern)
			}
			normalized = append(normalized, added)
		} else {
			literal = append(literal, added)
		}
		// The library decodes to what it looked for, not to what the file says.
		t.tokens[a.ID] = token{text: added.pattern, special: a.Special}
	}
	t.literal, t.normalized = newMatcher(literal), newMatcher(normalized)
	return nil
}
