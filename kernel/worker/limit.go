package worker

import (
	"fmt"
	"sync"
	"unicode/utf8"
)

// DefaultMaxText is how many bytes of text a cell of a notebook may print: more
// than anybody reads, and little enough that the notebook can be opened.
const DefaultMaxText = 16 << 20

// limit passes the events of one cell on, and of its text only the first max
// bytes. What is left out is counted, so that the cell can print without end
// and memory stays what it is.
type limit struct {
	on  func(Event)
	max int

	mu      sync.Mutex
	printed int   // bytes that were passed on
	left    int64 // bytes that were left out
	anew    bool  // with what comes next
}

func limitText(max int, on func(Event)) *limit { return &limit{on: on, max: max} }

func (l *limit) event(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch e.(type) {
	case Stream, Display:
		if l.anew {
			l.left, l.printed, l.anew = 0, 0, false
		}
	case Clear: // front ends show nothing of before, now or when something else comes
		l.anew = true
	}
	text, ok := e.(Stream)
	if !ok || l.max == 0 {
		l.on(e)
		return
	}
	room := l.max - l.printed
	if room >= len(text.Text) {
		l.printed += len(text.Text)
		l.on(text)
		return
	}
	if l.left == 0 {
		cut := room
		for cut > 0 && !utf8.RuneStart(text.Text[cut]) {
			cut--
		}
		if cut > 0 {
			l.on(Stream{text.Name, text.Text[:cut]})
		}
		l.printed, l.left = l.max, int64(-cut)
		l.on(Stream{"stderr", fmt.Sprintf("\nthe cell has printed more than %s: the rest is left out (write it to a file)\n", size(int64(l.max)))})
	}
	l.left += int64(len(text.Text))
}

// end says how much was left out.
func (l *limit) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left > 0 && !l.anew {
		l.on(Stream{"stderr", fmt.Sprintf("%s of output were left out\n", size(l.left))})
	}
	l.anew = true // what comes now is of a goroutine that outlives its cell
}

// size writes a number of bytes for a reader.
func size(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}
