package console

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/reeflective/readline"
	"github.com/reeflective/readline/inputrc"
)

// An aside is what goroutines of earlier cells print while a line is typed. It
// goes above that line, which is drawn again below. Only the shell's own
// goroutine may draw, between two keys: it is woken by a key that nobody types.
type aside struct {
	out  io.Writer
	mu   sync.Mutex
	read *readline.Shell // which reads a line; nil: nobody types
	text []byte          // not printed yet
	left int             // bytes that came before, and are left out
	woke time.Time       // when the shell was told that there is something; zero: it knows of nothing
	part *time.Timer     // ends the patience with a line that has no end
}

const (
	// asideKey is one that terminals send for no key that has a use here: Ctrl-^.
	asideKey     = '\x1e'
	asideCommand = "adkernel-print-aside"

	// asidePatience is how long the rest of a line may take.
	asidePatience = 200 * time.Millisecond

	// maxAside is how many bytes wait for a shell that is busy.
	maxAside = 1 << 20
)

// begin makes the shell the one that reads a line, until end.
func (a *aside) begin(shell *readline.Shell) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.read = shell
	shell.Keymap.Register(map[string]func(){asideCommand: a.print})
	for keymap := range shell.Config.Binds {
		shell.Config.Binds[keymap][string(asideKey)] = inputrc.Bind{Action: asideCommand}
	}
}

// end prints what is left, below what was typed.
func (a *aside) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.read, a.woke = nil, time.Time{}
	_, _ = io.WriteString(a.out, a.take(true)) // nobody reads what could not be written
}

// write keeps text to be printed; false: nobody types.
func (a *aside) write(text string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.read == nil {
		return false
	}
	a.text = append(a.text, text...)
	if len(a.text) > maxAside { // half of it goes: one byte at a time, each would move all the others
		extra := len(a.text) - maxAside/2
		if end := bytes.IndexByte(a.text[extra:], '\n'); end >= 0 {
			extra += end + 1
		}
		a.left += extra
		a.text = append([]byte(nil), a.text[extra:]...)
	}
	if bytes.IndexByte(a.text, '\n') >= 0 {
		a.wake()
	} else if a.part == nil {
		a.part = time.AfterFunc(asidePatience, a.hurry)
	}
	return true
}

// hurry has a line printed that has no end.
func (a *aside) hurry() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.part = nil
	if a.read != nil && len(a.text) > 0 {
		if a.text[len(a.text)-1] != '\n' {
			a.text = append(a.text, '\n')
		}
		a.wake()
	}
}

// wake tells the shell. A key of a sequence that nobody finishes may swallow
// what tells it, so that it is told again.
func (a *aside) wake() {
	if now := time.Now(); now.Sub(a.woke) > asidePatience {
		a.woke = now
		a.read.Keys.Feed(false, asideKey)
	}
	a.read.Keys.RequestRefresh()
}

// print is the shell's command: between two keys, its cursor is where the next
// one goes.
func (a *aside) print() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.woke = time.Time{}
	if a.read == nil {
		return
	}
	text := a.take(false)
	if text == "" {
		return
	}
	a.read.Display.CursorToLineStart()
	_, _ = io.WriteString(a.out, "\r\x1b[J"+text)
	a.read.Display.PrintPrimaryPrompt()
}

// take returns the lines that there are; all: also one without an end.
func (a *aside) take(all bool) string {
	end := bytes.LastIndexByte(a.text, '\n') + 1
	if all {
		end = len(a.text)
	}
	text := string(a.text[:end])
	a.text = a.text[end:]
	if a.left > 0 && text != "" {
		text = fmt.Sprintf("… %d bytes are left out\n", a.left) + text
		a.left = 0
	}
	if all && text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	if len(a.text) > 0 && a.part == nil && a.read != nil {
		a.part = time.AfterFunc(asidePatience, a.hurry)
	}
	return text
}

func newAside() *aside { return &aside{out: os.Stdout} }
