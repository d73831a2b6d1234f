package stats

import "math"

// WaldDifference is the simple interval of the accuracy change:
// d = (gains - losses)/n with SE = sqrt(m - (gains - losses)^2/n)/n. It has
// zero width without discordant pairs and is too narrow at small n; prefer
// TangoDifference or NewcombeDifference below a few hundred samples.
func WaldDifference(p Paired, level float64) (Interval, error) {
	if err := checkDifference(p, level); err != nil {
		return Interval{}, err
	}
	n, diff := float64(p.N()), float64(p.Gains-p.Losses)
	half := normalQuantile(level) * math.Sqrt(float64(p.Discordant())-diff*diff/n) / n
	d := diff / n
	return Interval{Method: "Wald interval, paired", N: p.N(), Level: level, Estimate: d, Low: max(-1, d-half), High: min(1, d+half)}, nil
}

// NewcombeDifference is Newcombe's method 10 for the difference of paired
// proportions (Statistics in Medicine 17, 1998, 2635-2650): the Wilson limits
// of both accuracies, combined with the continuity-corrected correlation phi.
func NewcombeDifference(p Paired, level float64) (Interval, error) {
	if err := checkDifference(p, level); err != nil {
		return Interval{}, err
	}
	n, z := float64(p.N()), normalQuantile(level)
	test, base := float64(p.BothRight+p.Gains), float64(p.BothRight+p.Losses)
	testLow, testHigh := wilson(test, n, z)
	baseLow, baseHigh := wilson(base, n, z)
	phi := p.correlation()
	spread := func(a, b float64) float64 { return math.Sqrt(max(0, a*a-2*phi*a*b+b*b)) }
	d := p.Change()
	return Interval{
		Method: "Newcombe interval (method 10), paired", N: p.N(), Level: level, Estimate: d,
		Low:  max(-1, d-spread(test/n-testLow, baseHigh-base/n)),
		High: min(1, d+spread(testHigh-test/n, base/n-baseLow)),
	}, nil
}

// correlation is phi of the 2 x 2 table with Newcombe's continuity correction;
// 0 where a margin is empty.
func (p Paired) correlation() float64 {
	a, b, c, d := float64(p.BothRight), float64(p.Losses), float64(p.Gains), float64(p.BothWrong)
	margins := (a + b) * (c + d) * (a + c) * (b + d)
	if margins == 0 {
		return 0
	}
	cross := a*d - b*c
	if cross > 0 {
		cross = max(0, cross-float64(p.N())/2)
	}
	return cross / math.Sqrt(margins)
}

// TangoDifference inverts the score test of a paired difference (Tango,
// Statistics in Medicine 17, 1998, 891-908): the changes that the data do not
// reject. It keeps its coverage at small n and has a width even without
// discordant pairs.
func TangoDifference(p Paired, level float64) (Interval, error) {
	if err := checkDifference(p, level); err != nil {
		return Interval{}, err
	}
	n, z, d := float64(p.N()), normalQuantile(level), p.Change()
	score := func(change float64) float64 {
		_, loss := p.restricted(change)
		variance := n * max(0, 2*loss+change*(1-change))
		diff := n * (d - change)
		if diff == 0 { // also where the variance is 0
			return 0
		}
		return diff / math.Sqrt(variance)
	}
	// The score falls as the change rises.
	return Interval{
		Method: "Tango score interval, paired", N: p.N(), Level: level, Estimate: d,
		Low:  bisect(-1, d, func(x float64) bool { return score(x) > z }),
		High: bisect(d, 1, func(x float64) bool { return score(x) >= -z }),
	}, nil
}

// restricted is the maximum likelihood of the gain and loss probabilities
// under gain - loss = change (Tango's closed form).
func (p Paired) restricted(change float64) (gain, loss float64) {
	n, gains, losses := float64(p.N()), float64(p.Gains), float64(p.Losses)
	b := -gains - losses + (2*n-gains+losses)*change
	c := -losses * change * (1 - change)
	loss = (math.Sqrt(max(0, b*b-8*n*c)) - b) / (4 * n)
	loss = max(loss, 0, -change)
	return loss + change, loss
}

func checkDifference(p Paired, level float64) error {
	if err := p.check(); err != nil {
		return err
	}
	return checkLevel(level)
}

// bisect returns the point between low and high where holds turns from true
// to false, or the border where it never turns.
func bisect(low, high float64, holds func(float64) bool) float64 {
	if !holds(low) {
		return low
	}
	if holds(high) {
		return high
	}
	for range 200 {
		mid := low + (high-low)/2
		if mid == low || mid == high {
			break
		}
		if holds(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low + (high-low)/2
}
