package worker

import (
	"encoding/json"
	"fmt"
	"io"

	"adkernel/kernel/eval"
	"adkernel/kernel/host"
)

// How cells talk to the front end: worker implements host.Front.

// Ask implements host.Front.
func (w *worker) Ask(q host.Question) (string, error) {
	a, err := w.console.ask(q)
	switch {
	case err != nil:
		return "", err
	case a.refused:
		return "", host.ErrNoInput
	case a.eof:
		return "", io.EOF
	}
	return a.line, nil
}

// ClearOutput implements host.Front.
func (w *worker) ClearOutput(wait bool) {
	w.Shown(nil)
	w.out.sendFenced(event{Event: eventClear, Wait: wait})
}

// AddPayload implements host.Front.
func (w *worker) AddPayload(p host.Payload) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running != nil {
		w.running.left.payload = append(w.running.left.payload, encodePayload(p))
	}
}

// Reset implements host.Front.
func (w *worker) Reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running != nil {
		w.running.left.reset = true
	}
}

// left is what a cell leaves for its reply while it runs.
type left struct {
	payload []payload
	reset   bool
	shown   any // what the cell's last display shows, by host.Shown
}

// SendComm implements host.Front.
func (w *worker) SendComm(e host.CommEvent) error {
	c := Comm{Kind: e.Kind, ID: e.ID, Target: e.Target, Buffers: e.Message.Buffers}
	var err error
	if c.Data, err = jsonObject(e.Message.Data); err != nil {
		return fmt.Errorf("comm %s: the data cannot be sent: %w", e.Target, err)
	}
	if c.Metadata, err = jsonObject(e.Message.Metadata); err != nil {
		return fmt.Errorf("comm %s: the metadata cannot be sent: %w", e.Target, err)
	}
	w.out.sendFenced(event{Event: eventComm, Comm: &c})
	return nil
}

// jsonObject encodes v; nothing is {}, which front ends expect.
func jsonObject(v any) (json.RawMessage, error) {
	text, err := json.Marshal(v)
	if err == nil && string(text) == "null" {
		text = []byte("{}")
	}
	return text, err
}

// receiveComm hands on what the front end did. It is called in the order of
// the requests; the reply follows when the functions of the comm have returned.
func (w *worker) receiveComm(r request) {
	done := func() { w.out.sendFenced(event{Event: eventReply, ID: r.ID, Reply: &reply{Known: true}}) }
	e, err := decodeComm(r.Comm)
	if err != nil {
		w.out.send(event{Event: eventReply, ID: r.ID, Reply: &reply{Error: encodeError(&eval.Error{Kind: eval.Failure, Message: err.Error()})}})
		return
	}
	if !host.ReceiveComm(e, done) {
		w.out.send(event{Event: eventReply, ID: r.ID, Reply: &reply{}})
	}
}

func decodeComm(c *Comm) (host.CommEvent, error) {
	if c == nil {
		return host.CommEvent{}, fmt.Errorf("a comm request without a comm")
	}
	e := host.CommEvent{Kind: c.Kind, ID: c.ID, Target: c.Target, Message: host.CommMessage{Buffers: c.Buffers}}
	if len(c.Data) > 0 {
		if err := json.Unmarshal(c.Data, &e.Message.Data); err != nil {
			return e, fmt.Errorf("data of comm %s: %w", c.ID, err)
		}
	}
	if len(c.Metadata) > 0 {
		if err := json.Unmarshal(c.Metadata, &e.Message.Metadata); err != nil {
			return e, fmt.Errorf("metadata of comm %s: %w", c.ID, err)
		}
	}
	return e, nil
}
