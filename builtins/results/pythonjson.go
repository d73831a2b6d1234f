package results

import (
	"encoding/json"
	"fmt"
	"strconv"
)

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
