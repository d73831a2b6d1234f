package run

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"adkernel/builtins/cluster"
)

// occupy waits for the GPUs that the run has for itself, and shows the engine
// these and no others. The caller releases them.
func (x *execution) occupy(ctx context.Context) (release func(), err error) {
	var on cluster.Local
	switch place := x.spec.Deployment.On.(type) {
	case cluster.Local:
		on = place
	case *cluster.Local:
		on = *place
	default:
		return func() {}, nil
	}
	reservation, err := on.Reserve(ctx, filepath.Base(x.dir), x.queued)
	if err != nil || reservation == nil {
		return func() {}, err
	}
	x.log.Printf("GPUs reserved: %s", reservation.VisibleDevices())
	if err := os.Setenv("CUDA_VISIBLE_DEVICES", reservation.VisibleDevices()); err != nil {
		reservation.Release()
		return func() {}, err
	}
	return reservation.Release, x.started()
}

// queued records what the run waits for.
func (x *execution) queued(what string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.log.Print(what)
	x.state.Status, x.state.Doing = Queued, what
	if err := writeState(x.dir, x.state); err != nil {
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
	return writeState(x.dir, x.state)
}
