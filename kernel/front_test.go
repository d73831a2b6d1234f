package kernel

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/security/null"
	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
	"adkernel/kernel/eval/exact"
	"adkernel/kernel/host"
	"adkernel/kernel/magic"
	"adkernel/kernel/wire"
	"adkernel/kernel/worker"
)

// The test binary is also the worker of the tests.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		err := worker.Main(func(stdio worker.Stdio) (eval.Evaluator, error) {
			e, err := exact.New(eval.Vocabulary{}, exact.Options{Stdin: stdio.In, Stdout: stdio.Out, Stderr: stdio.Err})
			if err != nil {
				return nil, err
			}
			return hosted{magic.Wrap(e, magic.Options{Out: stdio.Out, Err: stdio.Err}), stdio}, nil
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // of the workers: the detector would wait a second
	os.Exit(m.Run())
}

// hosted gives cells, beside Go, what a vocabulary would do by its host.
type hosted struct {
	eval.Evaluator
	stdio worker.Stdio
}

func (h hosted) Evaluate(ctx context.Context, cell eval.Cell) (eval.Result, error) {
	command, argument, _ := strings.Cut(cell.Source, " ")
	switch command {
	case "//display":
		host.Display(host.Text("0 %")).Update(host.Text("100 %"))
	case "//read":
		var word string
		_, err := fmt.Fscanln(h.stdio.In, &word)
		return eval.Result{Values: []any{word, err}}, nil
	case "//input":
		line, err := host.Input(argument)
		return eval.Result{Values: []any{line, err}}, nil
	case "//password":
		line, err := host.Password(argument)
		return eval.Result{Values: []any{line, err}}, nil
	case "//clear":
		host.ClearOutput(argument == "wait")
	case "//page":
		host.ShowPage(host.Text(argument))
	case "//next":
		host.SetNextInput(argument, false)
	case "//replace":
		host.SetNextInput(argument, true)
	case "//reset":
		return eval.Result{}, host.Reset()
	case "//serve":
		host.HandleComm(argument, h.echo)
	case "//open":
		c, err := host.OpenComm(argument, host.CommMessage{Data: map[string]any{"value": 1}, Buffers: [][]byte{{0, 255}}})
		if err == nil {
			c.OnMessage(func(m host.CommMessage) { h.tell("from the front end:", m.Data) })
		}
		return eval.Result{}, err
	case "//crash":
		go panic(argument)
		select {}
	case "//wait": // for something that a comm's function does
		h.tell("waiting")
		select {
		case <-served:
		case <-ctx.Done():
			return eval.Result{}, &eval.Error{Kind: eval.Interrupt, Message: "interrupted"}
		}
	}
	return h.Evaluator.Evaluate(ctx, cell)
}

// served tells //wait that echo has handled a message.
var served = make(chan bool, 100)

func (h hosted) tell(a ...any) { fmt.Fprintln(h.stdio.Out, a...) }

// echo serves a comm: it sends back what comes.
func (h hosted) echo(c *host.Comm, first host.CommMessage) {
	h.tell("opened with", first.Data)
	c.OnMessage(func(m host.CommMessage) {
		if m.Data == "forever" {
			select {}
		}
		if err := c.Send(m); err != nil {
			h.tell(err)
		}
		served <- true
	})
	c.OnClose(func(last host.CommMessage) { h.tell("closed with", last.Data) })
}

func (h hosted) Declarations() []eval.Cell { return h.Evaluator.(eval.Replayer).Declarations() }

func (h hosted) Settings() []eval.Cell { return h.Evaluator.(eval.Setter).Settings() }

// patience bounds what would otherwise hang.
const patience = 60 * time.Second

// front is a front end: a client on four channels. It fails its test rather
// than return errors.
type front struct {
	t     *testing.T
	codec *wire.Codec
	log   *logText
	ended chan error // from Run

	connection                   *wire.Connection
	shell, control, iopub, stdin *zmq4.Conn
}

// logText is what the kernel logged.
type logText struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// startKernel runs a kernel and connects a front end to it.
func startKernel(t *testing.T, options Options) *front {
	t.Helper()
	f := runKernel(t, options, time.Now())
	f.connectIOPub()
	f.shell = f.dial(f.connection.ShellPort, zmq4.Dealer, "front")
	f.control = f.dial(f.connection.ControlPort, zmq4.Dealer, "front")
	f.stdin = f.dial(f.connection.StdinPort, zmq4.Dealer, "front")
	return f
}

func (f *front) connectIOPub() {
	f.t.Helper()
	f.iopub = f.dial(f.connection.IOPubPort, zmq4.Sub, "")
	require.NoError(f.t, f.iopub.SendMsg(zmq4.NewMsg([]byte{1})))
	require.Equal(f.t, "iopub_welcome", f.next(f.iopub).Header.Type)
}

// runKernel runs a kernel with a connection file that was written then.
func runKernel(t *testing.T, options Options, written time.Time) *front {
	t.Helper()
	folder := t.TempDir()
	connection := &wire.Connection{
		Transport: "ipc", IP: filepath.Join(folder, "k"), SignatureScheme: "hmac-sha256", Key: "secret",
		ShellPort: 1, IOPubPort: 2, StdinPort: 3, ControlPort: 4, HeartbeatPort: 5,
	}
	text, err := json.Marshal(connection)
	require.NoError(t, err)
	file := filepath.Join(folder, "connection.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	require.NoError(t, os.Chtimes(file, written, written))
	codec, err := wire.NewCodec(connection, "tester")
	require.NoError(t, err)

	f := &front{t: t, codec: codec, connection: connection, log: &logText{}, ended: make(chan error, 1)}
	options.Worker.Command = []string{os.Args[0], "worker"}
	options.Version = "0.0.0"
	options.Log = slog.New(slog.NewTextHandler(f.log, nil))
	ctx, cancel := context.WithCancel(context.Background())
	go func() { f.ended <- Run(ctx, file, options) }()
	t.Cleanup(func() {
		cancel()
		<-f.ended
	})

	return f
}

// dial waits until the kernel listens.
func (f *front) dial(port wire.Port, kind zmq4.SocketType, identity string) *zmq4.Conn {
	f.t.Helper()
	at := f.connection.Endpoint(port)
	c, err := net.Dial(at.Network, at.Address)
	for deadline := time.Now().Add(patience); err != nil && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
		c, err = net.Dial(at.Network, at.Address)
	}
	require.NoError(f.t, err)
	f.t.Cleanup(func() { c.Close() })
	require.NoError(f.t, c.SetDeadline(time.Now().Add(patience)))
	conn, err := zmq4.Open(c, null.Security(), kind, zmq4.SocketIdentity(identity), false, nil)
	require.NoError(f.t, err)
	return conn
}

// rawRequest is a request whose content is written out.
type rawRequest struct {
	kind    string
	content json.RawMessage
}

func (r rawRequest) MessageType() string          { return r.kind }
func (r rawRequest) MarshalJSON() ([]byte, error) { return r.content, nil }

// send sends a request and returns its id.
func (f *front) send(to *zmq4.Conn, kind, content string) string {
	f.t.Helper()
	return f.sendTo("", to, kind, content)
}

// sendTo sends a request to a subshell and returns its id.
func (f *front) sendTo(subshell string, to *zmq4.Conn, kind, content string, buffers ...[]byte) string {
	f.t.Helper()
	return f.sendWithID("", subshell, to, kind, content, buffers...)
}

// sendWithID is sendTo with an id that the sender knows before; "": a new one.
func (f *front) sendWithID(id, subshell string, to *zmq4.Conn, kind, content string, buffers ...[]byte) string {
	f.t.Helper()
	frames, err := f.codec.Encode(rawRequest{kind, json.RawMessage(content)}, nil)
	require.NoError(f.t, err)
	var h wire.Header
	require.NoError(f.t, json.Unmarshal(frames[2], &h))
	h.SubshellID = subshell
	if id != "" {
		h.ID = id
	}
	frames[2], err = json.Marshal(h)
	require.NoError(f.t, err)
	frames[1] = f.sign(frames[2:])
	frames = append(frames, buffers...)
	require.NoError(f.t, to.SendMsg(zmq4.NewMsgFrom(frames...)))
	return h.ID
}

// sign is the signature of a message's header, parent, metadata and content.
func (f *front) sign(parts [][]byte) []byte {
	mac := hmac.New(sha256.New, []byte(f.connection.Key))
	mac.Write(bytes.Join(parts, nil))
	return hex.AppendEncode(nil, mac.Sum(nil))
}

// execute sends a cell and returns its id.
func (f *front) execute(code string) string {
	f.t.Helper()
	content, err := json.Marshal(map[string]any{"code": code, "allow_stdin": true})
	require.NoError(f.t, err)
	return f.send(f.shell, "execute_request", string(content))
}

func (f *front) next(from *zmq4.Conn) *wire.Message {
	f.t.Helper()
	m, err := from.RecvMsg()
	require.NoError(f.t, err)
	decoded, err := f.codec.Decode(m.Frames)
	require.NoError(f.t, err)
	return decoded
}

// reply is the next message of a channel, which must answer id.
func (f *front) reply(from *zmq4.Conn, id string) map[string]any {
	f.t.Helper()
	m := f.next(from)
	require.Equal(f.t, id, parentOf(f.t, m))
	return contentOf(f.t, m)
}

// shown reads iopub from a request's busy to its idle, and returns what is between.
func (f *front) shown(id string) []*wire.Message {
	f.t.Helper()
	var between []*wire.Message
	for busy := false; ; {
		m := f.next(f.iopub)
		if parentOf(f.t, m) != id {
			continue
		}
		state, _ := contentOf(f.t, m)["execution_state"].(string)
		require.True(f.t, busy || state == "busy", "busy comes first, and again where something was answered beside it")
		switch state {
		case "busy":
			busy = true
		case "idle":
			return between
		default:
			between = append(between, m)
		}
	}
}

// idle reads iopub until the kernel works on none of the requests.
func (f *front) idle(ids ...string) {
	f.t.Helper()
	for state := (map[string]any{}); slices.ContainsFunc(ids, func(id string) bool { return state[id] != "idle" }); {
		m := f.next(f.iopub)
		if m.Header.Type == "status" {
			state[parentOf(f.t, m)] = contentOf(f.t, m)["execution_state"]
		}
	}
}

// run executes a cell: the content of its reply, and what it showed.
func (f *front) run(code string) (map[string]any, []*wire.Message) {
	f.t.Helper()
	id := f.execute(code)
	shown := f.shown(id)
	return f.reply(f.shell, id), shown
}

func parentOf(t *testing.T, m *wire.Message) string {
	t.Helper()
	var h wire.Header
	require.NoError(t, json.Unmarshal(m.Parent, &h))
	return h.ID
}

func contentOf(t *testing.T, m *wire.Message) map[string]any {
	t.Helper()
	var content map[string]any
	require.NoError(t, m.ContentInto(&content))
	return content
}
