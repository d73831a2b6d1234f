package exact

import (
	"go/types"
	"reflect"
	"strings"
	"unsafe"

	"adkernel/kernel/cell"
	"adkernel/kernel/eval/exact/layout"
)

// maxScanned is how many keys of a map are looked at for a completion: about a
// millisecond's.
const maxScanned = 50_000

// mapKeys implements cell.Options.Keys. Go's runtime ends the process where a
// map is read while something writes to it. So nothing is read while a cell
// runs, or a goroutine of one, or native code that was left behind; no cell
// begins meanwhile; and callbacks, such as timers and handlers, wait for the map
// at its guard.
func (rt *runtime) mapKeys(of cell.Place, prefix string) (out []string) {
	defer func() {
		switch r := recover().(type) {
		case nil, *layout.Unsupported: // a type behind a pointer that no cell can use
		default:
			panic(r)
		}
	}()
	g := rt.globals.get(of.Var)
	if g == nil {
		return nil
	}
	rt.looking.Lock()
	defer rt.looking.Unlock()
	if rt.running.Load() != nil || rt.going.any() || rt.left.Load() > 0 {
		return nil
	}
	rt.parallel.Store(true)
	t, mem := g.typ, g.ptr
	for _, step := range of.Path {
		if t, mem = rt.step(t, mem, step); mem == nil {
			return nil
		}
	}
	t, mem = behind(t, mem)
	if mem == nil {
		return nil
	}
	rt.look(t, mem, func(m reflect.Value) {
		scanned := 0
		for it := m.MapRange(); it.Next() && scanned < maxScanned; scanned++ {
			if key := it.Key().String(); strings.HasPrefix(key, prefix) {
				out = append(out, strings.Clone(key))
			}
		}
	})
	return out
}

// look calls f with the map in the variable at mem, to which no cell writes
// meanwhile. It does not where one is writing now, or where there is no map.
func (rt *runtime) look(t *layout.Type, mem unsafe.Pointer, f func(m reflect.Value)) {
	q := *(*unsafe.Pointer)(mem)
	if _, ok := t.Go.Underlying().(*types.Map); !ok || q == nil {
		return
	}
	g := &rt.guards[rt.guards.index(q)]
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.in[q] >= 0 {
		f(reflect.NewAt(t.Container(), unsafe.Pointer(&q)).Elem())
	}
}

// step leads from the variable at mem to what lies in it; nil: to nothing.
func (rt *runtime) step(t *layout.Type, mem unsafe.Pointer, s cell.Step) (*layout.Type, unsafe.Pointer) {
	t, mem = behind(t, mem)
	if mem == nil {
		return nil, nil
	}
	if s.Key == nil {
		if st, ok := t.Go.Underlying().(*types.Struct); !ok || s.Field >= st.NumFields() {
			return nil, nil
		}
		return t.Field(s.Field), unsafe.Add(mem, t.Mem.Field(s.Field).Offset)
	}
	var elem *layout.Type
	var at unsafe.Pointer
	rt.look(t, mem, func(m reflect.Value) {
		key := reflect.New(m.Type().Key()).Elem()
		key.SetString(*s.Key)
		if v := m.MapIndex(key); v.IsValid() {
			elem = t.Elem()
			at = elem.New()
			elem.At(at).Set(v)
		}
	})
	return elem, at
}

// behind follows a pointer.
func behind(t *layout.Type, mem unsafe.Pointer) (*layout.Type, unsafe.Pointer) {
	if _, ok := t.Go.Underlying().(*types.Pointer); ok {
		return t.Elem(), *(*unsafe.Pointer)(mem)
	}
	return t, mem
}
