package worker

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// drainTime is how long output of a dead worker is waited for: programs that
// its cells started may hold the pipes open for ever.
const drainTime = 200 * time.Millisecond

// closeTime is how long a worker may take to end by itself. The programs of its
// cell are interrupted, and killed when they have not ended after 2 seconds.
const closeTime = 3 * time.Second

var (
	errDead = errors.New("the worker died")
	// errNotBegun says that it died of something else than what it was asked.
	errNotBegun = errors.New("the worker died before it read the request")
)

// process is one worker process, as the kernel holds it.
type process struct {
	cmd      *exec.Cmd
	requests *os.File
	readers  []*os.File // stdout, stderr, events
	deliver  func(Event)
	input    atomic.Pointer[inputAsker]
	crash    crashFilter

	writing sync.Mutex // of requests
	written int64      // bytes of requests
	unread  int64      // how many of them the worker had not read when it died

	mu        sync.Mutex
	last      int                   // ID of the latest request
	pending   map[int]chan<- *reply // by ID
	running   int                   // ID of the request that has the evaluator
	restoring bool                  // it brings back what was declared
	reason    string                // why it died or was killed
	wanted    bool                  // its end: the session killed it, or it refuses to start

	started  time.Time
	answered atomic.Bool // something that a front end asked

	exited    chan struct{} // closed when the process has ended
	dead      chan struct{} // closed when its output is delivered as well
	following sync.Once
	followed  chan struct{} // closed when it is decided what follows it
}

func startProcess(options Options, deliver func(Event)) (*process, error) {
	if len(options.Command) == 0 {
		return nil, errors.New("no command to start a worker with")
	}
	p := &process{
		deliver: deliver,
		crash:   crashFilter{deliver: func(text string) { deliver(Stream{"stderr", text}) }},
		pending: map[int]chan<- *reply{},
		started: time.Now(),
		exited:  make(chan struct{}), dead: make(chan struct{}), followed: make(chan struct{}),
	}
	nonce, err := newNonce()
	if err != nil {
		return nil, err
	}
	p.cmd = exec.Command(options.Command[0], options.Command[1:]...)
	p.cmd.Dir = options.Dir
	p.cmd.Env = options.Env
	p.cmd.SysProcAttr = processAttributes()
	theirs, err := p.openPipes()
	if err == nil {
		err = p.start()
	}
	for _, f := range theirs {
		f.Close()
	}
	if err != nil {
		p.closePipes()
		return nil, fmt.Errorf("cannot start the worker %q: %w", options.Command[0], err)
	}
	go p.read(nonce)
	_ = p.send(request{Op: opHello, Nonce: nonce}) // fails when the worker died, which the first request sees
	return p, nil
}

func newNonce() (string, error) {
	var b [nonceLength / 2]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:]), nil
}

// openPipes returns the worker's ends, which the caller closes.
func (p *process) openPipes() (theirs []*os.File, err error) {
	var writers []*os.File
	for range pipes {
		r, w, err := os.Pipe()
		if err != nil {
			return theirs, err
		}
		p.readers = append(p.readers, r)
		writers = append(writers, w)
		theirs = append(theirs, w)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return theirs, err
	}
	p.requests = w
	p.cmd.Stdout, p.cmd.Stderr = writers[pipeStdout], writers[pipeStderr]
	p.cmd.ExtraFiles = []*os.File{r, writers[pipeEvents]} // descriptors 3 and 4
	return append(theirs, r), nil
}

func (p *process) closePipes() {
	for _, f := range p.readers {
		f.Close()
	}
	if p.requests != nil {
		p.requests.Close()
	}
}

// start starts the process on a thread that lives as long as the process:
// the parent-death signal is sent when the thread that started it ends.
func (p *process) start() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.await()
		}
	}()
	return <-started
}

// await lets the readers end soon after the process.
func (p *process) await() {
	err := p.cmd.Wait()
	p.setReason(describeExit(p.cmd.ProcessState, err))
	killSession(p.cmd.Process.Pid)
	for _, f := range p.readers {
		// Pipes of os.Pipe have deadlines; one that had none would be read to its end.
		_ = f.SetReadDeadline(time.Now().Add(drainTime))
	}
	close(p.exited)
}

func (p *process) setReason(reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reason == "" {
		p.reason = reason
	}
}

// read delivers what comes through the pipes until they end.
func (p *process) read(nonce string) {
	m := newMerger()
	var all sync.WaitGroup
	all.Go(func() {
		m.pump(pipeStdout, nonce, p.readers[pipeStdout], func(text string) { p.deliver(Stream{"stdout", text}) }, func() {})
	})
	all.Go(func() { m.pump(pipeStderr, nonce, p.readers[pipeStderr], p.crash.add, p.crash.release) })
	all.Go(func() { p.readEvents(m) })
	all.Wait()
	p.killGroup() // a worker that closed its pipes is of no use any more
	<-p.exited
	if crashed(p.cmd.ProcessState) {
		p.crash.keep()
	} else {
		p.crash.release()
	}
	p.unread = unread(p.requests)
	p.closePipes()
	close(p.dead)
}

func (p *process) reasonSoFar() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reason
}

func (p *process) readEvents(m *merger) {
	defer m.end(pipeEvents)
	in := bufio.NewReader(p.readers[pipeEvents])
	for {
		var e event
		if err := readLine(in, &e); err != nil {
			p.killUnlessEnding(err)
			return
		}
		if e.Fence > 0 {
			m.catchUp(pipeEvents, e.Fence)
		}
		p.handle(e)
		if e.Fence > 0 {
			m.pass(pipeEvents, e.Fence)
		}
	}
}

// killUnlessEnding ends a worker whose events cannot be read any more: it
// will not say when its cells end.
func (p *process) killUnlessEnding(cause error) {
	select {
	case <-p.exited:
	case <-time.After(closeTime):
		p.kill(fmt.Sprintf("was killed because its events cannot be read: %v", cause))
	}
}

func (p *process) handle(e event) {
	switch e.Event {
	case eventDisplay:
		p.deliver(Display{e.Display, e.Bundle.decode()})
	case eventUpdate:
		p.deliver(Update{e.Display, e.Bundle.decode()})
	case eventInput:
		go p.answerInput(p.input.Load(), e.ID, e.Question) // the asker of the cell that runs now
	case eventClear:
		p.deliver(Clear{e.Wait})
	case eventComm:
		if e.Comm != nil {
			p.deliver(*e.Comm)
		}
	case eventRefused:
		p.mu.Lock()
		p.reason = "does not start: " + e.Message // says more than the exit status, which may have come first
		p.wanted = true
		p.mu.Unlock()
	case eventReply:
		p.mu.Lock()
		reply := p.pending[e.ID]
		delete(p.pending, e.ID)
		if p.running == e.ID {
			p.running = 0
		}
		p.mu.Unlock()
		if reply != nil && e.Reply != nil {
			reply <- e.Reply
		}
	}
}

// interrupt asks the cell of that request to stop, and kills the process if it
// still runs after the grace period. A process that does not even read what it
// is asked keeps nobody waiting for longer.
//
// What brings back declarations is given that time before it is asked: it is
// quick, and what an interrupt would cost was not meant, but the cell behind it.
func (p *process) interrupt(id int, grace time.Duration) {
	if p.restores(id) {
		time.AfterFunc(grace, func() { p.stop(id, grace) })
		return
	}
	p.stop(id, grace)
}

func (p *process) restores(id int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.restoring && p.running == id
}

func (p *process) stop(id int, grace time.Duration) {
	if p.runningID() != id {
		return
	}
	time.AfterFunc(grace, func() {
		if p.runningID() == id && p.deathReason() == "" {
			p.kill(fmt.Sprintf("did not stop within %v of the interrupt and was killed", grace))
		}
	})
	_ = p.send(request{ID: id, Op: opInterrupt}) // fails when the worker died, and has nothing to stop
}

// kill ends the process at once.
func (p *process) kill(reason string) {
	p.setReason(reason)
	p.mu.Lock()
	p.wanted = true
	p.mu.Unlock()
	p.killGroup()
}

// killGroup ends the worker and its process group. What else its cells started
// ends with it: see killSession.
func (p *process) killGroup() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
}

// close lets the process end by itself, and waits for it.
func (p *process) close() {
	p.setReason("was closed")
	_ = p.requests.Close()
	timer := time.AfterFunc(closeTime, p.killGroup)
	<-p.dead
	timer.Stop()
}
