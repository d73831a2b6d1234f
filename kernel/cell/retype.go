package cell

import (
	"go/types"
	"slices"
	"strings"
)

// keepTypes drops type declarations that say what is alive already, so that
// running a cell again does not make the values of its types strangers.
func (r *round) keepTypes() {
	keep := map[string]bool{}
	for name, c := range r.declares {
		keep[name] = c.kind == typeDecl && r.same(name, c)
	}
	for changed := true; changed; {
		changed = false
		for name, c := range r.declares {
			if !keep[name] {
				continue
			}
			for other, oc := range r.declares {
				related := oc.start == c.start || r.s.live[name].mentions[other] != nil
				if related && !keep[other] {
					keep[name], changed = false, true
				}
			}
		}
	}
	dropped := map[int]bool{}
	for name, c := range r.declares {
		if keep[name] {
			dropped[c.start] = true
			for _, m := range r.genericMethods(name) {
				dropped[m.start] = true
			}
			delete(r.declares, name)
			r.kept = append(r.kept, name)
		}
	}
	r.chunks = slices.DeleteFunc(r.chunks, func(c chunk) bool { return (c.kind == typeDecl || c.kind == methodDecl) && dropped[c.start] })
}

// genericMethods are the methods that the cell declares of a live generic type.
func (r *round) genericMethods(name string) (out []chunk) {
	if l := r.s.live[name]; l == nil || !isGenericType(l.object) {
		return nil
	}
	for _, c := range r.chunks {
		if c.kind == methodDecl && strings.HasPrefix(methodKey(c), name+".") {
			out = append(out, c)
		}
	}
	return out
}

func isGenericType(o types.Object) bool {
	named, ok := o.Type().(*types.Named)
	return ok && named.TypeParams().Len() > 0
}

// same says whether c declares what is alive as name.
func (r *round) same(name string, c chunk) bool {
	l := r.s.live[name]
	if l == nil || len(l.source) == 0 || l.source[0].text != c.text {
		return false
	}
	if _, ok := l.object.(*types.TypeName); !ok {
		return false
	}
	// Methods of a generic type cannot be replaced: all have to be the same.
	for _, m := range r.genericMethods(name) {
		if !slices.ContainsFunc(l.source, func(old chunk) bool { return old.kind == methodDecl && old.text == m.text }) {
			return false
		}
	}
	for m, o := range l.mentions {
		if r.declares[m].kind == typeDecl {
			continue // decided in keepTypes
		}
		if _, redeclared := r.declares[m]; redeclared {
			if pn, ok := o.(*types.PkgName); !ok || r.imports[m] != pn.Imported().Path() {
				return false
			}
			continue
		}
		now := r.s.live[m]
		if now == nil {
			return false
		}
		if pn, ok := o.(*types.PkgName); ok {
			if q, ok := now.object.(*types.PkgName); !ok || q.Imported() != pn.Imported() {
				return false
			}
		} else if now.object != o {
			return false
		}
	}
	return true
}
