package compute

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// workers is the number of goroutines that compute at the same time.
func workers() int { return runtime.GOMAXPROCS(0) }

// A job is n independent parts; whoever is free takes the next one.
type job struct {
	part func(int)
	n    int64
	next atomic.Int64
	done sync.WaitGroup
}

func (j *job) work() {
	for {
		i := j.next.Add(1) - 1
		if i >= j.n {
			return
		}
		j.part(int(i))
		j.done.Done()
	}
}

// helpers start with the first parallel job and live as long as the process;
// all callers share them.
var (
	startHelpers sync.Once
	jobs         chan *job
)

// Parallel calls part for every number below n, on all cores, and returns when
// the last call has returned. Calls may come from several goroutines; part
// must not panic.
func Parallel(n int, part func(int)) {
	if n <= 1 || workers() == 1 {
		for i := range n {
			part(i)
		}
		return
	}
	startHelpers.Do(func() {
		jobs = make(chan *job, 4*workers())
		for range workers() - 1 {
			go func() {
				for j := range jobs {
					j.work()
				}
			}()
		}
	})
	j := &job{part: part, n: int64(n)}
	j.done.Add(n)
	for range min(n, workers()) - 1 {
		select {
		case jobs <- j:
		default: // all helpers are busy: the caller does it
		}
	}
	j.work()
	j.done.Wait()
}

var scratch = sync.Pool{New: func() any { return new([]float32) }}

// WithScratch calls f with a buffer of n elements of arbitrary content, which
// f must not keep.
func WithScratch(n int, f func([]float32)) {
	buffer := scratch.Get().(*[]float32)
	defer scratch.Put(buffer)
	if cap(*buffer) < n {
		*buffer = make([]float32, n)
	}
	f((*buffer)[:n])
}
