package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// errGone ends an execution whose directory is another run's, or nobody's.
var errGone = errors.New("its directory was removed, or its lock")

const watchEvery = time.Second

// watched is a context that ends when the directory says that the run should:
// where somebody on another machine cancels it, or has removed it.
func (x *execution) watched(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		ticker := time.NewTicker(watchEvery)
		defer ticker.Stop()
		for {
			if _, err := os.Stat(filepath.Join(x.dir, stopFile)); err == nil {
				cancel(fmt.Errorf("%s is in its directory", stopFile))
			}
			if err := x.owns(); err != nil {
				cancel(err)
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}

// owns is errGone when the lock that is held is not that of the directory any
// more: who removes a run that is executed may have made another of its name.
func (x *execution) owns() error {
	there, err := os.Stat(filepath.Join(x.dir, lockFile))
	if errors.Is(err, fs.ErrNotExist) {
		return errGone
	}
	mine, heldErr := x.held.Stat()
	if err == nil && heldErr == nil && !os.SameFile(mine, there) {
		return errGone
	}
	return nil // as far as is known
}

// record writes the state, where the directory is still this execution's.
func (x *execution) record(state State) error {
	if err := x.owns(); err != nil {
		return err
	}
	return writeState(x.dir, state)
}
