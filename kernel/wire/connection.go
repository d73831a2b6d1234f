package wire

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// Connection is a connection file: where the kernel listens, and the key that
// signs its messages.
type Connection struct {
	Transport       string `json:"transport"` // "tcp" or "ipc"
	IP              string `json:"ip"`        // with ipc: the path before the port
	ShellPort       Port   `json:"shell_port"`
	IOPubPort       Port   `json:"iopub_port"`
	StdinPort       Port   `json:"stdin_port"`
	ControlPort     Port   `json:"control_port"`
	HeartbeatPort   Port   `json:"hb_port"`
	SignatureScheme string `json:"signature_scheme"`
	Key             string `json:"key"`
}

// A Port is a number; some front ends write it as a string.
type Port int

// UnmarshalJSON implements json.Unmarshaler.
func (p *Port) UnmarshalJSON(text []byte) error {
	var s string
	if json.Unmarshal(text, &s) != nil {
		s = string(text)
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("port %s is not a number from 1 to 65535", text)
	}
	*p = Port(n)
	return nil
}

// ReadConnection reads a connection file.
func ReadConnection(path string) (*Connection, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the connection file: %w", err)
	}
	c, err := parseConnection(text)
	if err != nil {
		return nil, fmt.Errorf("connection file %s: %w", path, err)
	}
	return c, nil
}

// CreateConnection writes a connection file that nobody else can read, with
// free ports of the loopback interface and a new key, for clients to find.
func CreateConnection(path string) (*Connection, error) {
	c := &Connection{Transport: "tcp", IP: "127.0.0.1", SignatureScheme: "hmac-sha256", Key: rand.Text()}
	for _, port := range []*Port{&c.ShellPort, &c.IOPubPort, &c.StdinPort, &c.ControlPort, &c.HeartbeatPort} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("no free port: %w", err)
		}
		defer l.Close() // when all are found, so that they differ
		*port = Port(l.Addr().(*net.TCPAddr).Port)
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot write the connection file: %w", err)
	}
	_, err = f.Write(append(text, '\n'))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot write the connection file: %w", err), os.Remove(path))
	}
	return c, nil
}

// Exposure says what is unsafe about a connection: who may read its file or
// reach its ports and send code to the kernel. Nothing is the usual answer.
func (c *Connection) Exposure(path string) []string {
	var risks []string
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 && reachable(path) {
		risks = append(risks, fmt.Sprintf("other users may read the key in %s (mode %04o): chmod 600", path, info.Mode().Perm()))
	}
	if c.Key == "" {
		risks = append(risks, "messages are not signed, because the key is empty: whoever reaches the ports can run code")
	}
	if ip := net.ParseIP(c.IP); c.Transport == "tcp" && (c.IP == "*" || ip != nil && !ip.IsLoopback()) {
		risks = append(risks, fmt.Sprintf("the kernel listens on %s, and ZeroMQ over TCP is not encrypted: prefer 127.0.0.1 with a tunnel, or ipc", c.IP))
	}
	return risks
}

// reachable says whether other users get as far as a file: no folder above it is
// its owner's alone, as Jupyter's runtime folder is, where VS Code writes files
// that everybody may read.
func reachable(path string) bool {
	path, err := filepath.Abs(path)
	if err != nil {
		return true
	}
	for folder := filepath.Dir(path); ; folder = filepath.Dir(folder) {
		if info, err := os.Stat(folder); err == nil && info.Mode().Perm()&0o011 == 0 {
			return false
		}
		if folder == filepath.Dir(folder) {
			return true
		}
	}
}

func parseConnection(text []byte) (*Connection, error) {
	c := &Connection{Transport: "tcp", SignatureScheme: "hmac-sha256"}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, err
	}
	if c.Transport != "tcp" && c.Transport != "ipc" {
		return nil, fmt.Errorf("transport %q is neither tcp nor ipc", c.Transport)
	}
	if c.IP == "" {
		return nil, errors.New("ip is missing")
	}
	for _, port := range []struct {
		name string
		is   Port
	}{
		{"shell_port", c.ShellPort}, {"iopub_port", c.IOPubPort}, {"stdin_port", c.StdinPort},
		{"control_port", c.ControlPort}, {"hb_port", c.HeartbeatPort},
	} {
		if port.is == 0 {
			return nil, fmt.Errorf("%s is missing", port.name)
		}
	}
	if _, err := hashOf(c.SignatureScheme); err != nil {
		return nil, err
	}
	return c, nil
}

// Endpoint is where the channel with this port is: a network and an address
// for package net.
func (c *Connection) Endpoint(port Port) Endpoint {
	if c.Transport == "ipc" {
		return Endpoint{"unix", fmt.Sprintf("%s-%d", c.IP, port)}
	}
	return Endpoint{"tcp", net.JoinHostPort(c.listenIP(), strconv.Itoa(int(port)))}
}

// listenIP turns ZeroMQ's name for all interfaces into package net's.
func (c *Connection) listenIP() string {
	if c.IP == "*" {
		return ""
	}
	return c.IP
}

// An Endpoint is where a socket listens.
type Endpoint struct {
	Network string // "tcp" or "unix"
	Address string
}
