package jinja

import "maps"

// symbols is what Jinja finds out about the names of one scope before it runs:
// a name that the scope sets, and does not read before, is undefined until
// then, even where the template was given a variable of that name and a block
// within the scope reads it. Blocks within a scope (loops, macros) are scopes
// of their own.
type symbols struct {
	parent *symbols
	refs   map[string]origin
	stores nameSet
}

// origin is where the value of a name comes from when its scope begins.
type origin int

const (
	outside origin = iota // a scope around, or the variables
	nowhere
)

func newSymbols(parent *symbols) *symbols {
	return &symbols{parent, map[string]origin{}, nameSet{}}
}

func (s *symbols) known(name string) bool {
	for ; s != nil; s = s.parent {
		if _, ok := s.refs[name]; ok {
			return true
		}
	}
	return false
}

func (s *symbols) load(name string) {
	if !s.known(name) {
		s.refs[name] = outside
	}
}

func (s *symbols) store(name string) {
	s.stores[name] = true
	if _, ok := s.refs[name]; ok {
		return
	}
	s.refs[name] = nowhere
	if s.parent.known(name) {
		s.refs[name] = outside
	}
}

// hidden are the names that are undefined when the scope begins.
func (s *symbols) hidden() []string {
	var out []string
	for name, from := range s.refs {
		if from == nowhere {
			out = append(out, name)
		}
	}
	return out
}

// branches takes over what the bodies of an if tag do. What they set comes
// from outside.
func (s *symbols) branches(all ...*symbols) {
	before := maps.Clone(s.stores)
	for _, b := range all {
		maps.Copy(s.refs, b.refs)
		maps.Copy(s.stores, b.stores)
	}
	for name := range s.stores {
		if !before[name] {
			s.refs[name] = outside
		}
	}
}

func (s *symbols) copied() *symbols {
	return &symbols{s.parent, maps.Clone(s.refs), maps.Clone(s.stores)}
}

// scope finds out about a scope with parameters, and then about those within
// it; it returns the names that are undefined at first.
func (b body) scope(parent *symbols, params ...string) []string {
	s := newSymbols(parent)
	for _, p := range params {
		s.refs[p] = outside
	}
	s.body(b)
	s.inner(b)
	return s.hidden()
}

// body visits statements, without the scopes within.
func (s *symbols) body(b body) {
	for _, n := range b {
		switch n := n.(type) {
		case *output:
			s.expressions(n.of)
		case *set:
			s.expressions(n.value)
			s.target(&n.target)
		case *setBlock:
			s.target(&n.target)
		case *forIn:
			s.expressions(n.items)
		case *macro:
			s.store(n.name)
		case *callBlock:
			s.expressions(n.call)
		case *filterBlock:
			s.expressions(n.filters)
		case *with:
			s.expressions(n.values...)
		case *ifElse:
			s.ifElse(n)
		}
	}
}

func (s *symbols) ifElse(n *ifElse) {
	var all []*symbols
	for i, b := range n.branches {
		if i == 0 {
			s.expressions(b.test)
		}
		one := s.copied()
		if i > 0 && b.test != nil {
			one.expressions(b.test)
		}
		one.body(b.body)
		all = append(all, one)
	}
	s.branches(all...)
}

func (s *symbols) target(t *target) {
	switch {
	case t.attr != "":
		s.load(t.name)
	case t.several != nil:
		for i := range t.several {
			s.target(&t.several[i])
		}
	default:
		s.store(t.name)
	}
}

// all are the names of a target.
func (t *target) all() []string {
	if t.several == nil {
		return []string{t.name}
	}
	var out []string
	for i := range t.several {
		out = append(out, t.several[i].all()...)
	}
	return out
}

// inner visits the scopes within a body.
func (s *symbols) inner(b body) {
	for _, n := range b {
		switch n := n.(type) {
		case *ifElse:
			for _, branch := range n.branches {
				s.inner(branch.body)
			}
		case *forIn:
			n.hidden = n.body.scope(s, append(n.target.all(), "loop")...)
			n.otherwiseHidden = n.otherwise.scope(s)
		case *macro:
			n.findHidden(s)
		case *callBlock:
			n.caller.findHidden(s)
		case *setBlock:
			n.hidden = n.body.scope(s)
		case *filterBlock:
			n.hidden = n.body.scope(s)
		case *scoped:
			n.hidden = n.body.scope(s)
		case *with:
			var params []string
			for i := range n.targets {
				params = append(params, n.targets[i].all()...)
			}
			n.hidden = n.body.scope(s, params...)
		}
	}
}

func (m *macro) findHidden(s *symbols) {
	params := []string{"caller", "varargs", "kwargs"}
	for _, p := range m.params {
		params = append(params, p.name)
	}
	m.hidden = m.body.scope(s, params...)
}

// expressions visits the names that are read.
func (s *symbols) expressions(all ...expression) {
	for _, e := range all {
		switch n := e.(type) {
		case *variable:
			s.load(n.name)
		case *listOf:
			s.expressions(n.items...)
		case *dictOf:
			for _, p := range n.pairs {
				s.expressions(p.key, p.value)
			}
		case *attr:
			s.expressions(n.of)
		case *item:
			s.expressions(n.of, n.key)
		case *slice:
			s.expressions(n.of, n.from, n.to, n.step)
		case *call:
			s.expressions(n.of)
			s.arguments(&n.args)
		case *filter:
			s.expressions(n.of)
			s.arguments(&n.args)
		case *test:
			s.expressions(n.of)
			s.arguments(&n.args)
		case *negation:
			s.expressions(n.of)
		case *unary:
			s.expressions(n.of)
		case *binary:
			s.expressions(n.a, n.b)
		case *logical:
			s.expressions(n.a, n.b)
		case *concat:
			s.expressions(n.parts...)
		case *compare:
			s.expressions(n.first)
			for _, c := range n.rest {
				s.expressions(c.to)
			}
		case *conditional:
			s.expressions(n.test, n.then, n.otherwise)
		}
	}
}

func (s *symbols) arguments(a *arguments) {
	s.expressions(a.positional...)
	for _, k := range a.keywords {
		s.expressions(k.value)
	}
	s.expressions(a.list, a.dict)
}
