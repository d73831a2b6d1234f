package format_test

import (
	containerlist "container/list"
	_ "embed"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval/exact/format"
	"adkernel/kernel/eval/exact/view/viewtest"
)

//go:embed shapes_test.go
var source string

const path = "adkernel/kernel/eval/exact/format_test"

func newWorld(t testing.TB) *viewtest.World {
	natives := map[string]reflect.Type{
		"pair[string, int]": reflect.TypeFor[pair[string, int]](), "pair[point, []*list[point]]": reflect.TypeFor[pair[point, []*list[point]]](),
		"pair[string, any]": reflect.TypeFor[pair[string, any]](), "pair[string, []point]": reflect.TypeFor[pair[string, []point]](),
		"pair[string, struct{a, B int}]": reflect.TypeFor[pair[string, struct{ a, B int }]](), "struct{a, B int}": reflect.TypeFor[struct{ a, B int }](),
		"pair[int, func(any) error]": reflect.TypeFor[pair[int, func(any) error]](), "func(any) error": reflect.TypeFor[func(any) error](),
		"pair[int, interface{M(a int) string; m()}]": reflect.TypeFor[pair[int, interface {
			M(a int) string
			m()
		}]](),
		"interface{M(a int) string; m()}": reflect.TypeFor[interface {
			M(a int) string
			m()
		}](),
		"pair[time.Duration, *time.Time]": reflect.TypeFor[pair[time.Duration, *time.Time]](),
		"list[string]":                    reflect.TypeFor[list[string]](), "list[any]": reflect.TypeFor[list[any]](), "list[point]": reflect.TypeFor[list[point]](),
		"interface{ M(a int) string }": reflect.TypeFor[interface{ M(a int) string }](), "struct{A any}": reflect.TypeFor[struct{ A any }](),
		"struct{a, b myInt}": reflect.TypeFor[struct{ a, b myInt }](),
		"struct{X int `json:\"x\"`; y string}": reflect.TypeFor[struct {
			X int `json:"x"`
			y string
		}](),
		"func()":                                reflect.TypeFor[func()](),
		"func(point, ...myInt) (*point, error)": reflect.TypeFor[func(point, ...myInt) (*point, error)](),
	}
	for _, r := range []reflect.Type{
		reflect.TypeFor[myInt](), reflect.TypeFor[myUint8](), reflect.TypeFor[myFloat](), reflect.TypeFor[myFloat32](), reflect.TypeFor[myComplex](),
		reflect.TypeFor[myBool](), reflect.TypeFor[myString](), reflect.TypeFor[myBytes](), reflect.TypeFor[bytesOf](), reflect.TypeFor[myArray](),
		reflect.TypeFor[ints](), reflect.TypeFor[dict](), reflect.TypeFor[tree](), reflect.TypeFor[ptr](), reflect.TypeFor[handler](), reflect.TypeFor[signal](),
		reflect.TypeFor[iface](), reflect.TypeFor[point](), reflect.TypeFor[mixed](), reflect.TypeFor[empty](), reflect.TypeFor[inner](), reflect.TypeFor[outer](),
		reflect.TypeFor[node](), reflect.TypeFor[anon](), reflect.TypeFor[temp](), reflect.TypeFor[fault](), reflect.TypeFor[gosyntax](), reflect.TypeFor[custom](),
		reflect.TypeFor[panics](), reflect.TypeFor[nilsafe](), reflect.TypeFor[valueMethod](), reflect.TypeFor[hides](), reflect.TypeFor[embedsStringer](),
		reflect.TypeFor[withTime](), reflect.TypeFor[key](), reflect.TypeFor[level](), reflect.TypeFor[levels](), reflect.TypeFor[joined](), reflect.TypeFor[deep](),
	} {
		natives[r.Name()] = r
	}
	return viewtest.New(t, path, source, natives, reflect.TypeFor[time.Duration](), reflect.TypeFor[time.Time](), reflect.TypeFor[time.Weekday](),
		reflect.TypeFor[fmt.Stringer]())
}

var directives = []string{
	"%v", "%+v", "%#v", "%T", "%d", "%+d", "%x", "%X", "%#x", "% x", "%# X", "%q", "%#q", "%+q", "%s", "%.2s", "%10v|", "%-10v|", "%010d", "%+.3e", "%8.2f", "%g", "%#g",
	"%b", "%o", "%#o", "%O", "%c", "%U", "%#U", "%t", "%p", "%#p", "%z", "%w", "%+10.3v", "%#10v", "%-8q|", "% d", "%06.1f", "%F", "%E", "%G", "%!", "%é", "%.0v", "%.5v", "%-010d|", "%5t", "%#+v", "% +d",
}

func TestEveryShapeUnderEveryDirective(t *testing.T) {
	w := newWorld(t)
	for name, v := range shapes() {
		for _, d := range directives {
			w.Forget()
			got := format.Sprintf(w.Table, w, d, []any{w.Cell(v)})
			assert.Equal(t, w.Mask(fmt.Sprintf(d, v)), w.Mask(got), "%s under %s", name, d)
		}
	}
}

func TestOperands(t *testing.T) {
	w := newWorld(t)
	at := &point{1, 2}
	formats := []string{
		"", "%v", "%d%%", "%v %v", "%[2]v %[1]v", "%[2]*[1]d", "%*d|", "%-*d|", "%.*f", "%[3]v", "%[x]v", "%[0]v", "%[1]", "%", "%-", "%5", "%.", "%[1]d %d", "%[2]2d", "%[1].2d",
		"%99999999999d", "%.99999999999d", "100%", "%d %d %d %d", "no verbs", "%!d", "%v\x80%é", "%[1]*.[2]*[3]f", "%+v, %T", "%s", "%.[2]*f",
	}
	operands := [][]any{
		{}, {point{1, 2}}, {point{1, 2}, at}, {myInt(4), myInt(5)}, {myInt(-7), 5}, {myUint8(3), myFloat(2.25)}, {5, myFloat(2.25), temp(3)}, {nil, point{}}, {myFloat(1), myString("s")},
		{myInt(10), myInt(2), myFloat(3.14159)}, {myInt(2000000), 1}, {point{}, nil, "s", 1, 2.5, []byte("x"), &fault{1, "e"}},
	}
	for _, f := range formats {
		for _, args := range operands {
			cells := make([]any, len(args))
			for i, a := range args {
				cells[i] = w.Cell(a)
			}
			assert.Equal(t, w.Mask(fmt.Sprintf(f, args...)), w.Mask(format.Sprintf(w.Table, w, f, cells)), "%q of %#v", f, args)
		}
	}
}

func TestPrintAndPrintln(t *testing.T) {
	w := newWorld(t)
	for _, args := range [][]any{
		{}, {myString("a"), myInt(1), myInt(2), "b", point{1, 2}, myString("c")}, {myInt(1), myInt(2)}, {"a", point{}}, {nil, nil, myInt(1)}, {temp(1), temp(2)}, {[]byte("a"), myBytes("b")},
	} {
		cells := make([]any, len(args))
		for i, a := range args {
			cells[i] = w.Cell(a)
		}
		assert.Equal(t, fmt.Sprint(args...), format.Sprint(w.Table, w, cells))
		assert.Equal(t, fmt.Sprintln(args...), format.Sprintln(w.Table, w, cells))
		assert.Equal(t, "x"+fmt.Sprint(args...), string(format.Append(w.Table, w, []byte("x"), cells)))
	}
}

func TestErrorf(t *testing.T) {
	w := newWorld(t)
	native := errors.New("native")
	for _, c := range []struct {
		format string
		args   []any
	}{
		{"a %w", []any{&fault{1, "x"}}}, {"a %w, %v", []any{native, point{1, 2}}}, {"%w and %w", []any{&fault{1, "x"}, native}}, {"%w", []any{point{1, 2}}}, {"%w %w", []any{point{1, 2}, native}},
		{"%v", []any{point{1, 2}}}, {"%[2]w %[1]w %[1]w", []any{native, &fault{1, "x"}}}, {"%w", []any{nil}}, {"%w", []any{(*fault)(nil)}}, {"plain", nil}, {"%+w|%#w", []any{&fault{1, "x"}, &fault{1, "y"}}},
	} {
		cells := make([]any, len(c.args))
		for i, a := range c.args {
			cells[i] = w.Cell(a)
		}
		want, got := fmt.Errorf(c.format, c.args...), format.Errorf(w.Table, w, c.format, cells)
		assert.Equal(t, want.Error(), got.Error())
		assert.IsType(t, want, got)
		assert.Equal(t, errors.Is(want, native), errors.Is(got, native), c.format)
		var f1, f2 *fault
		assert.Equal(t, errors.As(want, &f1), errors.As(got, &f2), c.format)
		assert.Equal(t, f1, f2)
		if one, ok := want.(interface{ Unwrap() error }); ok {
			assert.Equal(t, one.Unwrap(), got.(interface{ Unwrap() error }).Unwrap())
		}
		if many, ok := want.(interface{ Unwrap() []error }); ok {
			assert.Len(t, got.(interface{ Unwrap() []error }).Unwrap(), len(many.Unwrap()))
		}
	}
}

// wrapper is how native code gets at a cell's value.
type wrapper struct {
	w *viewtest.World
	v any
}

func (x wrapper) Format(s fmt.State, verb rune) { format.Format(s, verb, x.w.Table, x.w, x.v) }

func TestWrappersInNativeCode(t *testing.T) {
	w := newWorld(t)
	for name, v := range shapes() {
		for _, d := range []string{"%v", "%+v", "%#v", "%x", "%8.3v|", "%-8d|", "%q"} {
			w.Forget()
			got := fmt.Sprintf(d, wrapper{w, w.Cell(v)})
			assert.Equal(t, w.Mask(fmt.Sprintf(d, v)), w.Mask(got), "%s under %s", name, d)
		}
	}
}

// unwrapping is a host that wraps what native code stores.
type unwrapping struct{ *viewtest.World }

func (unwrapping) Unwrap(v any) any {
	if w, ok := v.(wrapper); ok {
		return w.v
	}
	return v
}

func TestContainersOfNativeCode(t *testing.T) {
	w := newWorld(t)
	original, cells, wrapped := containerlist.New(), containerlist.New(), containerlist.New()
	for _, v := range []any{point{1, 2}, &point{3, 4}, temp(5), fault{6, "f"}} {
		original.PushBack(v)
		cells.PushBack(w.Cell(v))
		wrapped.PushBack(wrapper{w, w.Cell(v)})
	}
	for _, d := range directives {
		for want, got := original.Front(), cells.Front(); want != nil; want, got = want.Next(), got.Next() {
			assert.Equal(t, onlyValue(fmt.Sprintf(d, want)), onlyValue(format.Sprintf(w.Table, w, d, []any{got})), d)
		}
		for want, got := original.Front(), wrapped.Front(); want != nil; want, got = want.Next(), got.Next() {
			assert.Equal(t, onlyValue(fmt.Sprintf(d, want)), onlyValue(format.Sprintf(w.Table, unwrapping{w}, d, []any{got})), d)
			a, b := []any{want.Value}, []any{got.Value}
			assert.Equal(t, onlyValue(fmt.Sprintf(d, a)), onlyValue(format.Sprintf(w.Table, unwrapping{w}, d, []any{b})), d)
		}
	}
}

// onlyValue drops addresses, in any base.
func onlyValue(s string) string { return addresses.ReplaceAllString(s, "@") }

var addresses = regexp.MustCompile(`[0-9a-fA-FxX]{11,}| 0[xX]0|[01]{40,}`)

type interrupt struct{}

func (interrupt) PassesPrinters() {}

func TestInterruptsPassPrinters(t *testing.T) {
	w := newWorld(t)
	assert.PanicsWithValue(t, interrupt{}, func() {
		format.Sprint(w.Table, stopping{w}, []any{w.Cell(temp(1))})
	})
}

type stopping struct{ *viewtest.World }

func (s stopping) As(v any, iface reflect.Type) (any, bool) {
	if iface == reflect.TypeFor[fmt.Stringer]() {
		return stops{}, true
	}
	return nil, false
}

type stops struct{}

func (stops) String() string { panic(interrupt{}) }

func TestScan(t *testing.T) {
	w := newWorld(t)
	i, s, b, f := new(myInt), new(myString), new(myBytes), new(myFloat)
	ci, cs, cb, cf := w.Cell(i), w.Cell(s), w.Cell(b), w.Cell(f)
	n, err := fmt.Sscanf("7 word bytes 2.5", "%d %s %s %g", format.ScanArgs(w.Table, w, []any{ci, cs, cb, cf})...)
	require.NoError(t, err)
	assert.Equal(t, 4, n)
	assert.Equal(t, "7 word bytes 2.5", format.Sprintf(w.Table, w, "%d %s %s %v", []any{deref(w, ci), deref(w, cs), deref(w, cb), deref(w, cf)}))
	for _, bad := range []any{point{}, &point{}, new(dict), myInt(1)} {
		_, want := fmt.Sscan("1", bad)
		_, got := fmt.Sscan("1", format.ScanArgs(w.Table, w, []any{w.Cell(bad)})...)
		assert.EqualError(t, got, want.Error())
	}
}

func deref(w *viewtest.World, p any) any { return w.Cells().Value(p).Elem().Interface() }

func TestTypeNames(t *testing.T) {
	w := newWorld(t)
	names := map[string]bool{}
	for _, v := range shapes() {
		assert.Equal(t, reflect.TypeOf(v).String(), format.Sprintf(w.Table, w, "%T", []any{w.Cell(v)}))
		names[reflect.TypeOf(v).String()] = true
	}
	assert.Greater(t, len(names), 60)
	assert.Equal(t, "<nil>", format.Sprintf(w.Table, w, "%T", []any{nil}))
}

func BenchmarkSprintln(b *testing.B) {
	w := newWorld(b)
	args := []any{"x", 1}
	cells := []any{"x", w.Cell(point{1, 2})}
	b.Run("fmt", func(b *testing.B) {
		for b.Loop() {
			_ = fmt.Sprintln(args...)
		}
	})
	b.Run("native operands", func(b *testing.B) {
		for b.Loop() {
			_ = format.Sprintln(w.Table, w, args)
		}
	})
	b.Run("cells' operands", func(b *testing.B) {
		for b.Loop() {
			_ = format.Sprintln(w.Table, w, cells)
		}
	})
}
