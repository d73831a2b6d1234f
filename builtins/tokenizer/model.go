package tokenizer

import (
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

// A bytePairModel encodes one piece: it starts from single characters (or
// bytes) and replaces the adjacent pair of the best rank by its merged token
// until no pair is left.
type bytePairModel struct {
	words        map[string]int32 // byte-level: by the bytes a token stands for
	merges       map[pair]merge
	ignoreMerges bool // a piece that is a token is taken as it is

	byteLevel    bool
	byteIDs      [256]int32 // byte-level: id of each byte, -1 if there is none
	byteFallback bool       // unknown characters are spelled in byte tokens
	fallbackIDs  [256]int32 // id of "<0x00>".."<0xFF>", -1 if there is none
	unknown      int32      // id for unknown characters; -1 leaves them out
	fuseUnknown  bool       // a run of unknown characters is one token

	// wordMark is set if no merged token holds the SentencePiece mark after
	// another character. A piece can then be cut before each run of marks
	// without changing its encoding, and words are found in the cache.
	wordMark bool

	cache pieceCache
}

const spaceMark = "▁"

type pair struct{ left, right int32 }

type merge struct {
	rank int32 // lower goes first
	id   int32 // of the merged token
}

// encode appends the ids of text to ids.
func (m *bytePairModel) encode(ids []int32, text string) []int32 {
	if text == "" {
		return ids
	}
	if m.ignoreMerges {
		if id, ok := m.words[text]; ok {
			return append(ids, id)
		}
	}
	if !m.wordMark {
		return m.encodeWord(ids, text)
	}
	for text != "" {
		n := nextWord(text)
		ids = m.encodeWord(ids, text[:n])
		text = text[n:]
	}
	return ids
}

// nextWord cuts before each mark that follows another character.
func nextWord(s string) int {
	i := 0
	for strings.HasPrefix(s[i:], spaceMark) {
		i += len(spaceMark)
	}
	if n := strings.Index(s[i:], spaceMark); n >= 0 {
		return i + n
	}
	return len(s)
}

func (m *bytePairModel) encodeWord(ids []int32, word string) []int32 {
	if cached, ok := m.cache.get(word); ok {
		return append(ids, cached...)
	}
	symbols := m.symbols(word)
	symbols = mergePairs(symbols, m.merges)
	m.cache.put(word, symbols)
	return append(ids, symbols...)
}

// symbols returns the ids that merging starts from.
func (m *bytePairModel) symbols(word string) []int32 {
	ids := make([]int32, 0, len(word))
	if m.byteLevel {
		for i := range len(word) {
			if id := m.byteIDs[word[i]]; id >= 0 {
				ids = append(ids, id)
			} else {
				ids = m.appendUnknown(ids)
			}
		}
		return ids
	}
	pending := false // an unknown token not appended yet, as in the library
	for rest := word; rest != ""; {
		_, size := utf8.DecodeRuneInString(rest)
		char := rest[:size]
		rest = rest[size:]
		if id, ok := m.words[char]; ok {
			if pending {
				ids, pending = append(ids, m.unknown), false
			}
			ids = append(ids, id)
			continue
		}
		if spelled, ok := m.spell(ids, char); ok {
			ids = spelled
			continue
		}
		if m.unknown < 0 {
			continue
		}
		if pending && !m.fuseUnknown {
			ids = append(ids, m.unknown)
		}
		pending = true
	}
	if pending {
		ids = append(ids, m.unknown)
	}
	return ids
}

func (m *bytePairModel) appendUnknown(ids []int32) []int32 {
	if m.unknown < 0 {
		return ids
	}
	if m.fuseUnknown && len(ids) > 0 && ids[len(ids)-1] == m.unknown {
		return ids
	}
	return append(ids, m.unknown)
}

// spell appends char's byte tokens; ok is false if one of them is missing.
func (m *bytePairModel) spell(ids []int32, char string) (spelled []int32, ok bool) {
	if !m.byteFallback {
		return ids, false
	}
	for i := range len(char) {
		if m.fallbackIDs[char[i]] < 0 {
			return ids, false
		}
	}
	for i := range len(char) {
		ids = append(ids, m.fallbackIDs[char[i]])
	}
	return ids, true
}

// indexBytes fills the tables that map bytes to tokens.
func (m *bytePairModel) indexBytes(vocab map[string]int32) {
	for b := range 256 {
		m.byteIDs[b] = idOr(vocab, string(byteRunes[b]), -1)
		m.fallbackIDs[b] = idOr(vocab, fmt.Sprintf("<0x%02X>", b), -1)
	}
	if !m.byteLevel {
		m.words = vocab
		return
	}
	m.words = make(map[string]int32, len(vocab))
	for s, id := range vocab {
		if bytes, ok := spelledBytes(s); ok {
			m.words[bytes] = id
		}
	}
}

func idOr(vocab map[string]int32, s string, otherwise int32) int32 {
	if id, ok := vocab[s]; ok {
		return id
	}
	return otherwise
}

// A pieceCache remembers the encodings of short pieces: the words of a
// language come again and again.
type pieceCache struct {
	mu  sync.RWMutex
	ids map[string][]int32
}

const (
	cachedPieces = 1 << 16
	cachedLength = 64 // bytes
)

func (c *pieceCache) get(s string) ([]int32, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	ids, ok := c.ids[s]
	return ids, ok
}

// put stores ids, which nobody may change afterwards. A full cache starts
// again from nothing.
func (c *pieceCache) put(s string, ids []int32) {
	if len(s) > cachedLength {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ids == nil || len(c.ids) >= cachedPieces {
		c.ids = make(map[string][]int32)
	}
	c.ids[strings.Clone(s)] = ids
}
