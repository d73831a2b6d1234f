package format

import (
	"errors"
	"fmt"
	"reflect"

	"adkernel/kernel/eval/exact/layout"
	"adkernel/kernel/eval/exact/view"
)

// ScanArgs are arguments for native Scan functions: pointers to variables of
// cells' types as pointers to the same memory of native types.
func ScanArgs(tb *layout.Table, h Host, args []any) []any {
	c := &view.Cells{Table: tb, Host: h}
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = scanArg(c.Value(a), a)
	}
	return out
}

func scanArg(v view.Value, arg any) any {
	if v.Cell() == nil {
		return arg
	}
	if s, ok := view.As[fmt.Scanner](v); ok {
		return s
	}
	if v.Kind() != reflect.Pointer {
		return failingScanner("type not a pointer: " + v.TypeName())
	}
	elem := v.Cell().Elem()
	switch k := view.KindOf(elem); {
	case v.IsNil():
	case k >= reflect.Bool && k <= reflect.Complex128, k == reflect.String:
		return reflect.NewAt(elem.Mem, v.Elem().Mem()).Interface()
	case k == reflect.Slice && view.KindOf(elem.Elem()) == reflect.Uint8:
		return (*[]byte)(v.Elem().Mem())
	}
	return failingScanner("can't scan type: " + v.TypeName())
}

// failingScanner reports what fmt says of arguments that it cannot scan into.
type failingScanner string

func (f failingScanner) Scan(fmt.ScanState, rune) error { return errors.New(string(f)) }
