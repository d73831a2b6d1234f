package worker

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"adkernel/kernel/display"
	"adkernel/kernel/eval"
	"adkernel/kernel/host"
)

// The protocol between a Session and its worker.
//
// The worker reads requests from descriptor 3 and writes events to descriptor
// 4, each a JSON object on a line of its own. The first request is hello; the
// first event is ready or refused. A request with an ID is answered by one
// reply event with that ID. Execute, expression and restore run one after
// another; complete, inspect, is_complete and comm are answered beside them.
//
// Descriptors 1 and 2 carry what cells print. Three pipes have no common
// order, so the worker sets fences: fence n is a marker in each of the two
// outputs and the event that carries n. Whatever precedes fence n in any pipe
// happened before its event, and whatever follows in any pipe happened after.
// The worker sets one before each display and each reply of a cell, and where
// a writer changes between standard output and standard error.

// Operations of a request.
const (
	opHello      = "hello"
	opExecute    = "execute"
	opExpression = "expression"
	opRestore    = "restore"
	opInterrupt  = "interrupt" // of the request with that ID
	opAnswer     = "answer"    // to an input event
	opComplete   = "complete"
	opInspect    = "inspect"
	opIsComplete = "is_complete"
	opComm       = "comm"
)

type request struct {
	ID           int         `json:"id,omitempty"`
	Op           string      `json:"op"`
	Nonce        string      `json:"nonce,omitempty"`        // hello: part of every fence's marker
	Cell         eval.Cell   `json:"cell,omitzero"`          // execute, expression
	Hidden       bool        `json:"hidden,omitempty"`       // execute: not one of host.Cells
	LineWidth    int         `json:"line_width,omitempty"`   // execute: host.LineWidth
	Source       string      `json:"source,omitempty"`       // complete, inspect, is_complete, answer
	Cursor       int         `json:"cursor,omitempty"`       // complete, inspect: byte offset
	EOF          bool        `json:"eof,omitempty"`          // answer: there is no line
	Refused      bool        `json:"refused,omitempty"`      // answer: because nobody can be asked
	Comm         *Comm       `json:"comm,omitempty"`         // comm: what the front end did
	Declarations []eval.Cell `json:"declarations,omitempty"` // restore
	Done         []host.Cell `json:"done,omitempty"`         // restore
}

// Kinds of event.
const (
	eventReady   = "ready"
	eventRefused = "refused" // the evaluator does not start
	eventFence   = "fence"   // nothing but the fence
	eventDisplay = "display"
	eventUpdate  = "update"
	eventInput   = "input" // a cell reads a line
	eventClear   = "clear" // what the cell has shown
	eventComm    = "comm"
	eventReply   = "reply"
)

type event struct {
	Event   string  `json:"event"`
	ID      int     `json:"id,omitempty"`
	Fence   uint64  `json:"fence,omitempty"`
	Display string  `json:"display,omitempty"` // display, update: its id
	Bundle  *bundle `json:"bundle,omitempty"`  // display, update
	Message string  `json:"message,omitempty"` // refused
	Reply   *reply  `json:"reply,omitempty"`

	Question host.Question `json:"question,omitzero"` // input
	Wait     bool          `json:"wait,omitempty"`    // clear
	Comm     *Comm         `json:"comm,omitempty"`    // comm
}

type reply struct {
	Result       *bundle            `json:"result,omitempty"`
	Notes        []string           `json:"notes,omitempty"`
	Defines      []string           `json:"defines,omitempty"`
	Uses         []string           `json:"uses,omitempty"`
	Error        *cellError         `json:"error,omitempty"`
	State        *state             `json:"state,omitempty"`
	Failed       []string           `json:"failed,omitempty"` // restore: why a declaration did not come back
	Completion   *eval.Completion   `json:"completion,omitempty"`
	Inspection   *eval.Inspection   `json:"inspection,omitempty"`
	Completeness *eval.Completeness `json:"completeness,omitempty"`
	Payload      []payload          `json:"payload,omitempty"`
	Reset        bool               `json:"reset,omitempty"`    // the session is to start anew
	Settings     []eval.Cell        `json:"settings,omitempty"` // reset: what the new session keeps of this one
	Known        bool               `json:"known,omitempty"`    // comm: there is such a comm or target
}

// payload is a host.Payload: one of the two.
type payload struct {
	Page *bundle         `json:"page,omitempty"`
	Next *host.NextInput `json:"next,omitempty"`
}

func encodePayload(p host.Payload) payload {
	switch p := p.(type) {
	case *host.Page:
		return payload{Page: encodeBundle(p.Bundle)}
	case *host.NextInput:
		return payload{Next: p}
	}
	return payload{}
}

func (p payload) decode() host.Payload {
	if p.Next != nil {
		return p.Next
	}
	return &host.Page{Bundle: p.Page.decode()}
}

// state is what is alive in the worker after a cell. What is as it was sent last
// is left out.
type state struct {
	Done         int          `json:"done"` // length of host.Cells
	Variables    *[]string    `json:"variables,omitempty"`
	Declarations *[]eval.Cell `json:"declarations,omitempty"`
}

// cellError is an eval.Error whose cause became text.
type cellError struct {
	Kind    eval.Kind         `json:"kind"`
	Message string            `json:"message"`
	At      []eval.Diagnostic `json:"at,omitempty"`
	Trace   []eval.Frame      `json:"trace,omitempty"`
	More    int               `json:"more,omitempty"`
	Values  []eval.Variable   `json:"values,omitempty"`
	Earlier []eval.Overtaken  `json:"earlier,omitempty"`
	Cause   string            `json:"cause,omitempty"`
	Status  int               `json:"status,omitempty"`
}

func encodeError(e *eval.Error) *cellError {
	if e == nil {
		return nil
	}
	c := &cellError{Kind: e.Kind, Message: display.Cut(e.Message), At: e.At, Trace: e.Trace, More: e.More, Values: e.Values, Status: e.Status}
	for _, o := range e.Earlier {
		o.Message = display.Cut(o.Message)
		c.Earlier = append(c.Earlier, o)
	}
	if e.Cause != nil {
		c.Cause = display.Cut(e.Cause.Error())
	}
	return c
}

func (c *cellError) decode() *eval.Error {
	if c == nil {
		return nil
	}
	e := &eval.Error{Kind: c.Kind, Message: c.Message, At: c.At, Trace: c.Trace, More: c.More, Values: c.Values, Earlier: c.Earlier, Status: c.Status}
	if c.Cause != "" {
		e.Cause = errors.New(c.Cause)
	}
	return e
}

// bundle is a host.Bundle in which text, bytes and JSON stay apart.
type bundle struct {
	Text     map[string]string          `json:"text,omitempty"`
	Binary   map[string][]byte          `json:"binary,omitempty"`
	JSON     map[string]json.RawMessage `json:"json,omitempty"`
	Metadata json.RawMessage            `json:"metadata,omitempty"`
}

// maxContent is how many bytes a bundle holds of one type of content: what a
// cell shows is in the memory of three processes, and in a notebook.
const maxContent = 16 << 20

// encodeBundle keeps what can be encoded and is not too large; text/plain says
// what is not kept. Plain text is cut instead: HTML, say, would be broken.
func encodeBundle(b host.Bundle) *bundle {
	e := &bundle{Text: map[string]string{}, Binary: map[string][]byte{}, JSON: map[string]json.RawMessage{}}
	var failed []string
	fits := func(mime string, length int) bool {
		if length > maxContent {
			failed = append(failed, fmt.Sprintf("%s is not shown: it has %s, and %s is the most (write it to a file)", mime, size(int64(length)), size(maxContent)))
		}
		return length <= maxContent
	}
	for _, mime := range slices.Sorted(maps.Keys(b.Data)) {
		switch data := b.Data[mime].(type) {
		case string:
			if mime == "text/plain" {
				e.Text[mime] = display.Cut(data)
			} else if fits(mime, len(data)) {
				e.Text[mime] = data
			}
		case []byte:
			if fits(mime, len(data)) {
				e.Binary[mime] = data
			}
		default:
			text, err := json.Marshal(data)
			if err != nil {
				failed = append(failed, fmt.Sprintf("%s cannot be shown: %v", mime, err))
			} else if fits(mime, len(text)) {
				e.JSON[mime] = text
			}
		}
	}
	if len(b.Metadata) > 0 {
		text, err := json.Marshal(b.Metadata)
		if err != nil {
			failed = append(failed, fmt.Sprintf("metadata cannot be shown: %v", err))
		} else {
			e.Metadata = text
		}
	}
	if len(failed) > 0 {
		e.Text["text/plain"] = strings.TrimLeft(e.Text["text/plain"]+"\n"+strings.Join(failed, "\n"), "\n")
	}
	return e
}

func (e *bundle) decode() host.Bundle {
	b := host.Bundle{Data: map[string]any{}}
	if e == nil {
		return b
	}
	for mime, text := range e.Text {
		b.Data[mime] = text
	}
	for mime, data := range e.Binary {
		b.Data[mime] = data
	}
	for mime, text := range e.JSON {
		b.Data[mime] = text
	}
	if len(e.Metadata) > 0 {
		// What does not decode was written by no encodeBundle; the data is worth showing without it.
		_ = json.Unmarshal(e.Metadata, &b.Metadata)
	}
	return b
}

// readLine decodes the next line of r into v.
func readLine(r *bufio.Reader, v any) error {
	line, err := r.ReadBytes('\n')
	if err != nil {
		if errors.Is(err, io.EOF) && len(line) > 0 {
			return io.ErrUnexpectedEOF
		}
		return err
	}
	return json.Unmarshal(line, v)
}
