// Package pythonre matches regular expressions of Python's re module, as the
// settings of other evaluators hold them: lookbehinds, classes of Unicode and an
// end of text in front of its last line break included, none of which are as in
// Go's regexp.
package pythonre

import (
	"fmt"
	"strings"
	"time"

	"github.com/dlclark/regexp2"
)

// A Regexp is a pattern that was compiled. It is safe for concurrent use.
type Regexp struct {
	any, longer *regexp2.Regexp // longer matches are not empty where the search begins
}

// timeout is how long one search may take: Python would go on, for hours where a
// pattern backtracks.
const timeout = 10 * time.Second

// Compile takes a pattern of Python. Of what the re module knows, this is refused
// by name: the flags a, L and x, groups that are conditional or referred to by
// name, octal escapes, \N, and \W within a class.
func Compile(pattern string) (*Regexp, error) {
	text, err := translate(pattern)
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	r := &Regexp{}
	for into, as := range map[**regexp2.Regexp]string{&r.any: text, &r.longer: "(?:" + text + `)(?!\G)`} {
		if *into, err = regexp2.Compile(as, regexp2.None); err != nil {
			return nil, fmt.Errorf("pattern %q: %w", pattern, err)
		}
		(*into).MatchTimeout = timeout
	}
	return r, nil
}

// MustCompile is Compile of a pattern that is known to be one.
func MustCompile(pattern string) *Regexp {
	r, err := Compile(pattern)
	if err != nil {
		panic(err)
	}
	return r
}

// Escape is re.escape: a pattern that text alone matches.
func Escape(text string) string {
	var out strings.Builder
	for _, r := range text {
		if strings.ContainsRune("()[]{}?*+-|^$\\.&~# \t\n\r\v\f", r) {
			out.WriteByte('\\')
		}
		out.WriteRune(r)
	}
	return out.String()
}

// FindAll is re.findall: of each match the groups, or the whole of it as the only
// one where the pattern has none. A group that took no part is "". The error is
// that of a search without an end.
func (r *Regexp) FindAll(text string) ([][]string, error) {
	var out [][]string
	err := r.each([]rune(text), func(m *regexp2.Match) {
		groups := m.Groups()
		if len(groups) > 1 {
			groups = groups[1:]
		}
		texts := make([]string, len(groups))
		for i := range groups {
			texts[i] = groups[i].String()
		}
		out = append(out, texts)
	})
	return out, err
}

// Remove is re.sub(pattern, "", text).
func (r *Regexp) Remove(text string) (string, error) {
	runes, kept, at := []rune(text), []rune(nil), 0
	err := r.each(runes, func(m *regexp2.Match) {
		kept = append(kept, runes[at:m.Index]...)
		at = m.Index + m.Length
	})
	return string(append(kept, runes[at:]...)), err
}

// each calls do with each match. Behind an empty match the next one may begin
// where it is, which .NET passes over.
func (r *Regexp) each(text []rune, do func(*regexp2.Match)) error {
	search := r.any
	for at := 0; ; {
		m, err := search.FindRunesMatchStartingAt(text, at)
		if m == nil || err != nil {
			return err
		}
		do(m)
		at = m.Index + m.Length
		if search = r.any; m.Length == 0 {
			search = r.longer
		}
	}
}
