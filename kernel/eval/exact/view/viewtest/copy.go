package viewtest

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unsafe"

	"adkernel/kernel/eval/exact/layout"
	"adkernel/kernel/eval/exact/view"
)

// copier copies one graph of values, shared parts and cycles included.
type copier struct {
	*World
	done map[visit]unsafe.Pointer
}

type visit struct {
	from unsafe.Pointer
	word unsafe.Pointer
}

type sliceHeader struct {
	data     unsafe.Pointer
	len, cap int
}

// visible is r without reflect's restrictions; r must be addressable.
func visible(r reflect.Value) reflect.Value {
	return reflect.NewAt(r.Type(), unsafe.Pointer(r.UnsafeAddr())).Elem()
}

func addressable(r reflect.Value) reflect.Value {
	p := reflect.New(r.Type()).Elem()
	p.Set(r)
	return p
}

func (c *copier) cell(r reflect.Value) any {
	base := r.Type()
	for base.Kind() == reflect.Pointer {
		base = base.Elem()
	}
	if _, known := c.byReflect[base]; !known && base.PkgPath() != "" {
		return r.Interface() // of native code alone
	}
	t := c.Layout(r.Type())
	mem := t.New()
	c.fill(mem, t, addressable(r))
	return t.Any(mem)
}

// own says that a native type's values are copied as they are.
func (c *copier) own(t *layout.Type, r reflect.Type) bool {
	_, known := c.byReflect[r]
	return t.Exact && !known && (r.PkgPath() != "" || r.Kind() == reflect.Pointer && r.Elem().PkgPath() != "")
}

func (c *copier) fill(mem unsafe.Pointer, t *layout.Type, r reflect.Value) {
	if c.own(t, r.Type()) {
		t.At(mem).Set(r)
		return
	}
	defer c.see(mem, r)
	switch r.Kind() {
	case reflect.Struct:
		for i := range r.NumField() {
			c.fill(t.At(mem).Field(i).Addr().UnsafePointer(), t.Field(i), visible(r.Field(i)))
		}
	case reflect.Array:
		e := t.Elem()
		for i := range r.Len() {
			c.fill(unsafe.Add(mem, uintptr(i)*e.Mem.Size()), e, r.Index(i))
		}
	case reflect.Slice:
		if r.IsNil() {
			return
		}
		e := t.Elem()
		data := reflect.MakeSlice(reflect.SliceOf(e.Mem), r.Len(), r.Len()).UnsafePointer()
		*(*sliceHeader)(mem) = sliceHeader{data, r.Len(), r.Len()}
		for i := range r.Len() {
			c.fill(unsafe.Add(data, uintptr(i)*e.Mem.Size()), e, r.Index(i))
		}
	case reflect.Map:
		if r.IsNil() {
			return
		}
		v := visit{r.UnsafePointer(), t.Word}
		if p, ok := c.done[v]; ok {
			*(*unsafe.Pointer)(mem) = p
			return
		}
		m, kt, et := reflect.MakeMap(t.Container()), t.Key(), t.Elem()
		*(*unsafe.Pointer)(mem) = m.UnsafePointer()
		c.done[v] = m.UnsafePointer()
		for it := r.MapRange(); it.Next(); {
			k, e := kt.New(), et.New()
			c.fill(k, kt, addressable(it.Key()))
			c.fill(e, et, addressable(it.Value()))
			m.SetMapIndex(kt.At(k), et.At(e))
		}
	case reflect.Pointer:
		if r.IsNil() {
			return
		}
		v := visit{r.UnsafePointer(), t.Word}
		p, ok := c.done[v]
		if !ok {
			e := t.Elem()
			p = e.New()
			c.done[v] = p
			c.fill(p, e, r.Elem())
		}
		*(*unsafe.Pointer)(mem) = p
	case reflect.Interface:
		if !r.IsNil() {
			*(*any)(mem) = c.cell(r.Elem())
		}
	case reflect.Func:
		if !r.IsNil() {
			p := unsafe.Pointer(new(layout.Closure))
			c.funcs[p] = r
			*(*unsafe.Pointer)(mem) = p
		}
	case reflect.Chan:
		if !r.IsNil() {
			*(*unsafe.Pointer)(mem) = reflect.MakeChan(t.Container(), r.Cap()).UnsafePointer()
		}
	default:
		t.At(mem).Set(r.Convert(t.Mem))
	}
}

var padded = regexp.MustCompile(` *(0[xX])?0*@ *`)

// see notes the addresses that a value and its copy hold.
func (w *World) see(mem unsafe.Pointer, r reflect.Value) {
	switch r.Kind() {
	case reflect.Slice, reflect.Map, reflect.Pointer, reflect.Func, reflect.Chan:
		w.addresses[*(*uintptr)(mem)] = true
		w.addresses[r.Pointer()] = true
	}
}

// Mask replaces the addresses of all values copied so far, in any base.
func (w *World) Mask(s string) string {
	var pairs []string
	for a := range w.addresses {
		if a == 0 {
			continue
		}
		for _, base := range []int{16, 10, 8, 2} {
			text := strconv.FormatUint(uint64(a), base)
			pairs = append(pairs, text, "@", strings.ToUpper(text), "@")
		}
	}
	// A func's address is shorter in compiled code, and padded.
	return padded.ReplaceAllString(strings.NewReplacer(pairs...).Replace(s), "$1@")
}

// Forget empties the list of addresses.
func (w *World) Forget() { clear(w.addresses) }

func (c *copier) nativeOf(v any) any {
	t := c.Table.TypeOf(v)
	if t == nil {
		return v
	}
	out := reflect.New(c.reflectType(t.Go)).Elem()
	c.back(out, t, t.Data(v))
	return out.Interface()
}

// back copies a value of a cell into the native variable out.
func (c *copier) back(out reflect.Value, t *layout.Type, mem unsafe.Pointer) {
	if c.own(t, out.Type()) {
		out.Set(t.At(mem))
		return
	}
	defer c.see(mem, out)
	switch out.Kind() {
	case reflect.Struct:
		for i := range out.NumField() {
			c.back(visible(out.Field(i)), t.Field(i), t.At(mem).Field(i).Addr().UnsafePointer())
		}
	case reflect.Array:
		e := t.Elem()
		for i := range out.Len() {
			c.back(out.Index(i), e, unsafe.Add(mem, uintptr(i)*e.Mem.Size()))
		}
	case reflect.Slice:
		h := *(*sliceHeader)(mem)
		if h.data == nil {
			return
		}
		out.Set(reflect.MakeSlice(out.Type(), h.len, h.len))
		for i := range h.len {
			c.back(out.Index(i), t.Elem(), unsafe.Add(h.data, uintptr(i)*t.Elem().Mem.Size()))
		}
	case reflect.Map:
		if *(*unsafe.Pointer)(mem) == nil {
			return
		}
		v := visit{*(*unsafe.Pointer)(mem), t.Word}
		if n, ok := c.done[v]; ok {
			out.Set(reflect.NewAt(out.Type(), unsafe.Pointer(&n)).Elem())
			return
		}
		out.Set(reflect.MakeMap(out.Type()))
		c.done[v] = out.UnsafePointer()
		kt, et := t.Key(), t.Elem()
		for it := reflect.NewAt(t.Container(), mem).Elem().MapRange(); it.Next(); {
			k, e := kt.New(), et.New()
			kt.At(k).Set(it.Key())
			et.At(e).Set(it.Value())
			nk, ne := reflect.New(out.Type().Key()).Elem(), reflect.New(out.Type().Elem()).Elem()
			c.back(nk, kt, k)
			c.back(ne, et, e)
			out.SetMapIndex(nk, ne)
		}
	case reflect.Pointer:
		p := *(*unsafe.Pointer)(mem)
		if p == nil {
			return
		}
		v := visit{p, t.Word}
		n, ok := c.done[v]
		if !ok {
			e := reflect.New(out.Type().Elem())
			n = e.UnsafePointer()
			c.done[v] = n
			c.back(e.Elem(), t.Elem(), p)
		}
		out.Set(reflect.NewAt(out.Type().Elem(), n).Convert(out.Type()))
	case reflect.Interface:
		if v := *(*any)(mem); v != nil {
			out.Set(reflect.ValueOf(c.nativeOf(v)))
		}
	case reflect.Func:
		if p := *(*unsafe.Pointer)(mem); p != nil {
			out.Set(c.funcs[p].Convert(out.Type()))
		}
	case reflect.Chan:
		if *(*unsafe.Pointer)(mem) != nil {
			out.Set(reflect.MakeChan(reflect.ChanOf(reflect.BothDir, out.Type().Elem()), 0).Convert(out.Type()))
		}
	default:
		out.Set(t.At(mem).Convert(out.Type()))
	}
}

var _ view.Host = (*World)(nil)
