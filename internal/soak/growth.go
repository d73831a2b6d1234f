package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cells runs ten thousand that show a value of variables declared anew.
func cells(s *soak) ([]measure, error) {
	return s.grow(func(i int) string { return fmt.Sprintf("x += %d; y := x * 2; y", i) })
}

// ways are what else a session is made of: each leaves something of its own,
// and takes the place of what it left before.
var ways = []string{
	"func f(n int) int { return n + %d }\nf(1)",
	"g := func(n int) int { return n * %d }\ng(2)",
	"type T struct{ N int }\nt := T{%d}\nt",
	"fmt.Println(\"line\", %d)",
	"l := make([]int, 100); l[x*0+100+%d] // fails",
	"nowhere + %d // fails",
	"h := NewDisplay(%d); h.Update(x)",
	"c := make(chan int); go func() { c <- %d }(); <-c",
}

// kinds runs ten thousand cells of every kind.
func kinds(s *soak) ([]measure, error) {
	return s.grow(func(i int) string { return fmt.Sprintf(ways[i%len(ways)], i) })
}

// grow runs ten thousand cells and measures what each adds to the processes,
// and how much longer the last ones take than the first. A tenth of them, at
// the start, does not count: programs grow until everything has run once.
func (s *soak) grow(source func(i int) string) (measures []measure, err error) {
	err = s.with(func(k *kernel) error {
		pid := k.process.Process.Pid
		text, err := k.value("import (\"os\"; \"runtime\")\nx := 0\nos.Getpid()")
		if err != nil {
			return err
		}
		worker, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return err
		}
		before, err := left(k)
		if err != nil {
			return err
		}
		n := max(5000, s.times(10_000)) // of fewer, most are warming up
		part, every := n/10, n/100
		var at, kernels, workers []float64
		took := make([]time.Duration, n)
		for i := range n {
			if i >= part && i%every == 0 {
				inKernel, err := memory(pid)
				if err != nil {
					return err
				}
				inWorker, err := memory(worker)
				if err != nil {
					return err
				}
				at, kernels, workers = append(at, float64(i)), append(kernels, float64(inKernel)), append(workers, float64(inWorker))
			}
			began := time.Now()
			r, err := k.run(source(i))
			if err != nil {
				return fmt.Errorf("cell %d: %w", i, err)
			}
			took[i] = time.Since(began)
			if fails := strings.HasSuffix(source(i), "// fails"); fails != (r.Status == "error") {
				return fmt.Errorf("cell %d, %s: %s %s: %s", i, source(i), r.Status, r.Name, r.Value)
			}
		}
		after, err := left(k)
		if err != nil {
			return err
		}
		measures = append(measures,
			measure{"growth of the kernel process for each cell", slope(at, kernels), 1024, "bytes"},
			measure{"growth of the worker process for each cell", slope(at, workers), 1024, "bytes"},
			measure{fmt.Sprintf("time of the last cells of %d, of that of the first ones", n),
				float64(median(took[n-part:])) / float64(median(took[part:2*part])), 1.5, ""},
			measure{"descriptors of the kernel more than before", after.files - before.files, 2, ""},
			measure{"threads of the kernel more than before", after.threads - before.threads, 8, ""},
			measure{"goroutines of the worker more than before", after.goroutines - before.goroutines, 2, ""})
		return nil
	})
	return measures, err
}

// resources are what a leak would leave behind.
type resources struct{ files, threads, goroutines float64 }

func left(k *kernel) (r resources, err error) {
	text, err := k.value("runtime.NumGoroutine()")
	if err != nil {
		return r, err
	}
	if r.goroutines, err = strconv.ParseFloat(strings.TrimSpace(text), 64); err != nil {
		return r, err
	}
	pid := k.process.Process.Pid
	files, err := descriptors(pid)
	if err != nil {
		return r, err
	}
	threads, err := field(fmt.Sprintf("/proc/%d/status", pid), "Threads:")
	return resources{float64(files), float64(threads), r.goroutines}, err
}

// slope is how much y grows with x: the median of the slopes between all pairs
// of points (Theil and Sen), which a garbage collector's rises and falls do
// not move as they would move the difference between the ends.
func slope(x, y []float64) float64 {
	var all []float64
	for i := range x {
		for j := range i {
			all = append(all, (y[i]-y[j])/(x[i]-x[j]))
		}
	}
	return median(all)
}

func median[T float64 | time.Duration](list []T) T {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}
