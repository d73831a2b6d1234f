package console

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"adkernel/kernel/host"
	"adkernel/kernel/worker"
)

// runConsole is the test binary as a console.
func runConsole(history string) error {
	s, err := worker.Start(worker.Options{Command: []string{os.Args[0], "worker"}})
	if err != nil {
		return err
	}
	defer s.Close()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	err = Run(ctx, s, Options{Banner: "the banner", History: history})
	if ctx.Err() != nil {
		fmt.Println("ended:", err)
	}
	return err
}

// A terminal is a console on a pseudo-terminal, seen by its user: it answers
// what terminals answer.
type terminal struct {
	t    *testing.T
	pty  *os.File
	cmd  *exec.Cmd
	says map[string]string // answers to what the console asks
	done chan struct{}     // closed when the console has closed its end

	mu   sync.Mutex
	out  bytes.Buffer
	seen int // of out, by expect
}

// attributes is what an xterm without sixel says that it is.
const attributes = "\x1b[?62;22c"

// open starts a console, and waits until it reads.
func open(t *testing.T, history string, says map[string]string, variables ...string) *terminal {
	t.Helper()
	c := start(t, history, says, variables...)
	c.prompt(1)
	return c
}

// start starts a console. The variables are added to an environment in which
// nothing tells of pictures.
func start(t *testing.T, history string, says map[string]string, variables ...string) *terminal {
	t.Helper()
	c := &terminal{t: t, done: make(chan struct{}), says: map[string]string{"\x1b[6n": "\x1b[1;1R", askWhat: attributes, askCell: "\x1b[6;20;10t"}}
	maps.Copy(c.says, says)
	c.cmd = exec.Command(os.Args[0], "console", history)
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); !hasPrefix(name, "TERM", "TMUX", "STY", "KITTY", "LC_TERMINAL", picturesVariable, "INPUTRC") {
			c.cmd.Env = append(c.cmd.Env, entry)
		}
	}
	c.cmd.Env = append(append(c.cmd.Env, "TERM=xterm-256color", "INPUTRC=/dev/null"), variables...)
	var err error
	c.pty, err = pty.StartWithSize(c.cmd, &pty.Winsize{Rows: 40, Cols: 100})
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill() // it may have ended
		c.pty.Close()
		<-c.done
		_ = c.cmd.Wait()
	})
	go c.read()
	return c
}

// prompt waits until the console reads cell n, and returns what it has written
// before. It reads when it has shown the cursor again: what is typed while it
// asks where that is may get lost.
func (c *terminal) prompt(n int) string {
	c.t.Helper()
	shown := c.expect(fmt.Sprintf("In [%d]:", n))
	c.find(showCursor, func(text string) string { return text })
	return shown
}

const showCursor = "\x1b[?25h"

// read keeps what the console writes, and answers its questions.
func (c *terminal) read() {
	defer close(c.done)
	buffer := make([]byte, 4096)
	answered := 0
	for {
		n, err := c.pty.Read(buffer)
		c.mu.Lock()
		c.out.Write(buffer[:n])
		var reply string
		for {
			at, question := -1, ""
			for q := range c.says {
				if i := bytes.Index(c.out.Bytes()[answered:], []byte(q)); i >= 0 && (at < 0 || i < at) {
					at, question = i, q
				}
			}
			if at < 0 {
				break
			}
			answered += at + len(question)
			reply += c.says[question]
		}
		c.mu.Unlock()
		if reply != "" {
			_, _ = c.pty.WriteString(reply) // a console that has ended asks nothing
		}
		if err != nil {
			return
		}
	}
}

func (c *terminal) write(keys string) {
	c.t.Helper()
	_, err := c.pty.WriteString(keys)
	require.NoError(c.t, err)
}

// window is within how many bytes, escape sequences included, a text stands.
const window = 300

// patience is how long something may take to appear.
const patience = time.Minute

// expect waits until text stands behind what was expected before, escape
// sequences left out, and returns everything in between as it was written.
func (c *terminal) expect(text string) string {
	c.t.Helper()
	return c.find(text, StripEscapes)
}

func (c *terminal) find(text string, plain func(string) string) string {
	c.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		c.mu.Lock()
		all := c.out.String()
		c.mu.Unlock()
		for end := c.seen; end < len(all); end++ { // the shortest that will do
			next := strings.IndexByte(all[end:], text[len(text)-1])
			if next < 0 {
				break
			}
			end += next
			if strings.HasSuffix(plain(all[max(c.seen, end-window):end+1]), text) {
				between := all[c.seen : end+1]
				c.seen = end + 1
				return between
			}
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("%q did not come: …%q", text, all[max(c.seen, len(all)-400):])
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// shows requires text in what was shown; of that, the end tells what went wrong.
func shows(t *testing.T, shown, text string) {
	t.Helper()
	shown = StripEscapes(shown)
	if !strings.Contains(shown, text) {
		t.Fatalf("%q is not in what was shown: …%q", text, shown[max(0, len(shown)-500):])
	}
}

// paste is text as a terminal sends it when it is pasted.
func paste(text string) string { return "\x1b[200~" + text + "\x1b[201~" }

// enter types a cell, and returns what it shows, up to the next prompt.
func (c *terminal) enter(n int, keys string) string {
	c.t.Helper()
	c.write(keys + "\r")
	return c.prompt(n + 1)
}

func TestTerminalShowsResultsInColours(t *testing.T) {
	c := open(t, "", nil)
	require.Contains(t, c.out.String(), "the banner")
	require.Contains(t, c.enter(1, "1+1"), "\x1b[31mOut[1]:\x1b[0m 2\r\n")
	require.Contains(t, c.enter(2, "x := )"), "\x1b[31mCompileError\x1b[0m")
	shows(t, c.enter(3, "fmt.Println(\"größe\")"), "\ngröße\r\n")
}

func TestTerminalEditsLines(t *testing.T) {
	const left, home, end, backspace = "\x1b[D", "\x01", "\x05", "\x7f"
	c := open(t, "", nil)
	shows(t, c.enter(1, "1+13"+left+backspace), " 4\r\n")
	shows(t, c.enter(2, "0+1"+home+"4"+end+"2"), " 52\r\n")
	shows(t, c.enter(3, "\"größer\""+left+backspace+backspace+backspace), " grö\r\n")
	shows(t, c.enter(4, "wrong words\x17\x155*5"), " 25\r\n")
}

func TestTerminalKeepsHistory(t *testing.T) {
	const up = "\x1b[A"
	history := filepath.Join(t.TempDir(), "sub", "typed")
	c := open(t, history, nil)
	c.enter(1, "40+2")
	c.enter(2, "func f() int {\rreturn 7\r}")
	shows(t, c.enter(3, up+up), " 42\r\n")
	c.write("\x04")
	<-c.done
	c = open(t, history, nil)
	shows(t, c.enter(1, up), " 42\r\n")
}

func TestTerminalReadsCellsOfSeveralLines(t *testing.T) {
	c := open(t, "", nil)
	c.enter(1, "func f(n int) int {\rif n > 1 {\rreturn 7\r}\rreturn n\r}")
	shows(t, c.enter(2, "f(2)"), " 7\r\n")
	shows(t, c.enter(3, "f(\r1,\r)"), " 1\r\n")
}

func TestTerminalTakesPastedLinesAsOneCell(t *testing.T) {
	c := open(t, "", nil)
	c.enter(1, "\x1b[200~a := 1\rfor i := range 3 {\r\ta += i\r}\rb := \"ö\"\x1b[201~")
	shows(t, c.enter(2, "fmt.Sprint(a, b)"), " 4ö\r\n")
}

func TestTerminalCompletes(t *testing.T) {
	c := open(t, "", nil)
	c.enter(1, "elephants := 3")
	shows(t, c.enter(2, "eleph\t * 2"), " 6\r\n")
	shows(t, c.enter(3, "strings.ToUppe\t(\"a\")"), " A\r\n")
	c.write("strings.Trim\t")
	c.expect("TrimSuffix")
	c.write("\x03")
	c.prompt(4)
	shows(t, c.enter(4, "1+1"), " 2\r\n")
}

func TestTerminalInterrupts(t *testing.T) {
	c := open(t, "", nil)
	c.enter(1, "kept := 5")
	c.write("fmt.Println(\"began\")\x1b[200~\n\x1b[201~for {}\r")
	c.expect("began\r\n")
	c.write("\x03")
	shows(t, c.prompt(3), "KeyboardInterrupt")
	c.write("what nobody wants\x03")
	c.expect("what nobody wants")
	c.expect("\r\n")
	c.prompt(3)
	shows(t, c.enter(3, "kept"), " 5\r\n")
}

func TestTerminalEnds(t *testing.T) {
	c := open(t, "", nil)
	c.write("\x04")
	<-c.done
	require.NoError(t, c.cmd.Wait())
}

func TestTerminalGivesCellsInput(t *testing.T) {
	c := open(t, "", nil)
	answer := func(keys string) {
		c.find("\x1b[?2004lnumber? ", func(text string) string { return text }) // not what was typed
		c.find(showCursor, func(text string) string { return text })
		c.write(keys)
	}
	c.write("fmt.Print(\"number? \"); var n int; fmt.Scan(&n); n*2\r")
	answer("20+1\x7f\x7f\x7f1\r")
	shown := c.prompt(2)
	shows(t, shown, "number? 21")
	shows(t, shown, " 42\r\n")
	c.write("fmt.Print(\"number? \"); fmt.Scan(&n)\r")
	answer("\x03")
	shows(t, c.prompt(3), "KeyboardInterrupt")
	shows(t, c.enter(3, "n"), " 21\r\n")
	c.write("fmt.Print(\"number? \"); _, err := fmt.Scan(&n); err\r")
	answer("\x04")
	shows(t, c.prompt(5), " EOF\r\n")
}

func TestTerminalHidesPasswords(t *testing.T) {
	c := open(t, "", nil)
	ask := func(keys string) {
		c.write("//password token: \r")
		c.find("\x1b[?2004ltoken: ", func(text string) string { return text }) // not what was typed
		c.write(keys)
	}
	ask("hunter\x7fR\r")
	shown := c.prompt(2)
	shows(t, shown, ` "hunteR", <nil>`)
	require.Equal(t, 1, strings.Count(shown, "hunte"))
	ask("hunter\x03")
	shown = c.prompt(3)
	shows(t, shown, "KeyboardInterrupt")
	require.NotContains(t, shown, "hunter")
	shows(t, c.enter(3, "40+2"), " 42\r\n")
	ask("\x04")
	shows(t, c.prompt(5), ` "", EOF`)
	ask("in \x04two\r")
	shows(t, c.prompt(6), ` "in two", <nil>`)
}

func TestTerminalIsFilledByLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cell.go")
	require.NoError(t, os.WriteFile(file, []byte("greet := func() string {\n\treturn \"größe\"\n}\ngreet()\n"), 0o600))
	c := open(t, "", nil)
	c.enter(1, "%load "+file)
	c.expect("greet()")
	shows(t, c.enter(2, ""), " größe\r\n")
}

func TestASignalEndsTheConsoleAtItsPrompt(t *testing.T) {
	c := open(t, "", nil)
	require.NoError(t, c.cmd.Process.Signal(syscall.SIGTERM))
	c.expect("ended: terminated")
	<-c.done
}

// Names of one type are listed in one row, if one of them fits.
func TestTerminalCompletesWhereNamesAreWide(t *testing.T) {
	c := open(t, "", nil)
	name := strings.Repeat("wide", 12)
	c.enter(1, name+"1, "+name+"2 := 40, 42")
	c.write("wid\t")
	c.expect(name + "2")
	shows(t, c.enter(2, "2"), " 42\r\n")
}

func TestTerminalPrintsAboveTheLineThatIsTyped(t *testing.T) {
	c := open(t, "", nil)
	sign := filepath.Join(t.TempDir(), "print now")
	c.enter(1, "import (\"os\"; \"time\")")
	c.enter(2, fmt.Sprintf("say := make(chan string); go func() { for s := range say { for os.Remove(%q) != nil { time.Sleep(10 * time.Millisecond) }; fmt.Print(s) } }()", sign))
	later := func(n int, text string) { c.enter(n, "say <- "+text) }
	now := func() { require.NoError(t, os.WriteFile(sign, nil, 0o600)) }

	later(3, `"größe\n"`)
	c.write("40")
	c.expect("In [4]: 40")
	now()
	c.find("\x1b[Jgröße\r\n\x1b[32mIn [4]:\x1b[0m ", func(text string) string { return text })
	c.expect("In [4]: 40")
	shows(t, c.enter(4, "+2"), " 42\r\n")

	later(5, `"no end"`)
	c.write("func f() int {\rreturn 7")
	c.expect("return 7")
	now()
	c.find("\x1b[Jno end\r\n\x1b[32mIn [6]:\x1b[0m ", func(text string) string { return text })
	c.expect("return 7")
	c.enter(6, "\r}")
	shows(t, c.enter(7, "f()"), " 7\r\n")

	later(8, `"beside a menu\n"`)
	c.write("strings.Trim\t")
	c.expect("TrimSuffix")
	now()
	c.find("\x1b[Jbeside a menu\r\n\x1b[32mIn [9]:\x1b[0m ", func(text string) string { return text })
	c.expect("TrimSuffix")
	shows(t, c.enter(9, "Space(\" x \")"), " x\r\n")

	later(10, `"entered before it came"`)
	c.enter(11, fmt.Sprintf("os.WriteFile(%q, nil, 0o600); time.Sleep(time.Second)", sign))
	shows(t, c.out.String(), "\nentered before it came\r\n")
}

// What is printed while nobody has pressed a key for long is bounded.
func TestWhatIsPrintedWhileALineIsTypedIsBounded(t *testing.T) {
	var out strings.Builder
	a := &aside{out: &out}
	require.False(t, a.write("nobody types\n"))
	a.begin(newShell())
	for i := range 200_000 {
		require.True(t, a.write(fmt.Sprintf("line %06d\n", i)))
	}
	require.True(t, a.write("the end"))
	a.end()
	require.Less(t, out.Len(), maxAside+100)
	require.Regexp(t, `^… \d+ bytes are left out\nline \d{6}\n`, out.String())
	require.True(t, strings.HasSuffix(out.String(), "\nline 199999\nthe end\n"))
	require.False(t, a.write("nobody types\n"))
}

func TestADisplayThatIsUpdatedWhileALineIsTypedIsShownBelowIt(t *testing.T) {
	var out strings.Builder
	p := newPrinter(&out, &out, true)
	var above string
	p.aside = func(text string) bool { above += text; return true }
	p.event(worker.Display{ID: "1", Bundle: host.Text("0 %")})
	p.event(worker.Update{ID: "1", Bundle: host.Text("50 %")})
	p.event(worker.Update{ID: "1", Bundle: host.Text("100 %")})
	p.event(worker.Stream{Name: "stderr", Text: "done\n"})
	require.Equal(t, "0 %\ndone\n", above)
	p.aside = func(string) bool { return false }
	p.typed()
	require.Equal(t, "100 %\n", out.String())
}

func TestTablesKeepToTheWidthOfTheTerminal(t *testing.T) {
	c := open(t, "", nil)
	shown := c.enter(1, `long := strings.Repeat("x", 45); []struct{ Name, Words, More string }{{"a", long, long}, {"b", long, long}}`)
	require.Contains(t, shown, "not shown: More\r\n")
	require.NoError(t, pty.Setsize(c.pty, &pty.Winsize{Rows: 40, Cols: 120}))
	require.NotContains(t, c.enter(2, `[]struct{ Name, Words, More string }{{"a", long, long}, {"b", long, long}}`), "not shown")
}
