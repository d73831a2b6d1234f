package kernel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"adkernel/kernel/host"
	"adkernel/kernel/wire"
)

// questions hands what comes on the stdin channel to the cell that asks. What
// comes while none does is dropped: it would answer another question.
type questions struct {
	mu      sync.Mutex
	waiting chan [][]byte // of the cell that asks; nil: none does
}

// ask returns where answers come, until done is called.
func (q *questions) ask() (answers <-chan [][]byte, done func()) {
	c := make(chan [][]byte, 16)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = c
	return c, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.waiting == c {
			q.waiting = nil
		}
	}
}

// deliver returns false when nobody waits for frames.
func (q *questions) deliver(frames [][]byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting == nil {
		return false
	}
	select {
	case q.waiting <- frames:
		return true
	default: // more than a person can answer
		return false
	}
}

// serveStdin takes a message of the stdin channel.
func (s *server) serveStdin(frames [][]byte) {
	if !s.questions.deliver(frames) {
		s.dropped.note(errors.New("on stdin, where no cell asks"))
	}
}

// asker asks the front end that sent r for the lines that its cell reads;
// nil when it said that it cannot answer.
func (s *server) asker(r *request, allowed bool) func(context.Context, host.Question) (string, error) {
	if !allowed {
		return nil
	}
	return func(ctx context.Context, q host.Question) (string, error) {
		answers, done := s.questions.ask()
		defer done()
		s.output.flush()
		asked, err := s.sendQuestion(ctx, r, wire.InputRequest{Prompt: q.Prompt, Password: q.Password})
		if err != nil {
			return "", err
		}
		for {
			select {
			case <-ctx.Done():
				return "", ctx.Err()
			case frames := <-answers:
				line, err := s.inputReply(r, asked, frames)
				if err == nil || errors.Is(err, io.EOF) {
					return line, err
				}
				s.dropped.note(err)
			}
		}
	}
}

// askAgain is how long after it a question is sent again that did not find its
// front end: the stdin channel may connect later than the shell channel.
const askAgain = 100 * time.Millisecond

// sendQuestion sends a question once the front end that sent r can be asked, and
// returns its id.
func (s *server) sendQuestion(ctx context.Context, r *request, question wire.InputRequest) (id string, err error) {
	frames, err := s.codec.Encode(question, r.Message)
	if err != nil {
		return "", err
	}
	asked, err := s.codec.Decode(frames)
	if err != nil {
		return "", err
	}
	for n := 0; ctx.Err() == nil; n++ {
		err := s.stdin.Send(slices.Concat(r.Identities, frames))
		if !errors.Is(err, wire.ErrNoPeer) {
			return asked.Header.ID, err
		}
		if n == 0 {
			s.log.Warn("a cell asks, and its front end is not on the stdin channel: waiting for it", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(askAgain):
		}
	}
	return "", ctx.Err()
}

// endOfInput is what a front end sends as a line for the end of its input.
const endOfInput = "\x04"

// inputReply is the line that the front end which sent r answers to the question
// asked; another's is no answer, nor is one to another question. Some front ends
// say which question they answer (JupyterLab), others do not (jupyter_client).
func (s *server) inputReply(r *request, asked string, frames [][]byte) (string, error) {
	m, err := s.codec.Decode(frames)
	if err != nil {
		return "", err
	}
	if !slices.EqualFunc(m.Identities, r.Identities, bytes.Equal) {
		return "", errors.New("from a front end that was not asked")
	}
	if m.Header.Type != (wire.InputReply{}).MessageType() {
		return "", errors.New("not an input_reply but " + m.Header.Type)
	}
	var parent struct {
		ID string `json:"msg_id"`
	}
	if err := json.Unmarshal(m.Parent, &parent); err != nil {
		return "", fmt.Errorf("parent header of %s: %w", m.Header.Type, err)
	}
	if parent.ID != "" && parent.ID != asked && parent.ID != r.Header.ID {
		return "", errors.New("an answer to another question")
	}
	var reply wire.InputReply
	if err := m.ContentInto(&reply); err != nil {
		return "", err
	}
	if reply.Value == endOfInput {
		return "", io.EOF
	}
	return reply.Value, nil
}
