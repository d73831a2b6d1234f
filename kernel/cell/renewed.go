package cell

import (
	"fmt"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// renewedTypes are the live types that p declares as other types, by name.
func (s *Session) renewedTypes(p *Program) map[string]*live {
	out := map[string]*live{}
	for name, d := range p.declared {
		_, isType := d.object.(*types.TypeName)
		if l := s.live[name]; isType && l != nil && l.object != d.object {
			if _, wasType := l.object.(*types.TypeName); wasType {
				out[name] = l
			}
		}
	}
	return out
}

// renewedNotes tells what goes on with the older type of a name, and which of
// its methods the new one does not have.
func (s *Session) renewedNotes(renewed map[string]*live) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(renewed)) {
		old := renewed[name]
		if keep := s.holders(name, old.object.(*types.TypeName)); len(keep) > 0 {
			verb := "keeps"
			if len(keep) > 1 {
				verb = "keep"
			}
			out = append(out, fmt.Sprintf("%s is a new type now: %s %s the old one", name, enumerate(keep), verb))
		}
		for _, c := range old.source {
			if c.kind == methodDecl && !slices.ContainsFunc(s.live[name].source, func(now chunk) bool { return now.kind == methodDecl && methodKey(now) == methodKey(c) }) {
				out = append(out, fmt.Sprintf("%s (In[%d]) is a method of the older %s; define it again to have it with the new one", methodKey(c), c.cell, name))
			}
		}
	}
	return out
}

// holders are the live variables and types that are made of a type.
func (s *Session) holders(name string, tn *types.TypeName) (out []string) {
	for other, l := range s.live {
		switch o := l.object.(type) {
		case *types.Var:
			if madeOf(o.Type(), tn) {
				out = append(out, other)
			}
		case *types.TypeName:
			if l.mentions[name] == types.Object(tn) {
				out = append(out, other)
			}
		}
	}
	slices.Sort(out)
	return out
}

// madeOf says whether a type's text mentions a type.
func madeOf(t types.Type, tn *types.TypeName) bool {
	tuple := func(list *types.Tuple) bool {
		for v := range list.Variables() {
			if madeOf(v.Type(), tn) {
				return true
			}
		}
		return false
	}
	switch t := t.(type) {
	case *types.Alias:
		return t.Obj() == tn || madeOf(types.Unalias(t), tn)
	case *types.Named:
		if t.Obj() == tn {
			return true
		}
		for a := range t.TypeArgs().Types() {
			if madeOf(a, tn) {
				return true
			}
		}
	case *types.Pointer:
		return madeOf(t.Elem(), tn)
	case *types.Slice:
		return madeOf(t.Elem(), tn)
	case *types.Array:
		return madeOf(t.Elem(), tn)
	case *types.Chan:
		return madeOf(t.Elem(), tn)
	case *types.Map:
		return madeOf(t.Key(), tn) || madeOf(t.Elem(), tn)
	case *types.Signature:
		return tuple(t.Params()) || tuple(t.Results())
	case *types.Struct:
		for f := range t.Fields() {
			if madeOf(f.Type(), tn) {
				return true
			}
		}
	}
	return false
}

// maxNamed is how many names a note lists.
const maxNamed = 5

// enumerate writes names as a sentence does: a, b and c.
func enumerate(names []string) string {
	last := ""
	switch n := len(names); {
	case n == 1:
		return names[0]
	case n > maxNamed:
		names, last = names[:maxNamed], fmt.Sprintf("%d more", n-maxNamed)
	default:
		names, last = names[:n-1], names[n-1]
	}
	return strings.Join(names, ", ") + " and " + last
}
