package display

import (
	"fmt"
	"html"
	"strings"
)

// An error is drawn with its causes: what it wraps, and what that wraps.

const maxCauses = 20

// cause is one error of the tree below an error.
type cause struct {
	depth int
	err   error
}

// causesOf lists what err wraps, outer ones first.
func causesOf(err error) []cause {
	var all []cause
	var walk func(err error, depth int)
	walk = func(err error, depth int) {
		var inner []error
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			if next := e.Unwrap(); next != nil {
				inner = []error{next}
			}
		case interface{ Unwrap() []error }:
			inner = e.Unwrap()
		}
		for _, next := range inner {
			if next == nil || len(all) >= maxCauses {
				continue
			}
			all = append(all, cause{depth, next})
			walk(next, depth+1)
		}
	}
	walk(err, 0)
	return all
}

func errorText(err error) string {
	lines := []string{err.Error()}
	for _, c := range causesOf(err) {
		text := strings.ReplaceAll(c.err.Error(), "\n", "\n"+strings.Repeat(indentation, c.depth+2))
		lines = append(lines, fmt.Sprintf("%s%s: %s", strings.Repeat(indentation, c.depth+1), of(c.err).TypeName(), text))
	}
	return strings.Join(lines, "\n")
}

// errorHTML folds the causes away; without any there is nothing to fold.
func errorHTML(err error) string {
	causes := causesOf(err)
	if len(causes) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<details><summary>%s</summary>\n", html.EscapeString(err.Error()))
	for _, c := range causes {
		fmt.Fprintf(&b, `<div style="margin-left: %dem"><code>%s</code> %s</div>`+"\n", c.depth+1, html.EscapeString(of(c.err).TypeName()), html.EscapeString(c.err.Error()))
	}
	b.WriteString("</details>\n")
	return b.String()
}
