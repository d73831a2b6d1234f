package diagnose

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
)

// 78 of 80 against none: more is lost than the assumed noise leaves to lose.
func TestAnIsolationIsPlannedForALossOfEverything(t *testing.T) {
	base := func(i int) string { return fmt.Sprintf("%c", "AB"[min(i/78, 1)]) }
	none := func(int) string { return "B" }
	c, err := compare.Runs(imported(t, "fp8", "s", none), imported(t, "bf16", "s", base))
	require.NoError(t, err)
	require.InDelta(t, -.975, c.Change.Estimate, 1e-12)
	i := &isolator{base: c.Base, out: &Isolation{}}
	_, err = i.plan(c, c.N)
	require.NoError(t, err)
	require.Greater(t, i.out.Power.Power, .99)
	require.InDelta(t, .95, i.out.Power.Loss, 1e-12)
}
