package kernel

import (
	"context"
	"errors"

	"adkernel/kernel/wire"
)

// asker asks the front end that sent r for the lines that its cell reads;
// nil when it said that it cannot answer.
func (s *server) asker(r *request, allowed bool) func(context.Context) (string, error) {
	if !allowed {
		return nil
	}
	return func(ctx context.Context) (string, error) {
		s.dropStaleInput()
		s.output.flush()
		s.sendTo(s.stdin, r, wire.InputRequest{})
		for {
			select {
			case <-ctx.Done():
				return "", ctx.Err()
			case frames := <-s.stdin.Messages():
				line, err := s.inputReply(frames)
				if err == nil {
					return line, nil
				}
				s.log.Warn("dropped a message on stdin", "error", err)
			}
		}
	}
}

func (s *server) inputReply(frames [][]byte) (string, error) {
	m, err := s.codec.Decode(frames)
	if err != nil {
		return "", err
	}
	if m.Header.Type != (wire.InputReply{}).MessageType() {
		return "", errors.New("not an input_reply but " + m.Header.Type)
	}
	var reply wire.InputReply
	if err := m.ContentInto(&reply); err != nil {
		return "", err
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
