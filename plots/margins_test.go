package plots

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// Margins at low precision are multiples of a power of two, so many are equal;
// the order of the samples is that of their subjects.
func TestSamplesOfEqualMarginShareABin(t *testing.T) {
	const step = 0.0625
	sample := func(margin float64, lost bool) MarginSample {
		return MarginSample{Base: margin, Test: margin, BaseRight: true, TestRight: !lost}
	}
	var tied []MarginSample // one subject is lost, the other is not
	for i := range 40 {
		tied = append(tied, sample(step, i < 20))
	}
	mixed := slices.Clone(tied)
	for i := range 49 {
		mixed = append(mixed, sample(step*float64(i%7), i%5 == 0))
	}
	for name, c := range map[string]struct {
		samples []MarginSample
		want    []int // samples of each bin
	}{
		"all":  {tied, []int{40}},
		"some": {mixed, []int{7 + 47, 14, 14 + 7}},
		"none": {demoMargins(60).Samples[:40], []int{15, 16}},
	} {
		t.Run(name, func(t *testing.T) {
			bins := flipBins(c.samples, true)
			var counts []int
			above := math.Inf(-1)
			for _, b := range bins {
				require.Less(t, above, b.low)
				require.LessOrEqual(t, b.low, b.high)
				above = b.high
				counts = append(counts, b.share.N)
			}
			require.Equal(t, c.want, counts)
			shuffled := slices.Clone(c.samples)
			rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			require.Equal(t, bins, flipBins(shuffled, true))
		})
	}
}
