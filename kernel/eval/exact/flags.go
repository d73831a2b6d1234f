package exact

import (
	"flag"
	"reflect"
	"unsafe"

	"adkernel/kernel/eval/exact/layout"
)

// flagValues gives package flag the flags of cells' types. To tell whether a
// default is worth showing, the package makes a zero value of a flag's type and
// compares its text: there is a type for each of the usual texts.
func (rt *runtime) flagValues(m *machine, t *layout.Type, u, p unsafe.Pointer, l loc, want reflect.Type) (reflect.Value, bool, bool) {
	v := *rany(p, l.p)
	c := rt.table.TypeOf(v)
	if want != reflect.TypeFor[flag.Value]() || c == nil || c.Exact {
		return rt.strict("flag")(m, t, u, p, l, want)
	}
	zero, ok := rt.zeroText(c)
	if !ok {
		m.refuse("package flag calls String of a zero value of a flag's type, and that of %s panics", c)
		return reflect.Value{}, true, false
	}
	made := zeroTexts[zero]
	if made == nil {
		made = newFlag[otherText]
		same := false
		if m.guarded(func() { same = rt.text(v, "String") == zero }) {
			return reflect.Value{}, true, false
		}
		if same {
			m.refuse("package flag compares the text of a flag with that of a zero value of its type, %q, and cannot make one of type %s", zero, c)
			return reflect.Value{}, true, false
		}
	}
	out := reflect.New(want).Elem()
	out.Set(reflect.ValueOf(made(held{v, rt}, rt.lacks(c, reflect.TypeFor[interface{ IsBoolFlag() bool }]()) == "")))
	return out, true, true
}

// zeroText is what String says of the zero value of t, or of what t points to;
// false: it panics.
func (rt *runtime) zeroText(t *layout.Type) (text string, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	mem := t.New()
	if t.Mem.Kind() == reflect.Pointer || t.Mem.Kind() == reflect.UnsafePointer {
		*(*unsafe.Pointer)(mem) = t.Elem().New()
	}
	return rt.text(t.Any(mem), "String"), true
}

var zeroTexts = map[string]func(h held, isBool bool) flag.Value{
	"": newFlag[noText], "0": newFlag[zeroNumber], "0s": newFlag[zeroDuration], "false": newFlag[falseText],
	"[]": newFlag[emptyList], "map[]": newFlag[emptyMap], "{}": newFlag[emptyStruct], "<nil>": newFlag[nilText],
}

// A zeroType has the text of a zero value.
type zeroType interface{ text() string }

type (
	noText       struct{}
	zeroNumber   struct{}
	zeroDuration struct{}
	falseText    struct{}
	emptyList    struct{}
	emptyMap     struct{}
	emptyStruct  struct{}
	nilText      struct{}
	otherText    struct{}
)

func (noText) text() string       { return "" }
func (zeroNumber) text() string   { return "0" }
func (zeroDuration) text() string { return "0s" }
func (falseText) text() string    { return "false" }
func (emptyList) text() string    { return "[]" }
func (emptyMap) text() string     { return "map[]" }
func (emptyStruct) text() string  { return "{}" }
func (nilText) text() string      { return "<nil>" }
func (otherText) text() string    { return "another text than that of the flag" }

// flagValue is a flag of a cell's type, or the zero value of it.
type flagValue[Z zeroType] struct{ held }

func newFlag[Z zeroType](h held, isBool bool) flag.Value {
	if isBool {
		return &boolFlag[Z]{flagValue[Z]{h}}
	}
	return &flagValue[Z]{h}
}

// String implements flag.Value.
func (f *flagValue[Z]) String() string {
	if f.rt == nil {
		var zero Z
		return zero.text()
	}
	return f.rt.text(f.v, "String")
}

// Set implements flag.Value.
func (f *flagValue[Z]) Set(s string) error {
	err, _ := f.rt.callMethod(f.v, "Set", reflect.TypeFor[func(string) error](), reflect.ValueOf(s))[0].Interface().(error)
	return err
}

type boolFlag[Z zeroType] struct{ flagValue[Z] }

// IsBoolFlag is what package flag asks a flag that needs no value.
func (f *boolFlag[Z]) IsBoolFlag() bool {
	return f.rt.callMethod(f.v, "IsBoolFlag", reflect.TypeFor[func() bool]())[0].Bool()
}
