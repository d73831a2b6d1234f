package native

import (
	"reflect"
	"slices"
	"strings"

	"adkernel/kernel/eval/native/internal/table"
)

// Has reports whether cells can import a package.
func Has(path string) bool { return find(path) != nil }

// find returns a package's symbols, or nil.
func find(path string) *table.Package {
	i, ok := slices.BinarySearchFunc(table.Packages[:], path, func(p table.Package, path string) int {
		return strings.Compare(p.Path, path)
	})
	if !ok || *table.Packages[i].Symbols == nil {
		return nil
	}
	return &table.Packages[i]
}

// Lookup returns a function, a variable (addressable, the library's own), or a
// type (a nil pointer to it) of the standard library, or a function that a
// source of this package declares without a body. Functions that would end the
// process are replaced by functions that end the cell with a panic of Exit.
// Constants, names with type parameters and refused names (see Refused) have
// no value here.
func Lookup(path, name string) (reflect.Value, bool) {
	if f, ok := replacements[path][name]; ok {
		return reflect.ValueOf(f), true
	}
	if f, ok := bodies[path][name]; ok {
		return reflect.ValueOf(f), true
	}
	if _, refused := Refused(path, name); refused || strings.HasPrefix(name, "_") {
		return reflect.Value{}, false
	}
	v, ok := value(path, name)
	if !ok {
		return reflect.Value{}, false
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Pointer:
		if r.IsNil() {
			return r, true
		}
		return r.Elem(), true
	case reflect.Func:
		return r, true
	}
	return reflect.Value{}, false // a constant
}

// value returns what the table says of a name.
func value(path, name string) (any, bool) {
	p := find(path)
	if p == nil {
		return nil, false
	}
	symbols := *p.Symbols
	// A wrapper follows its interface: the order is that of the names without
	// the underscore.
	i, ok := slices.BinarySearchFunc(symbols, strings.TrimPrefix(name, "_"), func(s table.Symbol, name string) int {
		return strings.Compare(strings.TrimPrefix(s.Name, "_"), name)
	})
	if !ok {
		return nil, false
	}
	for ; i < len(symbols) && strings.TrimPrefix(symbols[i].Name, "_") == strings.TrimPrefix(name, "_"); i++ {
		if symbols[i].Name == name {
			return symbols[i].Value, true
		}
	}
	return nil, false
}

// Wrapper returns the struct type that implements a named interface of the
// standard library, or error, by functions: for each method M a field WM of
// M's signature, and a field IValue of type any for what is wrapped. The struct
// has the methods, its pointer too. Interfaces with unexported methods have
// none.
func Wrapper(t reflect.Type) (reflect.Type, bool) {
	if t == nil || t.Kind() != reflect.Interface || t.Name() == "" {
		return nil, false
	}
	if t == reflect.TypeFor[error]() {
		return reflect.TypeFor[wrappedError](), true
	}
	v, ok := value(t.PkgPath(), "_"+t.Name())
	if !ok {
		return nil, false
	}
	w := reflect.TypeOf(v).Elem()
	return w, w.Implements(t)
}

// wrappedError implements error by a function.
type wrappedError struct {
	IValue any
	WError func() string
}

func (w wrappedError) Error() string { return w.WError() }
