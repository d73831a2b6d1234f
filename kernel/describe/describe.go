// Package describe writes down what is known of a name: as plain text and as
// Markdown, for tooltips and for pages. It knows nothing of how it was found.
package describe

import (
	"go/doc/comment"
	"strings"
	"sync/atomic"

	"adkernel/kernel/eval"
)

// Text is the inspection as plain text, with the source where detail is 1 or more.
func Text(in eval.Inspection, detail int) string {
	example := in.Example
	if example != "" {
		example = "Example:\n\n\t" + strings.ReplaceAll(strings.TrimSpace(example), "\n", "\n\t")
	}
	return join(in.Signature, after("-> ", in.Argument), after("= ", in.Value), in.Doc, example, in.Where, source(in, detail), unsourced(in, detail))
}

// Markdown is the same with code in fences, and the doc comment read as
// "go doc" does: lists, headings and indented code become Markdown's.
func Markdown(in eval.Inspection, detail int) string {
	parts := []string{fenced(in.Signature)}
	if what, text, ok := strings.Cut(in.Argument, ": "); ok {
		parts = append(parts, "**"+what+":** "+inline(text))
	} else if in.Argument != "" {
		parts = append(parts, "**"+in.Argument+"**")
	}
	parts = append(parts, after("= ", inline(in.Value)), docMarkdown(in.Doc))
	if in.Example != "" {
		parts = append(parts, "Example:", fenced(in.Example))
	}
	if in.Where != "" {
		parts = append(parts, "*"+in.Where+"*")
	}
	return join(append(parts, fenced(source(in, detail)), unsourced(in, detail))...)
}

// rendered is a doc comment and its Markdown.
type rendered struct{ text, markdown string }

// last is the one of docMarkdown's last call: a panel that follows the cursor
// asks for the same function at every key of its arguments.
var last atomic.Pointer[rendered]

func docMarkdown(text string) string {
	r := last.Load()
	if r == nil || r.text != text {
		r = &rendered{text, renderDoc(text)}
		last.Store(r)
	}
	return r.markdown
}

// renderDoc renders a doc comment block by block: the printer's own code
// blocks are indented, which loses their language.
func renderDoc(text string) string {
	var parser comment.Parser
	printer := comment.Printer{
		HeadingLevel: 4,
		HeadingID:    func(*comment.Heading) string { return "" },
		DocLinkURL:   func(*comment.DocLink) string { return "" },
	}
	doc := parser.Parse(text)
	var parts []string
	for _, block := range doc.Content {
		if code, ok := block.(*comment.Code); ok {
			parts = append(parts, fenced(code.Text))
			continue
		}
		parts = append(parts, string(printer.Markdown(&comment.Doc{Content: []comment.Block{block}, Links: doc.Links})))
	}
	return join(parts...)
}

func source(in eval.Inspection, detail int) string {
	if detail < 1 || in.Source == in.Signature {
		return ""
	}
	return in.Source
}

// unsourced says why the source is not shown to those who ask for it.
func unsourced(in eval.Inspection, detail int) string {
	if detail < 1 || in.Source != "" {
		return ""
	}
	return in.Unsourced
}

func after(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// inline is code within a line, in more backquotes than it has.
func inline(code string) string {
	if code == "" {
		return ""
	}
	if fence := ticks(code, 1); len(fence) > 1 {
		return fence + " " + code + " " + fence
	}
	return "`" + code + "`"
}

func fenced(code string) string {
	if code == "" {
		return ""
	}
	fence := ticks(code, 3)
	return fence + "go\n" + strings.Trim(code, "\n") + "\n" + fence
}

// ticks are at least n backquotes, and more than stand together in code.
func ticks(code string, n int) string {
	run := 0
	for _, c := range code {
		if c != '`' {
			run = 0
			continue
		}
		run++
		n = max(n, run+1)
	}
	return strings.Repeat("`", n)
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
