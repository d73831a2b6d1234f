package stats

import "math"

// McNemar tests whether losses and gains are equally likely: given m
// discordant pairs, losses ~ Binomial(m, 1/2). The p-value is exact and
// two-sided, min(1, 2 P(X <= min(losses, gains))); with no discordant pairs it
// is 1. The statistic is the number of losses.
func McNemar(p Paired) (Test, error) {
	return mcnemar(p, "exact McNemar, two-sided", func(lower, _ float64) float64 {
		return min(1, 2*lower)
	})
}

// McNemarMidP is McNemar's test less conservative by half of the observed
// outcome's probability (Fagerland, Lydersen, Laake 2013). Its error rate may
// exceed the nominal level slightly. With no discordant pairs it is 1.
func McNemarMidP(p Paired) (Test, error) {
	tied := p.Losses == p.Gains
	return mcnemar(p, "mid-p McNemar, two-sided", func(lower, at float64) float64 {
		if tied {
			return 1
		}
		return 2*lower - at
	})
}

// McNemarLoss tests against a loss only: the exact one-sided p-value
// P(X >= losses), the test behind the power computations of Design.
func McNemarLoss(p Paired) (Test, error) {
	if err := p.check(); err != nil {
		return Test{}, err
	}
	m := p.Discordant()
	return Test{
		Method: "exact McNemar, one-sided for a loss", N: p.N(), Informative: m,
		Statistic: float64(p.Losses), P: math.Exp(newBinomial(m, 0.5).logUpper(p.Losses)),
	}, nil
}

func mcnemar(p Paired, method string, combine func(lower, at float64) float64) (Test, error) {
	if err := p.check(); err != nil {
		return Test{}, err
	}
	m := p.Discordant()
	fewer := min(p.Losses, p.Gains)
	null := newBinomial(m, 0.5)
	return Test{
		Method: method, N: p.N(), Informative: m, Statistic: float64(p.Losses),
		P: combine(math.Exp(null.logLower(fewer)), math.Exp(null.logPMF(fewer))),
	}, nil
}
