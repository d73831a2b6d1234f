package cell

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"adkernel/kernel/eval"
)

// Complete proposes what may stand at the cursor, a byte offset. The cell may
// be half-typed. What has the type that is expected at the cursor comes first,
// then what is nearer. A package that the cell does not import needs no import
// where one of its names is accepted: Check adds it (importMissing), and the
// item says so.
func (s *Session) Complete(source string, cursor int) eval.Completion {
	cursor = onRune(source, cursor)
	text := textAt(source, cursor)
	switch text.kind {
	case comment, runeText:
		return eval.Completion{Start: cursor, End: cursor}
	case stringText:
		return s.completeString(source, cursor, text)
	}
	start := identStart(source, cursor)
	out := eval.Completion{Start: start, End: cursor}
	if isNumber(source, start, cursor) {
		return out
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.draft(source[:start]+cursorID+source[identEnd(source, cursor):], cursorID, start)
	defer d.discard()
	c := &candidates{s: s, d: d, prefix: source[start:cursor], seen: map[string]bool{}, colon: colonFollows(source, cursor)}
	c.collect()
	out.Items = c.sorted()
	return out
}

// onRune moves a byte offset into source, and to where a rune begins.
func onRune(source string, at int) int {
	at = min(max(at, 0), len(source))
	for at > 0 && at < len(source) && !utf8.RuneStart(source[at]) {
		at--
	}
	return at
}

func identStart(source string, cursor int) int {
	for cursor > 0 {
		r, n := utf8.DecodeLastRuneInString(source[:cursor])
		if !isIdent(r) {
			break
		}
		cursor -= n
	}
	return cursor
}

func isIdent(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// isNumber says whether a number is being typed: "12", "1.", "0x1f".
func isNumber(source string, start, cursor int) bool {
	if start < cursor {
		r, _ := utf8.DecodeRuneInString(source[start:])
		if unicode.IsDigit(r) {
			return true
		}
	}
	before, ok := strings.CutSuffix(source[:start], ".")
	if !ok {
		return false
	}
	r, _ := utf8.DecodeRuneInString(before[identStart(before, len(before)):])
	return unicode.IsDigit(r)
}

// colonFollows says whether the name at the cursor has its colon already.
func colonFollows(source string, cursor int) bool {
	rest := strings.TrimLeft(strings.TrimLeftFunc(source[cursor:], isIdent), " \t")
	return strings.HasPrefix(rest, ":") && !strings.HasPrefix(rest, ":=")
}
