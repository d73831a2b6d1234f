package exact

import (
	"io"
	"reflect"
	"unsafe"

	"adkernel/kernel/eval/exact/format"
)

// printing are the functions of package fmt, which look into values: package
// format does what they do for values of cells. What a cell prints goes to the
// session's streams, also when it names os.Stdout and os.Stderr.
//
// A nativeFn finds its results first, then its arguments, in both banks; the
// offsets below follow from the functions' signatures.
var printing = map[string]intrinsic{
	"fmt.Print":   toStdout(1, func(rt *runtime, _ string, a []any) string { return format.Sprint(rt.table, rt, a) }),
	"fmt.Println": toStdout(1, func(rt *runtime, _ string, a []any) string { return format.Sprintln(rt.table, rt, a) }),
	"fmt.Printf":  toStdout(2, func(rt *runtime, f string, a []any) string { return format.Sprintf(rt.table, rt, f, a) }),

	"fmt.Fprint":   toWriter(1, func(rt *runtime, _ string, a []any) string { return format.Sprint(rt.table, rt, a) }),
	"fmt.Fprintln": toWriter(1, func(rt *runtime, _ string, a []any) string { return format.Sprintln(rt.table, rt, a) }),
	"fmt.Fprintf":  toWriter(2, func(rt *runtime, f string, a []any) string { return format.Sprintf(rt.table, rt, f, a) }),

	"fmt.Sprint": text(func(rt *runtime, u, p unsafe.Pointer) string {
		return format.Sprint(rt.table, rt, ranys(u, p, loc{8, 8}))
	}),
	"fmt.Sprintln": text(func(rt *runtime, u, p unsafe.Pointer) string {
		return format.Sprintln(rt.table, rt, ranys(u, p, loc{8, 8}))
	}),
	"fmt.Sprintf": text(func(rt *runtime, u, p unsafe.Pointer) string {
		return format.Sprintf(rt.table, rt, rstr(u, p, loc{8, 8}), ranys(u, p, loc{16, 16}))
	}),

	"fmt.Append": bytes(func(rt *runtime, u, p unsafe.Pointer) []byte {
		return format.Append(rt.table, rt, rbytes(u, p, loc{16, 8}), ranys(u, p, loc{32, 16}))
	}),
	"fmt.Appendln": bytes(func(rt *runtime, u, p unsafe.Pointer) []byte {
		return format.Appendln(rt.table, rt, rbytes(u, p, loc{16, 8}), ranys(u, p, loc{32, 16}))
	}),
	"fmt.Appendf": bytes(func(rt *runtime, u, p unsafe.Pointer) []byte {
		return format.Appendf(rt.table, rt, rbytes(u, p, loc{16, 8}), rstr(u, p, loc{32, 16}), ranys(u, p, loc{40, 24}))
	}),

	"fmt.Errorf": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			return m.guarded(func() {
				*rany(p, 0) = format.Errorf(rt.table, rt, rstr(u, p, loc{0, 16}), ranys(u, p, loc{8, 24}))
			})
		}
	},
}

// ranys reads a []any from registers.
func ranys(u, p unsafe.Pointer, l loc) []any {
	return unsafe.Slice((*any)(*rp(p, l.p)), *ri(u, l.u))
}

func rbytes(u, p unsafe.Pointer, l loc) []byte {
	return unsafe.Slice((*byte)(*rp(p, l.p)), *ri(u, l.u+8))[:*ri(u, l.u)]
}

// guarded runs native code that may call back into the cell. True: it panicked,
// and m.raised is set.
func (m *machine) guarded(f func()) (raised bool) {
	finished := false
	defer func() {
		if finished {
			if raised = m.tok.ended(); raised { // by what native code recovered from
				m.raise(m.tok.why())
			}
			return
		}
		if r := recover(); r != nil {
			m.caught(r)
			raised = true
		}
	}()
	f()
	finished = true
	return false
}

type printer func(rt *runtime, format string, args []any) string

// toStdout prints to the cell's output. n is how many arguments there are: the
// format, when there is one, and the operands.
func toStdout(n int, print printer) intrinsic {
	return func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			return m.write(rt.stdout, print, n, u, p, loc{8, 16})
		}
	}
}

func toWriter(n int, print printer) intrinsic {
	return func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			w, ok := rt.writer(m, *rany(p, 16))
			return !ok || m.write(w, print, n, u, p, loc{8, 32})
		}
	}
}

// write prints to w; the results are the number of bytes and an error.
func (m *machine) write(w io.Writer, print printer, n int, u, p unsafe.Pointer, l loc) bool {
	f := ""
	if n == 2 {
		f = rstr(u, p, l)
		l = l.plus(1, 1)
	}
	return m.guarded(func() {
		text := print(m.rt, f, ranys(u, p, l))
		written, err := w.Write(unsafe.Slice(unsafe.StringData(text), len(text)))
		*ri(u, 0) = int64(written)
		*rany(p, 0) = nil
		if err != nil {
			*rany(p, 0) = m.rt.unwrap(err)
		}
	})
}

// writer is the native form of an io.Writer.
func (rt *runtime) writer(m *machine, v any) (io.Writer, bool) {
	if v == nil {
		m.raiseNil()
		return nil, false
	}
	w, ok := rt.nativeInterface(m, v, reflect.TypeFor[io.Writer]())
	if !ok {
		return nil, false
	}
	return w.Interface().(io.Writer), true
}

func text(f func(rt *runtime, u, p unsafe.Pointer) string) intrinsic {
	return func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			return m.guarded(func() { setstr(u, p, loc{}, f(rt, u, p)) })
		}
	}
}

func bytes(f func(rt *runtime, u, p unsafe.Pointer) []byte) intrinsic {
	return func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			return m.guarded(func() {
				b := f(rt, u, p)
				setslice(u, p, loc{}, unsafe.Pointer(unsafe.SliceData(b)), len(b), cap(b))
			})
		}
	}
}
