package diagnose

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/stats"
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

// The flips that even out are noise, and there are more of them than the
// assumed 5 %: with the questions that these would need, the loss would be
// missed more often than was said. (Powers by enumeration of the trinomial with
// the shares of these pairs.)
func TestAnIsolationExpectsTheNoiseThatThePairsShow(t *testing.T) {
	for _, c := range []struct {
		losses, gains, n int
		power            float64 // with n questions
	}{
		{146, 45, 198, .963},
		{200, 120, 265, .756},
	} {
		pairs := stats.Paired{BothRight: 900 - c.losses - c.gains, Losses: c.losses, Gains: c.gains}
		change, err := stats.TangoDifference(pairs, .95)
		require.NoError(t, err)
		cmp := &compare.Comparison{N: 900, Pairs: pairs, Change: change, Design: stats.DefaultDesign()}
		design, loss := observed(cmp)
		require.InDelta(t, float64(2*c.gains)/900, design.Noise, 1e-12)
		before, err := design.At(c.n, loss)
		require.NoError(t, err)
		require.InDelta(t, c.power, before.Power, .001)
		plan, err := design.Samples(loss)
		require.NoError(t, err)
		require.Greater(t, plan.N, c.n)
		require.GreaterOrEqual(t, plan.Power, isolationPower)

		cmp.Design.Noise = 0.5 // measured
		design, _ = observed(cmp)
		require.InDelta(t, .5, design.Noise, 1e-12)
	}
}
