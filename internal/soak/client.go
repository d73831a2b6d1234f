package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/security/null"

	"adkernel/kernel/wire"
)

// patience bounds the wait for one answer.
const patience = 2 * time.Minute

// A kernel is a kernel process, and a front end that talks to it.
type kernel struct {
	process    *exec.Cmd
	log        *os.File
	connection *wire.Connection
	codec      *wire.Codec

	shell, control, iopub client
	conns                 []net.Conn
}

// A client is a connection to one channel.
type client struct {
	*zmq4.Conn
	raw net.Conn
}

// startKernel starts "adkernel kernel" in the folder and waits until it answers.
func startKernel(ctx context.Context, adkernel, folder string) (*kernel, error) {
	file := filepath.Join(folder, "connection.json")
	_ = os.Remove(file) // of the kernel before
	connection, err := wire.CreateConnection(file)
	if err != nil {
		return nil, err
	}
	k := &kernel{connection: connection}
	if k.codec, err = wire.NewCodec(connection, "soak"); err != nil {
		return nil, err
	}
	if k.log, err = os.Create(filepath.Join(folder, "kernel.log")); err != nil {
		return nil, err
	}
	k.process = exec.CommandContext(ctx, adkernel, "kernel", file)
	k.process.Dir, k.process.Stdout, k.process.Stderr = folder, k.log, k.log
	k.process.Env = append(os.Environ(), "XDG_DATA_HOME="+folder)
	if err := k.process.Start(); err != nil {
		return nil, err
	}
	if err := k.connect(); err != nil {
		k.close()
		return nil, err
	}
	return k, nil
}

func (k *kernel) connect() (err error) {
	if k.iopub, err = k.dial(k.connection.IOPubPort, zmq4.Sub); err != nil {
		return err
	}
	if err := k.iopub.SendMsg(zmq4.NewMsg([]byte{1})); err != nil {
		return err
	}
	if k.shell, err = k.dial(k.connection.ShellPort, zmq4.Dealer); err != nil {
		return err
	}
	k.control, err = k.dial(k.connection.ControlPort, zmq4.Dealer)
	return err
}

// dial connects to a channel, once the kernel listens.
func (k *kernel) dial(port wire.Port, kind zmq4.SocketType) (client, error) {
	at := k.connection.Endpoint(port)
	var c net.Conn
	var err error
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if c, err = net.Dial(at.Network, at.Address); err == nil || time.Now().After(deadline) {
			break
		}
	}
	if err != nil {
		return client{}, err
	}
	k.conns = append(k.conns, c)
	conn, err := zmq4.Open(c, null.Security(), kind, nil, false, nil)
	return client{conn, c}, err
}

func (k *kernel) close() {
	for _, c := range k.conns {
		c.Close()
	}
	_ = k.process.Process.Kill() // it may have ended by itself
	_ = k.process.Wait()
	k.log.Close()
}

// raw is a request whose content is written out.
type raw struct {
	kind    string
	content json.RawMessage
}

func (r raw) MessageType() string          { return r.kind }
func (r raw) MarshalJSON() ([]byte, error) { return r.content, nil }

// send sends a request and returns its id.
func (k *kernel) send(to client, kind string, content any) (string, error) {
	body, err := json.Marshal(content)
	if err != nil {
		return "", err
	}
	frames, err := k.codec.Encode(raw{kind, body}, nil)
	if err != nil {
		return "", err
	}
	var h wire.Header
	if err := json.Unmarshal(frames[2], &h); err != nil {
		return "", err
	}
	return h.ID, to.SendMsg(zmq4.NewMsgFrom(frames...))
}

// next waits for the next message of a channel.
func (k *kernel) next(from client) (*wire.Message, error) {
	if err := from.raw.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	m, err := from.RecvMsg()
	if err != nil {
		return nil, err
	}
	return k.codec.Decode(m.Frames)
}

// A reply is what a cell came to.
type reply struct {
	Status string          `json:"status"`
	Name   string          `json:"ename"`
	Value  string          `json:"evalue"`
	text   strings.Builder // that it printed, and its results
	bytes  int             // of text that came
}

// run executes a cell and waits for its reply and for idle.
func (k *kernel) run(code string) (*reply, error) {
	id, err := k.send(k.shell, "execute_request", map[string]any{"code": code})
	if err != nil {
		return nil, err
	}
	return k.await(id)
}

// runFor is run, and interrupts a cell that takes longer.
func (k *kernel) runFor(most time.Duration, code string) (*reply, error) {
	timer := time.AfterFunc(most, func() {
		_, _ = k.send(k.control, "interrupt_request", map[string]any{}) // else await runs out of patience
	})
	defer timer.Stop()
	return k.run(code)
}

// keptText is how much of a cell's text a reply keeps.
const keptText = 1 << 20

func (k *kernel) await(id string) (*reply, error) {
	r := &reply{}
	for {
		m, err := k.next(k.iopub)
		if err != nil {
			return nil, fmt.Errorf("iopub: %w", err)
		}
		var parent wire.Header
		if json.Unmarshal(m.Parent, &parent) != nil || parent.ID != id {
			continue
		}
		var content struct {
			State string            `json:"execution_state"`
			Text  string            `json:"text"`
			Data  map[string]string `json:"data"`
		}
		_ = json.Unmarshal(m.Content, &content) // other messages have other fields
		if content.State == "idle" {
			break
		}
		text := content.Text + content.Data["text/plain"]
		r.bytes += len(text)
		if r.text.Len() < keptText {
			r.text.WriteString(text)
		}
	}
	for {
		m, err := k.next(k.shell)
		if err != nil {
			return nil, fmt.Errorf("shell: %w", err)
		}
		var parent wire.Header
		if json.Unmarshal(m.Parent, &parent) == nil && parent.ID == id {
			return r, m.ContentInto(r)
		}
	}
}

// value runs a cell that must succeed, and returns its text.
func (k *kernel) value(code string) (string, error) {
	r, err := k.run(code)
	if err != nil {
		return "", err
	}
	if r.Status != "ok" {
		return "", fmt.Errorf("%s: %s: %s", code, r.Name, r.Value)
	}
	return r.text.String(), nil
}
