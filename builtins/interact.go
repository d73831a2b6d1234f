package builtins

import (
	"iter"

	"adkernel/kernel/host"
)

// What cells show and ask beside their results.

// HTML is shown as HTML; text stands for it where that cannot be.
//
//	HTML("<b>11 of 12</b>", "11 of 12")
func HTML(html, text string) host.Bundle { return host.MIME("text/html", html, text) }

// Markdown is shown as Markdown.
func Markdown(text string) host.Bundle { return host.MIME("text/markdown", text, "") }

// SVG is shown as a picture; text stands for it where that cannot be.
func SVG(svg, text string) host.Bundle { return host.MIME("image/svg+xml", svg, text) }

// MIME is content of any type: a string for textual types, bytes for binary
// ones, any value for JSON. The text stands for it where it cannot be shown.
//
//	MIME("application/geo+json", map[string]any{"type": "Point", "coordinates": []int{0, 0}}, "a point")
func MIME(mime string, data any, text string) host.Bundle { return host.MIME(mime, data, text) }

// A DisplayHandle is something shown below a cell that can still change.
type DisplayHandle struct{ handle host.Handle }

// NewDisplay shows v below the cell, and can show something else in its place
// later, also from another cell.
//
//	h := NewDisplay("computing")
//	h.Update("done")
func NewDisplay(v any) *DisplayHandle {
	check(host.Failed(v))
	return &DisplayHandle{host.Display(host.Show(v))}
}

// Update shows v in place of what was shown before.
func (h *DisplayHandle) Update(v any) {
	check(host.Failed(v))
	h.handle.Update(host.Show(v))
}

func (h *DisplayHandle) String() string { return "a display handle" }

// ClearOutput removes what the cell has shown so far; with wait, when it shows
// something next, which avoids flicker.
func ClearOutput(wait bool) { host.ClearOutput(wait) }

// Progress counts through v, as "for i := range v" does, and shows how far the
// loop is: v is a number, or a slice, array, string or map.
//
//	for i := range Progress(models) {
//		Run(models[i], task)
//	}
func Progress(v any) iter.Seq[int] {
	steps, err := host.Steps(v, "")
	check(err)
	return steps
}

// ProgressBar shows how far work is that no loop counts: Add says that steps
// are done, Close that there will be no more. A total of 0 is not known.
//
//	bar := ProgressBar(len(files), "reading")
func ProgressBar(total int, label string) *host.Progress { return host.NewProgress(total, label) }

// Input asks the user for a line.
//
//	name := Input("Name of the model: ")
func Input(prompt string) string {
	line, err := host.Input(prompt)
	check(err)
	return line
}

// Password asks the user for a line that is not shown while it is typed.
func Password(prompt string) string {
	line, err := host.Password(prompt)
	check(err)
	return line
}

// A Comm is a channel to an object of the front end, such as a widget.
type Comm = host.Comm

// A CommMessage is what goes through a comm: JSON, and raw bytes beside it.
type CommMessage = host.CommMessage

// OpenComm opens a comm to a target of the front end.
func OpenComm(target string, first CommMessage) *Comm {
	c, err := host.OpenComm(target, first)
	check(err)
	return c
}

// HandleComm calls opened for each comm that the front end opens to target.
//
//	HandleComm("echo", func(c *Comm, first CommMessage) { c.OnMessage(func(m CommMessage) { c.Send(m) }) })
func HandleComm(target string, opened func(c *Comm, first CommMessage)) {
	host.HandleComm(target, opened)
}
