package compare

import (
	"math"
	"slices"
	"strconv"

	"adkernel/builtins/run"
	"adkernel/builtins/stats"
)

// Margins compares the answers' margins: the logit of the right letter less
// the best other letter's, which is also what their log-probabilities are apart.
// They say more a sample than right and wrong do.
type Margins struct {
	N      int            // samples with a finite margin in both runs
	Change stats.Interval // mean change of the margin, clustered by subject

	// Quartiles splits the samples at the quartiles of the size of the base
	// run's margin, smallest first. Noise flips answers of small margins, evenly
	// both ways; a fault also flips those of large ones.
	Quartiles [4]Quartile
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
	var with []pair
	var changes []float64
	var subjects []string
	for _, p := range pairs {
		change := float64(p.test.Margin) - float64(p.base.Margin)
		if math.IsNaN(change) || math.IsInf(change, 0) {
			continue
		}
		with = append(with, p)
		changes = append(changes, change)
		subjects = append(subjects, p.base.Subject)
	}
	m := &Margins{N: len(with)}
	if m.N < len(m.Quartiles) {
		return nil, nil
	}
	if len(slices.Compact(slices.Sorted(slices.Values(subjects)))) == 1 {
		for i := range subjects {
			subjects[i] = strconv.Itoa(i) // within one subject each sample stands for itself
		}
	}
	var err error
	if m.Change, err = stats.ClusteredMean(changes, subjects, level); err != nil {
		return nil, err
	}
	m.Quartiles = quartiles(with)
	return m, nil
}

func quartiles(pairs []pair) (out [4]Quartile) {
	size := func(p pair) float64 { return math.Abs(float64(p.base.Margin)) }
	pairs = sortedBy(pairs, size)
	sizes := make([]float64, len(pairs))
	for i, p := range pairs {
		sizes[i] = size(p)
	}
	first := 0
	for i, end := range stats.QuantileBins(sizes, len(out)) {
		q := Quartile{Low: math.NaN(), High: math.NaN()}
		if end > first {
			q.Low, q.High = sizes[first], sizes[end-1]
		}
		for _, p := range pairs[first:end] {
			q.Pairs = q.Pairs.Add(p.outcome())
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
		if isBounded(*p.test) || isBounded(*p.base) {
			n++
		}
	}
	return n
}

func isBounded(s run.Sample) bool { return s.LetterLogProbs != nil && math.IsNaN(float64(s.Margin)) }
