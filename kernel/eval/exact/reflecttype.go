package exact

import (
	"fmt"
	"go/types"
	"iter"
	"reflect"

	"adkernel/kernel/eval"
	"adkernel/kernel/eval/exact/layout"
)

// cellType is a cell's type as a reflect.Type: names, fields, tags and methods
// are the type's own. The reflect type in it, of the same layout, gives what
// only layout decides. Functions of package reflect that make values of a type
// cannot use it and are refused.
type cellType struct {
	reflect.Type
	t  *layout.Type
	rt *runtime
}

// typeOf is reflect.TypeOf.
func (rt *runtime) typeOf(v any) reflect.Type {
	t := rt.table.TypeOf(v)
	if t == nil {
		return reflect.TypeOf(v)
	}
	return rt.reflectType(t)
}

// reflectType is t as a reflect.Type: always the same one.
func (rt *runtime) reflectType(t *layout.Type) reflect.Type {
	if t.Native != nil {
		return t.Native
	}
	c, _ := rt.cellTypes.LoadOrStore(t, &cellType{t.Mem, t, rt})
	return c.(*cellType)
}

func (c *cellType) of(t types.Type) reflect.Type { return c.rt.reflectType(c.rt.mustType(t)) }

// wrong panics as reflect does for a kind that has no such part.
func (c *cellType) wrong(method string) string {
	return fmt.Sprintf("reflect: %s of non-%s type %s", method, map[string]string{"Field": "struct", "Fields": "struct", "NumField": "struct", "Key": "map", "Len": "array", "In": "func", "Out": "func", "NumIn": "func", "NumOut": "func", "Ins": "func", "Outs": "func", "IsVariadic": "func", "ChanDir": "chan"}[method], c)
}

func (c *cellType) String() string { return c.t.String() }

func (c *cellType) named() *types.TypeName {
	if n, ok := c.t.Go.(*types.Named); ok {
		return n.Obj()
	}
	return nil
}

// Name is without the package, with type arguments.
func (c *cellType) Name() string {
	if c.named() == nil {
		return ""
	}
	s := c.t.String()
	depth := 0
	for i := len(s) - 1; i >= 0; i-- { // the last dot that is not in type arguments
		switch s[i] {
		case ']':
			depth++
		case '[':
			depth--
		case '.':
			if depth == 0 {
				return s[i+1:]
			}
		}
	}
	return s
}

func (c *cellType) PkgPath() string {
	if o := c.named(); o != nil && o.Pkg() != nil {
		return o.Pkg().Path()
	}
	return ""
}

func (c *cellType) Kind() reflect.Kind {
	switch c.t.Go.Underlying().(type) {
	case *types.Pointer:
		return reflect.Pointer
	case *types.Signature:
		return reflect.Func
	case *types.Slice:
		return reflect.Slice
	case *types.Map:
		return reflect.Map
	case *types.Chan:
		return reflect.Chan
	}
	return c.t.Mem.Kind()
}

func (c *cellType) Comparable() bool { return c.t.Comparable || isInterface(c.t.Go) }

func (c *cellType) Elem() reflect.Type {
	u, ok := c.t.Go.Underlying().(interface{ Elem() types.Type })
	if !ok {
		panic("reflect: Elem of invalid type " + c.String())
	}
	return c.of(u.Elem())
}

func (c *cellType) Key() reflect.Type {
	m, ok := c.t.Go.Underlying().(*types.Map)
	if !ok {
		panic(c.wrong("Key"))
	}
	return c.of(m.Key())
}

func (c *cellType) ChanDir() reflect.ChanDir {
	ch, ok := c.t.Go.Underlying().(*types.Chan)
	if !ok {
		panic(c.wrong("ChanDir"))
	}
	switch ch.Dir() {
	case types.SendOnly:
		return reflect.SendDir
	case types.RecvOnly:
		return reflect.RecvDir
	}
	return reflect.BothDir
}

func (c *cellType) structType(method string) *types.Struct {
	s, ok := c.t.Go.Underlying().(*types.Struct)
	if !ok {
		panic(c.wrong(method))
	}
	return s
}

func (c *cellType) NumField() int { return c.structType("NumField").NumFields() }

func (c *cellType) Field(i int) reflect.StructField {
	s := c.structType("Field")
	if i < 0 || i >= s.NumFields() {
		panic("reflect: Field index out of bounds")
	}
	f := s.Field(i)
	out := reflect.StructField{
		Name: f.Name(), Type: c.of(f.Type()), Tag: reflect.StructTag(s.Tag(i)),
		Offset: c.t.Mem.Field(i).Offset, Index: []int{i}, Anonymous: f.Embedded(),
	}
	if !f.Exported() {
		out.PkgPath = f.Pkg().Path()
	}
	return out
}

// Fields are the fields in order.
func (c *cellType) Fields() iter.Seq[reflect.StructField] {
	return each(c.structType("Fields").NumFields(), c.Field)
}

func (c *cellType) FieldByIndex(index []int) reflect.StructField {
	var out reflect.StructField
	var at reflect.Type = c
	for i, x := range index {
		if i > 0 && at.Kind() == reflect.Pointer && at.Elem().Kind() == reflect.Struct {
			at = at.Elem()
		}
		out = at.Field(x)
		at = out.Type
	}
	return out
}

func (c *cellType) FieldByName(name string) (reflect.StructField, bool) {
	c.structType("FieldByName")
	o, index, _ := types.LookupFieldOrMethod(c.t.Go, true, packageOf(c.t.Go), name)
	if v, ok := o.(*types.Var); !ok || !v.IsField() {
		return reflect.StructField{}, false
	}
	f := c.FieldByIndex(index)
	f.Index = index
	return f, true
}

// packageOf is where unexported names of t are looked up.
func packageOf(t types.Type) *types.Package {
	if n, ok := t.(*types.Named); ok {
		return n.Obj().Pkg()
	}
	if s, ok := t.Underlying().(*types.Struct); ok && s.NumFields() > 0 {
		return s.Field(0).Pkg()
	}
	return nil
}

func (c *cellType) FieldByNameFunc(match func(string) bool) (out reflect.StructField, found bool) {
	for i := range c.NumField() {
		if f := c.Field(i); match(f.Name) {
			if found {
				return reflect.StructField{}, false
			}
			out, found = f, true
		}
	}
	return out, found
}

func (c *cellType) Len() int {
	a, ok := c.t.Go.Underlying().(*types.Array)
	if !ok {
		panic(c.wrong("Len"))
	}
	return int(a.Len())
}

func (c *cellType) signature(method string) *types.Signature {
	s, ok := c.t.Go.Underlying().(*types.Signature)
	if !ok {
		panic(c.wrong(method))
	}
	return s
}

// each yields what part gives for 0 to n-1.
func each[T any](n int, part func(int) T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := range n {
			if !yield(part(i)) {
				return
			}
		}
	}
}

// Ins are the types of the parameters.
func (c *cellType) Ins() iter.Seq[reflect.Type] {
	return each(c.signature("Ins").Params().Len(), c.In)
}

// Outs are the types of the results.
func (c *cellType) Outs() iter.Seq[reflect.Type] {
	return each(c.signature("Outs").Results().Len(), c.Out)
}

func (c *cellType) NumIn() int             { return c.signature("NumIn").Params().Len() }
func (c *cellType) NumOut() int            { return c.signature("NumOut").Results().Len() }
func (c *cellType) In(i int) reflect.Type  { return c.of(c.signature("In").Params().At(i).Type()) }
func (c *cellType) Out(i int) reflect.Type { return c.of(c.signature("Out").Results().At(i).Type()) }
func (c *cellType) IsVariadic() bool       { return c.signature("IsVariadic").Variadic() }
func (c *cellType) exported() (list []*types.Func) {
	c.rt.mu.Lock()
	defer c.rt.mu.Unlock()
	set := types.NewMethodSet(c.t.Go)
	for i := range set.Len() {
		if f := set.At(i).Obj().(*types.Func); f.Exported() {
			list = append(list, f)
		}
	}
	return list
}

func (c *cellType) NumMethod() int { return len(c.exported()) }

// Method gives a method's name and type. Its function is refused.
func (c *cellType) Method(i int) reflect.Method { return c.method(c.exported()[i], i) }

// Methods are those that NumMethod counts.
func (c *cellType) Methods() iter.Seq[reflect.Method] {
	return each(c.NumMethod(), c.Method)
}

func (c *cellType) MethodByName(name string) (reflect.Method, bool) {
	for i, f := range c.exported() {
		if f.Name() == name {
			return c.method(f, i), true
		}
	}
	return reflect.Method{}, false
}

func (c *cellType) method(f *types.Func, i int) reflect.Method {
	params := []*types.Var{types.NewParam(0, nil, "", c.t.Go)}
	if isInterface(c.t.Go) {
		params = nil
	}
	for v := range f.Signature().Params().Variables() {
		params = append(params, v)
	}
	sig := types.NewSignatureType(nil, nil, nil, types.NewTuple(params...), f.Signature().Results(), f.Signature().Variadic())
	return reflect.Method{Name: f.Name(), Index: i, Type: c.of(sig)}
}

// goType is the type behind a reflect.Type, or nil for a native one.
func goType(r reflect.Type) types.Type {
	if c, ok := r.(*cellType); ok {
		return c.t.Go
	}
	return nil
}

func (c *cellType) Implements(u reflect.Type) bool {
	if u == nil {
		panic("reflect: nil type passed to Type.Implements")
	}
	if u.Kind() != reflect.Interface {
		panic("reflect: non-interface type passed to Type.Implements")
	}
	if t := goType(u); t != nil {
		return types.Implements(c.t.Go, t.Underlying().(*types.Interface))
	}
	for i := range u.NumMethod() {
		want := u.Method(i)
		sig := c.rt.methodOf(c.t, want.Name)
		if sig == nil {
			return false
		}
		if have, err := c.rt.table.Of(sig); err != nil || have.Native != want.Type {
			return false
		}
	}
	return true
}

func (c *cellType) AssignableTo(u reflect.Type) bool {
	if t := goType(u); t != nil {
		return types.AssignableTo(c.t.Go, t)
	}
	return u.Kind() == reflect.Interface && c.Implements(u)
}

func (c *cellType) ConvertibleTo(u reflect.Type) bool {
	if t := goType(u); t != nil {
		return types.ConvertibleTo(c.t.Go, t)
	}
	return c.AssignableTo(u) || c.t.Mem.ConvertibleTo(u)
}

func (c *cellType) CanSeq() bool  { return c.refuse("CanSeq") }
func (c *cellType) CanSeq2() bool { return c.refuse("CanSeq2") }

func (c *cellType) refuse(what string) bool {
	panic(leaving{&panicking{kill: killRefuse, val: &eval.Error{Kind: eval.Refused, Message: "reflect.Type." + what + " of " + c.String()}}})
}

// typeMaker makes a type of another one, which may be a cell's.
func typeMaker(of func(rt *runtime, e types.Type) types.Type, native func(reflect.Type) reflect.Type) intrinsic {
	return func(rt *runtime) nativeFn {
		return func(m *machine, u, p pointer) bool {
			e := *rany(p, 16)
			if c, ok := e.(*cellType); ok {
				*rany(p, 0) = any(c.of(of(rt, c.t.Go)))
				return false
			}
			return m.guarded(func() { *rany(p, 0) = any(native(e.(reflect.Type))) })
		}
	}
}
