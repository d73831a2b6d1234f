package exact

import (
	"reflect"
	"slices"
	"unsafe"

	"adkernel/kernel/eval/exact/layout"
)

// fastMap reads and writes maps of common types without reflection. That is
// sound because a map's layout depends on the layouts of its key and element
// only, and its hash on the key's kind.
type fastMap struct {
	get func(q, u, p unsafe.Pointer, key, elem loc) bool
	set func(q, u, p unsafe.Pointer, key, elem loc)
}

// fastMapOf serves maps from strings and integers of 32 and 64 bits to numbers,
// pointers, strings and slices; of others it returns nil.
func fastMapOf(mt *mapType) *fastMap {
	switch mt.key.Mem.Kind() {
	case reflect.String:
		return fastKey(mt.elem, func(u, p unsafe.Pointer, l loc) string { return rstr(u, p, l) })
	case reflect.Int, reflect.Int64, reflect.Uint, reflect.Uint64:
		return fastKey(mt.elem, func(u, p unsafe.Pointer, l loc) uint64 { return *ru(u, l.u) })
	case reflect.Int32, reflect.Uint32:
		return fastKey(mt.elem, func(u, p unsafe.Pointer, l loc) uint32 { return uint32(*ru(u, l.u)) })
	}
	return nil
}

type readKey[K comparable] func(u, p unsafe.Pointer, l loc) K

func fastKey[K comparable](elem *layout.Type, key readKey[K]) *fastMap {
	if elem.Boxed || elem.Mem.Size() == 0 {
		return nil
	}
	var kinds []layout.Kind
	for _, s := range elem.Slots {
		kinds = append(kinds, s.Kind)
	}
	switch size := elem.Mem.Size(); {
	case len(kinds) == 1 && kinds[0] == layout.Pointer:
		return fastElem(key,
			func(u, p unsafe.Pointer, l loc) unsafe.Pointer { return *rp(p, l.p) },
			func(u, p unsafe.Pointer, l loc, v unsafe.Pointer) { *rp(p, l.p) = v })
	case len(kinds) == 1 && kinds[0] == layout.Word64 && size == 8:
		return fastElem(key,
			func(u, p unsafe.Pointer, l loc) uint64 { return *ru(u, l.u) },
			func(u, p unsafe.Pointer, l loc, v uint64) { *ru(u, l.u) = v })
	case len(kinds) == 1 && kinds[0] == layout.Uint8 && size == 1:
		return fastElem(key,
			func(u, p unsafe.Pointer, l loc) uint8 { return uint8(*ru(u, l.u)) },
			func(u, p unsafe.Pointer, l loc, v uint8) { *ru(u, l.u) = uint64(v) })
	case len(kinds) == 1 && kinds[0] == layout.Int32 && size == 4:
		return fastElem(key,
			func(u, p unsafe.Pointer, l loc) int32 { return int32(*ri(u, l.u)) },
			func(u, p unsafe.Pointer, l loc, v int32) { *ri(u, l.u) = int64(v) })
	case elem.Mem.Kind() == reflect.String:
		return fastElem(key, rstr, setstr)
	case slices.Equal(kinds, []layout.Kind{layout.Pointer, layout.Word64, layout.Word64}) && size == 24:
		return fastElem(key,
			func(u, p unsafe.Pointer, l loc) sliceHeader {
				return sliceHeader{*rp(p, l.p), int(*ri(u, l.u)), int(*ri(u, l.u+8))}
			},
			func(u, p unsafe.Pointer, l loc, v sliceHeader) { setslice(u, p, l, v.data, v.len, v.c) })
	}
	return nil
}

func fastElem[K comparable, V any](key readKey[K], read func(u, p unsafe.Pointer, l loc) V, write func(u, p unsafe.Pointer, l loc, v V)) *fastMap {
	return &fastMap{
		get: func(q, u, p unsafe.Pointer, k, l loc) bool {
			v, ok := (*(*map[K]V)(unsafe.Pointer(&q)))[key(u, p, k)]
			write(u, p, l, v)
			return ok
		},
		set: func(q, u, p unsafe.Pointer, k, l loc) {
			(*(*map[K]V)(unsafe.Pointer(&q)))[key(u, p, k)] = read(u, p, l)
		},
	}
}
