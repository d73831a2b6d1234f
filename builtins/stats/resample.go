package stats

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
)

// resamples is the number of draws behind a permutation p-value, whose least value
// is therefore 1e-4.
const resamples = 9999

// exactFlips is the largest n whose 2^n sign flips are all enumerated: fewer than resamples.
const exactFlips = 13

// PermutationChange tests whether paired scores (any scale) have mean change
// 0, two-sided, by flipping the sign of samples' changes: all flips up to 13
// samples, else random ones from the seed with p = (1 + k)/(1 + resamples).
// The statistic is the mean change.
func PermutationChange(base, test []float64, seed uint64) (Test, error) {
	d, mean, err := changes(base, test)
	if err != nil {
		return Test{}, fmt.Errorf("paired permutation: %w", err)
	}
	t := Test{N: len(d), Statistic: mean}
	var magnitude float64
	for _, v := range d {
		magnitude += math.Abs(v)
		if v != 0 {
			t.Informative++
		}
	}
	// Sums that are equal in exact arithmetic must compare as equal.
	observed := math.Abs(mean)*float64(len(d)) - 1e-12*magnitude
	if len(d) <= exactFlips {
		t.Method = "paired permutation of signs, two-sided, exact"
		t.P = exactFlipShare(d, observed)
		return t, nil
	}
	t.Method = fmt.Sprintf("paired permutation of signs, two-sided, %d random flips", resamples)
	rng := rand.New(rand.NewPCG(seed, 0))
	atLeast := 1
	for range resamples {
		if math.Abs(flippedSum(d, rng)) >= observed {
			atLeast++
		}
	}
	t.P = float64(atLeast) / float64(resamples+1)
	return t, nil
}

func exactFlipShare(d []float64, observed float64) float64 {
	atLeast, all := 0, 1<<len(d)
	for flips := range all {
		var sum float64
		for i, v := range d {
			if flips>>i&1 == 1 {
				v = -v
			}
			sum += v
		}
		if math.Abs(sum) >= observed {
			atLeast++
		}
	}
	return float64(atLeast) / float64(all)
}

func flippedSum(d []float64, rng *rand.Rand) float64 {
	var sum float64
	var coins uint64
	for i, v := range d {
		if i%bits.UintSize == 0 {
			coins = rng.Uint64()
		}
		if coins>>(i%bits.UintSize)&1 == 1 {
			v = -v
		}
		sum += v
	}
	return sum
}

func changes(base, test []float64) (d []float64, mean float64, err error) {
	if len(base) != len(test) {
		return nil, 0, fmt.Errorf("base has %d scores and test %d; align them by sample first", len(base), len(test))
	}
	d = make([]float64, len(base))
	for i := range base {
		d[i] = test[i] - base[i]
	}
	mean, err = finiteMean(d)
	return d, mean, err
}

func finiteMean(x []float64) (float64, error) {
	if len(x) == 0 {
		return 0, ErrNoSamples
	}
	if err := checkFinite("value", x); err != nil {
		return 0, err
	}
	var sum float64
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x)), nil
}
