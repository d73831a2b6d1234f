package exact

import (
	"encoding/binary"
	goruntime "runtime"
	"sync"
	"unsafe"
)

// assertionError is what Go's runtime panics with when a type assertion fails,
// for types by their names: concrete "" is a nil interface, inter "" one of
// which Go says no more than that. missing is the method that concrete lacks, or
// "".
//
// A program looks for the type *runtime.TypeAssertionError, so it has to be
// one. Its fields are types of Go's runtime, which names them; those of cells
// have names that the runtime does not know.
func assertionError(inter, concrete, asserted, missing string) error {
	err := &goruntime.TypeAssertionError{}
	*(*assertion)(unsafe.Pointer(err)) = assertion{typeNamed(inter), typeNamed(concrete), typeNamed(asserted), missing}
	return err
}

// assertion is runtime.TypeAssertionError (runtime/error.go).
type assertion struct {
	inter, concrete, asserted *runtimeType
	missing                   string
}

// runtimeType is abi.Type (internal/abi/type.go), as far as it is written here.
type runtimeType struct {
	_     [20]byte
	flags uint8 // none: no methods, and a name without the star of a pointer's
	_     [19]byte
	name  int32 // a number that the runtime knows the name by
	_     int32
}

var namedTypes sync.Map // name -> *runtimeType; there are as many as types in assertions that failed

// typeNamed is a type that has nothing but a name; nil for "".
func typeNamed(name string) *runtimeType {
	if name == "" {
		return nil
	}
	if t, ok := namedTypes.Load(name); ok {
		return t.(*runtimeType)
	}
	t := new(runtimeType)
	*t = *(*runtimeType)(words(0).typ)
	t.flags = 0
	text := append(binary.AppendUvarint([]byte{0}, uint64(len(name))), name...) // abi.Name: flags, length, text
	t.name = addReflectOff(unsafe.Pointer(unsafe.SliceData(text)))
	kept, _ := namedTypes.LoadOrStore(name, t)
	return kept.(*runtimeType)
}

// addReflectOff makes the runtime know a name, for good. Package reflect leaves
// it open to others (go.dev/issue/67401).
//
//go:linkname addReflectOff reflect.addReflectOff
func addReflectOff(ptr unsafe.Pointer) int32
