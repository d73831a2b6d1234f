package kernel

import (
	"context"
	"os"
	"time"
)

// A front end whose channels find nobody connects each of them when ZeroMQ tries
// again: the shell channel, maybe, before the iopub channel, on which what comes
// at once would be shown to nobody. VS Code waits for the state of its first
// request, and a client that stays connected while its kernel is restarted
// (behind Jupyter Kernel Gateway, say) for its first cell's output.

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

// awaitFrontEnds returns when those who wait for what is published of r have
// subscribed: of a new kernel the first who does is the one who sent r; several
// may come back to one that was restarted.
func (s *server) awaitFrontEnds(ctx context.Context, r *request) {
	wait := time.Until(s.serving.Add(reconnect))
	if wait <= 0 {
		return
	}
	subscribed := s.iopub.Subscribed()
	if s.restarted && r.Header.Type == "execute_request" {
		subscribed = nil
	}
	select {
	case <-ctx.Done():
	case <-subscribed:
	case <-time.After(wait):
	}
}
