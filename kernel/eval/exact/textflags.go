package exact

import (
	stdencoding "encoding"
	"flag"
	"go/types"
	"reflect"
	"unsafe"

	"adkernel/kernel/eval/exact/layout"
)

// textFlags are the functions that make flags of what reads and writes itself
// as text.
var textFlags = map[string]intrinsic{
	"flag.TextVar":            textVar(false),
	"(*flag.FlagSet).TextVar": textVar(true),
}

func textVar(method bool) intrinsic {
	return func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			set, at := flag.CommandLine, int32(0)
			if method {
				set, at = (*flag.FlagSet)(*rp(p, 0)), 8
			}
			variable, value := *rany(p, at), *rany(p, at+24)
			name, usage := rstr(u, p, loc{0, at + 16}), rstr(u, p, loc{8, at + 40})
			return m.guarded(func() {
				t, vt := rt.table.TypeOf(variable), rt.table.TypeOf(value)
				if (t == nil || t.Exact) && (vt == nil || vt.Exact) {
					set.TextVar(variable.(stdencoding.TextUnmarshaler), name, value.(stdencoding.TextMarshaler), usage)
					return
				}
				to, ok := pointedTo(t, variable)
				if !ok {
					panic("variable value type must be a pointer")
				}
				from := cellVariable{vt, nil}
				if vt != nil {
					if from, ok = pointedTo(vt, value); !ok {
						from = cellVariable{vt, vt.Data(value)}
					}
				}
				if from.t == nil || from.t.Word != to.t.Word {
					panic(sprintf("default type does not match variable type: %s != %s", rt.typeName(value), to.t))
				}
				to.t.Copy(to.at, from.at)
				set.Var(&textFlag{held{variable, rt}}, name, usage)
			})
		}
	}
}

// A cellVariable is a variable of a cell, and its type.
type cellVariable struct {
	t  *layout.Type
	at unsafe.Pointer
}

// pointedTo is the variable that v, of type t, points to.
func pointedTo(t *layout.Type, v any) (cellVariable, bool) {
	if t == nil {
		return cellVariable{}, false
	}
	if _, ok := t.Go.Underlying().(*types.Pointer); !ok {
		return cellVariable{}, false
	}
	return cellVariable{t.Elem(), *(*unsafe.Pointer)(t.Data(v))}, true
}

// textFlag is such a flag, of a cell's type. It is no carrier: cells, too, see a
// flag that has the variable.
type textFlag struct{ of held }

// String implements flag.Value.
func (f *textFlag) String() string {
	if f.of.rt == nil {
		return ""
	}
	out := f.of.rt.callMethod(f.of.v, "MarshalText", reflect.TypeFor[func() ([]byte, error)]())
	if out == nil || !out[1].IsNil() {
		return ""
	}
	return string(out[0].Bytes())
}

// Set implements flag.Value.
func (f *textFlag) Set(s string) error {
	err, _ := f.of.rt.callMethod(f.of.v, "UnmarshalText", reflect.TypeFor[func([]byte) error](), reflect.ValueOf([]byte(s)))[0].Interface().(error)
	return err
}
