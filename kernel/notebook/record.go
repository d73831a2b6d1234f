package notebook

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"

	"adkernel/kernel/host"
	"adkernel/kernel/worker"
)

// A recorder keeps what cells show as their outputs, as JupyterLab's output
// area does. Goroutines of a cell may show something after its end, so events
// come at any time until close.
type recorder struct {
	mu       sync.Mutex
	closed   bool
	displays map[string]*Output
	cell     *Cell               // that shows something
	streams  map[*Output]*screen // of the cell
	last     *Output             // where the next text of the same stream belongs
	clear    bool                // the next output takes the place of those before it
}

func newRecorder() *recorder {
	return &recorder{displays: map[string]*Output{}, streams: map[*Output]*screen{}}
}

// turnTo is called before something of c is kept. Cells show things in their
// order, and what one shows after its end comes before the next one's first.
func (r *recorder) turnTo(c *Cell) {
	if c == r.cell {
		return
	}
	r.settle()
	r.cell, r.last, r.clear = c, nil, false
	clear(r.streams)
}

// clearOutputs forgets what the cell has shown.
func (r *recorder) clearOutputs(c *Cell) {
	c.Outputs, r.last, r.clear = nil, nil, false
	clear(r.streams)
}

// look calls f while no event changes the outputs.
func (r *recorder) look(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle()
	f()
}

// close ends the recording: the notebook is the caller's from here.
func (r *recorder) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle()
	r.closed = true
}

// settle gives streams their text, which is made once, not with every event.
func (r *recorder) settle() {
	for o, s := range r.streams {
		o.Text = s.text()
	}
}

func (r *recorder) record(c *Cell, e worker.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	r.turnTo(c)
	switch e := e.(type) {
	case worker.Clear:
		if r.clear = e.Wait; !e.Wait {
			r.clearOutputs(c)
		}
	case worker.Stream:
		r.beforeOutput(c)
		r.stream(c, e)
	case worker.Display:
		o := &Output{Type: DisplayData}
		o.setBundle(e.Bundle)
		r.displays[e.ID] = o
		r.add(c, o)
	case worker.Update:
		if o := r.displays[e.ID]; o != nil {
			o.setBundle(e.Bundle)
		}
	}
}

// stream joins text to the output before it when both are of one stream.
func (r *recorder) stream(c *Cell, e worker.Stream) {
	if r.last == nil || r.last.Type != Stream || r.last.Name != e.Name {
		o := &Output{Type: Stream, Name: e.Name}
		r.add(c, o)
		r.streams[o] = &screen{}
	}
	r.streams[r.last].write(e.Text)
}

// beforeOutput does what was put off until something is shown.
func (r *recorder) beforeOutput(c *Cell) {
	if r.clear {
		r.clearOutputs(c)
	}
}

func (r *recorder) add(c *Cell, o *Output) {
	r.beforeOutput(c)
	c.Outputs = append(c.Outputs, o)
	r.last = o
}

func (r *recorder) result(c *Cell, n int, b host.Bundle) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turnTo(c)
	o := &Output{Type: ExecuteResult, ExecutionCount: n}
	o.setBundle(b)
	r.add(c, o)
}

// payload keeps what is to be read as a display, as JupyterLab does; the rest
// is of no use without a front end.
func (r *recorder) payload(c *Cell, left host.Payload) {
	page, ok := left.(*host.Page)
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turnTo(c)
	o := &Output{Type: DisplayData}
	o.setBundle(page.Bundle)
	r.add(c, o)
}

func (r *recorder) fail(c *Cell, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turnTo(c)
	o := &Output{Type: Error, ErrorName: "WorkerDied", ErrorValue: err.Error(), Traceback: []string{err.Error()}}
	var e *worker.Error
	if errors.As(err, &e) {
		o.ErrorName, o.ErrorValue, o.Traceback = e.Name, e.Value, e.Traceback
	}
	r.add(c, o)
}

// setBundle shows b in the form in which notebooks keep it.
func (o *Output) setBundle(b host.Bundle) {
	o.Data, o.Metadata = map[string]any{}, clone(b.Metadata)
	for mime, data := range b.Data {
		switch data := data.(type) {
		case string:
			o.Data[mime] = data
		case []byte:
			o.Data[mime] = base64.StdEncoding.EncodeToString(data)
		case json.RawMessage:
			if isJSON(mime) {
				o.Data[mime] = jsonValue(data)
			} else {
				o.Data[mime] = string(data)
			}
		default:
			o.Data[mime] = jsonValue(data)
		}
	}
}

func joinLines(lines []string) string { return strings.Join(lines, "\n") }
