package stats

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// resamples is the number of draws behind a bootstrap interval or a
// permutation p-value, whose least value is therefore 1e-4.
const resamples = 9999

// exactFlips is the largest n whose 2^n sign flips are all enumerated: fewer than resamples.
const exactFlips = 13

// BootstrapChange is the interval of the mean change of paired scores (any
// scale) by resampling samples with replacement: bias-corrected and
// accelerated (BCa; Efron 1987), percentile where all changes are equal. The
// same seed gives the same interval.
func BootstrapChange(base, test []float64, level float64, seed uint64) (Interval, error) {
	d, mean, err := changes(base, test)
	if err != nil {
		return Interval{}, fmt.Errorf("paired bootstrap: %w", err)
	}
	if err := checkLevel(level); err != nil {
		return Interval{}, err
	}
	means := bootstrapMeans(d, rand.New(rand.NewPCG(seed, 0)))
	low, high := bcaQuantiles(d, mean, means, level)
	return Interval{
		Method: fmt.Sprintf("paired bootstrap, BCa, %d resamples", resamples), N: len(d), Level: level,
		Estimate: mean, Low: Quantile(means, low), High: Quantile(means, high),
	}, nil
}

func bootstrapMeans(d []float64, rng *rand.Rand) []float64 {
	means := make([]float64, resamples)
	for i := range means {
		var sum float64
		for range d {
			sum += d[rng.IntN(len(d))]
		}
		means[i] = sum / float64(len(d))
	}
	slices.Sort(means)
	return means
}

// bcaQuantiles turns the level into the probabilities at which the sorted
// bootstrap means are read.
func bcaQuantiles(d []float64, mean float64, means []float64, level float64) (low, high float64) {
	tail := (1 - level) / 2
	below, _ := slices.BinarySearch(means, mean)
	notAbove, _ := slices.BinarySearch(means, math.Nextafter(mean, math.Inf(1)))
	bias := distuv.UnitNormal.Quantile(float64(below+notAbove) / float64(2*len(means)))
	var squares, cubes float64
	for _, v := range d {
		squares += (v - mean) * (v - mean)
		cubes += (v - mean) * (v - mean) * (v - mean)
	}
	if squares == 0 || math.IsInf(bias, 0) {
		return tail, 1 - tail
	}
	// For a mean, the jackknife's acceleration is a sixth of the third moment over the second to 3/2.
	acceleration := cubes / (6 * math.Pow(squares, 1.5))
	at := func(z float64) float64 {
		return distuv.UnitNormal.CDF(bias + (bias+z)/(1-acceleration*(bias+z)))
	}
	z := normalQuantile(level)
	return at(-z), at(z)
}

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
