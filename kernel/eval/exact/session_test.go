package exact

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
	"adkernel/kernel/eval/evaltest"
)

// session evaluates cells one after another.
type session struct {
	t testing.TB
	eval.Evaluator
	n        int
	out, err evaltest.Buffer
}

func newSession(t testing.TB, o Options) *session {
	s := &session{t: t}
	o.Stdout, o.Stderr = &s.out, &s.err
	e, err := New(eval.Vocabulary{}, o)
	require.NoError(t, err)
	s.Evaluator = e
	t.Cleanup(func() { _ = e.Close() })
	return s
}

func (s *session) evaluate(ctx context.Context, source string) (eval.Result, error) {
	s.n++
	return s.Evaluate(ctx, eval.Cell{N: s.n, Source: source})
}

// longEnough is for what happens at all, on a busy machine too.
const longEnough = time.Minute

// interrupted evaluates a cell that is interrupted soon after it has printed
// "begun", and returns its error.
func (s *session) interrupted(source string) error {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	go func() {
		for ctx.Err() == nil && !strings.HasSuffix(s.out.String(), "begun\n") {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(20 * time.Millisecond) // in which it comes to where it waits
		cancel()
	}()
	_, err := s.evaluate(ctx, source)
	return err
}

// run evaluates a cell that must end well, and returns its value.
func (s *session) run(source string) any {
	s.t.Helper()
	r, err := s.evaluate(s.t.Context(), source)
	require.NoError(s.t, err, source)
	if len(r.Values) == 0 {
		return nil
	}
	return r.Values[0]
}

// fails evaluates a cell that must not end well.
func (s *session) fails(source string) *eval.Error {
	s.t.Helper()
	_, err := s.evaluate(s.t.Context(), source)
	require.Error(s.t, err, source)
	var e *eval.Error
	require.ErrorAs(s.t, err, &e)
	return e
}
