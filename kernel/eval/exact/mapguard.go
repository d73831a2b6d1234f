package exact

import (
	"sync"
	"unsafe"
)

// mapGuards tell when two goroutines of cells use one map at the same time, of
// which one writes. Go's runtime notices that too, and ends the process.
type mapGuards [64]struct {
	mu     sync.Mutex
	in     map[unsafe.Pointer]int // readers of a map, or -1 for a writer
	padded [40]byte               // guards do not share a line of the processor's cache
}

func (g *mapGuards) index(m unsafe.Pointer) int { return int(uintptr(m)>>4*0x9e3779b1>>20) & 63 }

// enterMap begins an operation on a map. It costs nothing while cells have
// only one goroutine. False: m.raised is set.
func (m *machine) enterMap(q unsafe.Pointer, write bool) bool {
	if q == nil || !m.rt.parallel.Load() {
		return true
	}
	g := &m.rt.guards[m.rt.guards.index(q)]
	g.mu.Lock()
	defer g.mu.Unlock()
	n := g.in[q]
	switch {
	case n < 0 && write:
		m.raise(&panicking{kill: killRefuse, val: fatal("concurrent map writes")})
		return false
	case n < 0 || n > 0 && write:
		m.raise(&panicking{kill: killRefuse, val: fatal("concurrent map read and map write")})
		return false
	case g.in == nil:
		g.in = map[unsafe.Pointer]int{}
	}
	if write {
		g.in[q] = -1
	} else {
		g.in[q] = n + 1
	}
	return true
}

func (m *machine) leaveMap(q unsafe.Pointer, write bool) {
	if q == nil || !m.rt.parallel.Load() {
		return
	}
	g := &m.rt.guards[m.rt.guards.index(q)]
	g.mu.Lock()
	defer g.mu.Unlock()
	if n := g.in[q]; write || n == 1 {
		delete(g.in, q)
	} else if n > 1 {
		g.in[q] = n - 1
	}
}

// fatal is an error that recover does not stop, as in Go.
type fatal string

func (e fatal) Error() string { return "fatal error: " + string(e) }
