package kernel

import (
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/stretchr/testify/require"
)

// The channels of a front end that stays connected come back one by one.
func TestTheFirstCellAfterARestartIsShownToThoseWhoComeBack(t *testing.T) {
	f := runKernel(t, Options{}, time.Now().Add(-time.Hour))
	f.shell = f.dial(f.connection.ShellPort, zmq4.Dealer, "front")
	id := f.execute("6 * 7")
	time.Sleep(reconnect / 6)
	f.connectIOPub()
	shown := f.shown(id)
	require.Equal(t, map[string]any{"text/plain": "42"}, contentOf(t, shown[1])["data"])
	require.Equal(t, "ok", f.reply(f.shell, id)["status"])
}
