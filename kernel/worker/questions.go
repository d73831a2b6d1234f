package worker

import (
	"context"
	"errors"

	"adkernel/kernel/eval"
)

// What is asked of a worker while code is being typed, beside a running cell.

// Complete proposes what may stand at the cursor (a byte offset).
func (s *Session) Complete(ctx context.Context, source string, cursor int) (eval.Completion, error) {
	rep, err := s.ask(ctx, request{Op: opComplete, Source: source, Cursor: cursor})
	if err != nil || rep.Completion == nil {
		return eval.Completion{Start: cursor, End: cursor}, err
	}
	return *rep.Completion, nil
}

// Inspect describes the name at the cursor (a byte offset); ok is false when
// there is none.
func (s *Session) Inspect(ctx context.Context, source string, cursor int) (in eval.Inspection, ok bool, err error) {
	rep, err := s.ask(ctx, request{Op: opInspect, Source: source, Cursor: cursor})
	if err != nil || rep.Inspection == nil {
		return eval.Inspection{}, false, err
	}
	return *rep.Inspection, true, nil
}

// IsComplete says whether source could run as it stands.
func (s *Session) IsComplete(ctx context.Context, source string) (eval.Completeness, error) {
	rep, err := s.ask(ctx, request{Op: opIsComplete, Source: source})
	if err != nil || rep.Completeness == nil {
		return eval.Completeness{}, err
	}
	return *rep.Completeness, nil
}

// ask sends a request that is answered beside cells. One that a worker which
// died had not read goes to the next worker.
func (s *Session) ask(ctx context.Context, r request) (*reply, error) {
	for {
		p, err := s.current()
		if err != nil {
			return nil, err
		}
		rep, err := p.ask(ctx, r)
		switch {
		case errors.Is(err, errNotBegun) && s.followed(ctx, p):
			continue
		case err != nil:
			return nil, err
		case rep.Error != nil:
			return nil, rep.Error.decode()
		}
		return rep, nil
	}
}
