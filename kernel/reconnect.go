package kernel

import (
	"context"
	"os"
	"time"
)

// Front ends that are connected to a kernel which is restarted connect to the
// new one by themselves, each channel when ZeroMQ tries again: the shell channel,
// maybe, before the iopub channel, on which a cell that comes at once would be
// shown to nobody.

// reconnect is longer than ZeroMQ waits before it tries again, 200 ms, and than
// it takes until it has subscribed.
const reconnect = 300 * time.Millisecond

// restartAge is how old the connection file of a kernel that is restarted is at
// least; that of a new one has just been written.
const restartAge = 500 * time.Millisecond

// restarted says whether an earlier kernel had the connection file.
func restarted(connectionFile string) bool {
	info, err := os.Stat(connectionFile)
	return err == nil && time.Since(info.ModTime()) > restartAge
}

// awaitFrontEnds returns when those who were connected before a restart have come back.
func (s *server) awaitFrontEnds(ctx context.Context) {
	if !s.restarted {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(time.Until(s.serving.Add(reconnect))):
	}
}
