package encode

import (
	"encoding/json"
	"reflect"
	"unsafe"

	"adkernel/kernel/eval/exact/view"
)

// cellType stands for a type of cells in errors of encoding/json, where the host
// has no reflect type for it. Its name and
// kind are right; all else is that of its memory.
type cellType struct {
	reflect.Type
	typ view.Type
}

func (t cellType) String() string     { return t.typ.String() }
func (t cellType) Name() string       { return t.typ.Name() }
func (t cellType) Kind() reflect.Kind { return t.typ.Kind() }

// reflectType is t for errors.
func reflectType(t view.Type) reflect.Type {
	if r := t.Reflect(); r != nil {
		return r
	}
	return cellType{t.Cell().Mem, t}
}

// marshalerError makes a *json.MarshalerError that names the method, for which
// encoding/json has a field of its own.
func marshalerError(t view.Type, err error, method string) error {
	e := &json.MarshalerError{Type: reflectType(t), Err: err}
	if f := reflect.ValueOf(e).Elem().FieldByName("sourceFunc"); f.IsValid() && f.Kind() == reflect.String {
		*(*string)(unsafe.Pointer(f.UnsafeAddr())) = method
	}
	return e
}
