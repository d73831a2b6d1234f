package exact

import (
	"go/types"
	"reflect"
	"sync/atomic"
	"unsafe"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/layout"
)

// A site is a call of an interface's method. It remembers what it found for
// the dynamic types that it saw last.
type site struct {
	name string
	pkg  *types.Package // of an unexported method
	sig  *types.Signature
	seen atomic.Pointer[[]found]
}

type found struct {
	word       unsafe.Pointer
	generation int64
	target     *target
}

func (b *builder) newSite(c *ssa.CallCommon) *site {
	s := &site{name: c.Method.Name(), sig: c.Signature()}
	if !c.Method.Exported() {
		s.pkg = c.Method.Pkg()
	}
	return s
}

// A target is a method of a dynamic type.
type target struct {
	fn *function
	// receiver writes the method's receiver to the argument slots at l, and
	// returns where the next argument goes. False: m.raised is set.
	receiver func(m *machine, v any, u, p unsafe.Pointer, l loc) (loc, bool)
}

// find returns the method of v that the site calls.
func (m *machine) find(s *site, v any) (*target, bool) {
	w := words(v).typ
	generation := m.rt.generation.Load()
	if seen := s.seen.Load(); seen != nil {
		for i := range *seen {
			if f := &(*seen)[i]; f.word == w && f.generation == generation {
				return f.target, true
			}
		}
	}
	t := m.rt.method(v, s)
	if t == nil {
		m.refuse("method %s of a value of type %s cannot be called", s.name, m.rt.typeName(v))
		return nil, false
	}
	if t.fn != nil {
		s.remember(found{w, generation, t})
	}
	return t, true
}

// remember adds f to what the site has seen, in the place of what is out of
// date or was seen long ago.
func (s *site) remember(f found) {
	const most = 8
	list := []found{f}
	if seen := s.seen.Load(); seen != nil {
		for _, old := range *seen {
			if old.generation == f.generation && old.word != f.word && len(list) < most {
				list = append(list, old)
			}
		}
	}
	s.seen.Store(&list)
}

// method looks a method up. A target without fn belongs to this value alone.
func (rt *runtime) method(v any, s *site) *target {
	t := rt.table.ByWord(words(v).typ)
	if t == nil || t.Exact {
		return rt.nativeMethod(reflect.TypeOf(v), s)
	}
	rt.mu.Lock()
	defer rt.mu.Unlock()
	sel := types.NewMethodSet(t.Go).Lookup(s.pkg, s.name)
	if sel == nil {
		return nil
	}
	return rt.selected(t, sel, s)
}

// selected returns the target of a selection on a value of type t.
func (rt *runtime) selected(t *layout.Type, sel *types.Selection, s *site) *target {
	path := sel.Index()
	steps, at, pointer, err := rt.walk(t, path[:len(path)-1])
	if err != nil {
		return nil
	}
	method := sel.Obj().(*types.Func)
	if isInterface(at.Go) {
		return rt.embeddedInterface(t, steps, s)
	}
	recv := method.Signature().Recv().Type()
	_, wantsPointer := types.Unalias(recv).(*types.Pointer)
	if !rt.isSource(method.Pkg()) {
		return rt.embeddedNative(t, steps, at, pointer, wantsPointer, s)
	}
	fn := rt.lookup(method)
	if fn == nil {
		return nil
	}
	typeName, methodName := at.String(), s.name
	return &target{fn, func(m *machine, v any, u, p unsafe.Pointer, l loc) (loc, bool) {
		mem, fresh, ok := steps(m, t.Data(v))
		if !ok {
			return l, false
		}
		if wantsPointer {
			if pointer {
				mem = *(*unsafe.Pointer)(mem)
			}
			*rp(p, l.p) = mem
			return l.plus(0, 1), true
		}
		if pointer {
			mem, fresh = *(*unsafe.Pointer)(mem), false
			if mem == nil && len(path) > 1 {
				m.raiseNil()
				return l, false
			}
			if mem == nil {
				m.raise(&panicking{val: runtimeError(sprintf("value method %s.%s called using nil *%s pointer", typeName, methodName, typeName[lastDot(typeName)+1:]))})
				return l, false
			}
		}
		if at.Boxed && !fresh {
			c := at.New()
			at.Copy(c, mem)
			mem = c
		}
		readMemory(at, mem, u, p, l)
		return l.plus(at.NU, at.NP), true
	}}
}

// walker finds an embedded field from a variable's memory. fresh says that
// nobody writes to the memory that it returns.
type walker func(m *machine, mem unsafe.Pointer) (at unsafe.Pointer, fresh, ok bool)

// walk follows embedded fields. at is the type that has the method; pointer
// says that what the walker leads to is a pointer to it.
func (rt *runtime) walk(t *layout.Type, path []int) (w walker, at *layout.Type, pointer bool, err error) {
	type step struct {
		deref bool
		off   uintptr
	}
	var steps []step
	cur := t.Go
	deref := func() bool {
		p, ok := cur.Underlying().(*types.Pointer)
		if ok {
			cur = p.Elem()
		}
		return ok
	}
	for _, i := range path {
		d := deref()
		owner, err := rt.table.Of(cur)
		if err != nil {
			return nil, nil, false, err
		}
		steps = append(steps, step{d, owner.Mem.Field(i).Offset})
		cur = cur.Underlying().(*types.Struct).Field(i).Type()
	}
	pointer = deref()
	at, err = rt.table.Of(cur)
	return func(m *machine, mem unsafe.Pointer) (unsafe.Pointer, bool, bool) {
		fresh := true
		for _, s := range steps {
			if s.deref {
				mem, fresh = *(*unsafe.Pointer)(mem), false
				if mem == nil {
					m.raiseNil()
					return nil, false, false
				}
			}
			mem = unsafe.Add(mem, s.off)
		}
		return mem, fresh, true
	}, at, pointer, err
}

// embeddedInterface calls the method of an interface that is a field.
func (rt *runtime) embeddedInterface(t *layout.Type, steps walker, s *site) *target {
	inner := &site{name: s.name, pkg: s.pkg, sig: s.sig}
	out := &target{}
	out.receiver = func(m *machine, v any, u, p unsafe.Pointer, l loc) (loc, bool) {
		mem, _, ok := steps(m, t.Data(v))
		if !ok {
			return l, false
		}
		held := *(*any)(mem)
		if held == nil {
			m.raiseNil()
			return l, false
		}
		next, ok := m.find(inner, held)
		if !ok {
			return l, false
		}
		l, ok = next.receiver(m, held, u, p, l)
		out.fn = next.fn
		return l, ok
	}
	return out
}

// embeddedNative calls the method of a native type that is a field.
func (rt *runtime) embeddedNative(t *layout.Type, steps walker, at *layout.Type, pointer, wantsPointer bool, s *site) *target {
	r := at.Native
	if r == nil {
		return nil
	}
	if wantsPointer || pointer {
		r = reflect.PointerTo(r)
	}
	nt := rt.nativeMethod(r, s)
	if nt == nil {
		return nil
	}
	return &target{nt.fn, func(m *machine, v any, u, p unsafe.Pointer, l loc) (loc, bool) {
		mem, _, ok := steps(m, t.Data(v))
		if !ok {
			return l, false
		}
		switch {
		case !at.Exact: // a native func type
			n, ok := rt.native(m, at, mem, at.Native)
			if !ok {
				return l, false
			}
			*rany(p, l.p) = n.Interface()
		case pointer:
			*rany(p, l.p) = reflect.NewAt(r, mem).Elem().Interface()
		case wantsPointer:
			*rany(p, l.p) = reflect.NewAt(at.Native, mem).Interface()
		default:
			*rany(p, l.p) = reflect.NewAt(at.Native, mem).Elem().Interface()
		}
		return l.plus(0, 2), true
	}}
}

// implements says whether a value has the methods of an interface type, or
// which one it lacks.
func (rt *runtime) implements(v any, it *types.Interface) (missing string, ok bool) {
	if it.NumMethods() == 0 {
		return "", true
	}
	key := implementsKey{words(v).typ, it}
	generation := rt.generation.Load()
	if c, found := rt.implemented.Load(key); found && c.(implementsEntry).generation == generation {
		return c.(implementsEntry).missing, c.(implementsEntry).ok
	}
	t := rt.table.ByWord(key.word)
	if t != nil {
		rt.mu.Lock()
		m, _ := types.MissingMethod(t.Go, it, true)
		if ok = m == nil; !ok {
			missing = m.Name()
		}
		rt.mu.Unlock()
	} else {
		missing, ok = rt.nativeImplements(reflect.TypeOf(v), it)
	}
	rt.implemented.Store(key, implementsEntry{generation, missing, ok})
	return missing, ok
}

type implementsKey struct {
	word unsafe.Pointer
	it   *types.Interface
}

type implementsEntry struct {
	generation int64
	missing    string
	ok         bool
}

// nativeImplements answers for a type that only native code mentions.
func (rt *runtime) nativeImplements(r reflect.Type, it *types.Interface) (missing string, ok bool) {
	for i := range it.NumMethods() {
		want := it.Method(i)
		have, found := r.MethodByName(want.Name())
		if !found || !want.Exported() {
			return want.Name(), false
		}
		sig, err := rt.table.Of(want.Signature())
		if err != nil || sig.Native == nil || sig.Native != withoutReceiver(have.Type) {
			return want.Name(), false
		}
	}
	return "", true
}

func withoutReceiver(t reflect.Type) reflect.Type {
	var in, out []reflect.Type
	for i := 1; i < t.NumIn(); i++ {
		in = append(in, t.In(i))
	}
	for i := range t.NumOut() {
		out = append(out, t.Out(i))
	}
	return reflect.FuncOf(in, out, t.IsVariadic())
}
