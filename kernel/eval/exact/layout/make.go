package layout

import (
	"fmt"
	"go/types"
	"reflect"
	"runtime"
	"unsafe"
)

var (
	anyType     = reflect.TypeFor[any]()
	emptyType   = reflect.TypeFor[struct{}]()
	pointerType = reflect.TypeFor[unsafe.Pointer]()
	closureType = reflect.TypeFor[*Closure]()
	noEquality  = reflect.TypeFor[[0]func()]()
)

// Closure stands for the evaluator's func values: a variable of a func type
// holds a pointer to one.
type Closure struct{ _ [1]unsafe.Pointer }

var basics = map[types.BasicKind]reflect.Type{
	types.Bool: reflect.TypeFor[bool](), types.String: reflect.TypeFor[string](),
	types.Int: reflect.TypeFor[int](), types.Int8: reflect.TypeFor[int8](), types.Int16: reflect.TypeFor[int16](),
	types.Int32: reflect.TypeFor[int32](), types.Int64: reflect.TypeFor[int64](),
	types.Uint: reflect.TypeFor[uint](), types.Uint8: reflect.TypeFor[uint8](), types.Uint16: reflect.TypeFor[uint16](),
	types.Uint32: reflect.TypeFor[uint32](), types.Uint64: reflect.TypeFor[uint64](), types.Uintptr: reflect.TypeFor[uintptr](),
	types.Float32: reflect.TypeFor[float32](), types.Float64: reflect.TypeFor[float64](),
	types.Complex64: reflect.TypeFor[complex64](), types.Complex128: reflect.TypeFor[complex128](),
	types.UnsafePointer: pointerType,
	types.UntypedBool:   reflect.TypeFor[bool](), types.UntypedInt: reflect.TypeFor[int](), types.UntypedRune: reflect.TypeFor[rune](),
	types.UntypedFloat: reflect.TypeFor[float64](), types.UntypedComplex: reflect.TypeFor[complex128](),
	types.UntypedString: reflect.TypeFor[string](), types.UntypedNil: pointerType,
}

var kinds = map[reflect.Kind]Kind{
	reflect.Bool: Uint8, reflect.Uint8: Uint8, reflect.Int8: Int8, reflect.Uint16: Uint16, reflect.Int16: Int16,
	reflect.Uint32: Uint32, reflect.Int32: Int32, reflect.Uint64: Word64, reflect.Int64: Word64, reflect.Int: Word64,
	reflect.Uint: Word64, reflect.Uintptr: Word64, reflect.Float64: Word64, reflect.Float32: Float32,
}

// of makes the layout of t; the lock is held. It panics with *Unsupported.
func (tb *Table) of(t types.Type) *Type {
	if x := tb.types.At(t); x != nil {
		return x.(*Type)
	}
	x := &Type{Go: types.Unalias(t), table: tb, Comparable: types.Comparable(t)}
	x.Native = tb.native(t)
	x.Mem = tb.mem(t)
	x.Exact = x.Native != nil && x.Native == x.Mem
	if x.Exact {
		tb.bindFields(t, x.Native)
	}
	x.slots()
	tb.identify(x)
	tb.types.Set(t, x)
	if _, ok := tb.words.Load(x.Word); !ok {
		tb.words.Store(x.Word, x)
	}
	return x
}

// identify chooses the dynamic type, and learns how interfaces hold it.
func (tb *Table) identify(x *Type) {
	x.ID = x.Mem
	if !x.Exact {
		tb.unique++
		x.number = tb.unique
		marker := emptyType
		if !x.Comparable {
			marker = noEquality // or == on what holds it would not panic
		}
		x.ID = reflect.StructOf([]reflect.StructField{
			{Name: "T", Type: marker, Tag: reflect.StructTag(fmt.Sprintf(`adkernel:"%d"`, tb.unique))},
			{Name: "V", Type: x.Mem},
		})
	}
	if x.ID.Size() > unsafe.Sizeof(uintptr(0)) { // a zero value of an array may not fit into memory
		x.Word = wordOf(x.ID)
		return
	}
	zero := reflect.Zero(x.ID).Interface()
	if x.Mem.Kind() == reflect.Interface { // an interface never holds one
		zero = nil
	}
	words := *(*[2]unsafe.Pointer)(unsafe.Pointer(&zero))
	x.Word, x.Direct = words[0], words[1] == nil
	if x.Word == nil {
		x.Word = wordOf(x.ID)
	}
}

// wordOf is a reflect type as the type word of an interface: what reflect.Type
// points to.
func wordOf(r reflect.Type) unsafe.Pointer {
	return (*[2]unsafe.Pointer)(unsafe.Pointer(&r))[1]
}

// mem is the reflect type with which variables of type t are allocated.
// Pointers to types that are not Exact are all alike, so that types which
// contain themselves come to an end.
func (tb *Table) mem(t types.Type) reflect.Type {
	if n := tb.native(t); n != nil && tb.asNative(t) {
		return n
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		if r := basics[u.Kind()]; r != nil {
			return r
		}
	case *types.Pointer:
		return pointerType
	case *types.Signature:
		return closureType
	case *types.Interface:
		return anyType
	case *types.Slice:
		if contains(u.Elem(), t) {
			return reflect.TypeFor[[]byte]() // as large, as shared, as incomparable
		}
		return reflect.SliceOf(tb.mem(u.Elem()))
	case *types.Map:
		if contains(u.Elem(), t) {
			return reflect.TypeFor[map[byte]byte]()
		}
		return reflect.MapOf(tb.mem(u.Key()), tb.mem(u.Elem()))
	case *types.Chan:
		if contains(u.Elem(), t) {
			return reflect.TypeFor[chan byte]()
		}
		return reflect.ChanOf(reflect.BothDir, tb.mem(u.Elem()))
	case *types.Array:
		return reflect.ArrayOf(int(u.Len()), tb.mem(u.Elem()))
	case *types.Struct:
		return tb.structOf(t, u)
	}
	panic(&Unsupported{t, "it has no layout here"})
}

// structOf names fields by number: names, tags and embedding are no matter of
// layout, and reflect refuses some.
func (tb *Table) structOf(t types.Type, u *types.Struct) reflect.Type {
	fields := make([]reflect.StructField, u.NumFields())
	for i := range fields {
		fields[i] = reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: tb.mem(u.Field(i).Type())}
	}
	r := reflect.StructOf(fields)
	if want := sizes.Sizeof(u); want != int64(r.Size()) {
		panic(&Unsupported{t, fmt.Sprintf("its size is %d here and %d in compiled Go", r.Size(), want)})
	}
	return r
}

var sizes = types.SizesFor("gc", runtime.GOARCH)

// slots flattens a value into registers.
func (x *Type) slots() {
	x.Slots, x.Boxed = flatten(x.Mem, 0, nil)
	if x.Boxed || len(x.Slots) > maxSlots {
		x.Boxed, x.Slots = true, []Slot{{Pointer, 0}}
	}
	x.NU, x.NP = count(x.Slots)
	if x.Mem.Kind() != reflect.Struct || x.Boxed {
		return
	}
	at := first{}
	for i := range x.Mem.NumField() {
		x.first = append(x.first, at)
		slots, _ := flatten(x.Mem.Field(i).Type, 0, nil)
		u, p := count(slots)
		at.u, at.p = at.u+u, at.p+p
	}
}

func count(slots []Slot) (u, p int) {
	for _, s := range slots {
		if s.Kind == Pointer {
			p++
		} else {
			u++
		}
	}
	return u, p
}

// flatten appends the slots of a variable of type r at an offset. Arrays have
// none, and the second result says so: they are indexed by variables, and
// registers have no addresses.
func flatten(r reflect.Type, at uintptr, slots []Slot) (_ []Slot, hasArray bool) {
	add := func(k Kind, off uintptr) { slots = append(slots, Slot{k, at + off}) }
	switch r.Kind() {
	case reflect.Pointer, reflect.UnsafePointer, reflect.Map, reflect.Chan, reflect.Func:
		add(Pointer, 0)
	case reflect.String:
		add(Pointer, 0)
		add(Word64, 8)
	case reflect.Slice:
		add(Pointer, 0)
		add(Word64, 8)
		add(Word64, 16)
	case reflect.Interface:
		add(Pointer, 0)
		add(Pointer, 8)
	case reflect.Complex64:
		add(Float32, 0)
		add(Float32, 4)
	case reflect.Complex128:
		add(Word64, 0)
		add(Word64, 8)
	case reflect.Struct:
		for i := range r.NumField() {
			var has bool
			slots, has = flatten(r.Field(i).Type, at+r.Field(i).Offset, slots)
			hasArray = hasArray || has
		}
	case reflect.Array:
		hasArray = r.Size() > 0
	default:
		add(kinds[r.Kind()], 0)
	}
	return slots, hasArray
}

// ByNumber returns the type whose ID was made with a number, or nil: the
// number is in the text of ID.
func (tb *Table) ByNumber(n int) *Type {
	var out *Type
	tb.words.Range(func(_, v any) bool {
		if t := v.(*Type); !t.Exact && t.number == n {
			out = t
		}
		return out == nil
	})
	return out
}
