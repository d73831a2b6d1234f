package stats

import (
	"fmt"
	"math"
	"sort"
)

// BinomialTest is the exact two-sided test of k successes in n trials against
// probability p: the total probability of the outcomes that are no likelier
// than k (as scipy.stats.binomtest and R's binom.test). The statistic is k/n.
func BinomialTest(k, n int, p float64) (Test, error) {
	if err := checkBinomial(k, n, p); err != nil {
		return Test{}, err
	}
	t := Test{Method: fmt.Sprintf("exact binomial against %.4g, two-sided", p), N: n, Informative: n, Statistic: float64(k) / float64(n)}
	t.P = newBinomial(n, p).twoSided(k)
	return t, nil
}

// BinomialLower is the exact test of k successes in n trials for fewer than
// probability p gives: P(X <= k). Against the base's score in a subject it
// answers whether test is significantly below it; against one over the number
// of choices, whether answers are worse than guessing. The statistic is k/n.
func BinomialLower(k, n int, p float64) (Test, error) {
	if err := checkBinomial(k, n, p); err != nil {
		return Test{}, err
	}
	return Test{
		Method: fmt.Sprintf("exact binomial below %.4g, one-sided", p), N: n, Informative: n,
		Statistic: float64(k) / float64(n), P: math.Exp(newBinomial(n, p).logLower(k)),
	}, nil
}

func checkBinomial(k, n int, p float64) error {
	if n == 0 {
		return fmt.Errorf("binomial: %w", ErrNoSamples)
	}
	if k < 0 || n < 0 || k > n {
		return fmt.Errorf("binomial: %d successes in %d trials is impossible", k, n)
	}
	return checkProbability("binomial probability", p)
}

// binomial is the distribution of successes in n trials of probability p. Its
// tails are sums of the mass function outward from k, in logarithms: exact in
// shape far beyond where a cumulative function underflows or cancels.
type binomial struct {
	n    int
	p, q float64 // q is 1-p, kept beside it because that of a small p has lost p's digits
}

func newBinomial(n int, p float64) binomial { return binomial{n, p, 1 - p} }

// logPMF is log P(X = k) by Loader's saddle-point expansion ("Fast and
// accurate computation of binomial probabilities", 2000): no difference of
// large log-gammas, so the relative error stays near machine precision at any n.
func (b binomial) logPMF(k int) float64 {
	n, x := float64(b.n), float64(k)
	switch {
	case k < 0 || k > b.n:
		return math.Inf(-1)
	case b.p == 0 || b.q == 0:
		if (b.p == 0) == (k == 0) && (b.q == 0) == (k == b.n) {
			return 0
		}
		return math.Inf(-1)
	case k == 0:
		return n * logShare(b.q, b.p)
	case k == b.n:
		return n * logShare(b.p, b.q)
	}
	lc := stirlingError(n) - stirlingError(x) - stirlingError(n-x) - deviance(x, n*b.p) - deviance(n-x, n*b.q)
	return lc + 0.5*math.Log(n/(2*math.Pi*x*(n-x)))
}

// logLower is log P(X <= k).
func (b binomial) logLower(k int) float64 {
	switch {
	case k < 0:
		return math.Inf(-1)
	case k >= b.n:
		return 0
	case float64(k) > float64(b.n)*b.p:
		return log1mexp(b.logUpper(k + 1))
	}
	// Each mass is the one above it times a ratio below 1 that keeps falling.
	sum, term := 1.0, 1.0
	for i := k; i > 0 && term > sum*1e-17; i-- {
		term *= float64(i) * b.q / (float64(b.n-i+1) * b.p)
		sum += term
	}
	return min(0, b.logPMF(k)+math.Log(sum))
}

// logUpper is log P(X >= k).
func (b binomial) logUpper(k int) float64 {
	return binomial{b.n, b.q, b.p}.logLower(b.n - k)
}

// twoSided is the total mass of outcomes no likelier than k. Masses within
// 1e-7 of k's are ties that rounding has separated.
func (b binomial) twoSided(k int) float64 {
	limit := b.logPMF(k) + 1e-7
	mode := int(float64(b.n+1) * b.p)
	if k == mode {
		return 1
	}
	if k < mode {
		above := mode + sort.Search(b.n-mode+1, func(i int) bool { return b.logPMF(mode+i) <= limit })
		return min(1, math.Exp(b.logLower(k))+math.Exp(b.logUpper(above)))
	}
	below := sort.Search(mode+1, func(i int) bool { return b.logPMF(i) > limit }) - 1
	return min(1, math.Exp(b.logUpper(k))+math.Exp(b.logLower(below)))
}

// logShare is log p, given also what p lacks of 1.
func logShare(p, lacking float64) float64 {
	if lacking < 0.5 {
		return math.Log1p(-lacking)
	}
	return math.Log(p)
}

// stirlingError is log n! minus Stirling's approximation of it.
func stirlingError(n float64) float64 {
	if n < 16 {
		lg, _ := math.Lgamma(n + 1)
		return lg - (n+0.5)*math.Log(n) + n - 0.5*math.Log(2*math.Pi)
	}
	nn := n * n
	return (1.0/12 - (1.0/360-(1.0/1260-1.0/1680/nn)/nn)/nn) / n
}

// deviance is x log(x/np) + np - x without the cancellation near x = np.
func deviance(x, np float64) float64 {
	if math.Abs(x-np) >= 0.1*(x+np) {
		return x*math.Log(x/np) + np - x
	}
	v := (x - np) / (x + np)
	s, term := (x-np)*v, 2*x*v
	for j := 1; ; j++ {
		term *= v * v
		next := s + term/float64(2*j+1)
		if next == s {
			return s
		}
		s = next
	}
}

// log1mexp is log(1 - e^x) for x <= 0.
func log1mexp(x float64) float64 {
	if x > -math.Ln2 {
		return math.Log(-math.Expm1(x))
	}
	return math.Log1p(-math.Exp(x))
}
