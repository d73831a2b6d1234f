package task

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// textsIn is the list of texts that a target is: as Python prints a list, which is
// how lm-evaluation-harness logs it, or in JSON. nil where it is anything else.
func textsIn(target string) []string {
	var list []string
	if json.Unmarshal([]byte(target), &list) == nil && len(list) > 0 {
		return list
	}
	rest, ok := strings.CutPrefix(target, "[")
	for ok {
		text, behind, err := pythonString(rest)
		if err != nil {
			return nil
		}
		list = append(list, text)
		if behind == "]" {
			return list
		}
		rest, ok = strings.CutPrefix(behind, ", ")
	}
	return nil
}

// pythonString reads the repr of a str, and returns what is behind it.
func pythonString(text string) (value, behind string, err error) {
	wrong := errors.New("no text of Python")
	if text == "" || text[0] != '\'' && text[0] != '"' {
		return "", "", wrong
	}
	quote, rest := text[:1], text[1:]
	var out strings.Builder
	for rest != "" {
		switch {
		case rest[:1] == quote:
			return out.String(), rest[1:], nil
		case rest[0] != '\\':
			out.WriteByte(rest[0])
			rest = rest[1:]
			continue
		case len(rest) < 2:
			return "", "", wrong
		}
		if plain := strings.IndexByte(`\'"nrt`, rest[1]); plain >= 0 {
			out.WriteByte("\\'\"\n\r\t"[plain])
			rest = rest[2:]
			continue
		}
		digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[rest[1]]
		if digits == 0 || len(rest) < 2+digits {
			return "", "", wrong
		}
		code, err := strconv.ParseUint(rest[2:2+digits], 16, 31)
		if err != nil || !utf8.ValidRune(rune(code)) {
			return "", "", wrong
		}
		out.WriteRune(rune(code))
		rest = rest[2+digits:]
	}
	return "", "", wrong
}
