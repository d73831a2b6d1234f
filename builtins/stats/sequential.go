package stats

import (
	"fmt"
	"math"
)

// Evidence is the state of a sequential test for a loss. It may be looked at
// after every sample without inflating false alarms.
type Evidence struct {
	Method      string
	N           int     // samples so far
	Informative int     // discordant pairs so far
	LogE        float64 // natural logarithm of the E-value, which itself may overflow
}

// String gives the E-value with its method and n.
func (e Evidence) String() string {
	return fmt.Sprintf("%s: E = %.3g, n = %d (%d informative)", e.Method, math.Exp(e.LogE), e.N, e.Informative)
}

// Rejects reports whether "no loss" is rejected at level alpha: E >= 1/alpha.
// By Ville's inequality the chance of ever rejecting a true null is at most
// alpha, however often and whenever one looks.
func (e Evidence) Rejects(alpha float64) bool { return e.LogE >= -math.Log(alpha) }

// LossEvidence is the E-value against "losses are no likelier than gains"
// after the samples so far: the likelihood ratio of discordant pairs, mixed
// uniformly over loss shares between 1/2 and 1,
//
//	E = 2^(m+1) * integral from 1/2 to 1 of t^losses (1-t)^gains dt.
func LossEvidence(p Paired) (Evidence, error) {
	if err := p.check(); err != nil {
		return Evidence{}, err
	}
	m := p.Discordant()
	// The integral is a Beta function times P(Beta(losses+1, gains+1) > 1/2),
	// and that probability is a binomial tail: P(Bin(m+1, 1/2) <= losses).
	logE := float64(m+1)*math.Ln2 + logBeta(p.Losses+1, p.Gains+1) + newBinomial(m+1, 0.5).logLower(p.Losses)
	return Evidence{Method: "e-process on discordant pairs, valid at every look", N: p.N(), Informative: m, LogE: logE}, nil
}

// ChangeSequence is the interval of the accuracy change that holds at all
// looks together: the chance that it ever misses the true change is at most
// 1 - level. It projects the confidence sequence of the trinomial of losses,
// gains and unchanged samples under a uniform Dirichlet mixture, so it is
// exact (Ville), at the price of being wider than an interval for one look.
// Once its lower end lies above the loss that matters, going on is futile.
func ChangeSequence(p Paired, level float64) (Interval, error) {
	if err := checkDifference(p, level); err != nil {
		return Interval{}, err
	}
	// The mixture's marginal likelihood: 2 losses! gains! same! / (n+2)!.
	same := p.N() - p.Discordant()
	marginal := math.Ln2 + logFactorial(p.Losses) + logFactorial(p.Gains) + logFactorial(same) - logFactorial(p.N()+2)
	floor := marginal + math.Log(1-level)
	inside := func(change float64) bool {
		gain, loss := p.restricted(change)
		return xlogy(p.Gains, gain)+xlogy(p.Losses, loss)+xlogy(same, 1-gain-loss) > floor
	}
	d := p.Change()
	return Interval{
		Method: "confidence sequence of a trinomial, valid at every look", N: p.N(), Level: level, Estimate: d,
		Low:  -bisect(-d, 1, func(x float64) bool { return inside(-x) }),
		High: bisect(d, 1, inside),
	}, nil
}

func logBeta(a, b int) float64 {
	return logFactorial(a-1) + logFactorial(b-1) - logFactorial(a+b-1)
}

func logFactorial(n int) float64 {
	l, _ := math.Lgamma(float64(n) + 1)
	return l
}

// xlogy is k log p with 0 log 0 = 0; probabilities a rounding error below 0 count as 0.
func xlogy(k int, p float64) float64 {
	if k == 0 {
		return 0
	}
	return float64(k) * math.Log(max(0, p))
}
