// Package describe writes down what is known of a name: as plain text and as
// Markdown, for tooltips and for pages. It knows nothing of how it was found.
package describe

import (
	"strings"

	"adkernel/kernel/eval"
)

// Text is the inspection as plain text, with the source where detail is 1 or more.
func Text(in eval.Inspection, detail int) string {
	return join(in.Signature, in.Doc, in.Where, source(in, detail))
}

// Markdown is the same with code in fences.
func Markdown(in eval.Inspection, detail int) string {
	parts := []string{fenced(in.Signature), in.Doc}
	if in.Where != "" {
		parts = append(parts, "*"+in.Where+"*")
	}
	return join(append(parts, fenced(source(in, detail)))...)
}

func source(in eval.Inspection, detail int) string {
	if detail < 1 || in.Source == in.Signature {
		return ""
	}
	return in.Source
}

func fenced(code string) string {
	if code == "" {
		return ""
	}
	return "```go\n" + strings.TrimRight(code, "\n") + "\n```"
}

// join joins what is not empty, a blank line between.
func join(parts ...string) string {
	var full []string
	for _, part := range parts {
		if part != "" {
			full = append(full, strings.TrimRight(part, "\n"))
		}
	}
	return strings.Join(full, "\n\n")
}
