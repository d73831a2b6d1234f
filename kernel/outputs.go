package kernel

import (
	"strings"
	"sync"
	"time"

	"adkernel/kernel/wire"
	"adkernel/kernel/worker"
)

// Text is collected for a while before it is sent, because front ends and the
// servers between choke on many small messages.
const (
	batchTime  = 50 * time.Millisecond
	batchBytes = 64 << 10
)

// outputs publishes what cells show. Text waits to be joined with more of the
// same stream; anything else first lets out what waits, so order is kept.
type outputs struct {
	publish func(parent *wire.Message, content wire.Content)

	mu     sync.Mutex
	parent *wire.Message
	name   string
	text   strings.Builder
	timer  *time.Timer // runs while text waits
}

func newOutputs(publish func(*wire.Message, wire.Content)) *outputs {
	return &outputs{publish: publish}
}

// show publishes an event of the cell that parent asked to execute.
func (o *outputs) show(parent *wire.Message, e worker.Event) {
	switch e := e.(type) {
	case worker.Stream:
		o.stream(parent, e.Name, e.Text)
	case worker.Display:
		o.flush()
		o.publish(parent, wire.DisplayData{Data: e.Bundle.Data, Metadata: metadata(e.Bundle), Transient: wire.Transient{DisplayID: e.ID}})
	case worker.Update:
		o.flush()
		o.publish(parent, wire.UpdateDisplayData{Data: e.Bundle.Data, Metadata: metadata(e.Bundle), Transient: wire.Transient{DisplayID: e.ID}})
	case worker.Clear:
		o.flush()
		o.publish(parent, wire.ClearOutput{Wait: e.Wait})
	case worker.Comm:
		o.flush()
		o.publish(parent, commMessage(e))
	}
}

func (o *outputs) stream(parent *wire.Message, name, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.name != name || o.parent != parent {
		o.flushLocked()
		o.name, o.parent = name, parent
	}
	o.text.WriteString(text)
	switch {
	case o.text.Len() >= batchBytes:
		o.flushLocked()
	case o.timer == nil:
		o.timer = time.AfterFunc(batchTime, o.flush)
	}
}

// flush publishes the text that waits.
func (o *outputs) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flushLocked()
}

func (o *outputs) flushLocked() {
	if o.timer != nil {
		o.timer.Stop()
		o.timer = nil
	}
	if o.text.Len() > 0 {
		o.publish(o.parent, wire.Stream{Name: o.name, Text: o.text.String()})
		o.text.Reset()
	}
}
