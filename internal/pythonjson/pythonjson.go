// Package pythonjson reads JSON as Python's json module writes it: with the bare
// words NaN, Infinity and -Infinity, which JSON does not have, and with halves of
// surrogate pairs, which no text has.
package pythonjson

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// Unmarshal is json.Unmarshal for what Python wrote. The bare words are read as
// the strings "NaN", "Infinity" and "-Infinity". What is no text is refused, as
// Check says.
func Unmarshal(text []byte, v any) error {
	if err := Check(text); err != nil {
		return err
	}
	err := json.Unmarshal(text, v)
	if _, syntax := err.(*json.SyntaxError); !syntax {
		return err
	}
	quoted := Quote(text)
	if bytes.Equal(quoted, text) {
		return err
	}
	return json.Unmarshal(quoted, v)
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
