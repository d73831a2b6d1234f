// Command blankkernel is a kernel that does nothing: it answers 1+1, a
// completion and an inspection at once, from memory, over adkernel's sockets,
// and an endless loop when it is interrupted.
// What a round trip to it takes is the front end's own time and the sockets',
// which make bench tells apart from a kernel's. With -process it asks a second
// process, which does nothing either, before it answers: as a kernel must that
// outlives what its cells do.
//
//	blankkernel [-process] connection-file
package main

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"

	"adkernel/kernel/wire"
)

func main() {
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	process := flag.Bool("process", false, "ask a second process before each answer")
	flag.Parse()
	if flag.Arg(0) == echoArgument {
		echo()
		return
	}
	k := &kernel{}
	if err := k.begin(*process, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "blankkernel:", err)
		os.Exit(1)
	}
	for range interrupts {
		if end := k.running.Swap(nil); end != nil {
			(*end)()
		}
	}
}

type kernel struct {
	codec   *wire.Codec
	iopub   *wire.Publisher
	running atomic.Pointer[func()] // ends the cell that runs
	second  *second                // nil without -process
}

func (k *kernel) begin(process bool, connectionFile string) (err error) {
	if process {
		if k.second, err = startSecond(); err != nil {
			return err
		}
	}
	return k.serve(connectionFile)
}

func (k *kernel) serve(connectionFile string) error {
	c, err := wire.ReadConnection(connectionFile)
	if err != nil {
		return err
	}
	if k.codec, err = wire.NewCodec(c, "kernel"); err != nil {
		return err
	}
	log := slog.Default()
	if k.iopub, err = wire.ListenPublisher(c.Endpoint(c.IOPubPort), log, k.welcome); err != nil {
		return err
	}
	if _, err = wire.ListenHeartbeat(c.Endpoint(c.HeartbeatPort), log); err != nil {
		return err
	}
	for _, port := range []wire.Port{c.ShellPort, c.ControlPort} {
		router, err := wire.ListenRouter(c.Endpoint(port), log)
		if err != nil {
			return err
		}
		router.Serve(func(frames [][]byte) { k.answer(router, frames) })
	}
	return nil
}

func (k *kernel) answer(to *wire.Router, frames [][]byte) {
	m, err := k.codec.Decode(frames)
	if err != nil {
		return
	}
	k.publish(m, wire.Status{ExecutionState: "busy"})
	k.second.ask()
	switch m.Header.Type {
	case "kernel_info_request":
		k.reply(to, m, wire.KernelInfoReply{Status: wire.StatusOK, ProtocolVersion: wire.Version})
	case "execute_request":
		var content wire.ExecuteRequest
		if m.ContentInto(&content) != nil {
			return
		}
		k.publish(m, wire.ExecuteInput{Code: content.Code, ExecutionCount: 1})
		if strings.HasPrefix(content.Code, "for {") {
			end := func() { k.second.ask(); k.interrupted(to, m) }
			k.running.Store(&end)
			return
		}
		k.publish(m, wire.ExecuteResult{ExecutionCount: 1, Data: map[string]any{"text/plain": "2"}, Metadata: map[string]any{}})
		k.reply(to, m, wire.ExecuteReply{Status: wire.StatusOK, ExecutionCount: 1, Payload: []any{}, UserExpressions: map[string]any{}})
	case "complete_request":
		k.reply(to, m, wire.CompleteReply{Status: wire.StatusOK, Matches: []string{"HasPrefix", "HasSuffix"}, CursorStart: 8, CursorEnd: 11, Metadata: map[string]any{}})
	case "inspect_request":
		k.reply(to, m, wire.InspectReply{Status: wire.StatusOK, Found: true, Data: map[string]any{"text/plain": "func Fields(s string) []string"}, Metadata: map[string]any{}})
	case "shutdown_request":
		k.reply(to, m, wire.ShutdownReply{Status: wire.StatusOK})
		os.Exit(0)
	}
	k.publish(m, wire.Status{ExecutionState: "idle"})
}

func (k *kernel) interrupted(to *wire.Router, m *wire.Message) {
	failure := wire.Failure{Name: "Interrupt", Value: "interrupted", Traceback: []string{"interrupted"}}
	k.publish(m, wire.Error{Failure: failure})
	k.reply(to, m, wire.ExecuteReply{Status: wire.StatusError, ExecutionCount: 1, Failure: &failure, Payload: []any{}, UserExpressions: map[string]any{}})
	k.publish(m, wire.Status{ExecutionState: "idle"})
}

func (k *kernel) reply(to *wire.Router, m *wire.Message, content wire.Content) {
	frames, err := k.codec.Encode(content, m)
	if err == nil {
		err = to.Send(append(append([][]byte{}, m.Identities...), frames...))
	}
	if err != nil {
		slog.Error("cannot reply", "error", err)
	}
}

func (k *kernel) publish(parent *wire.Message, content wire.Content) {
	frames, err := k.codec.Encode(content, parent)
	if err != nil {
		slog.Error("cannot publish", "error", err)
		return
	}
	k.iopub.Publish("kernel."+k.codec.Session()+"."+content.MessageType(), frames)
}

func (k *kernel) welcome(topic string) [][]byte {
	frames, err := k.codec.Encode(wire.IOPubWelcome{Subscription: topic}, nil)
	if err != nil {
		return nil
	}
	return frames
}
