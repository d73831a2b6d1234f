package run

import (
	"context"
	"path/filepath"
	"time"

	"adkernel/builtins/cluster"
)

// occupy waits for the GPUs that the run has for itself, which the engine is
// shown and no others; nil where it has none. The caller releases them.
func (x *execution) occupy(ctx context.Context) (*cluster.Reservation, error) {
	gpus, err := cluster.Reserve(ctx, x.spec.Deployment.On, filepath.Base(x.dir), x.queued)
	if err != nil || gpus == nil {
		return nil, err
	}
	x.log.Printf("GPUs reserved: %s", gpus.VisibleDevices())
	if err := x.started(); err != nil {
		gpus.Release()
		return nil, err
	}
	return gpus, nil
}

// queued records what the run waits for.
func (x *execution) queued(what string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.log.Print(what)
	x.state.Status, x.state.Doing = Queued, what
	if err := x.record(x.state); err != nil {
		x.log.Printf("%s: %v", stateFile, err)
	}
}

// started records that the run waits no more.
func (x *execution) started() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.state.Status == Running {
		return nil
	}
	x.state.Status, x.state.Doing, x.state.Started = Running, "", time.Now()
	return x.record(x.state)
}
