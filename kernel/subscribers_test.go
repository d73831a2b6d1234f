package kernel

import (
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/stretchr/testify/require"
)

// The channels of a front end connect one by one.
func TestTheStateOfTheFirstRequestIsShownToWhoSentIt(t *testing.T) {
	f := runKernel(t, Options{}, time.Now())
	f.shell = f.dial(f.connection.ShellPort, zmq4.Dealer, "front")
	id := f.send(f.shell, "kernel_info_request", "{}")
	time.Sleep(reconnect / 6)
	f.connectIOPub()
	require.Empty(t, f.shown(id), "busy and idle")
	require.Equal(t, "ok", f.reply(f.shell, id)["status"])
}

func TestTheFirstCellAfterARestartIsShownToThoseWhoComeBack(t *testing.T) {
	f := runKernel(t, Options{}, time.Now().Add(-time.Hour))
	f.shell = f.dial(f.connection.ShellPort, zmq4.Dealer, "front")
	other := f.dial(f.connection.IOPubPort, zmq4.Sub, "")
	require.NoError(t, other.SendMsg(zmq4.NewMsg([]byte{1})))
	id := f.execute("6 * 7")
	time.Sleep(reconnect / 6)
	f.connectIOPub()
	shown := f.shown(id)
	require.Equal(t, map[string]any{"text/plain": "42"}, contentOf(t, shown[1])["data"])
	require.Equal(t, "ok", f.reply(f.shell, id)["status"])
}
