package exact

import "sync"

// blocking are the methods of package sync that wait for other goroutines: an
// interrupt ends the wait.
var blocking = map[string]intrinsic{
	"(*sync.WaitGroup).Wait": receiver(func(m *machine, w *sync.WaitGroup) bool { return m.wait(w.Wait, nil) }),
	"(*sync.Cond).Wait":      receiver(func(m *machine, c *sync.Cond) bool { return m.wait(c.Wait, nil) }),
	"(*sync.Mutex).Lock": receiver(func(m *machine, l *sync.Mutex) bool {
		return !l.TryLock() && m.wait(l.Lock, l.Unlock)
	}),
	"(*sync.RWMutex).Lock": receiver(func(m *machine, l *sync.RWMutex) bool {
		return !l.TryLock() && m.wait(l.Lock, l.Unlock)
	}),
	"(*sync.RWMutex).RLock": receiver(func(m *machine, l *sync.RWMutex) bool {
		return !l.TryRLock() && m.wait(l.RLock, l.RUnlock)
	}),
}

// receiver makes an intrinsic of a method without parameters and results.
func receiver[T any](f func(m *machine, r *T) bool) intrinsic {
	return func(*runtime) nativeFn {
		return func(m *machine, u, p pointer) bool {
			r := (*T)(*rp(p, 0))
			if r == nil {
				m.raiseNil()
				return true
			}
			return f(m, r)
		}
	}
}

// wait makes a native call that may block for long. It is left behind when the
// cell is interrupted; undo then gives back what it takes in the end.
func (m *machine) wait(f, undo func()) bool {
	done := make(chan any)
	left := make(chan struct{})
	go func() {
		defer func() {
			r := recover()
			select {
			case done <- r:
			case <-left:
				if r == nil && undo != nil {
					undo()
				}
			}
		}()
		f()
	}()
	select {
	case r := <-done:
		if r == nil {
			return false
		}
		m.caught(r)
		return true
	case <-m.tok.done:
		close(left)
		return m.interrupted()
	}
}
