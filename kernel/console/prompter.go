package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/reeflective/readline"
	"github.com/reeflective/readline/inputrc"

	"adkernel/kernel/host"
	"adkernel/kernel/worker"
)

// Colours of the prompts, those of IPython.
const (
	green = "\x1b[32m"
	red   = "\x1b[31m"
	plain = "\x1b[0m"
)

func inPrompt(n int) string  { return fmt.Sprintf("%sIn [%d]:%s ", green, n, plain) }
func outPrompt(n int) string { return fmt.Sprintf("%sOut[%d]:%s ", red, n, plain) }

// indent stands for a tab, whose width the shell does not know.
const indent = "    "

// A prompter is the console of a person at a terminal.
type prompter struct {
	session *worker.Session
	stop    *interrupts
	printer *printer
	banner  string
	shell   *readline.Shell
	aside   *aside
	ctx     context.Context // of the line that is being typed
	n       int             // of the cell that is typed or runs
	screen  func() screen   // found out when it is needed first
}

func newPrompter(s *worker.Session, o Options) *prompter {
	p := &prompter{session: s, stop: &interrupts{session: s}, printer: newPrinter(os.Stdout, os.Stderr, true), banner: o.Banner, n: 1}
	p.screen = sync.OnceValue(p.detect)
	p.printer.screen = p.screen
	p.aside = newAside()
	p.printer.aside = p.aside.write
	p.shell = newShell()
	p.shell.Prompt.Primary(func() string { return inPrompt(p.n) })
	accept := p.shell.Keymap.Commands()["accept-line"]
	p.shell.Keymap.Register(map[string]func(){"accept-line": func() { p.enter(accept) }})
	p.shell.Completer = p.complete
	if o.History != "" && os.MkdirAll(filepath.Dir(o.History), 0o700) == nil {
		p.shell.History.AddFromFile("cells", o.History)
	}
	return p
}

// newShell is a shell for text in UTF-8, in which lines that are pasted are no
// lines that are entered, and a tab shows what there is.
func newShell() *readline.Shell {
	shell := readline.NewShell()
	for name, value := range map[string]bool{
		"convert-meta": false, "input-meta": true, "output-meta": true,
		"enable-bracketed-paste":       true,
		"menu-complete-display-prefix": true,
	} {
		shell.Config.Vars[name] = value
	}
	for _, keymap := range []string{"emacs", "emacs-standard", "vi-insert"} {
		if binds := shell.Config.Binds[keymap]; binds != nil {
			binds["\t"] = inputrc.Bind{Action: "menu-complete"}
		}
	}
	return shell
}

func (p *prompter) run(ctx context.Context) error {
	p.ctx = ctx
	defer p.stop.onSignal()()
	if p.banner != "" {
		fmt.Println(p.banner)
	}
	for ctx.Err() == nil {
		source, err := line(ctx, func() (string, error) { return p.typed(p.shell) })
		p.stop.entered()
		switch {
		case ctx.Err() != nil:
			fmt.Println()
		case errors.Is(err, readline.ErrInterrupt):
			continue
		case errors.Is(err, io.EOF):
			fmt.Println()
			return nil
		case err != nil:
			return fmt.Errorf("the terminal cannot be read: %w", err)
		case strings.TrimSpace(source) == "":
			continue
		case leaves(ctx, p.session, source):
			return nil
		}
		// A failure has been shown, and ends nothing here.
		next, _ := execute(ctx, p.session, p.printer, worker.Request{N: p.n, Source: source, Input: p.input, Interrupted: p.stop.came.Load})
		p.fill(next)
		p.n++
	}
	return context.Cause(ctx)
}

// detect asks the terminal how it shows pictures.
func (p *prompter) detect() screen {
	s, typed := detect(os.Stdin, os.Stdout, os.Getenv)
	p.feed(typed)
	return s
}

// fill puts text into the line that is typed next, as if it were pasted.
func (p *prompter) fill(text string) {
	if text = strings.TrimRight(text, "\n"); text != "" {
		p.feed([]byte("\x1b[200~" + strings.ReplaceAll(text, "\t", indent) + "\x1b[201~"))
	}
}

// feed types for the user. The shell reads bytes, and is given each as a rune.
func (p *prompter) feed(keys []byte) {
	runes := make([]rune, len(keys))
	for i, b := range keys {
		runes[i] = rune(b)
	}
	p.shell.Keys.Feed(false, runes...)
}

// input reads a line for a cell that asks for one.
func (p *prompter) input(_ context.Context, q host.Question) (string, error) {
	line, err := p.readLine(q)
	if errors.Is(err, readline.ErrInterrupt) || errors.Is(err, errInterrupted) {
		p.stop.interrupt()
	}
	return line, err
}

func (p *prompter) readLine(q host.Question) (string, error) {
	open := p.printer.takeOpenLine()
	if q.Password {
		return readHidden(os.Stdin, os.Stdout, q.Prompt)
	}
	shell := newShell()
	shell.Prompt.Primary(func() string { return open + q.Prompt }) // the shell begins at the start of the line
	return p.typed(shell)
}

// typed reads a line, above which stands what is printed meanwhile.
func (p *prompter) typed(shell *readline.Shell) (string, error) {
	p.aside.begin(shell)
	defer p.printer.typed()
	defer p.aside.end()
	return shell.Readline()
}

// enter accepts the cell when it could run as it stands, and begins a new
// line of it when not.
func (p *prompter) enter(accept func()) {
	source := string(*p.shell.Line())
	c, err := p.session.IsComplete(p.ctx, source)()
	if strings.TrimSpace(source) == "" || err != nil || c.Status != "incomplete" {
		accept()
		return
	}
	p.shell.Cursor().InsertAt([]rune("\n" + strings.ReplaceAll(c.Indent, "\t", indent))...)
}

// complete proposes what may stand at the cursor. The shell completes words
// between blanks, so a proposal repeats what stands in the word before it.
func (p *prompter) complete(line []rune, cursor int) readline.Completions {
	source := string(line)
	offset := len(string(line[:cursor]))
	c, err := p.session.Complete(p.ctx, source, offset)()
	if err != nil {
		return readline.CompleteMessage("no completion: %v", err)
	}
	start := min(wordStart(source[:offset]), c.Start)
	longest := 0
	for _, item := range c.Items {
		longest = max(longest, len(item.Text))
	}
	candidates := make([]readline.Completion, len(c.Items))
	for i, item := range c.Items {
		candidates[i] = readline.Completion{Value: source[start:c.Start] + item.Text, Display: item.Text}
		if fitsHalf(longest, p.printer.width()) {
			candidates[i].Description = item.Type
		}
	}
	completions := readline.CompleteRaw(candidates)
	completions.PREFIX = source[start:offset]
	return completions
}

// fitsHalf says whether descriptions may stand beside names of up to n bytes. The
// shell shows names of one description in one row, and where not even one of
// them fits into half the terminal, it makes empty rows without end.
func fitsHalf(n, width int) bool { return n+2 <= width/2 }

// wordStart is where the last word of text begins. It begins after what is
// not ASCII, because the shell measures words in bytes.
func wordStart(text string) int {
	at := strings.LastIndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r > unicode.MaxASCII })
	if at < 0 {
		return 0
	}
	_, size := utf8.DecodeRuneInString(text[at:])
	return at + size
}
