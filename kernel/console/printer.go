package console

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"adkernel/internal/pattern"
	"adkernel/kernel/host"
	"adkernel/kernel/worker"
)

// A printer prints what cells show. On a terminal an update of the display
// printed last overwrites it, and pictures are shown where the terminal can.
// Elsewhere the display printed last waits until something follows, so that
// only its last state is printed.
type printer struct {
	out, err io.Writer
	terminal bool
	width    func() int    // of the terminal, in columns
	screen   func() screen // how it shows pictures

	mu      sync.Mutex
	latest  string // id of the display that is printed last, or waits
	rows    int    // of it on the terminal
	waiting string // its text, when it waits
	open    string // the last line, when it has no end yet

	aside func(text string) bool // takes what is printed while a line is typed; false: none is
	held  []worker.Update        // of displays, while a line is typed: the last one of each
}

func newPrinter(out, err io.Writer, terminal bool) *printer {
	return &printer{
		out: out, err: err, terminal: terminal, width: terminalWidth, screen: func() screen { return screen{} },
		aside: func(string) bool { return false },
	}
}

func terminalWidth() int {
	size, err := unix.IoctlGetWinsize(int(os.Stdout.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 {
		return 80
	}
	return int(size.Col)
}

func (p *printer) event(e worker.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.interject(e) {
		return
	}
	switch e := e.(type) {
	case worker.Stream:
		p.settle()
		p.stream(e)
	case worker.Display:
		p.settle()
		p.show(e.ID, e.Bundle)
	case worker.Update:
		p.update(e.ID, e.Bundle)
	}
}

// interject shows what happens while a line is typed; false: none is. Displays are
// shown as text, because the terminal cannot be asked what it draws, and a
// display that is updated again and again is shown once, when the line is typed.
func (p *printer) interject(e worker.Event) bool {
	switch e := e.(type) {
	case worker.Stream:
		return p.aside(e.Text)
	case worker.Display:
		return p.aside(strings.TrimRight(e.Bundle.Plain(), "\n") + "\n")
	case worker.Update:
		if !p.aside("") {
			return false
		}
		p.held = append(slices.DeleteFunc(p.held, func(u worker.Update) bool { return u.ID == e.ID }), e)
		return true
	}
	return false
}

// typed is called when a line has been typed.
func (p *printer) typed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.held {
		p.settle()
		p.show(e.ID, e.Bundle)
	}
	p.held = nil
}

// page prints what is to be read.
func (p *printer) page(b host.Bundle) {
	text := strings.TrimRight(b.Plain(), "\n")
	if text == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settle()
	p.endLine()
	p.write(p.out, text+"\n")
}

// note prints what the kernel says of a cell, on a line of its own.
func (p *printer) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settle()
	p.endLine()
	p.write(p.err, text+"\n")
}

func (p *printer) stream(e worker.Stream) {
	w := p.out
	if e.Name == "stderr" {
		w = p.err
	}
	p.write(w, e.Text)
	text := e.Text
	if end := strings.LastIndexByte(text, '\n'); end >= 0 {
		p.open, text = "", text[end+1:]
	}
	if len(p.open) < maxOpen {
		p.open += text
	}
}

// maxOpen is how much is kept of a line without an end.
const maxOpen = 4096

// takeOpenLine returns what a cell has printed before what is typed now, on
// the same line, which that will end.
func (p *printer) takeOpenLine() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	open := p.open
	p.open = ""
	return open
}

func (p *printer) show(id string, b host.Bundle) {
	p.latest = id
	if !p.terminal {
		p.waiting = b.Plain()
		return
	}
	p.endLine()
	text, rows := p.draw(b)
	p.rows = rows
	p.write(p.out, text)
}

// draw returns what shows b on the terminal, whole lines, and the rows that it
// covers, 0 when that is not known.
func (p *printer) draw(b host.Bundle) (text string, rows int) {
	if hasPicture(b) {
		if picture, ok := p.screen().draw(b); ok {
			return picture.sequence + "\n", picture.rows
		}
	}
	text = strings.TrimRight(b.Plain(), "\n") + "\n"
	if _, card := b.Data["text/html"]; card || hasPicture(b) { // what is text alone stays as it is
		text = fold(text, p.width())
	}
	return text, p.height(text)
}

func (p *printer) update(id string, b host.Bundle) {
	switch {
	case p.latest != id:
		p.settle()
	case p.terminal && p.rows > 0:
		fmt.Fprintf(p.out, "\x1b[%dF\x1b[J", p.rows)
	}
	p.show(id, b)
}

// height is the number of rows that text covers on the terminal.
func (p *printer) height(text string) int {
	rows, width := 0, p.width()
	for line := range strings.Lines(text) {
		rows += max(1, (columns(strings.TrimSuffix(line, "\n"))+width-1)/width)
	}
	return rows
}

// settle is called before something is printed below the latest display.
func (p *printer) settle() {
	if !p.terminal && p.latest != "" {
		p.endLine()
		p.write(p.out, strings.TrimRight(p.waiting, "\n")+"\n")
	}
	p.latest, p.waiting = "", ""
}

// endLine ends a line that a cell left open.
func (p *printer) endLine() {
	if p.open != "" {
		p.write(p.out, "\n")
		p.open = ""
	}
}

func (p *printer) result(n int, b *host.Bundle) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settle()
	p.endLine()
	if b == nil {
		return
	}
	if !p.terminal {
		p.write(p.out, strings.TrimRight(b.Plain(), "\n")+"\n")
		return
	}
	text, _ := p.draw(*b)
	p.write(p.out, outPrompt(n)+beside(text))
}

// beside starts text of several lines, so that columns align, and pictures
// below the prompt.
func beside(text string) string {
	if strings.Contains(strings.TrimSuffix(text, "\n"), "\n") || isString().MatchString(text) {
		return "\n" + text
	}
	return text
}

func (p *printer) failure(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settle()
	p.endLine()
	text := err.Error()
	var e *worker.Error
	if errors.As(err, &e) && len(e.Traceback) > 0 {
		text = strings.Join(e.Traceback, "\n")
	}
	switch {
	case !p.terminal:
		text = StripEscapes(text)
	case e != nil && len(e.Traceback) == 1: // no code, whose columns mean something
		text = fold(text, p.width())
	}
	p.write(p.err, text+"\n")
}

// write does not report errors: nobody reads what could not be written.
func (p *printer) write(w io.Writer, text string) { _, _ = io.WriteString(w, text) }

var (
	escapeSequence = pattern.New(`\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\^_]`)
	isString       = pattern.New(`^\x1b[\]P_]`) // as pictures begin
)

// StripEscapes removes what is for terminals alone, such as colours.
func StripEscapes(text string) string { return escapeSequence().ReplaceAllString(text, "") }
