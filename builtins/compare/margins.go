package compare

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"adkernel/builtins/stats"
)

// Margins compares the answers' margins: the logit of the right letter less
// the best other letter's, which is also what their log-probabilities are apart.
// They say more a sample than right and wrong do. Where choices are ranked, a
// margin is what the log-likelihoods of whole answers are apart, in nats.
type Margins struct {
	N      int            // samples with a finite margin in both runs
	Change stats.Interval // mean change of the margin, clustered by subject

	// Quartiles splits the samples at the quartiles of the size of the base
	// run's margin, smallest first. Noise flips answers of small margins, evenly
	// both ways; a fault also flips those of large ones.
	Quartiles [4]Quartile

	ranked bool
}

// Quartile is about a quarter of the samples: ones whose margins have the same
// size, which are many at low precision, are all in one. It is empty, with Low
// and High NaN, where their quarter takes up the next one too.
type Quartile struct {
	Low, High float64 // smallest and greatest size of the base run's margin
	Pairs     stats.Paired
}

// compareMargins returns nil when fewer than four samples have margins.
func compareMargins(pairs []pair) (*Margins, error) {
	var with []int // places of pairs
	for i, p := range pairs {
		if change := p.marginChange(); !math.IsNaN(change) && !math.IsInf(change, 0) {
			with = append(with, i)
		}
	}
	m := &Margins{N: len(with)}
	if m.N < len(m.Quartiles) {
		return nil, nil
	}
	changes, subjects := make([]float64, m.N), make([]string, m.N)
	several := false
	for i, at := range with {
		changes[i], subjects[i] = pairs[at].marginChange(), pairs[at].subject
		several = several || subjects[i] != subjects[0]
	}
	if !several {
		for i := range subjects {
			subjects[i] = strconv.Itoa(i) // within one subject each sample stands for itself
		}
	}
	var err error
	if m.Change, err = stats.ClusteredMean(changes, subjects, level); err != nil {
		return nil, err
	}
	m.Quartiles = quartiles(pairs, with)
	m.ranked = pairs[with[0]].base.has(ranked)
	return m, nil
}

// unit is that of the margins.
func (m *Margins) unit() string {
	if m.ranked {
		return "nats"
	}
	return "logits"
}

func (p pair) marginChange() float64 { return float64(p.test.margin) - float64(p.base.margin) }

// quartiles are of the pairs at the given places.
func quartiles(pairs []pair, with []int) (out [4]Quartile) {
	size := func(at int) float64 { return math.Abs(float64(pairs[at].base.margin)) }
	slices.SortStableFunc(with, func(a, b int) int { return cmp.Compare(size(a), size(b)) })
	sizes := make([]float64, len(with))
	for i, at := range with {
		sizes[i] = size(at)
	}
	first := 0
	for i, end := range stats.QuantileBins(sizes, len(out)) {
		q := Quartile{Low: math.NaN(), High: math.NaN()}
		if end > first {
			q.Low, q.High = sizes[first], sizes[end-1]
		}
		for _, at := range with[first:end] {
			q.Pairs = q.Pairs.Add(pairs[at].outcome())
		}
		out[i], first = q, end
	}
	return out
}

// filled returns the quartiles that are not empty.
func (m *Margins) filled() []Quartile {
	return slices.DeleteFunc(slices.Clone(m.Quartiles[:]), func(q Quartile) bool { return q.Pairs.N() == 0 })
}

// boundedMargins counts the samples whose margin is not known in one of the
// runs, because a server's likeliest tokens lack a letter that it needs.
func boundedMargins(pairs []pair) int {
	n := 0
	for _, p := range pairs {
		if p.test.has(bounded) || p.base.has(bounded) {
			n++
		}
	}
	return n
}
