package cell

import (
	"fmt"
	"go/token"
	"slices"
)

// importMissing adds an import for the first undefined name that is used like
// a package of the standard library.
func (r *round) importMissing() bool {
	for _, name := range r.undefined {
		if r.tried["import "+name] {
			continue
		}
		r.tried["import "+name] = true
		if path := r.s.packageWith(name, selections(r.file)[name]); path != "" {
			c := chunk{kind: importDecl, cell: r.cell.N, text: fmt.Sprintf("import %q", path), line: 1, col: 1, start: -1}
			if r.s.add(r.parsed, c) == nil {
				r.notes = append(r.notes, fmt.Sprintf("imported %q", path))
				return true
			}
		}
	}
	return false
}

// packageWith returns the import path of a package called name that exports
// all the members, or "".
func (s *Session) packageWith(name string, members []string) string {
	if len(members) == 0 {
		return ""
	}
	for _, path := range s.imp.named(name) {
		pkg, err := s.imp.Import(path)
		if err != nil || pkg.Name() != name {
			continue
		}
		if !slices.ContainsFunc(members, func(m string) bool { return !token.IsExported(m) || pkg.Scope().Lookup(m) == nil }) {
			return path
		}
	}
	return ""
}
