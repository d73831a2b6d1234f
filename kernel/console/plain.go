package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"adkernel/internal/pattern"
	"adkernel/kernel/host"
	"adkernel/kernel/worker"
)

const (
	askCursor = "\x1b[6n"

	// cursorTime is how long a terminal may take to say where its cursor is.
	// Editing a line asks for that, and waits for ever.
	cursorTime = 2 * time.Second
)

var cursorAnswer = pattern.New(`\x1b\[\d+;\d+R`)

// canDraw says whether lines can be edited on the terminal: it knows escape
// sequences and says where its cursor is, which those within editors, and
// programs that play a terminal, do not. What was typed meanwhile is returned.
func canDraw(in, out *os.File, env func(string) string) (ok bool, typed []byte) {
	if slices.Contains([]string{"", "dumb", "emacs", "unknown"}, env("TERM")) {
		return false, nil
	}
	reply := converse(in, out, askCursor, cursorTime, cursorAnswer().Match)
	return cursorAnswer().Match(reply), cursorAnswer().ReplaceAll(reply, nil)
}

// lineConsole is the console of a person at a terminal that edits its lines itself.
type lineConsole struct {
	session *worker.Session
	printer *printer
	lines   lineReader
	stop    *interrupts
	typing  chan os.Signal // Ctrl-C while a line is typed
	n       int            // of the cell that is typed or runs

	mu     sync.Mutex
	prompt string // behind which a line is typed; "": none is
}

// runPlain reads cells a line at a time, until the end of what is typed.
func runPlain(ctx context.Context, s *worker.Session, o Options, typed []byte) error {
	p := &lineConsole{session: s, stop: &interrupts{session: s}, printer: newPrinter(os.Stdout, os.Stderr, false), typing: make(chan os.Signal, 1), n: 1}
	p.printer.aside = p.aside
	p.lines.in = io.MultiReader(bytes.NewReader(typed), os.Stdin)
	defer p.stop.onSignal()()
	signal.Notify(p.typing, syscall.SIGINT)
	defer signal.Stop(p.typing)
	if o.Banner != "" {
		fmt.Println(o.Banner)
	}
	fmt.Println("Nothing can be drawn on this terminal: lines are read as it sends them, without Tab and history.")
	for ctx.Err() == nil {
		source, err := p.cell(ctx)
		switch {
		case ctx.Err() != nil:
			fmt.Println()
		case errors.Is(err, errInterrupted):
			fmt.Println("\nKeyboardInterrupt")
			continue
		case errors.Is(err, io.EOF):
			fmt.Println()
			return nil
		case err != nil:
			return fmt.Errorf("the terminal cannot be read: %w", err)
		case leaves(ctx, s, source):
			return nil
		}
		// A failure has been shown, and ends nothing here.
		next, _ := execute(ctx, s, p.printer, worker.Request{N: p.n, Source: source, Input: p.input, Interrupted: p.stop.came.Load})
		p.printer.page(host.Text(next)) // to be copied
		p.n++
	}
	return context.Cause(ctx)
}

// cell reads lines up to one after which they could run.
func (p *lineConsole) cell(ctx context.Context) (string, error) {
	select {
	case <-p.typing: // was for the cell before
	default:
	}
	prompt := fmt.Sprintf("In [%d]: ", p.n)
	more := strings.Repeat(" ", len(prompt)-len("...: ")) + "...: "
	var source strings.Builder
	for {
		p.ask(prompt)
		text, err := p.lines.read(ctx, p.typing)
		p.stop.entered()
		p.ask("")
		p.printer.typed()
		if err != nil {
			return "", err
		}
		source.WriteString(text)
		if strings.TrimSpace(source.String()) == "" {
			source.Reset()
			continue
		}
		if ready, err := isReady(ctx, p.session, source.String(), false); ready || err != nil {
			return source.String(), err
		}
		prompt = more
	}
}

// ask prints the prompt of a line that is typed from now on; "": it has been.
func (p *lineConsole) ask(prompt string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.prompt = prompt
	fmt.Print(prompt)
}

// aside prints on lines of their own what goroutines of earlier cells print
// while a line is typed, and asks again. What has been typed is the terminal's,
// which alone could show it again.
func (p *lineConsole) aside(text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.prompt != "" && text != "" {
		fmt.Print("\n" + strings.TrimSuffix(text, "\n") + "\n" + p.prompt)
	}
	return p.prompt != ""
}

// input reads a line for a cell that asks for one.
func (p *lineConsole) input(ctx context.Context, q host.Question) (string, error) {
	p.printer.takeOpenLine()
	if q.Password {
		line, err := readHidden(os.Stdin, os.Stdout, q.Prompt)
		if errors.Is(err, errInterrupted) {
			p.stop.interrupt()
		}
		return line, err
	}
	p.ask(q.Prompt)
	line, err := p.lines.read(ctx, nil)
	p.ask("")
	p.printer.typed()
	return strings.TrimRight(line, "\r\n"), err
}

// A lineReader reads lines and no byte more: hidden lines are read elsewhere. A
// read that nobody waits for any longer serves who asks next.
type lineReader struct {
	in      io.Reader
	pending chan typedLine // of a read under way, or nil
}

type typedLine struct {
	text string
	err  error
}

// read returns the next line with its end. It ends early with the context, and
// with a signal, by errInterrupted.
func (r *lineReader) read(ctx context.Context, stop <-chan os.Signal) (string, error) {
	if r.pending == nil {
		done := make(chan typedLine, 1)
		r.pending = done
		go func() {
			text, err := r.line()
			done <- typedLine{text, err}
		}()
	}
	select {
	case got := <-r.pending:
		r.pending = nil
		return got.text, got.err
	case <-stop:
		return "", errInterrupted
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

func (r *lineReader) line() (string, error) {
	var text []byte
	one := make([]byte, 1)
	for {
		n, err := r.in.Read(one)
		text = append(text, one[:n]...)
		switch {
		case n > 0 && one[0] == '\n':
			return string(text), nil
		case errors.Is(err, io.EOF) && len(text) > 0:
			return string(text) + "\n", nil // the end is read again
		case err != nil:
			return "", err
		}
	}
}

// leaves says whether a cell is what leaves other consoles, and means nothing
// in this session.
func leaves(ctx context.Context, s *worker.Session, source string) bool {
	name := strings.TrimSuffix(strings.TrimSpace(source), "()")
	if name != "exit" && name != "quit" {
		return false
	}
	_, found, err := s.Inspect(ctx, name, len(name))()
	return err == nil && !found
}
