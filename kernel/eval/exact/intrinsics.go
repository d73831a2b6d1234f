package exact

import (
	"go/constant"
	"io"
	"reflect"
	goruntime "runtime"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/layout"
)

type pointer = unsafe.Pointer

func constString(v ssa.Value) string { return constant.StringVal(v.(*ssa.Const).Value) }

// An intrinsic replaces a native function that has to know the evaluator. It
// runs as a nativeFn: results and arguments lie at u and p.
type intrinsic func(rt *runtime) nativeFn

// intrinsics by full name, with the slots of their results and arguments as in
// their signatures.
var intrinsics = map[string]intrinsic{
	"time.Sleep":     sleep,
	"runtime.Goexit": goexit,
	"runtime.Breakpoint": func(*runtime) nativeFn {
		return func(m *machine, u, p pointer) bool {
			m.refuse("runtime.Breakpoint: there is no debugger, and it would end the process that evaluates cells")
			return true
		}
	},
	"runtime.KeepAlive": func(*runtime) nativeFn { return func(*machine, pointer, pointer) bool { return false } },
	"runtime.Gosched": func(*runtime) nativeFn {
		return func(*machine, pointer, pointer) bool { goruntime.Gosched(); return false }
	},
}

// intrinsicTables are where intrinsics are looked up, also by what they call.
var intrinsicTables []map[string]intrinsic

func init() {
	intrinsicTables = []map[string]intrinsic{intrinsics, blocking, repeating, printing, inspecting, encoding, logging, templates, notifying, calling, addressing, xmlFunctions, textFlags}
}

// intrinsicFor is what stands for the native function of a full name, or nil.
func intrinsicFor(name string) intrinsic {
	for _, table := range intrinsicTables {
		if x := table[name]; x != nil {
			return x
		}
	}
	return nil
}

func sleep(*runtime) nativeFn {
	return func(m *machine, u, p pointer) bool {
		t := time.NewTimer(time.Duration(*ri(u, 0)))
		defer t.Stop()
		select {
		case <-t.C:
			return false
		case <-m.tok.done:
			return m.interrupted()
		}
	}
}

func goexit(*runtime) nativeFn {
	return func(m *machine, u, p pointer) bool {
		m.raise(&panicking{kill: killGoexit})
		return true
	}
}

// print compiles the predeclared print and println, which write to standard
// error in their own formats.
func (b *builder) print(line bool, args []ssa.Value) {
	type item struct {
		t *layout.Type
		l loc
	}
	var items []item
	for _, a := range args {
		items = append(items, item{b.typ(a.Type()), b.at(a)})
	}
	rt := b.rt
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		var s strings.Builder
		for i, x := range items {
			if line && i > 0 {
				s.WriteByte(' ')
			}
			s.WriteString(printed(x.t, u, p, x.l))
		}
		if line {
			s.WriteByte('\n')
		}
		_, _ = io.WriteString(rt.stderr, s.String())
		return false
	})
}

// printed formats as the runtime's print does.
func printed(t *layout.Type, u, p unsafe.Pointer, l loc) string {
	switch k := t.Mem.Kind(); k {
	case reflect.Bool:
		return sprintf("%t", *ru(u, l.u) != 0)
	case reflect.String:
		return rstr(u, p, l)
	case reflect.Float32:
		return strconv.FormatFloat(float64(*rs(u, l.u)), 'g', -1, 32)
	case reflect.Float64:
		return strconv.FormatFloat(*rf(u, l.u), 'g', -1, 64)
	case reflect.Complex128:
		return strconv.FormatComplex(rc(u, l.u), 'g', -1, 128)
	case reflect.Complex64:
		return strconv.FormatComplex(complex128(rc64(u, l.u)), 'g', -1, 64)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return sprintf("%d", *ri(u, l.u))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return sprintf("%d", *ru(u, l.u))
	case reflect.Interface:
		return sprintf("(%#x,%#x)", uintptr(*rp(p, l.p)), uintptr(*rp(p, l.p+8)))
	case reflect.Slice:
		return sprintf("[%d/%d]%#x", *ri(u, l.u), *ri(u, l.u+8), uintptr(*rp(p, l.p)))
	default:
		return sprintf("%#x", uintptr(*rp(p, l.p)))
	}
}

// minMax combines the value at l with the one at x.
func minMax(isMax bool, t *layout.Type, x, l loc, unsigned bool) ext {
	switch k := t.Mem.Kind(); {
	case k == reflect.String:
		return func(m *machine, u, p unsafe.Pointer) bool {
			if s := rstr(u, p, x); s < rstr(u, p, l) != isMax && s != rstr(u, p, l) {
				setstr(u, p, l, s)
			}
			return false
		}
	case k == reflect.Float64:
		return func(m *machine, u, p unsafe.Pointer) bool {
			if isMax {
				*rf(u, l.u) = max(*rf(u, l.u), *rf(u, x.u))
			} else {
				*rf(u, l.u) = min(*rf(u, l.u), *rf(u, x.u))
			}
			return false
		}
	case k == reflect.Float32:
		return func(m *machine, u, p unsafe.Pointer) bool {
			if isMax {
				*rs(u, l.u) = max(*rs(u, l.u), *rs(u, x.u))
			} else {
				*rs(u, l.u) = min(*rs(u, l.u), *rs(u, x.u))
			}
			return false
		}
	case unsigned:
		return func(m *machine, u, p unsafe.Pointer) bool {
			if isMax {
				*ru(u, l.u) = max(*ru(u, l.u), *ru(u, x.u))
			} else {
				*ru(u, l.u) = min(*ru(u, l.u), *ru(u, x.u))
			}
			return false
		}
	}
	return func(m *machine, u, p unsafe.Pointer) bool {
		if isMax {
			*ri(u, l.u) = max(*ri(u, l.u), *ri(u, x.u))
		} else {
			*ri(u, l.u) = min(*ri(u, l.u), *ri(u, x.u))
		}
		return false
	}
}

// unsafeBuiltin compiles what package unsafe offers to the standard library's
// own source.
func (b *builder) unsafeBuiltin(fn *ssa.Builtin, args []ssa.Value, l loc) {
	switch fn.Name() { // of type parameters; others are constants
	case "Sizeof":
		b.emit(opMovU, l.u, b.intConst(int64(b.typ(args[0].Type()).Mem.Size())), 0)
		return
	case "Alignof":
		b.emit(opMovU, l.u, b.intConst(int64(b.typ(args[0].Type()).Mem.Align())), 0)
		return
	}
	b.trusted("unsafe." + fn.Name())
	switch fn.Name() {
	case "Add":
		x, n := b.at(args[0]), b.at(args[1]).u
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			*rp(p, l.p) = unsafe.Add(*rp(p, x.p), *ri(u, n))
			return false
		})
	case "SliceData", "StringData":
		b.emit(opMovP, l.p, b.at(args[0]).p, 0)
	case "Slice", "String":
		x, n := b.at(args[0]), b.at(args[1]).u
		isSlice := fn.Name() == "Slice"
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			*rp(p, l.p), *ru(u, l.u) = *rp(p, x.p), *ru(u, n)
			if isSlice {
				*ru(u, l.u+8) = *ru(u, n)
			}
			return false
		})
	default:
		b.refuse("builtin %s", fn.Name())
	}
}
