package stats

import (
	"errors"
	"fmt"
	"math"
)

// ErrUnreachable is returned where no loss, or no affordable number of
// samples, reaches the wanted power.
var ErrUnreachable = errors.New("power out of reach")

// maxSamples bounds the search for a sample size.
const maxSamples = 1 << 20

// Design is what a comparison is planned for: the one-sided exact McNemar test
// at Alpha, with Noise as the share of samples that flip without any fault.
// Noise flips are symmetric, half of them losses. Measure Noise by running the
// same configuration twice; 0.05 is a common order of magnitude.
type Design struct {
	Noise float64 // share of samples that flip by noise alone, in [0, 1]; at 1 no loss is left to show
	Alpha float64 // level of the one-sided test
	Power float64 // wanted probability of detection
}

// DefaultDesign is 5 % noise flips, alpha .05 and power .8.
func DefaultDesign() Design { return Design{Noise: 0.05, Alpha: 0.05, Power: 0.8} }

// Plan is what a number of samples can show under a design.
type Plan struct {
	Method string
	N      int     // samples
	Loss   float64 // true loss of accuracy, a share
	Power  float64 // probability that the test detects it
	Design Design
}

// String states the plan in points and percent.
func (p Plan) String() string {
	return fmt.Sprintf("a loss of %.1f points is detected with probability %.2f at n = %d (%s, alpha %g, %g %% noise flips)",
		100*p.Loss, p.Power, p.N, p.Method, p.Design.Alpha, 100*p.Design.Noise)
}

// At computes the power to detect a loss with n samples. Losses have
// probability Noise/2 + loss and gains Noise/2 a sample, and every outcome of
// that trinomial is enumerated, so the power is exact.
func (d Design) At(n int, loss float64) (Plan, error) {
	if err := d.check(n); err != nil {
		return Plan{}, err
	}
	if !(loss >= 0 && loss <= 1-d.Noise) {
		return Plan{}, fmt.Errorf("power for a loss of %v: want a share between 0 and %v (1 less the noise flips)", loss, 1-d.Noise)
	}
	return d.plan(n, loss, d.power(n, loss)), nil
}

// DetectableLoss is the smallest loss that n samples detect with the wanted
// power. Less than that is not "no loss" but "cannot be seen with n".
func (d Design) DetectableLoss(n int) (Plan, error) {
	if err := d.check(n); err != nil {
		return Plan{}, err
	}
	largest := 1 - d.Noise
	if d.power(n, largest) < d.Power {
		return Plan{}, fmt.Errorf("detectable loss: %w: n = %d samples are too few for any loss at alpha %g", ErrUnreachable, n, d.Alpha)
	}
	// A sample that turns from unchanged to lost never weakens the test, so power rises with the loss.
	loss := bisect(0, largest, func(l float64) bool { return d.power(n, l) < d.Power })
	return d.plan(n, loss, d.power(n, loss)), nil
}

// Samples is the number of samples that detects a loss with the wanted power:
// the least n from which the next hundredth of n, at most a hundred sizes,
// keeps it, since exact power wavers by fractions of a percent as n rises.
func (d Design) Samples(loss float64) (Plan, error) {
	if err := d.check(1); err != nil {
		return Plan{}, err
	}
	if !(loss > 0 && loss <= 1-d.Noise) {
		return Plan{}, fmt.Errorf("samples for a loss of %v: want a share above 0 and at most %v", loss, 1-d.Noise)
	}
	high := 1
	for d.power(high, loss) < d.Power {
		if high *= 2; high > maxSamples {
			return Plan{}, fmt.Errorf("samples for a loss of %v: %w below %d samples", loss, ErrUnreachable, maxSamples)
		}
	}
	low := high / 2
	for low+1 < high {
		if mid := (low + high) / 2; d.power(mid, loss) < d.Power {
			low = mid
		} else {
			high = mid
		}
	}
	for n := high; n <= high+min(high/100, 100); n++ {
		if d.power(n, loss) < d.Power {
			high = n + 1
		}
	}
	return d.plan(high, loss, d.power(high, loss)), nil
}

// power enumerates m, the number of discordant pairs; given m, losses are
// binomial and the test rejects from a critical count on.
func (d Design) power(n int, loss float64) float64 {
	gain := d.Noise / 2
	discordant := d.Noise + loss
	if discordant == 0 {
		return 0
	}
	pairs := newBinomial(n, discordant)
	share := 1 - gain/discordant
	critical, total := 0, 0.0
	low, high := pairs.bulk()
	for m := low; m <= high; m++ {
		critical = criticalLosses(m, critical, math.Log(d.Alpha))
		if critical > m {
			continue
		}
		total += math.Exp(pairs.logPMF(m) + newBinomial(m, share).logUpper(critical))
	}
	return min(1, total)
}

// criticalLosses is the least number of losses among m discordant pairs that
// the one-sided test rejects; m+1 when none does. It never falls as m rises,
// so the search starts at a known lower bound.
func criticalLosses(m, from int, logAlpha float64) int {
	const rounding = 1e-12 // of a tail that is alpha itself, as 1/2 of an odd m
	null := newBinomial(m, 0.5)
	at := max(from, (m+1)/2)
	for at <= m && null.logUpper(at) > logAlpha+rounding {
		at++
	}
	return at
}

// bulk is the range outside of which less than 1e-12 of the mass lies.
func (b binomial) bulk() (low, high int) {
	mean := float64(b.n) * b.p
	reach := 8*math.Sqrt(mean*b.q) + 30
	return max(0, int(mean-reach)), min(b.n, int(mean+reach))
}

func (d Design) plan(n int, loss, power float64) Plan {
	return Plan{Method: "one-sided exact McNemar, trinomial enumeration", N: n, Loss: loss, Power: power, Design: d}
}

func (d Design) check(n int) error {
	if n <= 0 {
		return fmt.Errorf("power at n = %d: %w", n, ErrNoSamples)
	}
	if n > maxSamples {
		return fmt.Errorf("power at n = %d: at most %d samples are enumerated", n, maxSamples)
	}
	if !(d.Noise >= 0 && d.Noise <= 1) {
		return fmt.Errorf("noise flips %v: want a share in [0, 1]", d.Noise)
	}
	if !(d.Alpha > 0 && d.Alpha < 1) || !(d.Power > 0 && d.Power < 1) {
		return fmt.Errorf("design with alpha %v and power %v: want both between 0 and 1", d.Alpha, d.Power)
	}
	return nil
}
