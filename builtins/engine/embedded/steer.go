package embedded

import (
	"context"
	"fmt"
	"slices"

	"adkernel/builtins/engine"
)

// Steer computes requests whose tokens the caller chooses. The forward passes
// are those of Generate.
func (e *Engine) Steer(ctx context.Context, requests []engine.Steered, more func() []engine.Steered) error {
	e.generating.Lock()
	defer e.generating.Unlock()
	join := func() ([]*sequence, error) {
		if more == nil {
			return nil, nil
		}
		return steeredSequences(more())
	}
	sequences, err := steeredSequences(requests)
	if err != nil {
		return err
	}
	return e.scheduler.answer(ctx, sequences, join, func(q *sequence) error {
		if done := q.steered.Done; done != nil {
			done()
		}
		return nil
	})
}

func steeredSequences(requests []engine.Steered) ([]*sequence, error) {
	sequences := make([]*sequence, len(requests))
	for i, r := range requests {
		if r.MaxTokens < 0 {
			return nil, fmt.Errorf("request %d: max_tokens is %d: want 0 or more", r.ID, r.MaxTokens)
		}
		if r.MaxTokens > 0 && r.Next == nil {
			return nil, fmt.Errorf("request %d: nobody chooses its tokens: Next is nil", r.ID)
		}
		sequences[i] = newSequence(engine.Request{ID: r.ID, Tokens: r.Tokens, MaxTokens: r.MaxTokens})
		sequences[i].steered = &r
	}
	return sequences, nil
}

// Limits are what one request may have at most.
func (e *Engine) Limits() engine.Limits {
	s := e.scheduler.settings
	return engine.Limits{SequenceTokens: s.maxSeqLen, PromptTokens: s.promptTokens(), Stop: slices.Clone(e.scheduler.stop)}
}

// steer lets the caller choose the next token.
func (s *sequence) steer(logits []float32, vocab int) {
	if s.request.MaxTokens == 0 {
		s.finish = "length"
		return
	}
	token, more := s.steered.Next(logits)
	if token < 0 || int(token) >= vocab { // not computable, and not to be looked up
		more = false
	}
	s.tokens = append(s.tokens, token)
	switch {
	case !more:
		s.finish = "stop"
	case len(s.output()) == s.request.MaxTokens:
		s.finish = "length"
	}
}
