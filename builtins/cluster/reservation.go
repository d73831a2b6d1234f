package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Reservation is GPUs that no other run uses.
type Reservation struct {
	GPUs  []GPU
	locks []*os.File
}

// Release lets the next in the queue have the GPUs. Nothing is reserved by nil.
func (r *Reservation) Release() {
	if r == nil {
		return
	}
	for _, f := range r.locks {
		f.Close()
	}
	r.locks = nil
}

// VisibleDevices is the value of CUDA_VISIBLE_DEVICES that shows the GPUs and
// no others; "" of nil, which restricts nothing.
func (r *Reservation) VisibleDevices() string {
	if r == nil {
		return ""
	}
	ids := make([]string, len(r.GPUs))
	for i, g := range r.GPUs {
		ids[i] = g.UUID
	}
	return strings.Join(ids, ",")
}

// Reserve waits until what p has of this machine for itself is free: see
// Local.Reserve; where p is SSH, this is that machine. It returns nil where that
// is nothing, as of a nil Place and of Slurm, which hands out GPUs itself.
func Reserve(ctx context.Context, p Place, who string, wait func(string)) (*Reservation, error) {
	switch l := p.(type) {
	case Local:
		return l.Reserve(ctx, who, wait)
	case *Local:
		return l.Reserve(ctx, who, wait)
	case SSH:
		return l.local().Reserve(ctx, who, wait)
	case *SSH:
		return l.local().Reserve(ctx, who, wait)
	}
	return nil, nil
}

// Reserve waits until the GPUs that l asks for are free, behind those who
// asked before. wait is told, when it changes, what is waited for. who is
// shown to others who wait: the run. Without GPUs to reserve it returns nil.
//
// Each GPU is a file, and who has it holds a lock on it. The lock belongs to
// the open file, which the processes that are started from now on inherit: so
// when the holder is killed, however, the GPU is free as soon as the last
// process that may compute on it is gone, and not before. Those who wait hold
// a lock on a ticket in the same way.
func (l Local) Reserve(ctx context.Context, who string, wait func(string)) (*Reservation, error) {
	if err := l.Check(); err != nil {
		return nil, err
	}
	if l.GPUs == 0 && len(l.Devices) == 0 {
		return nil, nil
	}
	gpus, err := GPUs(ctx)
	if err != nil {
		return nil, err
	}
	if gpus, err = l.candidates(gpus); err != nil {
		return nil, err
	}
	q, err := openQueue()
	if err != nil {
		return nil, err
	}
	ticket, err := q.enter(l.count(), gpus, who)
	if err != nil {
		return nil, err
	}
	defer ticket.leave()
	told := ""
	for {
		reservation, why, err := q.try(ticket)
		if err != nil || reservation != nil {
			return reservation, err
		}
		if why != told {
			told = why
			wait(why)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (l Local) count() int { return max(l.GPUs, len(l.Devices)) }

// candidates are the GPUs of which count are wanted.
func (l Local) candidates(gpus []GPU) ([]GPU, error) {
	if len(l.Devices) > 0 {
		return find(gpus, l.Devices)
	}
	if l.GPUs > len(gpus) {
		return nil, fmt.Errorf("%d GPUs are asked for, and this machine has %d: %s", l.GPUs, len(gpus), describeGPUs(gpus))
	}
	return gpus, nil
}

// inherit lets the processes that are started from now on hold the locks too.
func (r *Reservation) inherit() error {
	for _, f := range r.locks {
		if _, err := unix.FcntlInt(f.Fd(), unix.F_SETFD, 0); err != nil {
			return fmt.Errorf("lock %s: %w", f.Name(), err)
		}
	}
	return nil
}

// Disown closes what this process inherited of others' reservations, which are
// meant for their engines. A run that is started by who holds GPUs would hold
// them to its own end, or wait for them for ever. Where there is no /proc, it
// does nothing.
func Disown() {
	descriptors, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	dir, err := filepath.EvalSymlinks(queuePath())
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err != nil {
		return // no queue, no reservation
	}
	locks := filepath.Join(dir, gpuPrefix)
	for _, d := range descriptors {
		descriptor, err := strconv.Atoi(d.Name())
		if err != nil {
			continue
		}
		if path, err := os.Readlink(filepath.Join("/proc/self/fd", d.Name())); err == nil && strings.HasPrefix(path, locks) {
			syscall.Close(descriptor)
		}
	}
}
