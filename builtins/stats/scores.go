package stats

import (
	"fmt"
	"math"
	"slices"
)

// ScoreDifference is TangoDifference for scores anywhere in [0, 1], such as the
// mean of several verdicts: the mean changes that the score test does not reject
// under the most likely distribution of changes with that mean, which may hold
// changes of -1 and 1 that no sample shows. It has a width even where no score
// changes, where resampling has none.
func ScoreDifference(base, test []float64, level float64) (Interval, error) {
	d, mean, err := changes(base, test)
	if err != nil {
		return Interval{}, fmt.Errorf("score interval: %w", err)
	}
	for i := range d {
		if !(min(base[i], test[i]) >= 0 && max(base[i], test[i]) <= 1) {
			return Interval{}, fmt.Errorf("score interval: base[%d] is %v and test[%d] %v: want shares between 0 and 1", i, base[i], i, test[i])
		}
	}
	if err := checkLevel(level); err != nil {
		return Interval{}, err
	}
	found := countChanges(d)
	n, z := float64(len(d)), normalQuantile(level)
	score := func(change float64) float64 {
		if mean == change { // also where the variance is 0
			return 0
		}
		return (mean - change) * math.Sqrt(n/found.variance(change))
	}
	return Interval{
		Method: "Tango score interval of scores, paired", N: len(d), Level: level, Estimate: mean,
		Low:  bisect(-1, mean, func(x float64) bool { return score(x) > z }),
		High: bisect(mean, 1, func(x float64) bool { return score(x) >= -z }),
	}, nil
}

// counted are distinct changes, and how many samples have each.
type counted struct{ change, samples []float64 }

func countChanges(d []float64) (c counted) {
	for _, v := range slices.Sorted(slices.Values(d)) {
		if last := len(c.change) - 1; last < 0 || c.change[last] != v {
			c.change, c.samples = append(c.change, v), append(c.samples, 0)
		}
		c.samples[len(c.samples)-1]++
	}
	return c
}

// variance is that of a change under the most likely distribution with a mean,
// which a change x has with probability samples/(n + slope (x - mean)): an
// empirical likelihood, in which what is left falls on the end of [-1, 1] that
// no sample reaches.
func (c counted) variance(mean float64) float64 {
	if mean <= -1 || mean >= 1 {
		return 0
	}
	n, observed := 0.0, 0.0
	for i, x := range c.change {
		n += c.samples[i]
		observed += c.samples[i] * x
	}
	side := 1.0 // that to which the mean is moved
	if mean < observed/n {
		side = -1
	}
	steepest := -n / (1 - side*mean) // where the end has no samples, it is of any probability there
	slope := bisect(steepest, 0, func(slope float64) bool {
		moved := 0.0
		for i, x := range c.change {
			away := side * (x - mean)
			moved += c.samples[i] * away / max(0, n+slope*away) // rounding: at the steepest, 0 at the end
		}
		return moved > 0
	})
	left, square := 1.0, 0.0
	for i, x := range c.change {
		p := c.samples[i] / (n + slope*side*(x-mean))
		left -= p
		square += p * (x - mean) * (x - mean)
	}
	return square + max(0, left)*(side-mean)*(side-mean)
}
