package cell

import (
	"fmt"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"adkernel/internal/suggest"
)

// meant is the end of a message about a name that is not defined: what of all
// that is visible the user most likely meant. Of short names, many are near.
func (r *round) meant(message string) string {
	name, ok := strings.CutPrefix(message, "undefined: ")
	if !ok {
		return ""
	}
	if qualifier, member, ok := strings.Cut(name, "."); ok {
		return near(member, r.s.exportedBy(r.pathOf(qualifier)))
	}
	if !token.IsIdentifier(name) {
		return ""
	}
	members := selections(r.file)[name]
	for _, path := range r.s.imp.named(name) { // importMissing has looked whether one has them all
		exported := r.s.exportedBy(path)
		for _, member := range members {
			if !slices.Contains(exported, member) {
				return fmt.Sprintf("; package %s has no %s", path, member) + near(member, exported)
			}
		}
	}
	visible := slices.Concat(slices.Sorted(maps.Keys(r.defines)), slices.Sorted(maps.Keys(r.declares)), slices.Sorted(maps.Keys(r.s.live)))
	for _, o := range r.s.everywhere {
		visible = append(visible, o.Name())
	}
	if len(members) > 0 {
		for _, path := range r.s.imp.paths() {
			visible = append(visible, PackageName(path))
		}
	}
	return near(name, visible)
}

func near(name string, visible []string) string {
	found := suggest.Nearest(name, visible)
	if found == "" || found == name || len(name) < 4 && !strings.EqualFold(found, name) {
		return ""
	}
	return "; did you mean " + found + "?"
}

// pathOf is the import path of the package that the cell knows by a name, or "".
func (r *round) pathOf(name string) string {
	if path := r.imports[name]; path != "" {
		return path
	}
	if l := r.s.live[name]; l != nil {
		if pn, ok := l.object.(*types.PkgName); ok {
			return pn.Imported().Path()
		}
	}
	return ""
}

// exportedBy are the names that a package exports.
func (s *Session) exportedBy(path string) []string {
	pkg, err := s.imp.Import(path)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(pkg.Scope().Names(), func(name string) bool { return !token.IsExported(name) })
}
