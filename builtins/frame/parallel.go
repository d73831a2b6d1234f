package frame

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel calls do for consecutive ranges that cover [0, n), on as many
// processors as there are when n is worth it.
func parallel(n int, do func(low, high int)) {
	const worthwhile = 1 << 15
	workers := min(runtime.GOMAXPROCS(0), n/worthwhile)
	if workers < 2 {
		do(0, n)
		return
	}
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() { do(n*w/workers, n*(w+1)/workers) })
	}
	wait.Wait()
}

// each calls do(i) for every i below n, on as many goroutines as there are
// processors.
func each(n int, do func(i int)) {
	var wait sync.WaitGroup
	var next atomic.Int64
	for range min(runtime.GOMAXPROCS(0), n) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wait.Wait()
}
