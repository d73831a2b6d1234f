package host

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/google/uuid"

	"adkernel/kernel/display"
)

// A Comm is a channel to an object of the front end, such as a widget. Either
// side opens it, under the name of a target that the other side knows, sends
// through it, and closes it.
type Comm struct {
	id, target string

	mu        sync.Mutex
	closed    bool
	onMessage func(CommMessage)
	onClose   func(CommMessage)
	waiting   []CommMessage // came before onMessage was set
	mailbox   []func()      // what is left to do for the front end's messages, in order
	working   bool          // a goroutine empties the mailbox
}

// A CommMessage is what goes through a comm.
type CommMessage struct {
	Data     any            // what JSON can hold
	Metadata map[string]any // beside the data; nil for none
	Buffers  [][]byte       // raw bytes beside the data
}

// Kinds of CommEvent, as Jupyter's messages are called.
const (
	CommOpened = "comm_open"
	CommSent   = "comm_msg"
	CommClosed = "comm_close"
)

// A CommEvent is something that one side of a comm did.
type CommEvent struct {
	Kind    string // CommOpened, CommSent, CommClosed
	ID      string
	Target  string // of CommOpened
	Message CommMessage
}

var errCommClosed = errors.New("the comm is closed")

// comms are those of this process. They end with it.
var comms = struct {
	sync.Mutex
	open    map[string]*Comm
	targets map[string]func(*Comm, CommMessage)
}{open: map[string]*Comm{}, targets: map[string]func(*Comm, CommMessage){}}

// OpenComm opens a comm to a target of the front end. One that does not know
// the target closes it.
func OpenComm(target string, first CommMessage) (*Comm, error) {
	c := &Comm{id: uuid.NewString(), target: target}
	comms.Lock()
	comms.open[c.id] = c
	comms.Unlock()
	if err := sendComm(CommEvent{CommOpened, c.id, target, first}); err != nil {
		c.forget()
		return nil, err
	}
	return c, nil
}

// HandleComm calls opened for each comm that the front end opens to target,
// with the message that came with it. Nil ends that.
func HandleComm(target string, opened func(c *Comm, first CommMessage)) {
	comms.Lock()
	defer comms.Unlock()
	if opened == nil {
		delete(comms.targets, target)
		return
	}
	comms.targets[target] = opened
}

// ID is the comm's name on both sides.
func (c *Comm) ID() string { return c.id }

// Target is the name under which it was opened.
func (c *Comm) Target() string { return c.target }

// Send sends m to the front end.
func (c *Comm) Send(m CommMessage) error {
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if closed {
		return errCommClosed
	}
	return sendComm(CommEvent{CommSent, c.id, "", m})
}

// Close closes the comm, with a last message. A second time it does nothing.
func (c *Comm) Close(last CommMessage) error {
	if !c.forget() {
		return nil
	}
	return sendComm(CommEvent{CommClosed, c.id, "", last})
}

// OnMessage calls f for each message of the front end, one after another,
// those that came before this call first.
func (c *Comm) OnMessage(f func(CommMessage)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onMessage = f
	if f == nil {
		return
	}
	for _, m := range c.waiting {
		c.post(func() { f(m) })
	}
	c.waiting = nil
}

// OnClose calls f when the front end closes the comm.
func (c *Comm) OnClose(f func(last CommMessage)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onClose = f
}

// forget returns false when the comm was closed already.
func (c *Comm) forget() bool {
	c.mu.Lock()
	was := c.closed
	c.closed = true
	c.mu.Unlock()
	comms.Lock()
	delete(comms.open, c.id)
	comms.Unlock()
	return !was
}

func sendComm(e CommEvent) error {
	f, ok := Current().(Front)
	if !ok {
		return fmt.Errorf("comm %s: %w", e.Target, errNoFront)
	}
	return f.SendComm(e)
}

// ReceiveComm hands on what the front end did with a comm, and calls done when
// the functions that were set for it have returned. It returns false, and does
// not call done, when there is no such comm or target. Events of one comm must
// come in order; different comms do not wait for each other.
func ReceiveComm(e CommEvent, done func()) bool {
	comms.Lock()
	c := comms.open[e.ID]
	opened := comms.targets[e.Target]
	if e.Kind == CommOpened && c == nil && opened != nil {
		c = &Comm{id: e.ID, target: e.Target}
		comms.open[e.ID] = c
		comms.Unlock()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.post(func() {
			defer done()
			opened(c, e.Message)
		})
		return true
	}
	comms.Unlock()
	if c == nil || e.Kind == CommOpened {
		return false
	}
	c.receive(e, done)
	return true
}

func (c *Comm) receive(e CommEvent, done func()) {
	if e.Kind == CommClosed {
		c.forget()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.post(func() {
		defer done()
		c.mu.Lock()
		handle := c.onMessage
		if e.Kind == CommClosed {
			handle = c.onClose
		} else if handle == nil {
			c.waiting = append(c.waiting, e.Message)
		}
		c.mu.Unlock()
		if handle != nil {
			handle(e.Message)
		}
	})
}

// post does f after what was posted before; c.mu is held.
func (c *Comm) post(f func()) {
	c.mailbox = append(c.mailbox, f)
	if !c.working {
		c.working = true
		go c.work()
	}
}

func (c *Comm) work() {
	for {
		c.mu.Lock()
		if len(c.mailbox) == 0 {
			c.working = false
			c.mu.Unlock()
			return
		}
		f := c.mailbox[0]
		c.mailbox = slices.Delete(c.mailbox, 0, 1)
		c.mu.Unlock()
		c.call(f)
	}
}

// call keeps a handler that panics from ending the process.
func (c *Comm) call(f func()) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(os.Stderr, "comm %s (%s): the function that handles its messages panicked: %s\n", c.id, c.target, display.Failure(p))
		}
	}()
	f()
}
