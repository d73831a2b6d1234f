package worker

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
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

// closeTime is how long a worker may take to end by itself.
const closeTime = time.Second

var errDead = errors.New("the worker died")

// process is one worker process, as the kernel holds it.
type process struct {
	cmd      *exec.Cmd
	requests *os.File
	readers  []*os.File // stdout, stderr, events
	deliver  func(Event)
	input    atomic.Pointer[inputAsker]
	crash    crashFilter

	writing sync.Mutex // of requests

	mu      sync.Mutex
	last    int                   // ID of the latest request
	pending map[int]chan<- *reply // by ID
	running int                   // ID of the request that has the evaluator
	reason  string                // why it died or was killed

	exited chan struct{} // closed when the process has ended
	dead   chan struct{} // closed when its output is delivered as well
}

// inputAsker answers what a cell reads from standard input.
type inputAsker struct {
	ctx context.Context
	ask func(context.Context) (string, error)
}

func startProcess(options Options, deliver func(Event)) (*process, error) {
	if len(options.Command) == 0 {
		return nil, errors.New("no command to start a worker with")
	}
	p := &process{
		deliver: deliver,
		crash:   crashFilter{deliver: func(text string) { deliver(Stream{"stderr", text}) }},
		pending: map[int]chan<- *reply{},
		exited:  make(chan struct{}), dead: make(chan struct{}),
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
	if !crashed(p.cmd.ProcessState) {
		p.crash.release()
	}
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
		go p.answerInput(e.ID)
	case eventRefused:
		p.setReason("does not start: " + e.Message)
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

func (p *process) answerInput(id int) {
	r := request{ID: id, Op: opAnswer, EOF: true}
	if asker := p.input.Load(); asker != nil && asker.ask != nil {
		line, err := asker.ask(asker.ctx)
		if err == nil {
			r.Source, r.EOF = line, false
		}
		if asker.ctx.Err() != nil {
			return // the cell has ended; nobody reads the answer
		}
	}
	_ = p.send(r) // a worker that died reads nothing
}

func (p *process) send(r request) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	p.writing.Lock()
	defer p.writing.Unlock()
	_, err = p.requests.Write(append(line, '\n'))
	return err
}

// post sends r with a new ID; its reply will come through the channel.
func (p *process) post(r request, exclusive bool) (<-chan *reply, int) {
	c := make(chan *reply, 1)
	p.mu.Lock()
	p.last++
	r.ID = p.last
	p.pending[r.ID] = c
	if exclusive {
		p.running = r.ID
	}
	p.mu.Unlock()
	_ = p.send(r) // fails when the worker died, which the caller sees
	return c, r.ID
}

// run sends r, which has the evaluator to itself, and waits for its reply.
func (p *process) run(r request) (*reply, error) {
	c, _ := p.post(r, true)
	return p.wait(c)
}

func (p *process) wait(c <-chan *reply) (*reply, error) {
	select {
	case rep := <-c:
		return rep, nil
	case <-p.dead:
	}
	select {
	case rep := <-c: // came just before the end
		return rep, nil
	default:
		return nil, errDead
	}
}

// ask sends r, which is answered beside cells.
func (p *process) ask(ctx context.Context, r request) (*reply, error) {
	c, id := p.post(r, false)
	select {
	case rep := <-c:
		return rep, nil
	case <-p.dead:
		return nil, errDead
	case <-ctx.Done():
		p.mu.Lock()
		delete(p.pending, id)
		p.mu.Unlock()
		return nil, ctx.Err()
	}
}

// interrupt asks the running cell to stop, and kills the process if that
// same cell still runs after the grace period.
func (p *process) interrupt(grace time.Duration) {
	p.mu.Lock()
	id := p.running
	p.mu.Unlock()
	if id == 0 {
		return
	}
	_ = p.send(request{Op: opInterrupt})
	time.AfterFunc(grace, func() {
		p.mu.Lock()
		still := p.running == id
		p.mu.Unlock()
		if still && p.deathReason() == "" {
			p.kill(fmt.Sprintf("did not stop within %v of the interrupt and was killed", grace))
		}
	})
}

// kill ends the process at once.
func (p *process) kill(reason string) {
	p.setReason(reason)
	p.killGroup()
}

// killGroup ends the worker and what its cells started, save what left the
// worker's process group.
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

// deathReason is empty while the process lives.
func (p *process) deathReason() string {
	select {
	case <-p.dead:
	default:
		return ""
	}
	reason := p.reasonSoFar()
	if crash := p.crash.message(); crash != "" {
		return reason + " (" + crash + ")"
	}
	return reason
}

func describeExit(st *os.ProcessState, err error) string {
	if st == nil {
		return fmt.Sprintf("ended: %v", err)
	}
	ws, ok := st.Sys().(syscall.WaitStatus)
	switch {
	case ok && ws.Signaled() && ws.Signal() == syscall.SIGKILL:
		return "was killed by SIGKILL, as happens when memory runs out"
	case ok && ws.Signaled():
		return fmt.Sprintf("died of signal %d (%v)", ws.Signal(), ws.Signal())
	default:
		return fmt.Sprintf("ended with status %d", st.ExitCode())
	}
}
