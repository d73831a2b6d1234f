package exact

import (
	"io"
	"reflect"
	goruntime "runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

type named1 struct{}

// What is written over has to be laid out as Go's runtime has it.
func TestAssertionErrorsAreThoseOfTheRuntime(t *testing.T) {
	r := reflect.TypeFor[goruntime.TypeAssertionError]()
	require.Equal(t, unsafe.Sizeof(assertion{}), r.Size())
	own := reflect.TypeFor[assertion]()
	for i, name := range []string{"_interface", "concrete", "asserted", "missingMethod"} {
		require.Equal(t, name, r.Field(i).Name)
		require.Equal(t, own.Field(i).Offset, r.Field(i).Offset)
	}
	abiType := r.Field(0).Type.Elem()
	require.Equal(t, abiType.Size(), unsafe.Sizeof(runtimeType{}))
	for name, at := range map[string]uintptr{"TFlag": unsafe.Offsetof(runtimeType{}.flags), "Str": unsafe.Offsetof(runtimeType{}.name)} {
		f, ok := abiType.FieldByName(name)
		require.True(t, ok)
		require.Equal(t, at, f.Offset, name)
	}

	var none any
	var one any = named1{}
	var reader io.Reader = io.LimitReader(nil, 1)
	for _, test := range []struct {
		inter, concrete, asserted, missing string
		fails                              func()
	}{
		{"interface {}", "exact.named1", "int", "", func() { _ = one.(int) }},
		{"interface {}", "exact.named1", "*exact.named1", "", func() { _ = one.(*named1) }},
		{"interface {}", "", "int", "", func() { _ = none.(int) }},
		{"", "", "io.Reader", "", func() { _ = none.(io.Reader) }},
		{"io.Reader", "*io.LimitedReader", "io.Writer", "Write", func() { _ = reader.(io.Writer) }},
		{"io.Reader", "*io.LimitedReader", "*io.SectionReader", "", func() { _ = reader.(*io.SectionReader) }},
	} {
		want := genuine(test.fails)
		got := assertionError(test.inter, test.concrete, test.asserted, test.missing)
		require.IsType(t, want, got)
		require.Equal(t, want.(error).Error(), got.Error())
	}
	goruntime.GC()
	require.Equal(t, "interface conversion: interface {} is main.Größe, not main.Größe (types from different scopes)",
		assertionError("interface {}", "main.Größe", "main.Größe", "").Error())
}

func TestFailedAssertionsAreFoundByTheirType(t *testing.T) {
	s := newSession(t, Options{})
	s.run(`type T struct{}
type I interface{ M() }
func failed(f func()) (err error) {
	defer func() { err = recover().(error) }()
	f()
	return nil
}`)
	for source, text := range map[string]string{
		`failed(func() { _ = any("s").(int) })`:            "interface conversion: interface {} is string, not int",
		`failed(func() { _ = any(T{}).(I) })`:              "interface conversion: main.T is not main.I: missing method M",
		`failed(func() { _ = any(T{}).(*T) })`:             "interface conversion: interface {} is main.T, not *main.T",
		`failed(func() { _ = error(nil).(I) })`:            "interface conversion: interface is nil, not main.I",
		`failed(func() { _ = error(nil).(*net.OpError) })`: "interface conversion: error is nil, not *net.OpError",
	} {
		require.Equal(t, text+" true true true true\n", s.run(`func() string {
	err := fmt.Errorf("w: %w", `+source+`)
	var e *runtime.TypeAssertionError
	var r runtime.Error
	_, is := errors.Unwrap(err).(*runtime.TypeAssertionError)
	_, found := errors.AsType[*runtime.TypeAssertionError](err)
	return fmt.Sprintln(errors.Unwrap(err), errors.As(err, &e), errors.As(err, &r), is, found)
}()`), source)
	}
}
