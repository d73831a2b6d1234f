package tokenizer

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An addedToken is looked for in the text before anything else is done to it.
type addedToken struct {
	pattern        string // what is looked for
	id             int32
	singleWord     bool // only between characters that are not of a word
	lstrip, rstrip bool // takes the white space before, after it along
}

// A matcher finds added tokens in a text: at each place the longest, from left
// to right.
type matcher struct {
	byFirst [256][]addedToken // by first byte, longest pattern first
}

func newMatcher(tokens []addedToken) *matcher {
	m := &matcher{}
	for _, t := range tokens {
		if t.pattern != "" {
			m.byFirst[t.pattern[0]] = append(m.byFirst[t.pattern[0]], t)
		}
	}
	for _, list := range m.byFirst {
		sort.SliceStable(list, func(i, j int) bool { return len(list[i].pattern) > len(list[j].pattern) })
	}
	return m
}

// split calls emit for each part of text, in order: an added token with its
// id, or the text between with id -1. start is the part's offset.
func (m *matcher) split(text string, emit func(part string, start int, id int32)) {
	done := 0
	for i := 0; i < len(text); {
		t, ok := m.at(text, i)
		if !ok {
			i++
			continue
		}
		start, end := i, i+len(t.pattern)
		i = end
		if t.singleWord && (endsInWord(text[:start]) || startsWithWord(text[end:])) {
			continue
		}
		if t.lstrip {
			start = len(strings.TrimRightFunc(text[:start], unicode.IsSpace))
		}
		if t.rstrip {
			end = len(text) - len(strings.TrimLeftFunc(text[end:], unicode.IsSpace))
		}
		start = max(start, done)
		if done < start {
			emit(text[done:start], done, -1)
		}
		emit(text[start:max(start, end)], start, t.id)
		done = max(start, end)
	}
	if done < len(text) {
		emit(text[done:], done, -1)
	}
}

// at returns the longest added token that begins at text[i].
func (m *matcher) at(text string, i int) (addedToken, bool) {
	for _, t := range m.byFirst[text[i]] {
		if strings.HasPrefix(text[i:], t.pattern) {
			return t, true
		}
	}
	return addedToken{}, false
}

func endsInWord(s string) bool {
	r, size := utf8.DecodeLastRuneInString(s)
	return size > 0 && isWord(r)
}

func startsWithWord(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	return size > 0 && isWord(r)
}

// isWord is \w of Unicode Technical Standard 18, annex C.
func isWord(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc, unicode.Other_Alphabetic, unicode.Join_Control)
}
