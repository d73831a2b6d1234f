package stats

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// Golden values to the half point: 5 % noise flips, power .8, alpha .05.
func TestDetectableLossGoldenValues(t *testing.T) {
	for n, points := range map[int]float64{50: 17.5, 100: 10, 200: 6.5, 400: 4} {
		plan, err := DefaultDesign().DetectableLoss(n)
		require.NoError(t, err)
		require.Equal(t, points, math.Ceil(200*plan.Loss)/2, "n = %d", n)
		require.InDelta(t, 0.8, plan.Power, 1e-9)
		require.Equal(t, n, plan.N)
	}
}

func TestSamplesGoldenValues(t *testing.T) {
	for loss, n := range map[float64]int{0.05: 270, 0.10: 100} {
		plan, err := DefaultDesign().Samples(loss)
		require.NoError(t, err)
		require.InDelta(t, n, plan.N, 5)
		require.GreaterOrEqual(t, plan.Power, 0.8)
	}
}

func TestSamplesAndDetectableLossAreInverse(t *testing.T) {
	for _, loss := range []float64{0.01, 0.03, 0.2, 0.6} {
		need, err := DefaultDesign().Samples(loss)
		require.NoError(t, err)
		enough, err := DefaultDesign().DetectableLoss(need.N)
		require.NoError(t, err)
		require.LessOrEqual(t, enough.Loss, loss+1e-12)
	}
}

func TestTooFewSamplesDetectNothing(t *testing.T) {
	_, err := DefaultDesign().DetectableLoss(4) // 4 losses of 4 have p = 1/16
	require.ErrorIs(t, err, ErrUnreachable)
	require.ErrorContains(t, err, "n = 4")
	_, err = DefaultDesign().Samples(1e-7)
	require.ErrorIs(t, err, ErrUnreachable)
}

func TestPowerWithoutLossIsAtMostAlpha(t *testing.T) {
	for _, n := range []int{5, 37, 100, 500} {
		for _, noise := range []float64{0, 0.02, 0.3} {
			plan, err := Design{Noise: noise, Alpha: 0.05, Power: 0.8}.At(n, 0)
			require.NoError(t, err)
			require.LessOrEqual(t, plan.Power, 0.05)
		}
	}
}

func TestPowerRisesWithLoss(t *testing.T) {
	before := 0.0
	for loss := 0.0; loss < 0.5; loss += 0.01 {
		plan, err := DefaultDesign().At(60, loss)
		require.NoError(t, err)
		require.GreaterOrEqual(t, plan.Power, before-1e-12)
		before = plan.Power
	}
}

func BenchmarkDetectableLoss4096(b *testing.B) {
	for b.Loop() {
		if _, err := DefaultDesign().DetectableLoss(4096); err != nil {
			b.Fatal(err)
		}
	}
}

// Of an odd number of pairs, half of the outcomes have most of them lost: a level
// of 1/2 is reached exactly, whatever the logarithms round to.
func TestATailThatIsTheLevelRejects(t *testing.T) {
	for m := 1; m < 200; m += 2 {
		require.Equal(t, (m+1)/2, criticalLosses(m, 0, math.Log(0.5)), "%d pairs", m)
	}
}
