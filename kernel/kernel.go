// Package kernel is a Jupyter kernel for Go: it owns the sockets, the order of
// requests and what front ends are told. It never evaluates a cell: that is
// the work of a worker process (package worker), which no cell can take the
// kernel down with. It knows nothing of what cells are about.
package kernel

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"adkernel/kernel/wire"
	"adkernel/kernel/worker"
)

// linger is how long the last messages may take on their way out.
const linger = time.Second

// Options of a kernel.
type Options struct {
	Worker  worker.Options
	Version string       // of the implementation, for front ends
	History string       // file of the code that ran; empty: none is kept beyond the session
	Log     *slog.Logger // nil: slog.Default()
}

// errShutdown ends a server because a front end asked for it.
var errShutdown = errors.New("shutdown")

// Run serves the front ends that the connection file names until one of them
// asks for the shutdown, ctx ends, SIGTERM comes, or the process that started
// the kernel ends. SIGINT interrupts the running cell, as an interrupt_request
// does; ctx must not end by it. A connection file that does not exist is made,
// and removed at the end.
func Run(ctx context.Context, connectionFile string, options Options) error {
	if options.Log == nil {
		options.Log = slog.Default()
	}
	connection, err := wire.ReadConnection(connectionFile)
	if errors.Is(err, fs.ErrNotExist) {
		if connection, err = wire.CreateConnection(connectionFile); err == nil {
			defer os.Remove(connectionFile)
			options.Log.Info("wrote a connection file", "path", connectionFile, "connect", "jupyter console --existing "+connectionFile)
		}
	}
	if err != nil {
		return err
	}
	for _, risk := range connection.Exposure(connectionFile) {
		options.Log.Warn(risk)
	}
	// The sockets listen before the worker is started: a client whose first
	// connection is refused waits 100 ms before it tries again.
	s, err := newServer(connection, options)
	if err != nil {
		return err
	}
	s.restarted = restarted(connectionFile)
	session, err := worker.Start(options.Worker)
	if err != nil {
		s.close(0)
		return err
	}
	defer session.Close()
	s.session = session
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	s.stop = stop
	go watchParent(ctx, stop)
	go s.watchSignals(ctx, stop)
	s.serve(ctx)
	if err := context.Cause(ctx); !errors.Is(err, errShutdown) && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func (s *server) watchSignals(ctx context.Context, stop context.CancelCauseFunc) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(signals)
	for {
		select {
		case <-ctx.Done():
			return
		case sig := <-signals:
			if sig == syscall.SIGINT {
				s.interrupt(signalled(time.Now()))
			} else {
				stop(errShutdown)
			}
		}
	}
}

// signalTime is how long before it is handled a signal may have been sent, and a
// cell after it: such a cell is not aborted. It is less than a person takes who
// runs cells and then interrupts them.
const signalTime = 100 * time.Millisecond

// signalled is the request that a signal stands for.
func signalled(handled time.Time) *request {
	sent := handled.Add(-signalTime).UTC().Format(time.RFC3339Nano)
	return &request{Message: &wire.Message{Header: wire.Header{Date: sent}}, received: handled}
}

// newServer opens the five channels.
func newServer(c *wire.Connection, options Options) (*server, error) {
	codec, err := wire.NewCodec(c, "kernel")
	if err != nil {
		return nil, err
	}
	s := &server{options: options, log: options.Log, codec: codec, history: newHistory(options.History), dropped: dropLog{log: options.Log}}
	s.output = newOutputs(s.publish)
	s.states.publish = s.publish
	if err := s.listen(c); err != nil {
		s.close(0)
		return nil, err
	}
	return s, nil
}

func (s *server) listen(c *wire.Connection) (err error) {
	if s.iopub, err = wire.ListenPublisher(c.Endpoint(c.IOPubPort), s.log, s.welcome); err != nil {
		return fmt.Errorf("iopub: %w", err)
	}
	if s.shell, err = wire.ListenRouter(c.Endpoint(c.ShellPort), s.log); err != nil {
		return fmt.Errorf("shell: %w", err)
	}
	if s.control, err = wire.ListenRouter(c.Endpoint(c.ControlPort), s.log); err != nil {
		return fmt.Errorf("control: %w", err)
	}
	if s.stdin, err = wire.ListenRouter(c.Endpoint(c.StdinPort), s.log); err != nil {
		return fmt.Errorf("stdin: %w", err)
	}
	if s.heartbeat, err = wire.ListenHeartbeat(c.Endpoint(c.HeartbeatPort), s.log); err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	return nil
}
