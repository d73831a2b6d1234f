package kernel

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"

	"adkernel/kernel/host"
	"adkernel/kernel/wire"
)

// asker asks the front end that sent r for the lines that its cell reads;
// nil when it said that it cannot answer.
func (s *server) asker(r *request, allowed bool) func(context.Context, host.Question) (string, error) {
	if !allowed {
		return nil
	}
	return func(ctx context.Context, q host.Question) (string, error) {
		s.dropStaleInput()
		s.output.flush()
		s.sendTo(s.stdin, r, wire.InputRequest{Prompt: q.Prompt, Password: q.Password})
		for {
			select {
			case <-ctx.Done():
				return "", ctx.Err()
			case frames := <-s.stdin.Messages():
				line, err := s.inputReply(r, frames)
				if err == nil || errors.Is(err, io.EOF) {
					return line, err
				}
				s.dropped.note(err)
			}
		}
	}
}

// endOfInput is what a front end sends as a line for the end of its input.
const endOfInput = "\x04"

// inputReply is the line that the front end which sent r answers; another's is
// no answer.
func (s *server) inputReply(r *request, frames [][]byte) (string, error) {
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
	var reply wire.InputReply
	if err := m.ContentInto(&reply); err != nil {
		return "", err
	}
	if reply.Value == endOfInput {
		return "", io.EOF
	}
	return reply.Value, nil
}

// dropStaleInput drops answers to questions of cells that have ended.
func (s *server) dropStaleInput() {
	for {
		select {
		case <-s.stdin.Messages():
		default:
			return
		}
	}
}
