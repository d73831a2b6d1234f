package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"adkernel/internal/filelock"
)

// queueFolder is where the processes of this machine agree on its GPUs, those
// of all users. $ADKERNEL_GPU_QUEUE names another folder.
const queueFolder = "/tmp/adkernel-gpus"

const queueVariable = "ADKERNEL_GPU_QUEUE"

// queue is the folder of the locks.
type queue struct{ dir string }

func queuePath() string {
	if dir := os.Getenv(queueVariable); dir != "" {
		return dir
	}
	return queueFolder
}

func openQueue() (*queue, error) {
	dir := queuePath()
	if err := os.Mkdir(dir, 0o777); err == nil {
		os.Chmod(dir, 0o777|os.ModeSticky) // whatever the umask: all users share it
	} else if !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("the queue for GPUs: %w; set %s to a folder that all users of this machine can write", err, queueVariable)
	}
	return &queue{dir}, nil
}

// open opens a lock file, which anybody may lock, and makes it where there is
// none. The two are separate steps: where fs.protected_regular is set, as most
// distributions do, Linux refuses O_CREATE for another user's file in a folder
// like the queue's, even though the file is there and may be written.
func (q *queue) open(name string) (*os.File, error) {
	path := filepath.Join(q.dir, name)
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW, 0)
	for errors.Is(err, os.ErrNotExist) {
		f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if err == nil {
			f.Chmod(0o666) // whatever the umask
		} else if errors.Is(err, os.ErrExist) { // somebody else was faster
			f, err = os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW, 0)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the queue for GPUs: %w; set %s to a folder that all users of this machine can write", err, queueVariable)
	}
	return f, nil
}

// locked runs do while no other process of the queue does.
func (q *queue) locked(do func() error) error {
	f, err := q.open("queue")
	if err != nil {
		return err
	}
	defer f.Close()
	if err := filelock.Flock(f, syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return do()
}

// ticket is a place in the queue.
type ticket struct {
	number int
	file   *os.File

	Count int      `json:"count"`
	GPUs  []string `json:"gpus"` // UUIDs of those that would do
	Who   string   `json:"who"`

	gpus []GPU
}

const ticketPrefix = "ticket-"

func (q *queue) enter(count int, gpus []GPU, who string) (*ticket, error) {
	t := &ticket{Count: count, Who: who, gpus: gpus}
	for _, g := range gpus {
		t.GPUs = append(t.GPUs, g.UUID)
	}
	return t, q.locked(func() error {
		waiting, err := q.waiting()
		if err != nil {
			return err
		}
		t.number = 1
		if n := len(waiting); n > 0 {
			t.number = waiting[n-1].number + 1
		}
		if t.file, err = q.open(fmt.Sprintf("%s%d", ticketPrefix, t.number)); err != nil {
			return err
		}
		if err := filelock.Flock(t.file, syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			return fmt.Errorf("lock %s: %w", t.file.Name(), err)
		}
		text, err := json.Marshal(t)
		if err != nil {
			return err
		}
		// The file may be a longer ticket of another user who was killed: in the
		// queue's folder only its owner can remove it.
		if err := t.file.Truncate(0); err != nil {
			return err
		}
		_, err = t.file.WriteAt(text, 0)
		return err
	})
}

func (t *ticket) leave() {
	if t.file != nil {
		os.Remove(t.file.Name())
		t.file.Close()
	}
}

// waiting lists the tickets whose holders are alive, in order, and takes the
// others away. The queue must be locked.
func (q *queue) waiting() ([]*ticket, error) {
	names, err := fs.Glob(os.DirFS(q.dir), ticketPrefix+"*") // the folder's own name is no pattern
	if err != nil {
		return nil, err
	}
	var out []*ticket
	for _, name := range names {
		t := &ticket{}
		if t.number, err = strconv.Atoi(strings.TrimPrefix(name, ticketPrefix)); err != nil {
			continue
		}
		path := filepath.Join(q.dir, name)
		f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW, 0)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		held := filelock.Flock(f, syscall.LOCK_EX|syscall.LOCK_NB) == syscall.EWOULDBLOCK
		text := make([]byte, 1<<16)
		n, _ := f.ReadAt(text, 0)
		f.Close()
		if !held || json.Unmarshal(text[:n], t) != nil {
			os.Remove(path) // its holder was killed
			continue
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b *ticket) int { return a.number - b.number })
	return out, nil
}

// try reserves the ticket's GPUs, if those before it leave enough. Otherwise
// it says what is waited for.
func (q *queue) try(t *ticket) (r *Reservation, why string, err error) {
	err = q.locked(func() error {
		waiting, err := q.waiting()
		if err != nil {
			return err
		}
		claimed := map[string]bool{} // by those before
		before := 0
		for _, other := range waiting {
			if other.number >= t.number {
				break
			}
			before++
			q.claim(other, claimed)
		}
		r = &Reservation{}
		holders := map[string]bool{}
		for _, g := range t.gpus {
			if len(r.GPUs) == t.Count {
				break
			}
			if claimed[g.UUID] {
				holders[q.holder(g.UUID)] = true
				continue
			}
			f, holder, err := q.take(g, t.Who)
			if err != nil {
				return err
			}
			if f == nil {
				holders[holder] = true
				continue
			}
			r.GPUs, r.locks = append(r.GPUs, g), append(r.locks, f)
		}
		if len(r.GPUs) == t.Count {
			return r.inherit()
		}
		free := len(r.GPUs)
		r.Release()
		r = nil
		why = fmt.Sprintf("waiting for %s: %d of %d free%s", count(t.Count, "GPU"), free, len(t.gpus), list(holders))
		if before > 0 {
			why += fmt.Sprintf(", %d ahead in the queue", before)
		}
		return nil
	})
	if err != nil && r != nil {
		r.Release()
		r = nil
	}
	return r, why, err
}

// claim marks what a ticket that came before will take: of those it names the
// free ones first, so that it gets them as soon as it looks.
func (q *queue) claim(t *ticket, claimed map[string]bool) {
	need := t.Count
	for _, free := range []bool{true, false} {
		for _, uuid := range t.GPUs {
			if need > 0 && !claimed[uuid] && q.isFree(uuid) == free {
				claimed[uuid] = true
				need--
			}
		}
	}
}

const gpuPrefix = "gpu-"

func gpuFile(uuid string) string { return gpuPrefix + filepath.Base(uuid) }

func (q *queue) isFree(uuid string) bool {
	f, err := q.open(gpuFile(uuid))
	if err != nil {
		return false
	}
	defer f.Close()
	return filelock.Flock(f, syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// holder is who has a GPU, "" when nobody does.
func (q *queue) holder(uuid string) string {
	f, err := q.open(gpuFile(uuid))
	if err != nil {
		return ""
	}
	defer f.Close()
	if filelock.Flock(f, syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		return ""
	}
	return written(f)
}

// written is who is written into a GPU's file.
func written(f *os.File) string {
	text := make([]byte, 4096)
	n, _ := f.ReadAt(text, 0)
	return strings.TrimSpace(string(text[:n]))
}

// take locks a GPU, or says who has it.
func (q *queue) take(g GPU, who string) (f *os.File, holder string, err error) {
	if f, err = q.open(gpuFile(g.UUID)); err != nil {
		return nil, "", err
	}
	err = filelock.Flock(f, syscall.LOCK_EX|syscall.LOCK_NB)
	if err == syscall.EWOULDBLOCK {
		defer f.Close()
		return nil, written(f), nil
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt([]byte(who+"\n"), 0)
	}
	if err != nil {
		f.Close()
		return nil, "", fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return f, "", nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// list names those who have the GPUs.
func list(holders map[string]bool) string {
	var names []string
	for name := range holders {
		if name != "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return " (the others have " + strings.Join(names, ", ") + ")"
}
