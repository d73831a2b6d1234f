package console

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"adkernel/kernel/host"
	"adkernel/kernel/worker"
)

// A printer prints what cells show. On a terminal an update of the display
// printed last overwrites it. Elsewhere the display printed last waits until
// something follows, so that only its last state is printed.
type printer struct {
	out, err io.Writer
	terminal bool
	width    func() int // of the terminal, in characters

	mu      sync.Mutex
	latest  string // id of the display that is printed last, or waits
	rows    int    // of it on the terminal
	waiting string // its text, when it waits
	midline bool   // the last line has no end yet
}

func newPrinter(out, err io.Writer, terminal bool) *printer {
	return &printer{out: out, err: err, terminal: terminal, width: terminalWidth}
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
	switch e := e.(type) {
	case worker.Stream:
		p.settle()
		p.stream(e)
	case worker.Display:
		p.settle()
		p.show(e.ID, e.Bundle.Plain())
	case worker.Update:
		p.update(e.ID, e.Bundle.Plain())
	}
}

// payload prints what is to be read, and what would be the next input.
func (p *printer) payload(left host.Payload) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := ""
	switch left := left.(type) {
	case *host.Page:
		text = left.Bundle.Plain()
	case *host.NextInput:
		text = left.Text
	}
	p.settle()
	p.endLine()
	p.write(p.out, strings.TrimRight(text, "\n")+"\n")
}

func (p *printer) stream(e worker.Stream) {
	w := p.out
	if e.Name == "stderr" {
		w = p.err
	}
	p.write(w, e.Text)
	p.midline = !strings.HasSuffix(e.Text, "\n")
}

func (p *printer) show(id, text string) {
	p.latest = id
	if !p.terminal {
		p.waiting = text
		return
	}
	p.endLine()
	text = strings.TrimRight(text, "\n") + "\n"
	p.rows = p.height(text)
	p.write(p.out, text)
}

func (p *printer) update(id, text string) {
	switch {
	case p.latest != id:
		p.settle()
	case p.terminal:
		fmt.Fprintf(p.out, "\x1b[%dF\x1b[J", p.rows)
	}
	p.show(id, text)
}

// height is the number of rows that text covers on the terminal.
func (p *printer) height(text string) int {
	rows, width := 0, p.width()
	for line := range strings.Lines(text) {
		characters := utf8.RuneCountInString(StripEscapes(strings.TrimSuffix(line, "\n")))
		rows += max(1, (characters+width-1)/width)
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
	if p.midline {
		p.write(p.out, "\n")
		p.midline = false
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
	text := strings.TrimRight(b.Plain(), "\n")
	if p.terminal {
		text = outPrompt(n) + beside(text)
	}
	p.write(p.out, text+"\n")
}

// beside starts text of several lines below the prompt, so that columns align.
func beside(text string) string {
	if strings.Contains(text, "\n") {
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
	if !p.terminal {
		text = StripEscapes(text)
	}
	p.write(p.err, text+"\n")
}

// write does not report errors: nobody reads what could not be written.
func (p *printer) write(w io.Writer, text string) { _, _ = io.WriteString(w, text) }

var escapeSequence = regexp.MustCompile(`\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\^_]`)

// StripEscapes removes what is for terminals alone, such as colours.
func StripEscapes(text string) string { return escapeSequence.ReplaceAllString(text, "") }
