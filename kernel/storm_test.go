package kernel

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/stretchr/testify/require"
)

// Whatever front ends do together, each request is answered once, by its type and
// to its sender; what is shown stands between busy and idle; cells are counted; an
// interrupt ends what ran when it was sent; nothing hangs, and nothing is left.
//
// A storm is drawn by a number, which gives the same sequence again, though not
// the same moments. ADKERNEL_STORM=FROM-TO runs those of these numbers.
func TestNothingIsLostWhateverComesTogether(t *testing.T) {
	if _, err := descendants(os.Getpid()); err != nil {
		t.Skip(err)
	}
	from, to := uint64(1), uint64(3)
	if chosen := os.Getenv("ADKERNEL_STORM"); chosen != "" {
		_, err := fmt.Sscanf(chosen, "%d-%d", &from, &to)
		require.NoError(t, err, "ADKERNEL_STORM is FROM-TO, as in 1-500")
	}
	signals := make(chan os.Signal, 1) // which the kernels take; none may end the tests
	signal.Notify(signals, syscall.SIGINT)
	defer signal.Stop(signals)
	for seed := from; seed <= to; seed++ {
		before := runtime.NumGoroutine()
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) { newStorm(t, seed).run() })
		if t.Failed() {
			return
		}
		for end := time.Now().Add(patience / 4); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				stacks := make([]byte, 1<<20)
				require.Fail(t, "goroutines are left", "%s", stacks[:runtime.Stack(stacks, true)])
			}
		}
	}
}

// A storm is drawn and sent by one goroutine; others note what comes.
type storm struct {
	*front
	random  *rand.Rand
	clients []*client
	witness

	kills, resets bool // may happen
	shells        []string
	comms         int
	awaited       []string // by the interrupt that was sent last
}

// A client is a front end. Its channels have one identity.
type client struct {
	name                   string
	shell, control, stdin  *zmq4.Conn
	answersWhat, answersIn int // how many of ten questions, and how slowly
}

func newStorm(t *testing.T, seed uint64) *storm {
	s := &storm{front: startKernel(t, Options{}), random: rand.New(rand.NewPCG(seed, 1))}
	s.witness.init(t)
	s.kills, s.resets = seed%2 == 0, seed%3 == 0
	s.keeps = !s.resets
	for i := range 3 {
		name := fmt.Sprintf("client%d", i)
		c := &client{name: name, answersWhat: s.random.IntN(11), answersIn: s.random.IntN(5)}
		c.shell, c.control = s.dialAs(s.connection.ShellPort, name), s.dialAs(s.connection.ControlPort, name)
		c.stdin = s.dialAs(s.connection.StdinPort, name)
		s.clients = append(s.clients, c)
		go s.noteReplies(s.front, c.shell, name+" shell")
		go s.noteReplies(s.front, c.control, name+" control")
		go s.answerQuestions(c)
	}
	go s.noteShown(s.front)
	return s
}

// run is the storm, and the calm after it.
func (s *storm) run() {
	s.await(s.sendAs(s.clients[0], "", "execute_request", map[string]any{"code": "import \"fmt\"\nfunc seven() int { return 7 }"}))
	s.await(s.sendAs(s.clients[0], "", "execute_request", map[string]any{"code": "//serve echo"}))
	for range 40 + s.random.IntN(40) {
		s.something(s.clients[s.random.IntN(len(s.clients))])
		s.pause()
	}
	s.calm()
	last := s.sendAs(s.clients[0], "", "execute_request", map[string]any{"code": "1+1"})
	s.await(last)
	s.requireStatus(last, "ok")
	s.check()

	for range s.random.IntN(3) { // is under way when the kernel ends
		s.cell(s.clients[0])
	}
	s.shutDown()
}

// something is one of what a front end does.
func (s *storm) something(c *client) {
	switch n := s.random.IntN(100); {
	case n < 40:
		s.cell(c)
	case n < 50:
		s.interruptAt(c, "busy")
	case n < 60:
		s.interruptAt(c, "execute_input")
	case n < 66:
		s.interrupt(c)
	case n < 78:
		s.question(c)
	case n < 90:
		s.comm(c)
	case n < 94:
		s.subshell(c)
	case n < 96:
		s.sendAs(c, "", "usage_request", map[string]any{})
	case s.kills:
		s.kill()
		if s.random.IntN(2) == 0 { // while another is started
			s.cell(c)
			time.Sleep(time.Duration(s.random.IntN(150)) * time.Millisecond)
			s.interrupt(c)
		}
	}
}

// cell sends a cell to one of the shells.
func (s *storm) cell(c *client) string {
	n := s.random.IntN(1000)
	code := s.draw(
		"seven()", fmt.Sprintf("fmt.Println(%d)", n), fmt.Sprintf("for i := range 300 { fmt.Println(%d, i) }", n), "",
		"undefinedName", `panic("x")`, "//display", "//page p", "//clear",
		"for {}", "select {}", "for { fmt.Println(0) }", "!sleep 100", "//wait", `import "time"; time.Sleep(time.Hour)`,
		"//input what? ", "//read", "//password secret: ", fmt.Sprintf("func f%d() int { return %d }", n, n),
	)
	if s.kills && s.random.IntN(30) == 0 {
		code = "//crash on purpose"
	}
	if s.resets && s.random.IntN(30) == 0 {
		code = "//reset"
	}
	content := map[string]any{
		"code": code, "allow_stdin": s.random.IntN(4) > 0, "stop_on_error": s.random.IntN(2) == 0,
		"silent": s.random.IntN(8) == 0, "store_history": s.random.IntN(5) > 0,
	}
	if s.random.IntN(4) == 0 {
		content["user_expressions"] = map[string]string{"a": "seven()", "b": s.draw("1", "func() int { for {} }()", "undefinedName")}
	}
	return s.sendAs(c, s.shell(), "execute_request", content)
}

// interruptAt sends a cell, and interrupts it soon after the kernel has said of
// it what is named.
func (s *storm) interruptAt(c *client, said string) {
	id := s.cell(c)
	s.waitFor(50*time.Millisecond, func() bool { return s.has(id, said) })
	time.Sleep(time.Duration(s.random.IntN(4)*s.random.IntN(1000)) * time.Microsecond)
	s.interrupt(c)
}

// interrupt sends an interrupt, or a signal, which is one as well. The one before
// has ended what ran by then, or this one could end it.
func (s *storm) interrupt(c *client) {
	for _, id := range s.awaited {
		s.waitUntil("the interrupt ends "+s.describe(id), func() bool { return s.hasEnded(id) })
	}
	s.awaited = s.interruptible()
	if s.random.IntN(5) == 0 {
		require.NoError(s.t, syscall.Kill(os.Getpid(), syscall.SIGINT))
		s.happened("SIGINT")
		return
	}
	s.sendAs(c, "", "interrupt_request", map[string]any{})
}

func (s *storm) question(c *client) {
	code := s.draw("sev", "fmt.Pri", "for {", "1")
	kind := s.draw("complete_request", "inspect_request", "is_complete_request", "history_request", "comm_info_request", "kernel_info_request")
	s.sendAs(c, s.shell(), kind, map[string]any{"code": code, "cursor_pos": len(code), "hist_access_type": "tail", "n": 3})
}

// comm opens, uses or closes a comm. One whose function never returns is used
// no more.
func (s *storm) comm(c *client) {
	id := fmt.Sprintf("comm%d", s.comms)
	switch n := s.random.IntN(10); {
	case n < 3 || s.comms == 0:
		s.comms++
		s.sendAs(c, "", "comm_open", map[string]any{"comm_id": fmt.Sprintf("comm%d", s.comms), "target_name": "echo", "data": map[string]any{}})
	case n < 8:
		s.sendAs(c, s.shell(), "comm_msg", map[string]any{"comm_id": id, "data": n})
	case n < 9:
		s.sendAs(c, s.shell(), "comm_msg", map[string]any{"comm_id": id, "data": "forever"})
		s.comms++
	default:
		s.sendAs(c, s.shell(), "comm_close", map[string]any{"comm_id": id, "data": n})
	}
}

func (s *storm) subshell(c *client) {
	if s.random.IntN(3) > 0 && len(s.shells) > 0 {
		i := s.random.IntN(len(s.shells))
		s.sendAs(c, "", "delete_subshell_request", map[string]any{"subshell_id": s.shells[i]})
		if s.random.IntN(2) == 0 { // else what comes next is refused
			s.shells = append(s.shells[:i], s.shells[i+1:]...)
		}
		return
	}
	id := s.sendAs(c, "", "create_subshell_request", map[string]any{})
	s.waitUntil("there is a subshell", func() bool { return s.replied(id) })
	s.shells = append(s.shells, s.content(id)["subshell_id"].(string))
}

// shell is that of the next request: the main shell, mostly.
func (s *storm) shell() string {
	if len(s.shells) > 0 && s.random.IntN(3) == 0 {
		return s.shells[s.random.IntN(len(s.shells))]
	}
	return ""
}

// kill kills the worker, if there is one right now.
func (s *storm) kill() {
	processes, err := descendants(os.Getpid())
	require.NoError(s.t, err)
	for _, pid := range processes[1:] {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
	}
	s.happened("the worker is killed")
}

// pause is none, mostly.
func (s *storm) pause() {
	switch n := s.random.IntN(20); {
	case n < 5:
		time.Sleep(time.Duration(s.random.IntN(2000)) * time.Microsecond)
	case n == 5:
		time.Sleep(time.Duration(s.random.IntN(250)) * time.Millisecond)
	}
}

// calm waits until everything is answered. What runs without an end, an
// interrupt ends.
func (s *storm) calm() {
	for s.open() > 0 {
		before := s.open()
		s.waitFor(100*time.Millisecond, func() bool { return s.open() == 0 })
		if s.open() == before {
			s.interrupt(s.clients[0])
		}
		require.Less(s.t, time.Since(s.begun), patience, "%s", s.report("not everything is answered"))
	}
}

// shutDown ends the kernel.
func (s *storm) shutDown() {
	c := s.clients[1]
	id := s.sendAs(c, "", "shutdown_request", map[string]any{"restart": false})
	s.waitUntil("the shutdown is answered", func() bool { return s.replied(id) })
	select {
	case err := <-s.ended:
		require.NoError(s.t, err)
		s.ended <- nil
	case <-time.After(patience / 4):
		require.Fail(s.t, "the kernel does not end", "%s", s.report("shutdown"))
	}
	s.check()
}

// sendAs sends a request of a client and returns its id.
func (s *storm) sendAs(c *client, subshell, kind string, content map[string]any) string {
	text, err := json.Marshal(content)
	require.NoError(s.t, err)
	channel, to := "shell", c.shell
	switch kind {
	case "interrupt_request", "create_subshell_request", "delete_subshell_request", "usage_request", "shutdown_request":
		channel, to = "control", c.control
	}
	id := s.newID()
	s.expect(&asked{id: id, kind: kind, by: c.name + " " + channel, main: subshell == "" && channel == "shell", text: string(text)})
	s.sendWithID(id, subshell, to, kind, string(text))
	return id
}

// answerQuestions answers some of what cells ask.
func (s *storm) answerQuestions(c *client) {
	for n := 0; ; n++ {
		m, err := c.stdin.RecvMsg()
		if err != nil {
			return
		}
		if n*7%10 >= c.answersWhat {
			continue
		}
		time.Sleep(time.Duration(n*c.answersIn%5) * time.Millisecond)
		if _, err := s.codec.Decode(m.Frames); err != nil {
			s.wrong("on stdin: %v", err)
		}
		frames, err := s.codec.Encode(rawRequest{"input_reply", json.RawMessage(`{"value": "word"}`)}, nil)
		if err != nil || c.stdin.SendMsg(zmq4.NewMsgFrom(frames...)) != nil {
			return
		}
	}
}

func (s *storm) draw(of ...string) string { return of[s.random.IntN(len(of))] }
