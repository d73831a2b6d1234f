package exact

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"io"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/tools/go/types/typeutil"

	"adkernel/internal/pattern"
	"adkernel/kernel/eval/exact/layout"
	"adkernel/kernel/eval/native"
)

// runtime is what all goroutines of a session share: types, functions and
// variables that are alive, and the way to native code.
type runtime struct {
	fset    *token.FileSet
	table   *layout.Table
	imports *native.Importer
	symbols func(path, name string) (reflect.Value, bool)
	program []*ast.File    // of RunProgram
	others  sync.WaitGroup // goroutines that cells started
	stdout  io.Writer
	stderr  io.Writer
	stdin   *input
	died    func(tok *permit, p *panicking, at token.Pos) // a goroutine panicked, under tok; at is where a cell started it
	plain   bool                                          // compile without optimizations, for tests that compare

	mu        sync.Mutex                                // of look-ups in go/types
	functions weakMap[types.Func, map[string]*function] // and their instances, by funcKey.targs
	globals   weakMap[types.Var, *variable]
	typeIDs   typeutil.Map
	nextType  int

	sources sync.Map                 // *types.Package -> *source: those of the standard library, and cells with generic bodies
	loaded  int                      // how many of imports.Compiled are in sources
	broken  map[*types.Package]error // users' packages that could not be loaded, until they are imported again

	generation    atomic.Int64 // counts changes of method sets
	implemented   sync.Map     // implementsKey -> implementsEntry
	nativeMethods sync.Map     // methodKey -> *target
	wrapperTypes  sync.Map     // typeAs -> wrapperType
	errorTypes    sync.Map     // type word -> knownForm
	wrappers      sync.Map     // wrapperKey -> weak.Pointer[byte]
	wraps         sync.Map     // reflect.Type -> true: pointers to wrappers
	parallel      atomic.Bool  // more than one goroutine may run cells' code
	cellTypes     sync.Map     // *layout.Type -> *cellType
	guards        mapGuards
	passing       atomic.Pointer[panicking] // the last panic that left for native code and has not come back
	current       atomic.Pointer[permit]    // of the running cell
	release       func()                    // gives it back
	running       atomic.Pointer[permit]    // of the running cell, nil between cells
	looking       sync.Mutex                // held where completion reads maps, and to begin a cell
	going         goroutines
	left          atomic.Int32 // native calls that cells have left behind
	relays        relays
	sites         callSites
	memory        memory
}

// funcKey names a declared function or method, or an instance of one.
type funcKey struct {
	fn    *types.Func // the generic one, of an instance
	targs string
}

// variable is a package-level variable.
type variable struct {
	ptr unsafe.Pointer
	typ *layout.Type
}

// typeID is a number for t, the same for identical types. rt.mu is held.
func (rt *runtime) typeID(t types.Type) string {
	if id := rt.typeIDs.At(t); id != nil {
		return id.(string)
	}
	rt.nextType++
	id := strconv.Itoa(rt.nextType)
	rt.typeIDs.Set(t, id)
	return id
}

// compiled returns the function that key names, or nil.
func (rt *runtime) compiled(key funcKey) *function { return rt.functions.get(key.fn)[key.targs] }

// key is the funcKey of an instance; rt.mu is held.
func (rt *runtime) key(fn *types.Func, targs []types.Type) funcKey {
	k := funcKey{fn: fn.Origin()}
	if len(targs) > 0 {
		ids := make([]string, len(targs))
		for i, t := range targs {
			ids[i] = rt.typeID(t)
		}
		k.targs = strings.Join(ids, ",")
	}
	return k
}

// lookup finds the function of a method, which may belong to an instance of a
// generic type. rt.mu is held.
func (rt *runtime) lookup(method *types.Func) *function {
	return rt.compiled(rt.key(method, receiverArgs(method)))
}

// receiverArgs are the type arguments of a method's receiver.
func receiverArgs(method *types.Func) []types.Type {
	recv := method.Signature().Recv()
	if recv == nil {
		return nil
	}
	t := types.Unalias(recv.Type())
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	named, ok := t.(*types.Named)
	if !ok {
		return nil
	}
	var out []types.Type
	for a := range named.TypeArgs().Types() {
		out = append(out, a)
	}
	return out
}

// isSource says whether a package's functions are evaluated, not called.
func (rt *runtime) isSource(p *types.Package) bool {
	if p == nil {
		return false
	}
	if p.Path() == cellPath {
		return true
	}
	_, ok := rt.sources.Load(p)
	return ok
}

// source is the code of a package that has some.
func (rt *runtime) source(p *types.Package) *source {
	s, _ := rt.sources.Load(p)
	if s == nil {
		return nil
	}
	return s.(*source)
}

const cellPath = "main"

// start runs a function on a goroutine of its own, and after, when it is not
// nil, however that ends.
func (m *machine) start(fn *function, free *closure, u []uint64, p []unsafe.Pointer, after func()) {
	rt, at := m.rt, m.place()
	rt.parallel.Store(true)
	tok := background()
	tok.cell = m.tok.cell
	rt.going.add(tok)
	rt.others.Add(1)
	go func() {
		defer rt.others.Done()
		m := rt.newMachine(tok)
		defer func() {
			if r := recover(); r != nil {
				rt.died(tok, fault(r), at)
			}
			rt.going.remove(tok)
			if after != nil {
				after()
			}
		}()
		resU, resP := fn.results()
		if m.call(fn, free, u, p, make([]uint64, resU), make([]unsafe.Pointer, resP), nil) {
			m.free()
			return
		}
		if p := m.raised; p.kill != killGoexit {
			rt.died(tok, p, at)
		}
	}()
}

func (f *function) results() (u, p int32) {
	if c := f.code.Load(); c != nil {
		return c.resU, c.resP
	}
	return f.resU, f.resP
}

// typeName is the dynamic type of v as reflect writes types.
func (rt *runtime) typeName(v any) string {
	if v == nil {
		return "<nil>"
	}
	if t := rt.table.TypeOf(v); t != nil && !t.Exact {
		return t.String()
	}
	return reflect.TypeOf(v).String()
}

var madeType = pattern.New(`adkernel:\\"(\d+)\\"`)

// cellsWords puts the names of cells' types into a run-time error in which
// Go's runtime named what stands for them.
func (rt *runtime) cellsWords(v any) any {
	e, ok := v.(interface{ RuntimeError() })
	if !ok {
		return v
	}
	text := e.(error).Error()
	made := madeType().FindAllStringSubmatch(text, -1)
	if made == nil {
		return v
	}
	for _, number := range made {
		n, _ := strconv.Atoi(number[1])
		if t := rt.table.ByNumber(n); t != nil {
			text = strings.ReplaceAll(text, t.ID.String(), t.String())
		}
	}
	return runtimeError(text)
}

func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }

func lastDot(s string) int { return strings.LastIndexByte(s, '.') }
