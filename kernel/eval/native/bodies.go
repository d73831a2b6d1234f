package native

import (
	"crypto/hkdf"
	"crypto/pbkdf2"
	"hash"
	"reflect"
	_ "unsafe" // for linkname
)

// bodies are the functions that the sources under _source declare without a
// body. Those that inspect types do so by reflection; an evaluator whose types
// are not reflect's answers them itself.
var bodies = map[string]map[string]any{
	"crypto/hkdf": {
		"extract": hkdf.Extract[hash.Hash],
		"expand":  hkdf.Expand[hash.Hash],
		"key":     hkdf.Key[hash.Hash],
	},
	"crypto/pbkdf2": {"key": pbkdf2.Key[hash.Hash]},
	"database/sql":  {"convertAssign": convertAssign},
	"errors": {
		"isComparable": func(err error) bool { return reflect.TypeOf(err).Comparable() },
		"checkTarget":  checkTarget,
		"assign":       assign,
	},
	"sort": {"sliceOf": sliceOf},
}

// convertAssign is what database/sql scans with. Go's package promises to
// those who link to it that it stays.
//
//go:linkname convertAssign database/sql.convertAssign
func convertAssign(dest, src any) error

// checkTarget panics as errors.As does with a target that it cannot set.
func checkTarget(target any) {
	if target == nil {
		panic("errors: target cannot be nil")
	}
	v := reflect.ValueOf(target)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		panic("errors: target must be a non-nil pointer")
	}
	if t := v.Type().Elem(); t.Kind() != reflect.Interface && !t.Implements(reflect.TypeFor[error]()) {
		panic("errors: *target must be interface or implement error")
	}
}

// assign sets *target to err if its type allows it, and reports whether.
func assign(err error, target any) bool {
	to := reflect.ValueOf(target).Elem()
	if !reflect.TypeOf(err).AssignableTo(to.Type()) {
		return false
	}
	to.Set(reflect.ValueOf(err))
	return true
}

// sliceOf returns what sort.Slice needs of a slice.
func sliceOf(x any) (swap func(i, j int), length int) {
	return reflect.Swapper(x), reflect.ValueOf(x).Len()
}
