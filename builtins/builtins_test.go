package builtins

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
	"adkernel/kernel/host"
)

func TestDisplayShowsValuesAndEndsTheCellAtAFailedFrame(t *testing.T) {
	var shown bytes.Buffer
	previous := host.Set(host.NewTerminal(t.Context(), &shown))
	defer host.Set(previous)

	frame := NewFrame(Floats("x", []float64{1}))
	Display(3, frame)
	require.Regexp(t, `(?s)^3\n.*1 row × 1 column`, shown.String())

	defer func() {
		stop, ok := recover().(eval.Stop)
		require.True(t, ok)
		require.ErrorContains(t, stop.Err, `no column "y"`)
	}()
	Display(frame.Sort("y"))
}
