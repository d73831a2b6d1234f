package cell

import (
	"cmp"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"adkernel/kernel/eval"
)

// A Session holds what the cells so far left alive. Its methods may be called
// from any goroutine; Check and Commit belong to one cell at a time.
type Session struct {
	fset *token.FileSet
	imp  *Importer
	dot  *types.Package // its exported names are visible in every cell, or nil
	vars *types.Package // of the live variables, which stand for those of the cells

	vocabulary eval.Vocabulary
	standard   func(path, name string) string
	values     func(*types.Var) reflect.Value
	keys       func(of Place, prefix string) []string
	everywhere []types.Object          // of the vocabulary, and predeclared
	texts      map[types.Object]string // of the vocabulary: typeText

	mu    sync.Mutex
	live  map[string]*live
	dots  []dotImport // packages whose names cells imported, the last one last
	order int

	// What Declarations and Names answered, until a Commit changes it: they are
	// asked after every cell, and few cells declare anything.
	declarations []eval.Cell
	names        []eval.Name
}

// Options of a Session.
type Options struct {
	FileSet    *token.FileSet // of the cells' positions
	Importer   *Importer
	Vocabulary eval.Vocabulary // visible in every cell

	// Docs returns the doc comment of a name of a package that is not of the
	// vocabulary, or of the package itself (""). It may be nil.
	Docs func(path, name string) string

	// Value returns the value of a live variable, which completion and
	// inspection look at beside running cells; the zero value when compiled
	// code does not know its type. It may be nil.
	Value func(*types.Var) reflect.Value

	// Keys returns keys that begin with prefix, of the map with strings for keys
	// that lies at a place: as many as can be found in no time, in any order, and
	// none where a cell might write to the map meanwhile. It may be nil.
	Keys func(of Place, prefix string) []string
}

// live is one name that is alive.
type live struct {
	object   types.Object // *types.PkgName, *types.Var, *types.Func, *types.TypeName or *types.Const
	cell     int
	place    string                  // of a variable's declaration: In[3]:1:6
	order    int                     // of its declaration, for Declarations
	source   []chunk                 // its declaration; a type's methods follow
	mentions map[string]types.Object // package-level names that its declaration mentions
	replaces *types.Func             // of a function: the older one whose callers call this one now
	origin   types.Object            // the first one for whose users this one stands: itself, or older
	uses     []use                   // of a function, and of a type's methods
	text     string                  // its type, when it has been asked for
}

// NewSession returns a session in which nothing is alive but the vocabulary.
func NewSession(o Options) (*Session, error) {
	s := &Session{
		fset: o.FileSet, imp: o.Importer, vocabulary: o.Vocabulary, standard: o.Docs, values: o.Value, keys: o.Keys,
		vars: types.NewPackage(cellPath, "main"), live: map[string]*live{},
		texts: map[types.Object]string{},
	}
	if o.Vocabulary.Path != "" {
		p, err := o.Importer.Import(o.Vocabulary.Path)
		if err != nil {
			return nil, fmt.Errorf("the vocabulary: %w", err)
		}
		s.dot = p
		s.addEverywhere(p.Scope())
	}
	s.addEverywhere(types.Universe)
	return s, nil
}

func (s *Session) addEverywhere(scope *types.Scope) {
	for _, name := range scope.Names() {
		if o := scope.Lookup(name); scope == types.Universe || o.Exported() {
			s.everywhere = append(s.everywhere, o)
		}
	}
}

// Commit makes the names of a checked cell live, and adds to its Notes who goes
// on with what it redefined.
func (s *Session) Commit(p *Program) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(p.Vars) > 0 || len(p.declared) > 0 {
		s.names = nil
	}
	if len(p.declared) > 0 || len(p.late) > 0 || len(p.dots) > 0 {
		s.declarations = nil
	}
	replaced, renewed := s.replacedNames(p), s.renewedTypes(p)
	for _, v := range p.Vars {
		s.order++
		origin := s.firstOf(v.Live, v.Keeps != nil)
		s.live[v.Live.Name()] = &live{object: v.Live, cell: p.Cell.N, place: s.fset.Position(v.Live.Pos()).String(), order: s.order, origin: origin}
	}
	for _, d := range p.dots {
		s.order++
		d.order = s.order
		s.dots = append(slices.DeleteFunc(s.dots, func(old dotImport) bool { return old.path == d.path }), d)
	}
	names := make([]string, 0, len(p.declared))
	for name := range p.declared {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return p.declared[a].position() - p.declared[b].position() })
	for _, name := range names {
		d := p.declared[name]
		s.order++
		d.order = s.order
		s.live[name] = d
	}
	for _, m := range p.late {
		if l := s.live[m.typeName.Name()]; l != nil && l.object == types.Object(m.typeName) {
			l.setMethod(m.chunk)
			by := m.typeName.Name() + "." + m.name
			l.uses = append(slices.DeleteFunc(slices.Clone(l.uses), func(u use) bool { return u.by == by }), m.uses...)
		}
	}
	if len(replaced) > 0 {
		p.Notes = append(p.Notes, s.staleNotes(replaced)...)
	}
	p.Notes = append(p.Notes, s.renewedNotes(renewed)...)
}

// Abandon takes back what Check has changed for a program that will not be
// committed: methods of types of earlier cells.
func (s *Session) Abandon(p *Program) {
	s.mu.Lock()
	defer s.mu.Unlock()
	detach(p.late)
}

// Forget drops the positions of a program that has run, or never will, and of
// which no code is left that could ask for one.
func (s *Session) Forget(p *Program) { forget(s.fset, p.File) }

// position orders the declarations of one cell.
func (l *live) position() int {
	if len(l.source) == 0 {
		return -1
	}
	return l.source[0].start
}

// setMethod adds the declaration of a method, or replaces an older one.
func (l *live) setMethod(c chunk) {
	key := methodKey(c)
	for i, old := range l.source {
		if old.kind == methodDecl && methodKey(old) == key {
			l.source = slices.Clone(l.source)
			l.source[i] = c
			return
		}
	}
	l.source = append(slices.Clip(l.source), c)
}

// Declarations returns the sources of the live imports, types, constants and
// functions as cells, one for each cell that declared them: everything else is
// left blank, so that positions stay those of what the user wrote. The slice
// must not be changed.
func (s *Session) Declarations() []eval.Cell {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.declarations == nil {
		s.declarations = s.declare()
	}
	return s.declarations
}

func (s *Session) declare() []eval.Cell {
	distinct := map[chunk]bool{} // names declared in one group share a chunk
	for _, l := range s.live {
		for _, c := range l.source {
			distinct[c] = true
		}
	}
	for _, d := range s.dots {
		distinct[d.source] = true
	}
	chunks := slices.SortedFunc(maps.Keys(distinct), func(a, b chunk) int {
		return cmp.Or(a.cell-b.cell, a.start-b.start, strings.Compare(a.text, b.text))
	})
	out := []eval.Cell{}
	var page *layout
	for _, c := range chunks {
		if page == nil || page.cell != c.cell || !page.add(c) {
			if page != nil {
				out = append(out, eval.Cell{N: page.cell, Source: page.text.String()})
			}
			page = &layout{cell: c.cell, line: 1, col: 1}
			page.add(c)
		}
	}
	if page != nil {
		out = append(out, eval.Cell{N: page.cell, Source: page.text.String()})
	}
	return out
}

// layout writes chunks at their places.
type layout struct {
	cell, line, col int
	text            strings.Builder
}

// add writes c, and says false when its place has been written already.
func (l *layout) add(c chunk) bool {
	if c.line < l.line || c.line == l.line && c.col < l.col {
		return false
	}
	if c.line > l.line {
		l.text.WriteString(strings.Repeat("\n", c.line-l.line))
		l.col = 1
	} else if l.col > 1 {
		l.text.WriteByte(';')
		l.col++
	}
	l.text.WriteString(strings.Repeat(" ", max(c.col-l.col, 0)) + c.text)
	l.line, l.col = c.line+strings.Count(c.text, "\n"), max(c.col, l.col)+len(c.text)
	if i := strings.LastIndexByte(c.text, '\n'); i >= 0 {
		l.col = len(c.text) - i
	}
	return true
}

// Names lists what is alive, sorted by name. The slice must not be changed.
func (s *Session) Names() []eval.Name {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.names == nil {
		s.names = []eval.Name{}
		for name, l := range s.live {
			s.names = append(s.names, eval.Name{Name: name, Kind: kindName(l.object), Type: s.liveText(l), Cell: l.cell})
		}
		slices.SortFunc(s.names, func(a, b eval.Name) int { return strings.Compare(a.Name, b.Name) })
	}
	return s.names
}

// Var returns the live variable called name, or nil.
func (s *Session) Var(name string) *types.Var {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.live[name]; l != nil {
		v, _ := l.object.(*types.Var)
		return v
	}
	return nil
}

// kindName is an object's kind for eval.Name and eval.Item.
func kindName(o types.Object) string {
	switch o := o.(type) {
	case *types.PkgName:
		return "package"
	case *types.TypeName:
		return "type"
	case *types.Const:
		return "const"
	case *types.Func:
		if o.Signature().Recv() != nil {
			return "method"
		}
		return "func"
	case *types.Var:
		if o.IsField() {
			return "field"
		}
		return "var"
	case *types.Builtin:
		return "func"
	}
	return "var"
}

// liveText is the typeText of a live name, remembered.
func (s *Session) liveText(l *live) string {
	if l.text == "" {
		l.text = s.typeText(l.object)
	}
	return l.text
}

// typeText is an object's type as a user would write it.
func (s *Session) typeText(o types.Object) string {
	switch o := o.(type) {
	case *types.PkgName:
		return o.Imported().Path()
	case *types.TypeName:
		if o.IsAlias() {
			return types.TypeString(types.Unalias(o.Type()), s.qualify)
		}
		return types.TypeString(o.Type().Underlying(), s.qualify)
	case *types.Builtin, *types.Nil:
		return ""
	}
	if o.Type() == nil {
		return ""
	}
	return types.TypeString(o.Type(), s.qualify)
}

// qualify names packages as cells do: nothing before names of cells and of the
// vocabulary.
func (s *Session) qualify(p *types.Package) string {
	if p.Path() == cellPath || p == s.dot {
		return ""
	}
	return p.Name()
}

// problem makes the error of a cell out of diagnostics.
func problem(kind eval.Kind, at []eval.Diagnostic) error {
	e := &eval.Error{Kind: kind, At: at}
	if len(at) > 0 {
		e.Message = at[0].Message
		if len(at) > 1 {
			e.Message = fmt.Sprintf("%s (and %d more errors)", at[0].Message, len(at)-1)
		}
	}
	return e
}

var errOtherCell = errors.New("not a position of a cell")

// place reads a position that a line directive of chunk made.
func place(p token.Position) (cell, line, col int, err error) {
	if _, err := fmt.Sscanf(p.Filename, "In[%d]", &cell); err != nil {
		return 0, 0, 0, errOtherCell
	}
	return cell, p.Line, p.Column, nil
}
