// Package layout says how values of Go types lie in memory and in registers
// of the exact evaluator. It knows types, not programs.
//
// Memory is laid out as gc lays it out: every type has a reflect type of the
// same size, alignment and pointer bitmap (Type.Mem), with which variables are
// allocated. Three things differ from compiled Go, and only these:
//
//   - Every interface, also one with methods, is two words (dynamic type,
//     data), as an any is. Types made by cells have no method tables that
//     native code could use, so a method is looked up by the type word.
//   - A func is a pointer to the evaluator's own closure.
//   - The dynamic type of a value whose type native code does not know is a
//     struct type made for it alone (Type.ID), with the layout of the value:
//     interface values of cells' types compare, hash and serve as map keys in
//     native maps, and equal layouts never match.
//
// A type for which none of this matters is Exact: its values are native
// values. All others are converted where they cross into native code.
package layout

import (
	"fmt"
	"go/types"
	"reflect"
	"sync"
	"unsafe"

	"golang.org/x/tools/go/types/typeutil"
)

// A Type is a Go type with its layout.
type Type struct {
	Go     types.Type
	Mem    reflect.Type // of a variable, for allocation and copying
	Native reflect.Type // the type in compiled Go; nil where a cell's type is part of it
	ID     reflect.Type // dynamic type of an interface that holds such a value
	Exact  bool         // Mem is Native: the memory of compiled Go

	Word       unsafe.Pointer // ID as the type word of an interface
	Direct     bool           // the data word of an interface is the value itself
	Comparable bool           // strictly: == never panics for the type itself

	// Slots are the registers that a value occupies, in order of their
	// offsets. A Boxed type occupies one: a pointer to memory that nobody
	// writes to once it is made.
	Slots  []Slot
	NU, NP int // number of scalar and of pointer slots
	Boxed  bool

	number int     // of ID
	first  []first // of a struct that is not Boxed: where a field's slots begin
	zero   unsafe.Pointer
	once   sync.Once
	table  *Table
}

// first is how many scalar and pointer slots lie before a field.
type first struct{ u, p int }

// A Slot is one register's part of a value in memory.
type Slot struct {
	Kind   Kind
	Offset uintptr
}

// Kind of a Slot: a pointer, or a scalar of a width. Scalars narrower than 64
// bits are kept extended to 64, with their sign where they have one.
type Kind uint8

// Kinds of slots.
const (
	Pointer Kind = iota
	Uint8        // and bool
	Int8
	Uint16
	Int16
	Uint32
	Int32
	Word64  // int64, uint64, float64
	Float32 // its bits
)

// maxSlots is how many registers a value may take before it is Boxed.
const maxSlots = 12

// A Table makes Types; identical types give the same Type.
type Table struct {
	symbol func(path, name string) (reflect.Value, bool)
	user   func(*types.Package) bool

	mu     sync.Mutex
	types  typeutil.Map // types.Type -> *Type
	bound  map[*types.TypeName]reflect.Type
	unique int
	words  sync.Map // unsafe.Pointer (type word) -> *Type
}

// NewTable returns an empty table. symbol finds names of native packages, types
// as typed nil pointers; user says which packages are evaluated from source.
func NewTable(symbol func(path, name string) (reflect.Value, bool), user func(*types.Package) bool) *Table {
	return &Table{symbol: symbol, user: user, bound: map[*types.TypeName]reflect.Type{}}
}

// Unsupported is the error for a type that has no exact layout.
type Unsupported struct {
	Type types.Type
	Why  string
}

func (e *Unsupported) Error() string {
	return fmt.Sprintf("type %s: %s", types.TypeString(e.Type, (*types.Package).Name), e.Why)
}

// Of returns the layout of t. The error is an *Unsupported.
func (tb *Table) Of(t types.Type) (typ *Type, err error) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *Unsupported:
			typ, err = nil, r
		default:
			panic(r)
		}
	}()
	return tb.of(t), nil
}

// ByWord returns the type whose ID a type word is, or nil for a native type
// that no program mentioned.
func (tb *Table) ByWord(word unsafe.Pointer) *Type {
	if t, ok := tb.words.Load(word); ok {
		return t.(*Type)
	}
	return nil
}

// Bind tells that values of t are of type r in compiled Go: the way to
// unexported types of native packages, which have no symbol.
func (tb *Table) Bind(t types.Type, r reflect.Type) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.bind(t, r, 0)
}

func (tb *Table) bind(t types.Type, r reflect.Type, depth int) {
	if depth > 4 || r == nil {
		return
	}
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		o := t.Obj()
		if o.Pkg() == nil || tb.user(o.Pkg()) || t.TypeArgs().Len() > 0 {
			return
		}
		if _, ok := tb.bound[o]; !ok && !o.Exported() && o.Name() == r.Name() {
			tb.bound[o] = r
		}
	case *types.Pointer:
		if r.Kind() == reflect.Pointer {
			tb.bind(t.Elem(), r.Elem(), depth+1)
		}
	case *types.Slice:
		if r.Kind() == reflect.Slice {
			tb.bind(t.Elem(), r.Elem(), depth+1)
		}
	case *types.Map:
		if r.Kind() == reflect.Map {
			tb.bind(t.Key(), r.Key(), depth+1)
			tb.bind(t.Elem(), r.Elem(), depth+1)
		}
	case *types.Signature:
		if r.Kind() != reflect.Func || r.NumIn() != t.Params().Len() || r.NumOut() != t.Results().Len() {
			return
		}
		for i := range r.NumIn() {
			tb.bind(t.Params().At(i).Type(), r.In(i), depth+1)
		}
		for i := range r.NumOut() {
			tb.bind(t.Results().At(i).Type(), r.Out(i), depth+1)
		}
	}
}

// bindFields binds what the fields of a native struct are: methods may come from
// one of an unexported type.
func (tb *Table) bindFields(t types.Type, r reflect.Type) {
	u, ok := t.Underlying().(*types.Struct)
	if !ok || u.NumFields() != r.NumField() {
		return
	}
	for i := range u.NumFields() {
		tb.bind(u.Field(i).Type(), r.Field(i).Type, 0)
	}
}

// must returns the layout of a type, or panics with *Unsupported.
func (tb *Table) must(t types.Type) *Type {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	return tb.of(t)
}

// Field returns the type of the i-th field of a struct. Like Elem and Key, it
// panics with *Unsupported when that has no layout.
func (t *Type) Field(i int) *Type {
	return t.table.must(t.Go.Underlying().(*types.Struct).Field(i).Type())
}

// FieldSlots returns how many scalar and pointer slots of a struct that is not
// Boxed lie before those of its i-th field.
func (t *Type) FieldSlots(i int) (u, p int) { return t.first[i].u, t.first[i].p }

// Elem returns the element type of a pointer, slice, array, map or channel.
func (t *Type) Elem() *Type {
	return t.table.must(t.Go.Underlying().(interface{ Elem() types.Type }).Elem())
}

// Key returns the key type of a map.
func (t *Type) Key() *Type { return t.table.must(t.Go.Underlying().(*types.Map).Key()) }

// Container is the reflect type with which a map or channel of type t is made
// and used; Mem may be another one, where t contains itself.
func (t *Type) Container() reflect.Type {
	switch u := t.Go.Underlying().(type) {
	case *types.Map:
		if t.Exact {
			return t.Mem
		}
		return reflect.MapOf(t.Key().Mem, t.Elem().Mem)
	case *types.Chan:
		return reflect.ChanOf(reflect.BothDir, t.table.must(u.Elem()).Mem)
	}
	return t.Mem
}

// Zero points to a zero value, which nobody may write to.
func (t *Type) Zero() unsafe.Pointer {
	t.once.Do(func() { t.zero = t.New() })
	return t.zero
}

// New allocates a zero variable.
func (t *Type) New() unsafe.Pointer { return reflect.New(t.Mem).UnsafePointer() }

// At is the variable at p, as reflect sees its layout.
func (t *Type) At(p unsafe.Pointer) reflect.Value { return reflect.NewAt(t.Mem, p).Elem() }

// Copy assigns the variable at src to the one at dst.
func (t *Type) Copy(dst, src unsafe.Pointer) {
	switch {
	case t.Mem.Size() == 0:
	case len(t.Slots) == 1 && !t.Boxed && t.Slots[0].Kind == Pointer:
		*(*unsafe.Pointer)(dst) = *(*unsafe.Pointer)(src)
	default:
		t.At(dst).Set(t.At(src))
	}
}

// String is the type as Go's error messages write it.
func (t *Type) String() string { return Name(t.Go) }
