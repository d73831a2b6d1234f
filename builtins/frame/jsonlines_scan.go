package frame

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"unicode/utf8"

	"adkernel/internal/pythonjson"
)

// A jsonScanner reads one line of JSON (RFC 8259), without making values of
// what a frame does not hold.
type jsonScanner struct {
	text []byte
	at   int
}

// jsonScalar is a value; text is valid as long as the line is.
type jsonScalar struct {
	kind  Kind
	null  bool
	float float64
	int   int64
	bool  bool
	text  []byte
}

func (s *jsonScanner) wrong(format string, arguments ...any) error {
	return s.wrongAt(s.at, format, arguments...)
}

// wrongAt counts characters from 1, as editors do.
func (s *jsonScanner) wrongAt(at int, format string, arguments ...any) error {
	return fmt.Errorf("character %d: %w", utf8.RuneCount(s.text[:at])+1, fmt.Errorf(format, arguments...))
}

// what names what comes next.
func (s *jsonScanner) what() string {
	if s.at >= len(s.text) {
		return "the end of the line (cut off while it was written?)"
	}
	r, _ := utf8.DecodeRune(s.text[s.at:])
	return fmt.Sprintf("%q", r)
}

// peek returns the next byte, 0 at the end.
func (s *jsonScanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *jsonScanner) skipSpace() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// members reads an object and calls value with each key, at its value, which
// value has to read.
func (s *jsonScanner) members(value func(key []byte) error) error {
	s.at++ // the brace
	if s.skipSpace(); s.peek() == '}' {
		s.at++
		return nil
	}
	for {
		if s.skipSpace(); s.peek() != '"' {
			return s.wrong("expected a key in quotes, not %s", s.what())
		}
		key, err := s.string()
		if err != nil {
			return err
		}
		if s.skipSpace(); s.peek() != ':' {
			return s.wrong("expected a colon after the key %q, not %s", key, s.what())
		}
		s.at++
		if err := value(key); err != nil {
			return err
		}
		s.skipSpace()
		switch s.peek() {
		case ',':
			s.at++
		case '}':
			s.at++
			return nil
		default:
			return s.wrong("expected a comma or the end of the object, not %s", s.what())
		}
	}
}

// string reads the string at s. A surrogate without its partner and invalid
// UTF-8 are refused: encoding/json reads them as U+FFFD, so that strings that
// differ would be equal.
func (s *jsonScanner) string() ([]byte, error) {
	start := s.at
	plain := true
	for i := start + 1; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			s.at = i + 1
			if plain {
				return s.text[start+1 : i], nil
			}
			if err := pythonjson.Check(s.text[start:s.at]); err != nil {
				return nil, s.wrongAt(start, "string: %w", err)
			}
			var decoded string
			if err := json.Unmarshal(s.text[start:s.at], &decoded); err != nil {
				return nil, s.wrongAt(start, "string: %w", err)
			}
			return []byte(decoded), nil
		case c == '\\':
			plain = false
			i++
		case c < ' ' || c >= utf8.RuneSelf:
			plain = false // leave checking to encoding/json
		}
	}
	s.at = len(s.text)
	return nil, s.wrongAt(start, "the string is not closed (cut off while it was written?)")
}

// scalar reads a string, a number, true, false or null.
func (s *jsonScanner) scalar() (jsonScalar, error) {
	c := s.peek()
	if c == '"' {
		text, err := s.string()
		return jsonScalar{kind: String, text: text}, err
	}
	start := s.at
	end := start
	for end < len(s.text) && !bytes.ContainsRune([]byte(",}] \t\r\n"), rune(s.text[end])) {
		end++
	}
	word := s.text[start:end]
	s.at = end
	switch string(word) {
	case "true":
		return jsonScalar{kind: Bool, bool: true}, nil
	case "false":
		return jsonScalar{kind: Bool}, nil
	case "null":
		return jsonScalar{null: true}, nil
	case "NaN":
		return jsonScalar{kind: Float, float: math.NaN()}, nil
	case "Infinity":
		return jsonScalar{kind: Float, float: math.Inf(1)}, nil
	case "-Infinity":
		return jsonScalar{kind: Float, float: math.Inf(-1)}, nil
	}
	switch numberKind(word) {
	case jsonInteger:
		v, ok := parseInt(word)
		if !ok {
			return jsonScalar{}, s.wrongAt(start, "%s does not fit int64; write it as a string", word)
		}
		return jsonScalar{kind: Int, int: v}, nil
	case jsonFraction:
		v, ok := parseFloat(word)
		if !ok {
			return jsonScalar{}, s.wrongAt(start, "%s does not fit float64", word)
		}
		return jsonScalar{kind: Float, float: v}, nil
	}
	s.at = start
	return jsonScalar{}, s.wrong("expected a value, not %s", s.what())
}

type jsonNumber int

const (
	notANumber jsonNumber = iota
	jsonInteger
	jsonFraction
)

// numberKind checks text against JSON's grammar of numbers.
func numberKind(text []byte) jsonNumber {
	digits := func() bool {
		n := 0
		for n < len(text) && isDigit(text[n]) {
			n++
		}
		text = text[n:]
		return n > 0
	}
	text = bytes.TrimPrefix(text, []byte("-"))
	zero := len(text) > 0 && text[0] == '0'
	whole := len(text)
	if !digits() || zero && whole-len(text) > 1 {
		return notANumber
	}
	kind := jsonInteger
	if len(text) > 0 && text[0] == '.' {
		kind, text = jsonFraction, text[1:]
		if !digits() {
			return notANumber
		}
	}
	if len(text) > 0 && (text[0] == 'e' || text[0] == 'E') {
		kind, text = jsonFraction, text[1:]
		if len(text) > 0 && (text[0] == '+' || text[0] == '-') {
			text = text[1:]
		}
		if !digits() {
			return notANumber
		}
	}
	if len(text) > 0 {
		return notANumber
	}
	return kind
}
