package exact

import (
	"sync/atomic"
	"unsafe"
)

// mapGuards tell when two goroutines of cells use one map at the same time, of
// which one writes. Go's runtime notices that too, and ends the process. A
// guard serves all maps whose addresses fall on it; two different maps wait for
// each other for as long as one operation takes.
type mapGuards [256]struct {
	state atomic.Int64 // 0 free, n > 0 readers, -1 a writer
	owner atomic.Uintptr
}

func (g *mapGuards) of(m unsafe.Pointer) int { return int(uintptr(m)>>4*0x9e3779b1>>7) & 255 }

// enterMap begins an operation on a map. It costs nothing while cells have
// only one goroutine. False: m.raised is set.
func (m *machine) enterMap(q unsafe.Pointer, write bool) bool {
	if q == nil || !m.rt.parallel.Load() {
		return true
	}
	g := &m.rt.guards[m.rt.guards.of(q)]
	for {
		s := g.state.Load()
		if write && s == 0 && g.state.CompareAndSwap(0, -1) || !write && s >= 0 && g.state.CompareAndSwap(s, s+1) {
			g.owner.Store(uintptr(q))
			return true
		}
		if s != 0 && (s < 0 || write) && g.owner.Load() == uintptr(q) {
			what := "concurrent map read and map write"
			if s < 0 && write {
				what = "concurrent map writes"
			}
			m.raise(&panicking{val: runtimeError("fatal error: " + what)})
			return false
		}
	}
}

func (m *machine) leaveMap(q unsafe.Pointer, write bool) {
	if q == nil || !m.rt.parallel.Load() {
		return
	}
	g := &m.rt.guards[m.rt.guards.of(q)]
	if write {
		g.state.CompareAndSwap(-1, 0)
	} else if g.state.Load() > 0 {
		g.state.Add(-1)
	}
}
