package cell

import (
	"go/token"
	"maps"
	"slices"
	"strings"

	"adkernel/internal/suggest"
)

// meant is the end of a message about a name that is not defined: what of all
// that is visible the user most likely meant. Of short names, many are near.
func (r *round) meant(message string) string {
	name, ok := strings.CutPrefix(message, "undefined: ")
	if !ok || !token.IsIdentifier(name) {
		return ""
	}
	visible := slices.Concat(slices.Sorted(maps.Keys(r.defines)), slices.Sorted(maps.Keys(r.declares)), slices.Sorted(maps.Keys(r.s.live)))
	for _, o := range r.s.everywhere {
		visible = append(visible, o.Name())
	}
	near := suggest.Nearest(name, visible)
	if near == "" || near == name || len(name) < 4 && !strings.EqualFold(near, name) {
		return ""
	}
	return "; did you mean " + near + "?"
}
