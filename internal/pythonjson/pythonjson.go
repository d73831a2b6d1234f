// Package pythonjson reads JSON as Python's json module writes it: with the bare
// words NaN, Infinity and -Infinity, which JSON does not have, and with halves of
// surrogate pairs, which no text has.
package pythonjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
)

// Unmarshal is json.Unmarshal for what Python wrote. The bare words are read as
// the strings "NaN", "Infinity" and "-Infinity", and a byte order mark in front is
// passed over. What is no text is refused, as Check says; a value of another type
// than v has is an error that says what was wanted, and of which field.
func Unmarshal(text []byte, v any) error {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if err := Check(text); err != nil {
		return err
	}
	err := json.Unmarshal(text, v)
	if _, syntax := err.(*json.SyntaxError); !syntax {
		return wanted(err)
	}
	quoted := Quote(text)
	if bytes.Equal(quoted, text) {
		return err
	}
	return wanted(json.Unmarshal(quoted, v))
}

// wanted words a value of another type for those who do not write Go.
func wanted(err error) error {
	wrong, ok := err.(*json.UnmarshalTypeError)
	if !ok {
		return err
	}
	kind := wrong.Type.String()
	switch wrong.Type.Kind() {
	case reflect.Bool:
		kind = "true or false"
	case reflect.String:
		kind = "a text"
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint32, reflect.Uint64:
		kind = "a whole number"
	case reflect.Float32, reflect.Float64:
		kind = "a number"
	case reflect.Slice, reflect.Array:
		kind = "a list"
	case reflect.Map, reflect.Struct:
		kind = "an object"
	}
	if wrong.Field == "" {
		return fmt.Errorf("%s, want %s", wrong.Value, kind)
	}
	return fmt.Errorf("%s: %s, want %s", wrong.Field, wrong.Value, kind)
}

// Quote puts quotes around NaN, Infinity and -Infinity outside of strings.
func Quote(text []byte) []byte {
	out := make([]byte, 0, len(text)+16)
	inString := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case inString && c == '\\' && i+1 < len(text):
			out = append(out, c)
			i++
			c = text[i]
		case c == '"':
			inString = !inString
		case !inString:
			if word := specialAt(text[i:]); word != "" {
				out = strconv.AppendQuote(out, word)
				i += len(word) - 1
				continue
			}
		}
		out = append(out, c)
	}
	return out
}

func specialAt(text []byte) string {
	for _, word := range []string{"NaN", "Infinity", "-Infinity"} {
		if bytes.HasPrefix(text, []byte(word)) {
			return word
		}
	}
	return ""
}
