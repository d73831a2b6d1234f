package stats

import (
	"errors"
	"fmt"
)

// ErrNoSamples is returned where a question about zero samples has no answer.
var ErrNoSamples = errors.New("no samples")

// Paired counts how the same samples came out in two runs.
type Paired struct {
	BothRight int
	Losses    int // base right, test wrong
	Gains     int // base wrong, test right
	BothWrong int
}

// Pair counts the outcomes of samples that are aligned by index.
func Pair(base, test []bool) (Paired, error) {
	if len(base) != len(test) {
		return Paired{}, fmt.Errorf("paired outcomes: base has %d samples and test %d; align them by sample first", len(base), len(test))
	}
	var p Paired
	for i, right := range base {
		p = p.Add(Outcome(right, test[i]))
	}
	return p, nil
}

// Outcome is the count of a single sample, given whether each run is right.
func Outcome(base, test bool) Paired {
	switch {
	case base && test:
		return Paired{BothRight: 1}
	case base:
		return Paired{Losses: 1}
	case test:
		return Paired{Gains: 1}
	}
	return Paired{BothWrong: 1}
}

// N is the number of samples.
func (p Paired) N() int { return p.BothRight + p.Losses + p.Gains + p.BothWrong }

// Discordant is the number of samples whose outcome differs: the flips.
func (p Paired) Discordant() int { return p.Losses + p.Gains }

// Change is test's accuracy minus base's, as a share; NaN without samples.
func (p Paired) Change() float64 { return float64(p.Gains-p.Losses) / float64(p.N()) }

// Add pools two sets of samples.
func (p Paired) Add(q Paired) Paired {
	return Paired{p.BothRight + q.BothRight, p.Losses + q.Losses, p.Gains + q.Gains, p.BothWrong + q.BothWrong}
}

// check refuses counts from which nothing can be computed.
func (p Paired) check() error {
	if p.BothRight < 0 || p.Losses < 0 || p.Gains < 0 || p.BothWrong < 0 {
		return fmt.Errorf("paired counts %+v: a count is negative", p)
	}
	if p.N() == 0 {
		return fmt.Errorf("paired counts: %w", ErrNoSamples)
	}
	return nil
}
