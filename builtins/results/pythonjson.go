package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// decodePython decodes JSON as Python's json module writes it: with the bare
// words NaN, Infinity and -Infinity, which JSON does not have. They are read
// as the strings "NaN", "Infinity" and "-Infinity", which number understands.
func decodePython(text []byte, v any) error {
	err := json.Unmarshal(text, v)
	if _, syntax := err.(*json.SyntaxError); !syntax {
		return err
	}
	quoted := quoteSpecials(text)
	if bytes.Equal(quoted, text) {
		return err
	}
	return json.Unmarshal(quoted, v)
}

// quoteSpecials puts quotes around NaN, Infinity and -Infinity outside of
// strings.
func quoteSpecials(text []byte) []byte {
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

// number is a float that Python wrote: a number, or a string of one, as
// lm-eval's sanitize_list makes of the log-likelihoods.
type number float64

func (n *number) UnmarshalJSON(text []byte) error {
	word := string(text)
	if len(text) > 0 && text[0] == '"' {
		if err := json.Unmarshal(text, &word); err != nil {
			return err
		}
	}
	v, err := strconv.ParseFloat(word, 64) // knows inf, nan and Infinity in any case
	if err != nil {
		return fmt.Errorf("%.40q is not a number", word)
	}
	*n = number(v)
	return nil
}

// truth is a truth value that Python wrote, or a string of one.
type truth bool

func (b *truth) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case `true`, `"True"`, `"true"`:
		*b = true
	case `false`, `"False"`, `"false"`:
		*b = false
	default:
		return fmt.Errorf("%.40q is not a truth value", text)
	}
	return nil
}
