package cell

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCompleteInAListBeforeItsAssignment(t *testing.T) {
	nb := newNotebook(t)
	nb.run("source := 1.5")
	for marked, want := range map[string][]string{
		"func f() { short := 1; dst := 2; dst, s| }":                                   {"short", "source"},
		"func f(dst int, short string) {\n\tdst, s|":                                   {"short", "source"},
		"func f(dst, short int) {\n\tif dst > 0 {\n\t\tdst, s|\n\t}\n\tdst = short\n}": {"short", "source"},
		"f := func(dst, short int) { dst, s| }":                                        {"short", "source"},
		"func f(dst, short, x int) {\n\tx, s|, dst\n}":                                 {"short", "source"},
		"if short := 1; true { short, s| }":                                            {"short", "source"},
		"func f(dst struct{ short, sour int }) { dst.sour, dst.s| }":                   {"short", "sour"},
	} {
		got := proposed(t, nb.Session, marked)
		require.GreaterOrEqual(t, len(got), 2, marked)
		require.ElementsMatch(t, want, got[:2], marked)
	}
}
