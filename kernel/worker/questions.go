package worker

import (
	"context"
	"errors"

	"adkernel/kernel/eval"
)

// What is asked of a worker while code is being typed, beside a running cell.
// Each question returns at once, with a function that waits for the answer: the
// kernel has something to do meanwhile.

// Complete proposes what may stand at the cursor (a byte offset).
func (s *Session) Complete(ctx context.Context, source string, cursor int) (answer func() (eval.Completion, error)) {
	wait := s.ask(ctx, request{Op: opComplete, Source: source, Cursor: cursor})
	return func() (eval.Completion, error) {
		rep, err := wait()
		if err != nil || rep.Completion == nil {
			return eval.Completion{Start: cursor, End: cursor}, err
		}
		return *rep.Completion, nil
	}
}

// Inspect describes the name at the cursor (a byte offset); ok is false when
// there is none.
func (s *Session) Inspect(ctx context.Context, source string, cursor int) (answer func() (in eval.Inspection, ok bool, err error)) {
	wait := s.ask(ctx, request{Op: opInspect, Source: source, Cursor: cursor})
	return func() (eval.Inspection, bool, error) {
		rep, err := wait()
		if err != nil || rep.Inspection == nil {
			return eval.Inspection{}, false, err
		}
		return *rep.Inspection, true, nil
	}
}

// IsComplete says whether source could run as it stands.
func (s *Session) IsComplete(ctx context.Context, source string) (answer func() (eval.Completeness, error)) {
	wait := s.ask(ctx, request{Op: opIsComplete, Source: source})
	return func() (eval.Completeness, error) {
		rep, err := wait()
		if err != nil || rep.Completeness == nil {
			return eval.Completeness{}, err
		}
		return *rep.Completeness, nil
	}
}

// ask sends a request that is answered beside cells, and returns what waits for
// the reply. One that a worker which died had not read goes to the next worker.
func (s *Session) ask(ctx context.Context, r request) (wait func() (*reply, error)) {
	p, err := s.current()
	if err != nil {
		return func() (*reply, error) { return nil, err }
	}
	sent := p.post(r, false)
	return func() (*reply, error) {
		rep, err := p.awaitAnswer(ctx, sent)
		switch {
		case errors.Is(err, errNotBegun) && s.followed(ctx, p):
			return s.ask(ctx, r)()
		case err != nil:
			return nil, err
		case rep.Error != nil:
			return nil, rep.Error.decode()
		}
		return rep, nil
	}
}
