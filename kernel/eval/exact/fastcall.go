package exact

import (
	"reflect"
	"strings"
	"unsafe"

	"adkernel/internal/avx"
)

// fastCall serves the commonest shapes of native functions without reflection.
// Results come first, then arguments, in either bank. It returns nil for
// others.
func fastCall(f reflect.Value) nativeFn {
	call := fastShape(f)
	if call == nil {
		return nil
	}
	return func(m *machine, u, p unsafe.Pointer) (raised bool) {
		defer m.guard(&raised)
		call(u, p)
		return false
	}
}

// guard turns a panic of native code into one of the cell.
func (m *machine) guard(raised *bool) {
	if r := recover(); r != nil {
		m.caught(r)
		*raised = true
	}
}

func fastShape(f reflect.Value) func(u, p unsafe.Pointer) {
	switch f := f.Interface().(type) {
	case func(float64) float64:
		return func(u, p unsafe.Pointer) {
			avx.ClearUpper()
			*rf(u, 0) = f(*rf(u, 8))
		}
	case func(float64, float64) float64:
		return func(u, p unsafe.Pointer) {
			avx.ClearUpper()
			*rf(u, 0) = f(*rf(u, 8), *rf(u, 16))
		}
	case func(string) string:
		return func(u, p unsafe.Pointer) { setstr(u, p, loc{}, f(rstr(u, p, loc{8, 8}))) }
	case func(string) bool:
		return func(u, p unsafe.Pointer) { *ru(u, 0) = bit(f(rstr(u, p, loc{8, 0}))) }
	case func(string) int:
		return func(u, p unsafe.Pointer) { *ri(u, 0) = int64(f(rstr(u, p, loc{8, 0}))) }
	case func(int) string:
		return func(u, p unsafe.Pointer) { setstr(u, p, loc{}, f(int(*ri(u, 8)))) }
	case func(string, string) bool:
		return func(u, p unsafe.Pointer) {
			*ru(u, 0) = bit(f(rstr(u, p, loc{8, 0}), rstr(u, p, loc{16, 8})))
		}
	case func(string, string) int:
		return func(u, p unsafe.Pointer) {
			*ri(u, 0) = int64(f(rstr(u, p, loc{8, 0}), rstr(u, p, loc{16, 8})))
		}
	case func(string, string) string:
		return func(u, p unsafe.Pointer) {
			setstr(u, p, loc{}, f(rstr(u, p, loc{8, 8}), rstr(u, p, loc{16, 16})))
		}
	case func(string, int) string:
		return func(u, p unsafe.Pointer) {
			setstr(u, p, loc{}, f(rstr(u, p, loc{8, 8}), int(*ri(u, 16))))
		}
	case func(string, string, string) string:
		return func(u, p unsafe.Pointer) {
			setstr(u, p, loc{}, f(rstr(u, p, loc{8, 8}), rstr(u, p, loc{16, 16}), rstr(u, p, loc{24, 24})))
		}
	case func(rune) bool:
		return func(u, p unsafe.Pointer) { *ru(u, 0) = bit(f(rune(*ri(u, 8)))) }
	case func(rune) rune:
		return func(u, p unsafe.Pointer) { *ri(u, 0) = int64(f(rune(*ri(u, 8)))) }
	case func(*strings.Builder, string) (int, error):
		return func(u, p unsafe.Pointer) {
			n, _ := f((*strings.Builder)(*rp(p, 16)), rstr(u, p, loc{8, 24})) // no error, says its documentation
			*ri(u, 0), *rp(p, 0), *rp(p, 8) = int64(n), nil, nil
		}
	case func(*strings.Builder, byte) error:
		return func(u, p unsafe.Pointer) {
			_ = f((*strings.Builder)(*rp(p, 16)), byte(*ru(u, 0)))
			*rp(p, 0), *rp(p, 8) = nil, nil
		}
	case func(*strings.Builder, rune) (int, error):
		return func(u, p unsafe.Pointer) {
			n, _ := f((*strings.Builder)(*rp(p, 16)), rune(*ri(u, 8)))
			*ri(u, 0), *rp(p, 0), *rp(p, 8) = int64(n), nil, nil
		}
	case func(*strings.Builder) string:
		return func(u, p unsafe.Pointer) { setstr(u, p, loc{}, f((*strings.Builder)(*rp(p, 8)))) }
	case func(*strings.Builder) int:
		return func(u, p unsafe.Pointer) { *ri(u, 0) = int64(f((*strings.Builder)(*rp(p, 0)))) }
	}
	return nil
}
