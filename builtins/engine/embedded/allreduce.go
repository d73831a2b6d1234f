package embedded

import (
	"sync"

	"adkernel/builtins/engine/embedded/internal/compute"
)

// An allReducer adds up buffers of all ranks. Every rank calls sum, with
// buffers of equal length; all of them then hold the sum.
type allReducer struct {
	format compute.Format
	parts  [][]float32
	total  []float32
	gate   barrier
}

func newAllReducer(ranks int, format compute.Format) *allReducer {
	return &allReducer{format: format, parts: make([][]float32, ranks), gate: newBarrier(ranks)}
}

// sum adds in the order of the ranks and rounds once, so that the result does
// not depend on who comes first.
func (a *allReducer) sum(rank int, x []float32) {
	if len(a.parts) == 1 {
		return
	}
	a.parts[rank] = x
	a.gate.wait()
	if rank == 0 {
		a.total = append(a.total[:0], a.parts[0]...)
		for _, part := range a.parts[1:] {
			compute.Add(a.total, part)
		}
		a.format.Round(a.total)
	}
	a.gate.wait()
	copy(x, a.total)
	a.gate.wait() // nobody starts the next sum while another still copies
}

// A barrier lets n goroutines pass when all have arrived, again and again.
type barrier struct {
	n       int
	mutex   *sync.Mutex
	all     *sync.Cond
	arrived int
	round   int
}

func newBarrier(n int) barrier {
	m := &sync.Mutex{}
	return barrier{n: n, mutex: m, all: sync.NewCond(m)}
}

func (b *barrier) wait() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.arrived++
	if b.arrived == b.n {
		b.arrived = 0
		b.round++
		b.all.Broadcast()
		return
	}
	for round := b.round; round == b.round; {
		b.all.Wait()
	}
}
