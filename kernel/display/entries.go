package display

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
)

// maxSorted is how many entries of a map are looked at to find those that come
// first: as many as the largest vocabularies of tokenizers have.
const maxSorted = 1 << 18

// firstEntries are the n entries of a map that come first in the order of their
// keys. Of a map that is too large to look at, they are any n, and sorted is
// false: how long a value takes to draw must not depend on how large it is.
func firstEntries(v Value, n int) (first []Entry, sorted bool) {
	if v.Len() > maxSorted {
		return v.Entries(n), false
	}
	byKey := func(a, b Entry) int { return compareKeys(a.Key, b.Key) }
	for _, e := range v.Entries(maxSorted) {
		if len(first) == n && (n == 0 || byKey(e, first[n-1]) >= 0) {
			continue
		}
		at, _ := slices.BinarySearchFunc(first, e, byKey)
		first = slices.Insert(first[:min(len(first), n-1)], at, e)
	}
	return first, true
}

func compareKeys(a, b Value) int {
	for a.Kind() == reflect.Interface {
		a = a.Elem()
	}
	for b.Kind() == reflect.Interface {
		b = b.Elem()
	}
	if a.Kind() != b.Kind() {
		return cmp.Compare(a.Kind(), b.Kind())
	}
	if isNumber(a.Kind()) {
		x, y := reflect.ValueOf(a.Scalar()), reflect.ValueOf(b.Scalar())
		switch {
		case x.CanInt():
			return cmp.Compare(x.Int(), y.Int())
		case x.CanUint():
			return cmp.Compare(x.Uint(), y.Uint())
		}
		return cmp.Compare(x.Float(), y.Float())
	}
	if a.Kind() == reflect.String {
		return strings.Compare(a.Scalar().(string), b.Scalar().(string))
	}
	return strings.Compare(short(a), short(b))
}
