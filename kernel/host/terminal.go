package host

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"adkernel/internal/monospace"
)

// terminal serves programs without a kernel around them: the command line and tests.
var terminal = NewTerminal(context.Background(), os.Stdout)

// NewTerminal returns a host that writes each display's text to w. Where w is
// a terminal, an update of the latest display overwrites it; elsewhere only
// its last state is of use to a reader, so updates are written in full.
func NewTerminal(ctx context.Context, w io.Writer) Host {
	t := &terminalHost{ctx: ctx, w: w}
	if f, ok := w.(*os.File); ok {
		if st, err := f.Stat(); err == nil {
			t.tty = st.Mode()&os.ModeCharDevice != 0
		}
	}
	return t
}

type terminalHost struct {
	ctx context.Context
	w   io.Writer
	tty bool

	mu     sync.Mutex
	latest *terminalHandle
}

type terminalHandle struct {
	host  *terminalHost
	lines int // of the terminal, that what was written last takes
}

// LineWidth is that of the terminal.
func (t *terminalHost) LineWidth() int {
	if f, ok := t.w.(*os.File); ok {
		if size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ); err == nil {
			return int(size.Col)
		}
	}
	return 0
}

func (t *terminalHost) Context() context.Context { return t.ctx }

func (t *terminalHost) Cells() []Cell { return nil }

func (t *terminalHost) Running() Cell { return Cell{} }

func (t *terminalHost) Display(b Bundle) Handle {
	h := &terminalHandle{host: t}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.latest = h
	h.write(b)
	return h
}

func (h *terminalHandle) Update(b Bundle) {
	t := h.host
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tty && t.latest == h && h.lines > 0 {
		fmt.Fprintf(t.w, "\x1b[%dF\x1b[J", h.lines)
	}
	h.write(b)
}

func (h *terminalHandle) write(b Bundle) {
	s := strings.TrimRight(b.Plain(), "\n")
	h.lines = 0
	width := max(1, cmp.Or(h.host.LineWidth(), math.MaxInt))
	for line := range strings.SplitSeq(s, "\n") {
		h.lines += 1 + max(0, monospace.Width(line)-1)/width
	}
	fmt.Fprintln(h.host.w, s)
}
