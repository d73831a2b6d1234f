package magic

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
)

// words splits the arguments of a magic as a shell does: blanks separate,
// quotes join, a backslash takes the next character as it is (within single
// quotes it is a character like others).
func words(text string) ([]string, error) {
	var (
		all     []string
		word    strings.Builder
		started bool
		quote   rune
		escaped bool
	)
	for _, r := range text {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, started = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, started = r, true
		case unicode.IsSpace(r):
			if started {
				all = append(all, word.String())
				word.Reset()
				started = false
			}
		default:
			word.WriteRune(r)
			started = true
		}
	}
	switch {
	case quote != 0:
		return nil, fmt.Errorf("the quote %c is not closed in: %s", quote, text)
	case escaped:
		return nil, errors.New("a backslash at the end has nothing to quote")
	case started:
		all = append(all, word.String())
	}
	return all, nil
}

// options takes the words that begin with a hyphen off, up to the first that
// does not. Those of withValue take the next word.
func options(all []string, flags string, withValue string) (given map[string]string, rest []string, err error) {
	given = map[string]string{}
	for len(all) > 0 && len(all[0]) > 1 && all[0][0] == '-' {
		name := all[0][1:]
		all = all[1:]
		switch {
		case len(name) == 1 && strings.Contains(flags, name):
			given[name] = ""
		case strings.Contains(withValue, name[:1]) && len(name) > 1: // -n10
			given[name[:1]] = name[1:]
		case len(name) == 1 && strings.Contains(withValue, name) && len(all) > 0:
			given[name] = all[0]
			all = all[1:]
		case len(name) == 1 && strings.Contains(withValue, name):
			return nil, nil, fmt.Errorf("-%s wants a value", name)
		default:
			return nil, nil, fmt.Errorf("unknown option -%s", name)
		}
	}
	return given, all, nil
}

// path expands a leading ~.
func path(text string) (string, error) {
	rest, ok := strings.CutPrefix(text, "~")
	if !ok || rest != "" && rest[0] != '/' {
		return text, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("~ is not known: %w", err)
	}
	return filepath.Join(home, rest), nil
}

// wholePath is the one path of a line: as it stands, blanks included, or in
// quotes.
func wholePath(rest string) (string, error) {
	if strings.ContainsAny(rest, `'"\`) {
		all, err := words(rest)
		if err != nil {
			return "", err
		}
		if len(all) != 1 {
			return "", fmt.Errorf("one path is wanted, not %d", len(all))
		}
		rest = all[0]
	}
	return path(rest)
}

// span is a range of cells: 3 or 2-5.
type span struct{ from, to int }

func spans(all []string) ([]span, error) {
	var out []span
	for _, text := range all {
		from, to, ok := strings.Cut(text, "-")
		if !ok {
			to = from
		}
		a, errA := strconv.Atoi(from)
		b, errB := strconv.Atoi(to)
		if errA != nil || errB != nil || a < 1 || b < a {
			return nil, fmt.Errorf("%q is no range of cells: write 3, or 2-5", text)
		}
		out = append(out, span{a, b})
	}
	return out, nil
}
