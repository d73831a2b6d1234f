package native

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/ssa/ssautil"
)

// fromSource lists the packages that have sources.
func fromSource() []string {
	var out []string
	for _, path := range Packages() {
		_, whole := Source(path)
		_, overlay := Overlay(path)
		if whole || overlay {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

func TestSourcesCompile(t *testing.T) {
	require.Equal(t, []string{
		"cmp", "container/heap", "container/list", "container/ring", "crypto/hkdf", "crypto/pbkdf2", "database/sql",
		"errors", "hash/maphash", "iter", "maps", "math/rand/v2", "reflect", "slices", "sort", "sync", "sync/atomic", "unique",
	}, fromSource())
	im := NewImporter(token.NewFileSet())
	for _, path := range fromSource() {
		p, err := im.Import(path)
		require.NoError(t, err)
		require.Equal(t, path, p.Path())
	}
	prog := program(im)
	for fn := range ssautil.AllFunctions(prog) {
		if fn.Pkg == nil || fn.Synthetic != "" || len(fn.Blocks) > 0 || fn.Syntax() == nil {
			continue
		}
		// Compiled, but without a body.
		_, ok := Lookup(fn.Pkg.Pkg.Path(), fn.Name())
		require.True(t, ok, "%s has no body, and Lookup does not know it", fn)
	}
}

// program builds all that im has read.
func program(im *Importer) *ssa.Program {
	prog := ssa.NewProgram(im.fset, ssa.InstantiateGenerics|ssa.SanityCheckFunctions)
	prog.CreatePackage(types.Unsafe, nil, nil, true)
	for _, p := range im.all {
		prog.CreatePackage(p, nil, nil, true)
	}
	for _, c := range im.Compiled() {
		prog.CreatePackage(c.Package, c.Files, c.Info, true)
	}
	prog.Build()
	return prog
}

// everything uses each of the names that come from source, and values that
// pass between native and compiled packages.
const everything = `package main

import (
	"cmp"
	"container/heap"
	"container/list"
	"container/ring"
	"crypto/hkdf"
	"crypto/pbkdf2"
	"crypto/sha256"
	"database/sql"
	"errors"
	"hash/maphash"
	"io"
	"io/fs"
	"iter"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"unique"
)

type ints struct{ sort.IntSlice }

func (s *ints) Push(x any) { s.IntSlice = append(s.IntSlice, x.(int)) }
func (s *ints) Pop() any   { return nil }

var (
	once   sync.Once
	group  sync.WaitGroup
	value  atomic.Value
	count  atomic.Int64
	head   atomic.Pointer[ints]
	locker sync.Locker = &sync.Mutex{}
	seq    iter.Seq[string] = strings.SplitSeq("a b", " ")
	null   sql.Null[int]
	scan   sql.Scanner = &null
	number = rand.N(10) + int(rand.New(rand.NewPCG(1, 2)).Int64())
	kind   reflect.Kind = reflect.TypeFor[int]().Kind()
)

func main() {
	once.Do(sync.OnceFunc(func() {}))
	_ = sync.OnceValue(func() int { return 1 })() + cmp.Compare(1, 2)
	next, stop := iter.Pull(seq)
	next()
	stop()
	_, stop = iter.Pull2(maps.All(map[int]int{1: 2}))
	stop()
	_ = slices.Collect(seq)
	slices.Sort(slices.Collect(maps.Keys(map[string]int{})))
	heap.Push(&ints{}, 3)
	list.New().PushBack(ring.New(3))
	hkdf.Key(sha256.New, nil, nil, "", 8)
	pbkdf2.Key(sha256.New, "", nil, 1, 8)
	pathError, _ := errors.AsType[*fs.PathError](io.EOF)
	_ = errors.Is(errors.Join(pathError, errors.New("x")), io.EOF) || errors.Is(nil, errors.ErrUnsupported)
	_ = maphash.Comparable(maphash.MakeSeed(), 1)
	_, _ = reflect.TypeAssert[int](reflect.ValueOf(1))
	_ = unique.Make("a") == unique.Make("b")
	sort.Slice([]int{1}, func(i, j int) bool { return false })
	count.Add(1)
	group.Wait()
	_ = (&sync.Map{}).Swap
}
`

func TestSourcesAndExportDataAreOneLibrary(t *testing.T) {
	fset := token.NewFileSet()
	im := NewImporter(fset)
	file, err := parser.ParseFile(fset, "main.go", everything, 0)
	require.NoError(t, err)
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Instances: map[*ast.Ident]types.Instance{}, Defs: map[*ast.Ident]types.Object{},
		Uses: map[*ast.Ident]types.Object{}, Implicits: map[ast.Node]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
		Scopes: map[ast.Node]*types.Scope{}, FileVersions: map[*ast.File]string{},
	}
	config := types.Config{Importer: im}
	pkg, err := config.Check("main", fset, []*ast.File{file}, info)
	require.NoError(t, err)
	prog := program(im)
	main := prog.CreatePackage(pkg, []*ast.File{file}, info, false)
	main.Build()
	// Whatever can be called has a body, or a value.
	for fn := range ssautil.AllFunctions(prog) {
		if len(fn.Blocks) > 0 || fn.Pkg == nil || fn.Signature.Recv() != nil || fn.Object() == nil || !fn.Object().Exported() {
			continue
		}
		path, name := fn.Pkg.Pkg.Path(), fn.Name()
		_, refused := Refused(path, name)
		if Has(path) && !refused && fn.Signature.TypeParams().Len() == 0 {
			_, ok := Lookup(path, name)
			require.True(t, ok, "%s.%s", path, name)
		}
	}
}

// Types of compiled packages must not occur in the API of native ones: they
// would be other types there.
func TestNativePackagesDoNotMentionCompiledTypes(t *testing.T) {
	im := NewImporter(token.NewFileSet())
	compiled := map[string]map[string]bool{}
	for _, path := range fromSource() {
		_, err := im.Import(path)
		require.NoError(t, err)
	}
	for _, c := range im.Compiled() {
		names := map[string]bool{}
		for _, f := range c.Files {
			for _, d := range f.Decls {
				declare(names, d)
			}
		}
		compiled[c.Package.Path()] = names
	}
	for _, path := range Packages() {
		if compiled[path] != nil {
			if _, whole := Source(path); whole {
				continue
			}
		}
		p, err := im.native(path)
		require.NoError(t, err)
		for _, name := range p.Scope().Names() {
			o := p.Scope().Lookup(name)
			if !o.Exported() || compiled[path][name] {
				continue
			}
			eachNamed(o.Type(), map[types.Type]bool{}, func(n *types.TypeName) {
				if n.Pkg() != nil && compiled[n.Pkg().Path()][n.Name()] {
					t.Errorf("%s.%s mentions %s.%s", path, name, n.Pkg().Path(), n.Name())
				}
			})
		}
	}
}

// eachNamed calls f with the named types that the API of t mentions, not going
// into those of other packages.
func eachNamed(t types.Type, seen map[types.Type]bool, f func(*types.TypeName)) {
	if t == nil || seen[t] {
		return
	}
	seen[t] = true
	tuple := func(list *types.Tuple) {
		for v := range list.Variables() {
			eachNamed(v.Type(), seen, f)
		}
	}
	switch t := t.(type) {
	case *types.Alias:
		eachNamed(types.Unalias(t), seen, f)
	case *types.Named:
		f(t.Obj())
		for a := range t.TypeArgs().Types() {
			eachNamed(a, seen, f)
		}
		if len(seen) > 1 {
			return // has its own turn
		}
		for m := range t.Methods() {
			if m.Exported() {
				eachNamed(m.Type(), seen, f)
			}
		}
		eachNamed(t.Underlying(), seen, f)
	case *types.Struct:
		for v := range t.Fields() {
			if v.Exported() {
				eachNamed(v.Type(), seen, f)
			}
		}
	case *types.Signature:
		tuple(t.Params())
		tuple(t.Results())
	case *types.Interface:
		for m := range t.Methods() {
			eachNamed(m.Type(), seen, f)
		}
		for e := range t.EmbeddedTypes() {
			eachNamed(e, seen, f)
		}
	case *types.Map:
		eachNamed(t.Key(), seen, f)
		eachNamed(t.Elem(), seen, f)
	case interface{ Elem() types.Type }: // pointer, slice, array, channel
		eachNamed(t.Elem(), seen, f)
	}
}
