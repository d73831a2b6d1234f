package exact

import (
	"strings"
	"unsafe"

	"golang.org/x/tools/go/ssa"
)

// Package ssa keeps the state of a range over a func in a variable jump: 0
// while its body may be called, and these, or the number of the way out by
// which the body left the loop.
const (
	jumpBusy = -1 // the body runs, or has panicked
	jumpDone = -2 // the whole loop is over
)

// rangeErrors are what Go's runtime panics with when an iterator calls a loop's
// body against the rules, or hides its panic.
var rangeErrors = struct{ afterFalse, afterPanic, afterExit, hidden any }{
	afterFalse: genuine(func() {
		for range func(yield func() bool) { yield(); yield() } {
			break
		}
	}),
	afterPanic: genuine(func() {
		for range func(yield func() bool) {
			func() {
				defer func() { _ = recover() }()
				yield()
			}()
			yield()
		} {
			panic("in the body")
		}
	}),
	afterExit: genuine(func() {
		var late func() bool
		for range func(yield func() bool) { late = yield } {
			continue
		}
		late()
	}),
	hidden: genuine(func() {
		for range func(yield func() bool) {
			defer func() { _ = recover() }()
			yield()
		} {
			panic("in the body")
		}
	}),
}

// rangePanic compiles the panics that package ssa puts around the body of a
// range over a func, in the words of Go's runtime. False: in is another panic.
func (b *builder) rangePanic(in *ssa.Panic) bool {
	switch in.Block().Comment {
	case "rangefunc.resume.busy":
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			m.raise(&panicking{val: rangeErrors.hidden})
			return true
		})
		return true
	case "yield-invalid":
		branch := in.Block().Preds[0].Instrs
		load := branch[len(branch)-1].(*ssa.If).Cond.(*ssa.BinOp).X.(*ssa.UnOp)
		jump := b.at(load.X).p
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			state := *(**int)(unsafe.Pointer(rp(p, jump)))
			err := rangeErrors.afterFalse
			switch *state {
			case jumpBusy:
				err = rangeErrors.afterPanic
			case jumpDone:
				err = rangeErrors.afterExit
			}
			*state = jumpBusy
			m.raise(&panicking{val: err})
			return true
		})
		return true
	}
	return false
}

// leaveRange ends a loop whose iterator has returned: in loads its jump, to go
// on as that says.
func (b *builder) leaveRange(in *ssa.UnOp) {
	v, ok := in.X.(*ssa.Alloc)
	if !ok || !strings.HasPrefix(v.Comment, "jump$") {
		return
	}
	jump := b.at(v).p
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		if state := *(**int)(unsafe.Pointer(rp(p, jump))); *state != jumpBusy {
			*state = jumpDone
		}
		return false
	})
}
