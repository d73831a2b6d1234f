package exact

import (
	"go/ast"
	"go/types"
	goruntime "runtime"
)

// The runtime takes some values by their address. What has none is copied
// where it stands, even if only variables are read there: of Println(x == 1,
// f()) the comparison, although not of Println(x, f()) and Println(x+1, f())
// the integers.

// copiesInto says whether x is copied on its way into an interface of type t
// (cmd/compile/internal/walk: dataWordFuncName).
func (o *orderer) copiesInto(t types.Type, x ast.Expr) bool {
	if t == nil || o.generic || !isPlainInterface(t) || o.constant(x) {
		return false
	}
	from := o.info.TypeOf(x)
	if _, isTuple := from.(*types.Tuple); from == nil || isTuple || types.IsInterface(from) {
		return false
	}
	from = types.Default(from)
	size, align, pointers := sizes.Sizeof(from), sizes.Alignof(from), hasPointers(from)
	switch {
	case size == 2 && align == 2, size == 4 && align == 4 && !pointers, size == 8 && align == 8 && !pointers:
		return false
	}
	switch c := soleComponent(from).(type) {
	case *types.Slice:
		return false
	case *types.Basic:
		if c.Info()&types.IsString != 0 {
			return false
		}
	}
	return !o.isAddressable(x)
}

// isPlainInterface says whether t is an interface and no type parameter.
func isPlainInterface(t types.Type) bool {
	_, isParam := types.Unalias(t).(*types.TypeParam)
	return types.IsInterface(t) && !isParam
}

// copiesKey says whether the key of a map is copied (mapKeyTemp): the fast
// maps take it by value, except that structs and arrays are copied into what
// they are as a number or a string.
func (o *orderer) copiesKey(m *types.Map, key ast.Expr) bool {
	if o.generic || o.constant(key) {
		return false
	}
	k := under(m.Key())
	if types.IsInterface(k) && !types.Identical(m.Key(), o.info.TypeOf(key)) { // what has been converted has no address
		return true
	}
	fast := sizes.Sizeof(m.Elem()) <= maxFastElement
	if fast {
		switch size := sizes.Sizeof(k); c := soleComponent(k).(type) {
		case *types.Basic:
			fast = c.Info()&types.IsString != 0 || c.Info()&types.IsFloat == 0 && c.Info()&types.IsComplex == 0 && (size == 4 || size == 8)
		case *types.Interface:
			fast = false
		default:
			fast = (size == 4 || size == 8) && isMemory(k)
		}
	}
	switch k.(type) {
	case *types.Struct, *types.Array:
		if fast {
			return true
		}
	}
	return !fast && !o.isAddressable(key)
}

// maxFastElement is internal/abi's MapMaxElemBytes.
const maxFastElement = 128

// convertsKey says whether a key holds string(bytes), which is looked up
// without a copy, and therefore at once (mapKeyReplaceStrConv).
func (o *orderer) convertsKey(key ast.Expr) bool {
	switch k := ast.Unparen(key).(type) {
	case *ast.CallExpr:
		if !o.info.Types[k.Fun].IsType() || o.constant(k) {
			return false
		}
		b, ok := under(o.info.TypeOf(k)).(*types.Basic)
		s, isSlice := under(o.info.TypeOf(k.Args[0])).(*types.Slice)
		if !ok || b.Info()&types.IsString == 0 || !isSlice {
			return false
		}
		e, ok := under(s.Elem()).(*types.Basic)
		return ok && e.Kind() == types.Uint8
	case *ast.CompositeLit:
		for _, p := range o.elements(k) {
			if o.convertsKey(*p.x) {
				return true
			}
		}
	}
	return false
}

// isAddressable says whether x is in memory: no call, and no operation.
func (o *orderer) isAddressable(x ast.Expr) bool {
	x = ast.Unparen(x)
	if id, ok := x.(*ast.Ident); ok {
		_, ok := o.info.Uses[id].(*types.Var)
		return ok
	}
	return o.info.Types[x].Addressable()
}

// isPointerShaped says whether an interface holds a value of type t itself.
func (o *orderer) isPointerShaped(t types.Type) bool {
	if o.generic {
		return isPointer(t)
	}
	return sizes.Sizeof(t) == sizes.Sizeof(types.Typ[types.Uintptr]) && hasPointers(t)
}

var sizes = types.SizesFor("gc", goruntime.GOARCH)

func hasPointers(t types.Type) bool {
	switch t := under(t).(type) {
	case *types.Basic:
		return t.Info()&types.IsString != 0 || t.Kind() == types.UnsafePointer
	case *types.Array:
		return t.Len() > 0 && hasPointers(t.Elem())
	case *types.Struct:
		for f := range t.Fields() {
			if hasPointers(f.Type()) {
				return true
			}
		}
		return false
	}
	return true
}

// soleComponent is what a struct of one field, or an array of one element,
// consists of; of other types those themselves.
func soleComponent(t types.Type) types.Type {
	switch u := under(t).(type) {
	case *types.Array:
		if u.Len() == 1 {
			return soleComponent(u.Elem())
		}
	case *types.Struct:
		if u.NumFields() == 1 {
			return soleComponent(u.Field(0).Type())
		}
	}
	return under(t)
}

// isMemory says whether values of type t are equal when their memory is.
func isMemory(t types.Type) bool {
	switch t := under(t).(type) {
	case *types.Basic:
		return t.Info()&(types.IsInteger|types.IsBoolean) != 0 || t.Kind() == types.UnsafePointer
	case *types.Pointer, *types.Chan:
		return true
	case *types.Array:
		return isMemory(t.Elem())
	case *types.Struct:
		var sum int64
		for f := range t.Fields() {
			if f.Name() == "_" || !isMemory(f.Type()) {
				return false
			}
			sum += sizes.Sizeof(f.Type())
		}
		return sum == sizes.Sizeof(t) // no padding
	}
	return false
}
