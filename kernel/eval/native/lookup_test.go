package native

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLookup(t *testing.T) {
	f, ok := Lookup("strings", "ToUpper")
	require.True(t, ok)
	require.Equal(t, "A", f.Interface().(func(string) string)("a"))

	v, ok := Lookup("os", "Args")
	require.True(t, ok)
	require.Same(t, &os.Args, v.Addr().Interface(), "a variable is the library's own")

	typ, ok := Lookup("bytes", "Buffer")
	require.True(t, ok)
	require.Equal(t, reflect.TypeFor[*bytes.Buffer](), typ.Type())
	require.True(t, typ.IsNil())

	for _, missing := range [][2]string{
		{"math", "Pi"}, {"time", "Second"}, // constants
		{"slices", "Sort"}, {"sync", "OnceValue"}, // with type parameters
		{"io", "_Reader"}, {"io", "reader"}, {"io", ""}, {"io", "NoSuch"}, {"no/such", "Name"}, {"plugin", "Open"}, {"", ""},
	} {
		_, ok := Lookup(missing[0], missing[1])
		require.False(t, ok, missing)
	}
}

func TestHas(t *testing.T) {
	for path, want := range map[string]bool{"fmt": true, "cmp": true, "structs": true, "math/rand/v2": true, "crypto/internal/fips140": false, "unsafe": false, "C": false, "": false, "zzz": false, "weak": false} {
		require.Equal(t, want, Has(path), path)
	}
}

func TestAWrapperImplementsTheInterface(t *testing.T) {
	w, ok := Wrapper(reflect.TypeFor[io.Reader]())
	require.True(t, ok)
	v := reflect.New(w).Elem()
	v.FieldByName("WRead").Set(reflect.ValueOf(strings.NewReader("text").Read))
	text, err := io.ReadAll(v.Interface().(io.Reader))
	require.NoError(t, err)
	require.Equal(t, "text", string(text))

	w, ok = Wrapper(reflect.TypeFor[error]())
	require.True(t, ok)
	v = reflect.New(w).Elem()
	v.FieldByName("WError").Set(reflect.ValueOf(func() string { return "no" }))
	require.EqualError(t, v.Interface().(error), "no")

	// An alias leads to the interface itself.
	a, ok := Wrapper(reflect.TypeFor[os.FileInfo]())
	require.True(t, ok)
	b, _ := Wrapper(reflect.TypeFor[fs.FileInfo]())
	require.Equal(t, a, b)

	for _, none := range []reflect.Type{nil, reflect.TypeFor[any](), reflect.TypeFor[interface{ M() }](), reflect.TypeFor[bytes.Buffer](), reflect.TypeFor[reflect.Type]()} {
		_, ok := Wrapper(none)
		require.False(t, ok, none)
	}
}

func TestFunctionsWithoutABody(t *testing.T) {
	call := func(path, name string) any {
		f, ok := Lookup(path, name)
		require.True(t, ok)
		return f.Interface()
	}
	var target *fs.PathError
	err := error(&fs.PathError{Op: "open"})
	call("errors", "checkTarget").(func(any))(&target)
	require.False(t, call("errors", "assign").(func(error, any) bool)(io.EOF, &target))
	require.True(t, call("errors", "assign").(func(error, any) bool)(err, &target))
	require.Same(t, err, target)
	require.True(t, call("errors", "isComparable").(func(error) bool)(err))
	require.False(t, call("errors", "isComparable").(func(error) bool)(list{}))
	for _, bad := range []any{nil, 1, (*error)(nil), new(int)} {
		var want, got any
		catch(&want, func() { errors.As(err, bad) })
		catch(&got, func() { checkTarget(bad) })
		require.NotNil(t, got)
		require.Equal(t, want, got)
	}

	numbers := []int{1, 2, 3}
	swap, length := call("sort", "sliceOf").(func(any) (func(i, j int), int))(numbers)
	swap(0, 2)
	require.Equal(t, 3, length)
	require.Equal(t, []int{3, 2, 1}, numbers)

	var n int64
	require.NoError(t, call("database/sql", "convertAssign").(func(dest, src any) error)(&n, "12"))
	require.EqualValues(t, 12, n)
}

type list []error

func (list) Error() string { return "list" }

func catch(v *any, f func()) {
	defer func() { *v = recover() }()
	f()
}
