package yaegi

import (
	"fmt"
	"go/types"
	"strings"
	"sync"

	"adkernel/internal/pattern"
)

// mark is a letter that nobody types: it begins or joins the names made here.
const mark = "ʹ"

// names gives every package-level object of the cells a name of its own in the
// interpreter, which knows one namespace and no redefinition. The first object
// of a name keeps it, later ones get a version.
type names struct {
	mu       sync.Mutex
	internal map[types.Object]string
	version  map[string]int
	layouts  map[string]bool // of struct types
	imports  map[string]bool // by cell and path
}

func newNames() *names {
	return &names{internal: map[types.Object]string{}, version: map[string]int{}, layouts: map[string]bool{}, imports: map[string]bool{}}
}

// lookup returns the name of an object that has one.
func (n *names) lookup(o types.Object) (string, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s, ok := n.internal[origin(o)]
	return s, ok
}

// origin is the generic object behind an instance.
func origin(o types.Object) types.Object {
	switch o := o.(type) {
	case *types.Func:
		return o.Origin()
	case *types.Var:
		return o.Origin()
	}
	return o
}

// declare gives o a fresh name.
func (n *names) declare(o types.Object) string { return n.bind(o, n.fresh(o.Name())) }

// share gives o the name, and so the memory, of an older object.
func (n *names) share(o, older types.Object) {
	if s, ok := n.lookup(older); ok {
		n.bind(o, s)
	} else {
		n.declare(o)
	}
}

func (n *names) bind(o types.Object, name string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.internal[o] = name
	return name
}

// fresh returns a name that was never used before.
func (n *names) fresh(base string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.version[base]++
	v := n.version[base]
	if v == 1 && types.Universe.Lookup(base) == nil && base != "main" && base != "init" && !strings.Contains(base, mark) {
		return base
	}
	return fmt.Sprintf("%s%s%d", base, mark, v)
}

// layoutTaken notes a struct type's layout, and says whether another type has it.
func (n *names) layoutTaken(t types.Type) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	key := types.TypeString(t, nil)
	taken := n.layouts[key]
	n.layouts[key] = true
	return taken
}

// firstImport says whether a cell has not imported a package so far: the
// interpreter takes a second import in a file of the same name for an error.
func (n *names) firstImport(cell int, path string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	key := fmt.Sprint(cell, " ", path)
	first := !n.imports[key]
	n.imports[key] = true
	return first
}

var madeUp = pattern.New(mark + `(\d+|body)`)

// user returns the name that the user gave to an internal one, "" for the
// statements of a cell.
func (n *names) user(internal string) string {
	if strings.HasPrefix(internal, mark) {
		return ""
	}
	s := madeUp().ReplaceAllString(internal, "")
	return strings.ReplaceAll(s, mark, ".")
}

// packageAlias is the name under which every cell imports a package, so that
// users may shadow a package's name.
func packageAlias(path string) string {
	return mark + strings.Map(func(r rune) rune {
		switch r {
		case '/', '.', '-', '~':
			return '_'
		}
		return r
	}, path)
}
