package kernel

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"adkernel/kernel/wire"
	"adkernel/kernel/worker"
)

// A server answers the messages of one kernel. Requests on shell are answered
// one after another, those for a subshell beside them, and what evaluates nothing
// beside a cell that takes long; control waits for neither.
type server struct {
	options Options
	log     *slog.Logger
	codec   *wire.Codec
	session *worker.Session
	history *history
	output  *outputs
	states  states
	stop    context.CancelCauseFunc

	restarted bool // front ends were connected to an earlier kernel at these ports
	serving   time.Time

	iopub     *wire.Publisher
	shell     *wire.Router
	control   *wire.Router
	stdin     *wire.Router
	heartbeat *wire.Heartbeat

	shells    shells
	evaluator sync.Mutex // held while a cell or its expressions run, whatever shell they came by
	count     int        // of cells executed; guarded by evaluator
	waits     waits      // with what an interrupt ends beside cells
	usage     usage
	questions questions
	dropped   dropLog
}

// A request is a message with the way back.
type request struct {
	*wire.Message
	from     *wire.Router
	queue    *queue // of the shell that it waits in; nil on control
	received time.Time
	behind   bool   // others of its queue came before it
	aborted  bool   // a cell before it failed
	later    func() // what nobody waits for, done once the answer is out
}

// serve answers until ctx ends, then says the last words.
func (s *server) serve(ctx context.Context) {
	s.publish(nil, wire.Status{ExecutionState: "starting"})
	s.serving = time.Now()
	s.shells.answer = func(r *request) { s.serveShell(ctx, r) }
	s.shells.start()
	s.serveChannel(s.shell, func(r *request) { s.route(ctx, r) })
	s.serveChannel(s.control, s.serveControl)
	s.stdin.Serve(s.serveStdin)
	<-ctx.Done()
	s.shells.close()
	s.session.Close() // ends a cell that runs
	s.shells.wait()
	s.output.flush()
	s.close(linger)
}

func (s *server) close(linger time.Duration) {
	for _, channel := range []*wire.Router{s.shell, s.control, s.stdin} {
		if channel != nil {
			channel.Close(linger)
		}
	}
	if s.heartbeat != nil {
		s.heartbeat.Close(0)
	}
	if s.iopub != nil {
		s.iopub.Close(linger)
	}
}

// serveChannel lets handle have the messages of a channel; what is no message
// is dropped.
func (s *server) serveChannel(from *wire.Router, handle func(*request)) {
	from.Serve(func(frames [][]byte) {
		received := time.Now()
		m, err := s.codec.Decode(frames)
		if err != nil {
			s.dropped.note(err)
			return
		}
		handle(&request{Message: m, from: from, received: received})
	})
}

// serveShell answers one request of the shell channel. What is asked about code
// is on its way to the worker before the front ends are told that the kernel is
// busy: that takes a while, and they wait for the answer. A comm's message is
// told of interrupts from before that, as one may come at once. Once ctx has
// ended nothing is evaluated any more.
func (s *server) serveShell(ctx context.Context, r *request) {
	s.awaitFrontEnds(ctx, r)
	answer := func() { s.answerShell(ctx, r) }
	switch r.Header.Type {
	case "complete_request":
		answer = s.complete(ctx, r)
	case "inspect_request":
		answer = s.inspect(ctx, r)
	case "is_complete_request":
		answer = s.isComplete(ctx, r)
	case "comm_open", "comm_msg", "comm_close":
		answer = s.serveComm(ctx, r)
	}
	s.busy(r, answer)
}

func (s *server) answerShell(ctx context.Context, r *request) {
	switch r.Header.Type {
	case "execute_request":
		s.execute(ctx, r)
	case "history_request":
		s.answerHistory(r)
	case "comm_info_request":
		s.commInfo(r)
	default:
		s.answerAnywhere(r)
	}
}

// serveControl answers one request of the control channel.
func (s *server) serveControl(r *request) {
	s.busy(r, func() {
		switch r.Header.Type {
		case "interrupt_request":
			s.interrupt(r)
			s.reply(r, wire.InterruptReply{Status: wire.StatusOK})
		case "create_subshell_request":
			s.reply(r, wire.CreateSubshellReply{Status: wire.StatusOK, SubshellID: s.shells.create()})
		case "delete_subshell_request":
			s.deleteSubshell(r)
		case "list_subshell_request":
			s.reply(r, wire.ListSubshellReply{Status: wire.StatusOK, SubshellID: s.shells.list()})
		case "usage_request":
			s.reply(r, s.usage.now())
		case "debug_request":
			s.refuseDebug(r)
		default:
			s.answerAnywhere(r)
		}
	})
	if r.Header.Type == "shutdown_request" {
		s.stop(errShutdown)
	}
}

// answerAnywhere answers what may come on shell and on control.
func (s *server) answerAnywhere(r *request) {
	switch r.Header.Type {
	case "kernel_info_request":
		s.reply(r, s.kernelInfo())
	case "shutdown_request":
		s.shutdown(r)
	default:
		s.dropped.note(fmt.Errorf("unknown type %q", r.Header.Type))
	}
}

// busy tells all front ends that the kernel works on r while f runs.
func (s *server) busy(r *request, f func()) {
	main := r.queue == &s.shells.main
	s.states.busy(r.Message, main)
	f()
	s.states.idle(r.Message, main)
	if r.later != nil {
		r.later()
	}
}

func (s *server) shutdown(r *request) {
	var content wire.ShutdownRequest
	if err := r.ContentInto(&content); err != nil {
		s.log.Warn("a shutdown request that is malformed", "error", err)
	}
	answer := wire.ShutdownReply{Status: wire.StatusOK, Restart: content.Restart}
	s.publish(r.Message, answer)
	s.reply(r, answer)
	if r.from == s.shell {
		s.stop(errShutdown)
	}
}

// interrupt ends the running cell, and what else somebody waits for. A signal
// counts as a request that came when it did.
func (s *server) interrupt(by *request) {
	s.shells.interrupted(by)
	s.waits.end()
	s.session.Interrupt()
}

// refuseDebug answers a debugger's request: there is no debugger, and
// kernel_info says so.
func (s *server) refuseDebug(r *request) {
	var content wire.DebugRequest
	if s.malformed(r, &content) {
		return
	}
	s.reply(r, wire.DebugReply{
		Seq: content.Seq, Type: "response", RequestSeq: content.Seq, Command: content.Command,
		Message: "this kernel has no debugger",
	})
}

// malformed decodes r's content into v, and drops r when that fails.
func (s *server) malformed(r *request, v any) bool {
	err := r.ContentInto(v)
	if err != nil {
		s.dropped.note(err)
	}
	return err != nil
}

// reply sends content to the peer that sent r.
func (s *server) reply(r *request, content wire.Content) {
	frames, err := s.codec.Encode(content, r.Message)
	if err == nil {
		err = r.from.Send(slices.Concat(r.Identities, frames))
	}
	if err != nil {
		s.log.Warn("cannot send", "type", content.MessageType(), "error", err)
	}
}

// publish sends content to all front ends.
func (s *server) publish(parent *wire.Message, content wire.Content) {
	frames, err := s.codec.Encode(content, parent)
	if err != nil {
		s.log.Warn("cannot publish", "type", content.MessageType(), "error", err)
		return
	}
	s.iopub.Publish("kernel."+s.codec.Session()+"."+content.MessageType(), frames)
}

func (s *server) welcome(topic string) [][]byte {
	frames, err := s.codec.Encode(wire.IOPubWelcome{Subscription: topic}, nil)
	if err != nil {
		return nil
	}
	return frames
}
