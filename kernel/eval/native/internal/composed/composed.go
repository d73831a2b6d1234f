package composed

import (
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Of returns the struct type that has the methods of all the interfaces, and no
// others.
func Of(interfaces ...reflect.Type) (reflect.Type, bool) {
	methods := map[string]bool{}
	for _, t := range interfaces {
		for i := range t.NumMethod() {
			methods[t.Method(i).Name+" "+t.Method(i).Type.String()] = true
		}
	}
	list := make([]string, 0, len(methods))
	for m := range methods {
		list = append(list, m)
	}
	t, ok := byMethods()[key(list)]
	return t, ok
}

func key(methods []string) string {
	slices.Sort(methods)
	return strings.Join(methods, "\n")
}

// byMethods are the types by their methods' names and signatures.
var byMethods = sync.OnceValue(func() map[string]reflect.Type {
	out := make(map[string]reflect.Type, len(types))
	for _, t := range types {
		s := reflect.TypeOf(t).Elem()
		var methods []string
		for i := 1; i < s.NumField(); i++ { // 0 is IValue
			part := s.Field(i).Type
			for j := range part.NumField() {
				methods = append(methods, part.Field(j).Name[1:]+" "+part.Field(j).Type.String())
			}
		}
		out[key(methods)] = s
	}
	return out
})
