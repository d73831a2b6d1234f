package wire

import (
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/stretchr/testify/require"
)

// connect opens n connections that say nothing, a few at a time: a socket's
// backlog is short.
func connect(t *testing.T, at Endpoint, n int) []net.Conn {
	var all []net.Conn
	for range n {
		c, err := net.Dial(at.Network, at.Address)
		for deadline := time.Now().Add(patience); err != nil && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
			c, err = net.Dial(at.Network, at.Address)
		}
		require.NoError(t, err)
		all = append(all, c)
	}
	return all
}

func TestTenThousandSilentConnectionsKeepNobodyOut(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	r, messages, at := listenRouter(t)
	for range 100 { // the test's own descriptors are limited, too
		all := connect(t, at, 100)
		r.mu.Lock()
		require.LessOrEqual(t, len(r.pending), maxPending)
		r.mu.Unlock()
		for _, c := range all {
			defer c.Close()
		}
		for _, c := range all[:90] {
			c.Close()
		}
	}
	c := dial(t, at, zmq4.Dealer, "late")
	send(t, c, "hello")
	require.Equal(t, []string{"late", "hello"}, texts(<-messages))
	r.Close(0)
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines+2 }, patience, 10*time.Millisecond, "nothing is left behind")
}

func TestMorePeersThanAChannelServesAreRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("under the race detector, on a slow machine, so many handshakes outlast the client's patience")
	}
	r, _, at := listenRouter(t)
	for range maxPeers {
		dial(t, at, zmq4.Dealer, "")
	}
	require.Eventually(t, func() bool { // a client may be through with the handshake before the router is
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.peers) == maxPeers
	}, patience, time.Millisecond)
	_, err := dial(t, at, zmq4.Dealer, "one more").RecvMsg()
	require.ErrorIs(t, err, io.EOF)
	r.mu.Lock()
	defer r.mu.Unlock()
	require.Len(t, r.peers, maxPeers)
}
