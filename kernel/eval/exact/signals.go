package exact

import (
	"os"
	"os/signal"
	"sync"
	"unsafe"
)

// notifying are the functions of os/signal that take a channel: those of cells
// hold os.Signal in another form than native code's do.
var notifying = map[string]intrinsic{
	"os/signal.Notify": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			c := *rp(p, 0)
			if c == nil {
				m.raiseValue("os/signal: Notify using nil channel")
				return true
			}
			var of []os.Signal
			for _, v := range ranys(u, p, loc{0, 8}) {
				s, ok := v.(os.Signal)
				if !ok {
					s = noSignal{} // of a cell's type: Go knows none, and listens to none
				}
				of = append(of, s)
			}
			rt.relays.notify(*(*chan any)(unsafe.Pointer(&c)), of)
			return false
		}
	},
	"os/signal.Stop": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			c := *rp(p, 0)
			rt.relays.stop(*(*chan any)(unsafe.Pointer(&c)))
			return false
		}
	},
}

// noSignal is one that the system does not have.
type noSignal struct{}

func (noSignal) Signal()        {}
func (noSignal) String() string { return "no signal" }

// relays bring signals to channels of cells.
type relays struct {
	mu sync.Mutex
	to map[chan any]*relay
}

type relay struct {
	from chan os.Signal
	done chan struct{}
}

// notify relays signals to c, beside those that it gets already. As in Go, what
// c has no room for is lost.
func (r *relays) notify(c chan any, of []os.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := r.to[c]
	if x == nil {
		x = &relay{make(chan os.Signal, cap(c)+1), make(chan struct{})}
		if r.to == nil {
			r.to = map[chan any]*relay{}
		}
		r.to[c] = x
		go func() {
			defer close(x.done)
			for s := range x.from {
				select {
				case c <- s:
				default:
				}
			}
		}()
	}
	signal.Notify(x.from, of...)
}

// stop ends what is relayed to c. When it returns, c gets no more signals.
func (r *relays) stop(c chan any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if x := r.to[c]; x != nil {
		x.end()
		delete(r.to, c)
	}
}

func (x *relay) end() {
	signal.Stop(x.from)
	close(x.from)
	<-x.done
}

// close stops all.
func (r *relays) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c, x := range r.to {
		x.end()
		delete(r.to, c)
	}
}
