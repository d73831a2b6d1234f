package plots

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot"
)

func labels(ticks []plot.Tick) []string {
	var out []string
	for _, t := range ticks {
		if t.Label != "" {
			out = append(out, t.Label)
		}
	}
	return out
}

func TestLinearTicksAreRoundAndNeverMinusZero(t *testing.T) {
	for _, c := range []struct {
		ticker    linearTicks
		low, high float64
		want      []string
	}{
		{linearTicks{most: 5}, -1, 1, []string{"−1.0", "−0.5", "0.0", "0.5", "1.0"}},
		{linearTicks{most: 8, signed: true}, -21, 11, []string{"−20", "−15", "−10", "−5", "0", "+5", "+10"}},
		{linearTicks{most: 4}, 60, 66, []string{"60", "62", "64", "66"}},
		{linearTicks{most: 8, whole: true}, 1, 3, []string{"1", "2", "3"}},
		{linearTicks{most: 5}, 2, 2, []string{"2.00"}},
		{linearTicks{most: 4}, 0, 1e-4, []string{"0.000000", "0.000025", "0.000050", "0.000075", "0.000100"}},
		{linearTicks{most: 4}, -1e-300, 1e-300, []string{"−1e−300", "−5e−301", "0", "5e−301", "1e−300"}},
	} {
		require.Equal(t, c.want, labels(c.ticker.Ticks(c.low, c.high)))
	}
}

func TestSymlogTicksLabelPowersOfTen(t *testing.T) {
	require.ElementsMatch(t, []string{"0", "1", "10", "100", "1000", "−1", "−10"}, labels(symlogTicks{}.Ticks(-20, 1500)))
	require.ElementsMatch(t, []string{"0", "1", "2", "5", "10", "−1", "−2"}, labels(symlogTicks{}.Ticks(-3, 14)))
	require.NotContains(t, labels(symlogTicks{}.Ticks(-3e38, 3e38)), "1", "it would cover 0")
	require.LessOrEqual(t, len(labels(symlogTicks{}.Ticks(-math.MaxFloat64, math.MaxFloat64))), 16)
}

func TestSymlogScaleIsMonotone(t *testing.T) {
	before := -1.0
	for _, v := range []float64{-1e300, -100, -1, -1e-9, 0, 1e-9, 0.5, 3, 1e5, 1e300} {
		at := symlogScale{}.Normalize(-1e300, 1e300, v)
		require.Greater(t, at, before)
		before = at
	}
	require.InDelta(t, 1, before, 1e-12)
}
