package exact

import (
	"reflect"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// blocking are the methods of package sync that wait for other goroutines, of
// which an interrupt ends the wait, and those whose misuse ends a process.
// They have no results, and no parameters but a func.
var blocking = map[string]intrinsic{
	"(*sync.WaitGroup).Go":   waitGroupGo,
	"(*sync.WaitGroup).Wait": receiver(func(m *machine, w *sync.WaitGroup) bool { return m.wait(w.Wait, nil) }),
	"(*sync.Cond).Wait":      receiver(func(m *machine, c *sync.Cond) bool { return m.waitCond(c) }),
	"(*sync.Mutex).Lock": receiver(func(m *machine, l *sync.Mutex) bool {
		return !l.TryLock() && m.wait(l.Lock, l.Unlock)
	}),
	"(*sync.Mutex).Unlock": receiver(func(m *machine, l *sync.Mutex) bool {
		if l.TryLock() { // nobody held it
			l.Unlock()
			return m.fatal("sync: unlock of unlocked mutex")
		}
		l.Unlock()
		return false
	}),
	"(*sync.RWMutex).Unlock": receiver(func(m *machine, l *sync.RWMutex) bool {
		if n, ok := readers(l); ok && n >= 0 {
			return m.fatal("sync: Unlock of unlocked RWMutex")
		}
		l.Unlock()
		return false
	}),
	"(*sync.RWMutex).RUnlock": receiver(unlockForRead),
	"(*sync.rlocker).Unlock":  receiver(unlockForRead),
	"(*sync.rlocker).Lock":    receiver(lockForRead),
	"(*sync.RWMutex).RLock":   receiver(lockForRead),
	"(*sync.RWMutex).Lock": receiver(func(m *machine, l *sync.RWMutex) bool {
		return !l.TryLock() && m.wait(l.Lock, l.Unlock)
	}),
}

// waitGroupGo starts the goroutine itself, so that it is one of the cell's.
func waitGroupGo(*runtime) nativeFn {
	return func(m *machine, u, p pointer) bool {
		w, f := (*sync.WaitGroup)(*rp(p, 0)), (*closure)(*rp(p, 8))
		if w == nil || f == nil {
			m.raiseNil()
			return true
		}
		if m.guarded(func() { w.Add(1) }) {
			return true
		}
		m.start(f.fn, f, nil, nil, w.Done)
		return false
	}
}

func lockForRead(m *machine, l *sync.RWMutex) bool {
	return !l.TryRLock() && m.wait(l.RLock, l.RUnlock)
}

func unlockForRead(m *machine, l *sync.RWMutex) bool {
	if n, ok := readers(l); ok && (n == 0 || n == -maxReaders) {
		return m.fatal("sync: RUnlock of unlocked RWMutex")
	}
	l.RUnlock()
	return false
}

const maxReaders = 1 << 30 // sync's rwmutexMaxReaders

// readersField is where a RWMutex counts its readers: less than 0 while it is
// locked for writing.
var readersField, hasReaders = reflect.TypeFor[sync.RWMutex]().FieldByName("readerCount")

func readers(l *sync.RWMutex) (n int32, ok bool) {
	if !hasReaders || readersField.Type != reflect.TypeFor[atomic.Int32]() {
		return 0, false
	}
	return (*atomic.Int32)(unsafe.Add(pointer(l), readersField.Offset)).Load(), true
}

// fatal ends the calls with an error that Go's runtime would end the process for.
func (m *machine) fatal(what string) bool {
	m.raise(&panicking{kill: killRefuse, val: fatal(what)})
	return true
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

// waitCond waits for a condition. An interrupt wakes all who wait for it, which
// they have to expect, so that the lock is held when deferred calls unlock it.
func (m *machine) waitCond(c *sync.Cond) bool {
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		c.Wait()
	}()
	select {
	case r := <-done:
		if r != nil {
			m.caught(r)
			return true
		}
		return false
	case <-m.tok.done:
	}
	for range 10 {
		c.Broadcast()
		select {
		case <-done:
			return m.interrupted()
		case <-time.After(time.Millisecond):
		}
	}
	go func() { // somebody holds the lock: give it back when it comes
		if <-done == nil {
			c.L.Unlock()
		}
	}()
	return m.interrupted()
}
