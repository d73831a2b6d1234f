package worker

import (
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// pieces is a reader that returns one piece a call.
type pieces []string

func (p *pieces) Read(b []byte) (int, error) {
	if len(*p) == 0 {
		return 0, io.EOF
	}
	n := copy(b, (*p)[0])
	if (*p)[0] = (*p)[0][n:]; (*p)[0] == "" {
		*p = (*p)[1:]
	}
	return n, nil
}

// pumped returns what a pump delivers of text that comes in pieces of the
// given size, with nobody to wait for.
func pumped(text string, size int) (delivered []string, passed uint64) {
	var p pieces
	for ; len(text) > size; text = text[size:] {
		p = append(p, text[:size])
	}
	p = append(p, text)
	m := newMerger()
	m.end(pipeStderr)
	m.end(pipeEvents)
	m.pump(pipeStdout, testNonce, &pieceCounter{&p, m, &passed}, func(s string) { delivered = append(delivered, s) }, func() {})
	return delivered, passed
}

// pieceCounter notes how far the pump had come before the end, which passes all.
type pieceCounter struct {
	*pieces
	m      *merger
	passed *uint64
}

func (c *pieceCounter) Read(b []byte) (int, error) {
	c.m.mu.Lock()
	*c.passed = c.m.passed[pipeStdout]
	c.m.mu.Unlock()
	return c.pieces.Read(b)
}

const testNonce = "0123456789abcdef0123456789abcdef"

func TestMarkersAreFoundHoweverTheyAreTorn(t *testing.T) {
	text := "a\x00" + marker(testNonce, 1) + "é" + marker(testNonce, 2) + marker(testNonce, 3) + "\x00\x1eb\x00"
	for size := 1; size <= len(text); size++ {
		delivered, passed := pumped(text, size)
		require.Equal(t, "a\x00é\x00\x1eb\x00", strings.Join(delivered, ""), "pieces of %d", size)
		require.Equal(t, uint64(3), passed)
	}
}

func TestMarkersOfAnotherSessionAreText(t *testing.T) {
	other := marker(strings.Repeat("f", nonceLength), 7)
	delivered, passed := pumped(other, 10)
	require.Equal(t, other, strings.Join(delivered, ""))
	require.Zero(t, passed)
}

func FuzzPump(f *testing.F) {
	f.Add("plain", 1)
	f.Add("é\xff"+marker(testNonce, 1)+"\x00\x1e", 3)
	f.Add(markerStart+testNonce+"zzzzzzzzzzzzzzzz"+markerEnd, 8)
	f.Fuzz(func(t *testing.T, text string, size int) {
		size = max(1, size%100)
		delivered, _ := pumped(text, size)
		for _, s := range delivered {
			require.True(t, utf8.ValidString(s))
		}
		if !strings.Contains(text, markerStart) && utf8.ValidString(text) {
			require.Equal(t, text, strings.Join(delivered, ""))
		}
	})
}
