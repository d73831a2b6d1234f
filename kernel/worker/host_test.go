package worker

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The kernel would ask it for the cell that runs next.
func TestAQuestionThatComesAfterItsCellIsNotAsked(t *testing.T) {
	events, w, err := os.Pipe()
	require.NoError(t, err)
	defer events.Close()
	defer w.Close()
	out, err := newOutput("", w)
	require.NoError(t, err)
	next := &job{ctx: context.Background()}
	asking := &worker{out: out, running: next}
	require.False(t, asking.sendWhileRunning(&job{ctx: context.Background()}, event{Event: eventInput}))
	require.NoError(t, events.SetReadDeadline(time.Now().Add(time.Millisecond)))
	_, err = events.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
}
