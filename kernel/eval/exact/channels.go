package exact

import (
	"go/types"
	"reflect"
	"unsafe"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/layout"
)

// chanType is what instructions on channels of one type need. The container is
// bidirectional: go/types has seen to directions.
type chanType struct {
	t, elem   *layout.Type
	container reflect.Type
}

func (b *builder) chanType(t types.Type) *chanType {
	l := b.typ(t)
	return &chanType{t: l, elem: b.typ(l.Elem().Go), container: l.Container()}
}

func (ct *chanType) at(c unsafe.Pointer) reflect.Value {
	return reflect.NewAt(ct.container, unsafe.Pointer(&c)).Elem()
}

func (b *builder) makeChan(in *ssa.MakeChan) {
	ct, n, l := b.chanType(in.Type()), b.at(in.Size).u, b.slot(in)
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		size := *ri(u, n)
		if es := int64(ct.elem.Mem.Size()); size < 0 || es > 0 && size > (1<<47)/es || size > 1<<47 {
			m.raise(&panicking{val: genuine(func() { _ = make(chan int64, negative) })})
			return true
		}
		if bytes := uint64(size) * uint64(ct.elem.Mem.Size()); m.rt.tooLarge(bytes) {
			m.outOfMemory(bytes)
			return true
		}
		*rp(p, l.p) = reflect.MakeChan(ct.container, int(size)).UnsafePointer()
		return false
	})
}

var negative = -1

// stop is the case of a select that ends it when the cell is interrupted.
func (m *machine) stop() reflect.SelectCase {
	return reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(m.tok.done)}
}

// interrupted raises the interrupt that woke a wait.
func (m *machine) interrupted() bool {
	m.raise(m.tok.why())
	return true
}

func (b *builder) send(in *ssa.Send) {
	ct, c, x := b.chanType(in.Chan.Type()), b.at(in.Chan), b.at(in.X)
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		q := *rp(p, c.p)
		v := ct.elem.At(value(ct.elem, u, p, x))
		if q == nil {
			<-m.tok.done
			return m.interrupted()
		}
		ch := ct.at(q)
		sent := false
		if f := genuine(func() { sent = ch.TrySend(v) }); f != nil {
			m.raise(&panicking{val: f})
			return true
		}
		if sent {
			return false
		}
		chosen := 0
		if f := genuine(func() {
			chosen, _, _ = reflect.Select([]reflect.SelectCase{{Dir: reflect.SelectSend, Chan: ch, Send: v}, m.stop()})
		}); f != nil {
			m.raise(&panicking{val: f})
			return true
		}
		return chosen == 1 && m.interrupted()
	})
}

// receive compiles <-c.
func (b *builder) receive(in *ssa.UnOp) {
	ct, c, l := b.chanType(in.X.Type()), b.at(in.X), b.slot(in)
	okAt := l.plus(ct.elem.NU, ct.elem.NP)
	commaOk := in.CommaOk
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		q := *rp(p, c.p)
		if q == nil {
			<-m.tok.done
			return m.interrupted()
		}
		ch := ct.at(q)
		v, ok := ch.TryRecv()
		if !ok && !v.IsValid() { // it would block
			chosen := 0
			chosen, v, ok = reflect.Select([]reflect.SelectCase{{Dir: reflect.SelectRecv, Chan: ch}, m.stop()})
			if chosen == 1 {
				return m.interrupted()
			}
		}
		ct.put(v, u, p, l)
		if commaOk {
			*ru(u, okAt.u) = bit(ok)
		}
		return false
	})
}

// put copies a received value to registers.
func (ct *chanType) put(v reflect.Value, u, p unsafe.Pointer, l loc) {
	mem := ct.elem.New()
	ct.elem.At(mem).Set(v)
	readMemory(ct.elem, mem, u, p, l)
}

func (b *builder) closeChan(v ssa.Value) {
	ct, c := b.chanType(v.Type()), b.at(v)
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		q := *rp(p, c.p)
		if f := genuine(func() {
			if q == nil {
				close((chan int)(nil))
			}
			ct.at(q).Close()
		}); f != nil {
			m.raise(&panicking{val: f})
			return true
		}
		return false
	})
}

func (b *builder) chanSize(v ssa.Value, l loc, capacity bool) {
	ct, c := b.chanType(v.Type()), b.at(v)
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		*ri(u, l.u) = 0
		if q := *rp(p, c.p); q != nil && capacity {
			*ri(u, l.u) = int64(ct.at(q).Cap())
		} else if q != nil {
			*ri(u, l.u) = int64(ct.at(q).Len())
		}
		return false
	})
}

// selectOn compiles a select statement: its result is the chosen case, whether
// a value was received, and the received values of all receiving cases.
func (b *builder) selectOn(in *ssa.Select) {
	type state struct {
		ct   *chanType
		c, x loc
		dir  reflect.SelectDir
		out  loc
	}
	l := b.slot(in)
	okAt := l.plus(1, 0)
	out := l.plus(2, 0)
	states := make([]state, len(in.States))
	for i, s := range in.States {
		st := state{ct: b.chanType(s.Chan.Type()), c: b.at(s.Chan), dir: reflect.SelectRecv}
		if s.Dir == types.SendOnly {
			st.dir, st.x = reflect.SelectSend, b.at(s.Send)
		} else {
			st.out = out
			out = out.plus(st.ct.elem.NU, st.ct.elem.NP)
		}
		states[i] = st
	}
	blocking := in.Blocking
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		cases := make([]reflect.SelectCase, len(states), len(states)+1)
		for i, s := range states {
			cases[i].Dir = s.dir
			if s.dir == reflect.SelectSend {
				cases[i].Send = s.ct.elem.At(value(s.ct.elem, u, p, s.x))
			}
			if q := *rp(p, s.c.p); q != nil {
				cases[i].Chan = s.ct.at(q)
			}
		}
		if blocking {
			cases = append(cases, m.stop())
		} else {
			cases = append(cases, reflect.SelectCase{Dir: reflect.SelectDefault})
		}
		var (
			chosen int
			v      reflect.Value
			ok     bool
		)
		if f := genuine(func() { chosen, v, ok = reflect.Select(cases) }); f != nil {
			m.raise(&panicking{val: f})
			return true
		}
		if chosen == len(states) {
			if blocking {
				return m.interrupted()
			}
			chosen = -1
		}
		*ri(u, l.u), *ru(u, okAt.u) = int64(chosen), bit(ok)
		for i, s := range states {
			if s.dir == reflect.SelectRecv {
				if i == chosen {
					s.ct.put(v, u, p, s.out)
				} else {
					zeroSlots(s.ct.elem, u, p, s.out)
				}
			}
		}
		return false
	})
}
