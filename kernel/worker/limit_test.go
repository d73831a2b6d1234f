package worker

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/host"
)

func TestTextOverTheLimitIsLeftOutAndCounted(t *testing.T) {
	r := newRecorder()
	l := limitText(10, r.add)
	l.event(Stream{"stdout", "01234567"})
	l.event(Stream{"stderr", "8éé"}) // the second é does not fit, nor does half of the first
	l.event(Display{"1", host.Text("a display")})
	l.event(Stream{"stdout", strings.Repeat("x", 2000)})
	l.end()
	lines := r.lines()
	require.Equal(t, "stdout: 01234567", lines[0])
	require.Equal(t, "stderr: 8\nthe cell has printed more than 10 bytes: the rest is left out (write it to a file)\n", lines[1])
	require.Contains(t, lines[2], "a display")
	require.Equal(t, "stderr: 2.0 KiB of output were left out\n", lines[3])
	l.event(Stream{"stdout", "later"})
	require.Equal(t, "stdout: later", r.lines()[4], "a goroutine that outlives the cell")
}

func TestTextWithinTheLimitPasses(t *testing.T) {
	for _, max := range []int{0, 4} {
		r := newRecorder()
		l := limitText(max, r.add)
		l.event(Stream{"stdout", "1234"})
		l.end()
		require.Equal(t, []string{"stdout: 1234"}, r.lines())
	}
}

func TestTheLimitBeginsAnewWhenTheOutputIsCleared(t *testing.T) {
	for _, wait := range []bool{false, true} {
		r := newRecorder()
		l := limitText(4, r.add)
		for range 3 {
			l.event(Stream{"stdout", "12"})
			l.event(Stream{"stdout", "345"})
			l.event(Clear{wait})
		}
		l.event(Stream{"stdout", "67"})
		l.end()
		text := strings.Join(r.lines(), "")
		require.Equal(t, 3, strings.Count(text, "12"))
		require.Equal(t, 3, strings.Count(text, "printed more than"))
		require.NotContains(t, text, "left out\n", "nothing of what is left to be seen")
		require.True(t, strings.HasSuffix(text, "67"))

		r = newRecorder()
		l = limitText(4, r.add)
		l.event(Stream{"stdout", "12345"})
		l.event(Clear{wait})
		l.end()
		require.Equal(t, 2, len(r.lines()), "what says how much was left out would clear the output itself")
	}
}
