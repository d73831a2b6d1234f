package cell

import (
	"go/token"
	"go/types"
	"slices"
)

// A dotImport is an import of a package's names: import . "math". As all that
// cells import, they stay for the cells after it.
type dotImport struct {
	path   string
	order  int // among what is alive, see live.order
	source chunk
}

// imports says whether one of the packages exports the name.
func (s *Session) imports(dots []dotImport, name string) bool {
	return slices.ContainsFunc(dots, func(d dotImport) bool { return s.member(d.path, name) != nil })
}

// dotImported is what a name means by an import of an earlier cell that came
// after l, which is what is alive of that name, or nil.
func (s *Session) dotImported(name string, l *live) types.Object {
	for _, d := range slices.Backward(s.dots) {
		if l != nil && l.order > d.order {
			return nil
		}
		if o := s.member(d.path, name); o != nil {
			return o
		}
	}
	return nil
}

// member is an exported name of a package, or nil.
func (s *Session) member(path, name string) types.Object {
	if !token.IsExported(name) {
		return nil
	}
	p, err := s.imp.Import(path)
	if err != nil {
		return nil // the check of the cell that imports it has told
	}
	return p.Scope().Lookup(name)
}

// exported are the names that a package exports.
func (s *Session) exported(path string) (out []types.Object) {
	p, err := s.imp.Import(path)
	if err != nil {
		return nil
	}
	for _, name := range p.Scope().Names() {
		if o := p.Scope().Lookup(name); o.Exported() {
			out = append(out, o)
		}
	}
	return out
}
