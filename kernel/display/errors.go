package display

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// An error is drawn with its causes: what it wraps, and what that wraps.

const (
	maxCauses = 20
	maxCause  = 16 << 10 // bytes of what one of them says

	maxMessage = MaxText / 2 // bytes of what the error says: its causes have room beside it
)

// cause is one error of the tree below an error.
type cause struct {
	depth int
	err   error
	text  string
}

// causesOf lists what err wraps, outer ones first, and counts what it leaves
// out. An error that wraps itself comes to an end there.
func causesOf(err error) (all []cause, left int) {
	var walk func(err error, depth int)
	walk = func(err error, depth int) {
		for _, next := range wrappedBy(err) {
			if len(all) >= maxCauses || depth > maxDepth {
				left++
				continue
			}
			all = append(all, cause{depth, next, cutBytes(textOf(next), maxCause)})
			walk(next, depth+1)
		}
	}
	walk(err, 0)
	return all, left
}

func wrappedBy(err error) []error {
	var inner []error
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		inner = []error{e.Unwrap()}
	case interface{ Unwrap() []error }:
		inner = e.Unwrap()
	}
	return slices.DeleteFunc(slices.Clone(inner), func(err error) bool { return err == nil })
}

// textOf is what err says. Of errors that were joined, whose texts follow as
// causes, it is how many they are.
func textOf(err error) string {
	inner := wrappedBy(err)
	texts := make([]string, len(inner))
	for i, e := range inner {
		texts[i] = e.Error()
	}
	text := err.Error()
	if len(inner) > 1 && text == strings.Join(texts, "\n") {
		return fmt.Sprintf("%d errors", len(inner))
	}
	return text
}

func errorText(err error) string {
	causes, left := causesOf(err)
	lines := []string{cutBytes(err.Error(), maxMessage)}
	for _, c := range causes {
		text := strings.ReplaceAll(c.text, "\n", "\n"+strings.Repeat(indentation, c.depth+2))
		lines = append(lines, fmt.Sprintf("%s%s: %s", strings.Repeat(indentation, c.depth+1), of(c.err).TypeName(), text))
	}
	if left > 0 {
		lines = append(lines, indentation+moreCauses)
	}
	return strings.Join(lines, "\n")
}

const moreCauses = "… more causes"

// errorHTML folds the causes away; without any there is nothing to fold.
func errorHTML(err error) string {
	causes, left := causesOf(err)
	if len(causes) == 0 {
		return ""
	}
	escaped := func(text string) string { return strings.ReplaceAll(html.EscapeString(text), "\n", "<br>") }
	var b strings.Builder
	fmt.Fprintf(&b, "<details><summary>%s</summary>\n", escaped(cutBytes(err.Error(), maxMessage)))
	for _, c := range causes {
		fmt.Fprintf(&b, `<div style="margin-left: %dem"><code>%s</code> %s</div>`+"\n", c.depth+1, html.EscapeString(of(c.err).TypeName()), escaped(c.text))
	}
	if left > 0 {
		fmt.Fprintf(&b, "<div>%s</div>\n", moreCauses)
	}
	b.WriteString("</details>\n")
	return b.String()
}
