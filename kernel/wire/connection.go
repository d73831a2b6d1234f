package wire

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
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

func parseConnection(text []byte) (*Connection, error) {
	c := &Connection{Transport: "tcp", SignatureScheme: "hmac-sha256"}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, err
	}
	if c.Transport != "tcp" && c.Transport != "ipc" {
		return nil, fmt.Errorf("transport %q is neither tcp nor ipc", c.Transport)
	}
	if c.IP == "" {
		return nil, fmt.Errorf("ip is missing")
	}
	for name, port := range map[string]Port{
		"shell_port": c.ShellPort, "iopub_port": c.IOPubPort, "stdin_port": c.StdinPort,
		"control_port": c.ControlPort, "hb_port": c.HeartbeatPort,
	} {
		if port == 0 {
			return nil, fmt.Errorf("%s is missing", name)
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
