package wire

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/security/null"
	"github.com/stretchr/testify/require"
)

var quiet = slog.New(slog.DiscardHandler)

func local(t *testing.T) Endpoint {
	return Endpoint{"unix", filepath.Join(t.TempDir(), "s")}
}

// patience bounds what would otherwise hang.
const patience = 30 * time.Second

// dial connects as a client of the given kind.
func dial(t *testing.T, at Endpoint, kind zmq4.SocketType, identity string) *zmq4.Conn {
	t.Helper()
	c, err := net.Dial(at.Network, at.Address)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	conn, err := zmq4.Open(c, null.Security(), kind, zmq4.SocketIdentity(identity), false, nil)
	require.NoError(t, err)
	return conn
}

func send(t *testing.T, c *zmq4.Conn, frames ...string) {
	t.Helper()
	var m zmq4.Msg
	for _, f := range frames {
		m.Frames = append(m.Frames, []byte(f))
	}
	require.NoError(t, c.SendMsg(m))
}

func receive(t *testing.T, c *zmq4.Conn) []string {
	t.Helper()
	m, err := c.RecvMsg()
	require.NoError(t, err)
	return texts(m.Frames)
}

func texts(frames [][]byte) []string {
	out := make([]string, len(frames))
	for i, f := range frames {
		out[i] = string(f)
	}
	return out
}

// listenRouter returns a router and the messages that it receives.
func listenRouter(t *testing.T) (*Router, <-chan [][]byte, Endpoint) {
	t.Helper()
	at := local(t)
	r, err := ListenRouter(at, quiet)
	require.NoError(t, err)
	t.Cleanup(func() { r.Close(0) })
	messages := make(chan [][]byte, 64)
	r.Serve(func(frames [][]byte) { messages <- frames })
	return r, messages, at
}

func TestARouterAnswersEachPeer(t *testing.T) {
	r, messages, at := listenRouter(t)
	a, b := dial(t, at, zmq4.Dealer, "a"), dial(t, at, zmq4.Dealer, "")
	send(t, a, "from", "a")
	m := <-messages
	require.Equal(t, []string{"a", "from", "a"}, texts(m))
	send(t, b, "from b")
	fromB := <-messages
	require.NotEmpty(t, fromB[0], "a peer without a name gets one")

	require.NoError(t, r.Send([][]byte{fromB[0], []byte("to b")}))
	require.NoError(t, r.Send([][]byte{m[0], []byte("to"), {}, make([]byte, 70000)}))
	require.Equal(t, []string{"to b"}, receive(t, b))
	require.Equal(t, []string{"to", "", string(make([]byte, 70000))}, receive(t, a))
	require.ErrorIs(t, r.Send([][]byte{[]byte("nobody"), {}}), ErrNoPeer)
}

func TestAPeerThatReconnectsTakesItsNameOver(t *testing.T) {
	r, messages, at := listenRouter(t)
	old := dial(t, at, zmq4.Dealer, "a")
	send(t, old, "1")
	<-messages
	renewed := dial(t, at, zmq4.Dealer, "a")
	send(t, renewed, "2")
	<-messages
	require.NoError(t, r.Send([][]byte{[]byte("a"), []byte("reply")}))
	require.Equal(t, []string{"reply"}, receive(t, renewed))
	_, err := old.RecvMsg()
	require.Error(t, err)
}

func TestASilentPeerKeepsNobodyOut(t *testing.T) {
	_, messages, at := listenRouter(t)
	silent, err := net.Dial(at.Network, at.Address)
	require.NoError(t, err)
	defer silent.Close()
	c := dial(t, at, zmq4.Dealer, "a")
	send(t, c, "hello")
	require.Equal(t, []string{"a", "hello"}, texts(<-messages))
}

func TestAMalformedPeerIsDroppedAlone(t *testing.T) {
	header := append([]byte{0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0}, "NULL"...)
	greet := append(header, make([]byte, greeting-len(header))...)
	for name, bytes := range map[string][]byte{
		"another protocol":       append([]byte("GET / HTTP/1.1\r\n\r\n"), make([]byte, 64)...),
		"broken command":         append(greet, 4, 9, 5, 'R', 'E', 'A', 'D', 'Y', 200, 1, 2),
		"command without a name": append(greet, 4, 0),
		"endless handshake":      append(greet, 6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
	} {
		t.Run(name, func(t *testing.T) {
			_, messages, at := listenRouter(t)
			bad, err := net.Dial(at.Network, at.Address)
			require.NoError(t, err)
			defer bad.Close()
			_, err = bad.Write(bytes)
			require.NoError(t, err)
			require.NoError(t, bad.SetReadDeadline(time.Now().Add(patience)))
			for err == nil { // until the router has dropped it
				_, err = bad.Read(make([]byte, 1024))
			}
			require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
			c := dial(t, at, zmq4.Dealer, "a")
			send(t, c, "hello")
			require.Equal(t, []string{"a", "hello"}, texts(<-messages))
		})
	}
}

func listenPublisher(t *testing.T) (*Publisher, Endpoint) {
	t.Helper()
	at := local(t)
	p, err := ListenPublisher(at, quiet, func(topic string) [][]byte { return [][]byte{[]byte("welcome to " + topic)} })
	require.NoError(t, err)
	t.Cleanup(func() { p.Close(0) })
	return p, at
}

func subscribe(t *testing.T, at Endpoint, topic string) *zmq4.Conn {
	t.Helper()
	c := dial(t, at, zmq4.Sub, "")
	send(t, c, "\x01"+topic)
	require.Equal(t, []string{topic, "welcome to " + topic}, receive(t, c))
	return c
}

func TestSubscribersGetTheirTopics(t *testing.T) {
	p, at := listenPublisher(t)
	all, streams := subscribe(t, at, ""), subscribe(t, at, "stream")
	p.Publish("status", [][]byte{[]byte("busy")})
	p.Publish("stream.stdout", [][]byte{[]byte("text")})
	require.Equal(t, []string{"status", "busy"}, receive(t, all))
	require.Equal(t, []string{"stream.stdout", "text"}, receive(t, all))
	require.Equal(t, []string{"stream.stdout", "text"}, receive(t, streams))

	send(t, streams, "\x00stream")
	send(t, streams, "\x01status") // its welcome shows that both were read
	require.Equal(t, []string{"status", "welcome to status"}, receive(t, streams))
	p.Publish("stream.stdout", [][]byte{[]byte("text")})
	p.Publish("status", [][]byte{[]byte("idle")})
	require.Equal(t, []string{"status", "idle"}, receive(t, streams))
}

func TestAStalledSubscriberKeepsNobodyWaiting(t *testing.T) {
	p, at := listenPublisher(t)
	subscribe(t, at, "") // reads nothing more
	reader := subscribe(t, at, "")
	block := make([]byte, 1<<20)
	for range 2 * maxQueued / len(block) {
		p.Publish("t", [][]byte{block})
		require.Len(t, receive(t, reader), 2)
	}
	p.mu.Lock() // a stalled subscriber may be dropped at any time
	defer p.mu.Unlock()
	for peer := range p.peers {
		peer.mu.Lock()
		require.LessOrEqual(t, peer.queued, maxQueued)
		peer.mu.Unlock()
	}
}

func TestASubscriberHasSomeTopicsOfSomeLength(t *testing.T) {
	p, at := listenPublisher(t)
	c := subscribe(t, at, "0")
	topic := func(i int) string { return strconv.Itoa(i) + strings.Repeat("x", maxTopic-10) }
	for i := 1; i < maxSubscriptions; i++ {
		send(t, c, "\x01"+topic(i))
		require.Equal(t, "welcome to "+topic(i), receive(t, c)[1])
	}
	send(t, c, "\x01one too many")
	send(t, c, "\x010") // again
	require.Equal(t, "welcome to 0", receive(t, c)[1])
	send(t, c, "\x00"+topic(1))
	send(t, c, "\x01"+strings.Repeat("x", maxTopic+1))
	send(t, c, "\x01in place of another")
	require.Equal(t, "welcome to in place of another", receive(t, c)[1])
	p.Publish("one too many", nil)
	p.Publish("0", nil)
	require.Equal(t, []string{"0"}, receive(t, c))
}

func TestWhereLittleIsToBeSaidMuchIsNotRead(t *testing.T) {
	h, err := ListenHeartbeat(local(t), quiet)
	require.NoError(t, err)
	defer h.Close(0)
	_, publisher := listenPublisher(t)
	beat := Endpoint{"unix", h.listener.Addr().String()}
	for kind, at := range map[zmq4.SocketType]Endpoint{zmq4.Req: beat, zmq4.Sub: publisher} {
		c := dial(t, at, kind, "")
		_ = c.SendMsg(zmq4.NewMsg(make([]byte, maxSignal+1))) // fails when it is dropped early enough
		_, err := c.RecvMsg()
		require.Error(t, err)
		require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
	}
}

// The heartbeat owes an answer for each message, also for empty ones.
func TestEmptyMessagesCountForAPeerThatDoesNotRead(t *testing.T) {
	p := newPeer(nil, "", 1)
	n := 0
	for p.send([][]byte{{}}) && n <= maxQueued {
		n++
	}
	require.Equal(t, maxQueued/frameOverhead, n)
}

func TestTheHeartbeatEchoes(t *testing.T) {
	at := local(t)
	h, err := ListenHeartbeat(at, quiet)
	require.NoError(t, err)
	defer h.Close(0)
	c := dial(t, at, zmq4.Req, "")
	send(t, c, "", "ping")
	require.Equal(t, []string{"", "ping"}, receive(t, c))
}

func TestClosingSendsWhatIsQueued(t *testing.T) {
	p, at := listenPublisher(t)
	c := subscribe(t, at, "")
	block := make([]byte, 1<<20)
	for range 20 {
		p.Publish("t", [][]byte{block})
	}
	closed := make(chan bool)
	go func() {
		p.Close(patience)
		close(closed)
	}()
	for range 20 {
		require.Len(t, receive(t, c), 2)
	}
	<-closed
	_, err := net.Dial(at.Network, at.Address)
	require.Error(t, err, "nobody listens any more")
}

func TestClosingDoesNotWaitForAPeerThatDoesNotRead(t *testing.T) {
	p, at := listenPublisher(t)
	subscribe(t, at, "")
	p.Publish("t", [][]byte{make([]byte, 8<<20)})
	p.Close(time.Millisecond)
}

func TestAStaleSocketFileIsReplacedAndALiveOneIsNot(t *testing.T) {
	at := local(t)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: at.Address, Net: "unix"})
	require.NoError(t, err)
	_, err = ListenRouter(at, quiet)
	require.ErrorContains(t, err, "address already in use")
	l.SetUnlinkOnClose(false)
	require.NoError(t, l.Close())
	r, err := ListenRouter(at, quiet)
	require.NoError(t, err)
	r.Close(0)
}
