package exact

import (
	"log/slog"
	"reflect"
	goruntime "runtime"
	"strings"
	"unsafe"
)

// calling are the functions that tell of calls: those of cells.
var calling = map[string]intrinsic{
	"runtime.Caller": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			skip := int(min(*ri(u, 32), maxFrames))
			setstr(u, p, loc{8, 0}, "")
			*ru(u, 0), *ri(u, 16), *ru(u, 24) = 0, 0, 0
			if pcs := m.callers(max(skip, 0) + 1); skip >= 0 && skip < len(pcs) {
				f, _ := rt.frame(pcs[skip])
				setstr(u, p, loc{8, 0}, f.File)
				*ru(u, 0), *ri(u, 16), *ru(u, 24) = uint64(pcs[skip]), int64(f.Line), 1
			}
			return false
		}
	},
	"runtime.Callers": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			skip, into := int(min(max(*ri(u, 8), 0), maxFrames)), unsafe.Slice((*uintptr)(*rp(p, 0)), *ri(u, 16))
			list := append([]uintptr{ownPC()}, m.callers(skip+len(into))...)
			*ri(u, 0) = int64(copy(into, list[min(skip, len(list)):]))
			return false
		}
	},
	"runtime.CallersFrames": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			pcs := unsafe.Slice((*uintptr)(*rp(p, 8)), *ri(u, 0))
			*rp(p, 0) = unsafe.Pointer(rt.callersFrames(pcs))
			return false
		}
	},
	"runtime.FuncForPC": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			pc := uintptr(*ru(u, 0))
			if c, ok := rt.sites.at(pc); ok {
				*rp(p, 0) = unsafe.Pointer(rt.sites.function(c))
				return false
			}
			f := goruntime.FuncForPC(pc)
			if f != nil && (f.Name() == "reflect.makeFuncStub" || strings.HasPrefix(f.Name(), evaluators)) {
				m.refuse("runtime.FuncForPC: functions of cells have no addresses but those of runtime.Caller and runtime.Callers")
				return true
			}
			*rp(p, 0) = unsafe.Pointer(f)
			return false
		}
	},
	"(*runtime.Func).FileLine": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			f, pc := (*goruntime.Func)(*rp(p, 8)), uintptr(*ru(u, 16))
			return m.guarded(func() {
				c, ok := rt.sites.at(pc)
				if !ok || c.line == 0 {
					c.file, c.line = f.FileLine(pc)
				}
				setstr(u, p, loc{}, c.file)
				*ri(u, 8) = int64(c.line)
			})
		}
	},
	"(log/slog.Record).Source": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			r := (*slog.Record)(*rp(p, 8))
			source := r.Source()
			if c, ok := rt.sites.at(r.PC); ok {
				source = &slog.Source{Function: c.function, File: c.file, Line: c.line}
			}
			*rp(p, 0) = unsafe.Pointer(source)
			return false
		}
	},
	"runtime.Stack": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			if *ru(u, 24) != 0 {
				m.refuse("%s", allStacks)
				return true
			}
			into := unsafe.Slice((*byte)(*rp(p, 0)), *ri(u, 8))
			*ri(u, 0) = int64(copy(into, m.stackText("")))
			return false
		}
	},
	"runtime/debug.Stack": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			text := []byte(m.stackText("runtime/debug.Stack"))
			setslice(u, p, loc{}, unsafe.Pointer(unsafe.SliceData(text)), len(text), cap(text))
			return false
		}
	},
	"runtime/debug.PrintStack": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			_, _ = rt.stderr.Write([]byte(m.stackText("runtime/debug.Stack")))
			return false
		}
	},
}

const allStacks = "runtime.Stack of all goroutines: it would show the evaluator's, not the cell's"

// addressing are the methods of package reflect that tell where a func is.
var addressing = map[string]intrinsic{
	"(reflect.Value).Pointer": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			v := reflectValue(u, p, loc{8, 0})
			return m.guarded(func() {
				if v.Kind() == reflect.Func {
					*ru(u, 0) = uint64(rt.address(v))
				} else {
					*ru(u, 0) = uint64(v.Pointer())
				}
			})
		}
	},
	"(reflect.Value).UnsafePointer": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			v := reflectValue(u, p, loc{0, 8})
			if v.Kind() == reflect.Func && outgoingOf(v) != nil {
				m.refuse("reflect.Value.UnsafePointer: functions of cells have no addresses in memory; reflect.Value.Pointer tells them apart")
				return true
			}
			return m.guarded(func() { *rp(p, 0) = v.UnsafePointer() })
		}
	},
}

// reflectValue reads a reflect.Value from registers.
func reflectValue(u, p unsafe.Pointer, l loc) reflect.Value {
	var v reflect.Value
	w := (*struct {
		typ, ptr unsafe.Pointer
		flag     uintptr
	})(unsafe.Pointer(&v))
	w.typ, w.ptr, w.flag = *rp(p, l.p), *rp(p, l.p+8), uintptr(*ru(u, l.u))
	return v
}

// ownPC is a place in runtime.Callers, which is the first that it tells of.
func ownPC() uintptr {
	var pc [1]uintptr
	goruntime.Callers(0, pc[:])
	return pc[0]
}
