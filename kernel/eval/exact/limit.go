package exact

import (
	gobytes "bytes"
	"fmt"
	"math"
	"os"
	goruntime "runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"adkernel/kernel/eval/exact/layout"
)

// memory holds the cells of a session to an amount of memory.
type memory struct {
	max      uint64        // bytes of the heap, 0 for any
	used     atomic.Uint64 // when it was looked at last
	before   uint64        // when the running cell began
	watching atomic.Bool
	pause    sync.RWMutex // held while the memory is looked at; see flagPause

	exhausted func(error) // see Options
}

const (
	watchInterval = 10 * time.Millisecond
	largeBytes    = 16 << 20 // an allocation that is checked before it is made
)

// heap is how many bytes objects take, with those that are garbage.
func heap() uint64 { return metric("/memory/classes/heap/objects:bytes") }

// live is how many they take without garbage.
func live() uint64 {
	goruntime.GC()
	return metric("/gc/heap/live:bytes")
}

func metric(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// memoryError is what a cell ends with that uses too much.
type memoryError struct{ used, more, limit uint64 }

func (e memoryError) Error() string {
	if e.more > 0 {
		return fmt.Sprintf("out of memory: the cell asks for %d MiB more, the session uses %d MiB, the limit is %d MiB", e.more>>20, e.used>>20, e.limit>>20)
	}
	return fmt.Sprintf("out of memory: the session uses %d MiB, the limit is %d MiB; what variables hold is freed when they are set to nil", e.used>>20, e.limit>>20)
}

// watch looks at the heap as long as a cell, or a goroutine of one, runs, or
// native code that a cell has left behind.
func (rt *runtime) watch() {
	m := &rt.memory
	if m.max == 0 {
		return
	}
	if m.used.Load() > m.max/2 {
		m.used.Store(heap())
	}
	m.before = m.used.Load()
	if !m.watching.CompareAndSwap(false, true) {
		return
	}
	go func() {
		tick := time.NewTicker(watchInterval)
		defer tick.Stop()
		for {
			<-tick.C
			if rt.running.Load() == nil && !rt.going.any() && rt.left.Load() == 0 {
				m.watching.Store(false)
				if rt.running.Load() == nil || !m.watching.CompareAndSwap(false, true) {
					return
				}
			}
			rt.checkMemory()
		}
	}()
}

// checkMemory ends what runs when it has used up the memory. A session whose
// variables hold that much goes on with cells that do not add to it.
func (rt *runtime) checkMemory() {
	m := &rt.memory
	used := heap()
	if used > m.max {
		used = rt.pausedLive()
	}
	m.used.Store(used)
	if rt.left.Load() > 0 {
		rt.checkExhausted()
	}
	if used <= max(m.max, m.before+m.max/16) {
		return
	}
	p := &panicking{kill: killRefuse, val: memoryError{used: used, limit: m.max}}
	if cell := rt.running.Load(); cell != nil {
		cell.end(p)
	}
	rt.going.end(p)
	time.Sleep(patience) // they end, and what they hold becomes garbage
	rt.checkExhausted()
}

// checkExhausted gives up when what was told to end goes on to allocate.
func (rt *runtime) checkExhausted() {
	m := &rt.memory
	if enough := m.max + m.max/4; m.exhausted != nil && heap() > enough && rt.pausedLive() > enough {
		m.exhausted(fmt.Errorf("%w: native code that could not be stopped goes on to allocate", memoryError{used: heap(), limit: m.max}))
	}
}

// wait returns when the memory has been looked at.
func (m *memory) wait() {
	m.pause.RLock()
	defer m.pause.RUnlock()
}

// pausedLive is live while cells wait: what they allocate during a collection
// counts as live.
func (rt *runtime) pausedLive() uint64 {
	rt.memory.pause.Lock()
	defer rt.memory.pause.Unlock()
	cell := rt.running.Load()
	if cell != nil {
		cell.flag.Or(flagPause)
		defer cell.flag.And(^flagPause)
	}
	rt.going.each(func(t *permit) { t.flag.Or(flagPause) })
	defer rt.going.each(func(t *permit) { t.flag.And(^flagPause) })
	return live()
}

// tooLarge says whether an allocation would exceed the session's limit.
func (rt *runtime) tooLarge(bytes uint64) bool {
	if rt.memory.max == 0 || bytes < largeBytes {
		return false
	}
	if bytes > rt.memory.max { // more than any session may have, and perhaps more than can be added
		return true
	}
	return heap()+bytes > rt.memory.max && live()+bytes > rt.memory.max
}

// outOfMemory raises what an allocation that is too large is refused with.
func (m *machine) outOfMemory(bytes uint64) {
	m.raise(&panicking{val: runtimeError(m.rt.memoryError(bytes).Error())})
}

func (rt *runtime) memoryError(bytes uint64) memoryError {
	return memoryError{heap(), bytes, rt.memory.max}
}

// checkSize emits what raises when a variable of type t is too large.
func (b *builder) checkSize(t *layout.Type) {
	size := uint64(t.Mem.Size())
	if size < largeBytes {
		return
	}
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		if m.rt.tooLarge(size) {
			m.outOfMemory(size)
			return true
		}
		return false
	})
}

// MemoryShare is the memory that cells may use where nothing else is said:
// GOMEMLIMIT where it is set, else three quarters of what the machine, or the
// control group of the process, has; 0 when that is not known.
func MemoryShare() uint64 {
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
		return uint64(limit)
	}
	total := uint64(0)
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, "MemTotal:"); ok {
				n, _ := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
				total = n << 10
			}
		}
	}
	if text, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64); err == nil && (total == 0 || n < total) {
			total = n
		}
	}
	return total / 4 * 3
}

// repeating are functions of the standard library that allocate as much as
// their arguments say.
var repeating = map[string]intrinsic{
	"strings.Repeat": func(*runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			s, n := rstr(u, p, loc{8, 8}), int(*ri(u, 16))
			return m.repeat(len(s), n) || m.guarded(func() { setstr(u, p, loc{}, strings.Repeat(s, n)) })
		}
	},
	"bytes.Repeat": func(*runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			b, n := rbytes(u, p, loc{16, 8}), int(*ri(u, 32))
			return m.repeat(len(b), n) || m.guarded(func() {
				out := gobytes.Repeat(b, n)
				setslice(u, p, loc{}, unsafe.Pointer(unsafe.SliceData(out)), len(out), cap(out))
			})
		}
	},
}

// repeat raises when n times size bytes are too many.
func (m *machine) repeat(size, n int) bool {
	if n <= 0 || size == 0 || n > math.MaxInt/size || !m.rt.tooLarge(uint64(n)*uint64(size)) {
		return false
	}
	m.outOfMemory(uint64(n) * uint64(size))
	return true
}
