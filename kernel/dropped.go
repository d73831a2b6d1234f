package kernel

import (
	"log/slog"
	"sync"
	"time"
)

// Peers may send what is no message as fast as they can. Each is dropped; the
// log names the first few of a period and counts the rest.
const (
	droppedPeriod = time.Minute
	droppedNamed  = 20
)

// dropLog logs what was dropped, and stays short.
type dropLog struct {
	log *slog.Logger

	mu    sync.Mutex
	since time.Time // the period's start
	count int       // in it
}

func (d *dropLog) note(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := time.Now(); now.Sub(d.since) > droppedPeriod {
		if d.count > droppedNamed {
			d.log.Warn("dropped more messages", "count", d.count-droppedNamed)
		}
		d.since, d.count = now, 0
	}
	d.count++
	if d.count <= droppedNamed {
		d.log.Warn("dropped a message", "error", err)
	}
}
