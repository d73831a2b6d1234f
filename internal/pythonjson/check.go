package pythonjson

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrNoText is that of JSON that holds something which is no text.
var ErrNoText = errors.New("tokenizers take no such text, and read as the replacement character U+FFFD it could not be told from others: it has to be written without")

// Check reports what encoding/json replaces by U+FFFD without a word, so that two
// texts that differ would be read as one: bytes that are not UTF-8, and an escape
// such as \ud800 without the other half of its surrogate pair, which Python's
// json module writes of strings that UTF-8 cannot hold. The error says where it
// is, and is an ErrNoText. What else is wrong with the JSON is left to its reader.
func Check(text []byte) error {
	if !utf8.Valid(text) {
		at := 0
		for {
			r, size := utf8.DecodeRune(text[at:])
			if r == utf8.RuneError && size == 1 {
				return fmt.Errorf("byte %d is %#02x, which is not UTF-8: %w", at, text[at], ErrNoText)
			}
			at += size
		}
	}
	for at := 0; ; {
		next := bytes.IndexByte(text[at:], '\\')
		if next < 0 {
			return nil
		}
		at += next
		unit, ok := escape(text[at:])
		switch {
		case !ok:
			at += 2 // a backslash escapes one that follows
		case !utf16.IsSurrogate(unit):
			at += escapeBytes
		default:
			second, _ := escape(text[at+escapeBytes:])
			if utf16.DecodeRune(unit, second) == utf8.RuneError {
				return fmt.Errorf("%s at byte %d is half of a surrogate pair: %w", text[at:at+escapeBytes], at, ErrNoText)
			}
			at += 2 * escapeBytes
		}
		if at >= len(text) {
			return nil
		}
	}
}

const escapeBytes = len(`\u0000`)

// escape is the UTF-16 unit that text begins with as \u and four digits.
func escape(text []byte) (unit rune, ok bool) {
	if len(text) < escapeBytes || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	for _, c := range text[2:escapeBytes] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		unit = unit<<4 | rune(c)
	}
	return unit, true
}
