package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"adkernel/builtins/stats"
)

// MarginSample is one sample's answer margin in both runs: the logit of the
// right answer minus the best other answer's.
type MarginSample struct {
	Sample               int // its number in the run
	Subject              string
	Base, Test           float64
	BaseRight, TestRight bool
}

// MarginsData is what Margins shows.
type MarginsData struct {
	Base, Test string // names of the runs
	Ranked     bool   // margins are of the log-likelihoods of whole answers
	Samples    []MarginSample
}

// Margins shows on the left each sample's answer margin in both runs, flips
// marked, and on the right how often samples flip by the size of their margin
// in the baseline. Noise flips samples of small margin, as many one way as the
// other; a fault loses samples of large margin as well.
func Margins(d MarginsData, o Options) *Figure {
	d.Base, d.Test = runName(d.Base, "base"), runName(d.Test, "test")
	fig := newFigure("Answer margins: "+d.Test+" against "+d.Base, o)
	m := &marginPicture{base: d.Base, test: d.Test}
	for _, s := range d.Samples {
		if finite(s.Base, s.Test) {
			m.samples = append(m.samples, s)
		}
	}
	for _, s := range m.samples {
		m.counts[s.outcome()]++
	}
	m.losses = flipBins(m.samples, true)
	m.gains = flipBins(m.samples, false)
	if d.Ranked {
		fig.note("margin: log-likelihood of the right answer minus the best other answer, nats")
	} else {
		fig.note("margin: logit of the right answer minus the best other answer")
	}
	fig.note("n = %d", len(m.samples))
	if missing := len(d.Samples) - len(m.samples); missing > 0 {
		fig.note("%d more without a finite margin in both runs", missing)
	}
	if len(m.samples) == 0 {
		fig.note("nothing to show")
	} else {
		fig.note("panel on the right: 95 %% Wilson intervals")
	}
	if len(m.samples) > maxVegaPoints {
		fig.note("the interactive figure shows %d of them, flips first", maxVegaPoints)
	}
	fig.legend = []legendEntry{
		{dotSwatch, badColour, fmt.Sprintf("%v (%d)", loss, m.counts[loss])},
		{triangleSwatch, goodColour, fmt.Sprintf("%v (%d)", gain, m.counts[gain])},
		{dotSwatch, neutralColour, fmt.Sprintf("%v (%d)", unchanged, m.counts[unchanged])},
	}
	fig.body, fig.draw, fig.text, fig.vega = marginBody, m.draw, m.text(), m.vega(fig.width)
	return fig
}

// outcome is what became of a sample.
type outcome int

const (
	unchanged outcome = iota
	gain
	loss
)

func (s MarginSample) outcome() outcome {
	switch {
	case s.BaseRight && !s.TestRight:
		return loss
	case !s.BaseRight && s.TestRight:
		return gain
	default:
		return unchanged
	}
}

// flipBin is how often samples of about the same margin flip.
type flipBin struct {
	low, high float64 // least and greatest size of the base margin in it
	middle    float64 // its median
	flips     int
	share     stats.Interval // percent
}

const (
	maxBins       = 7
	leastInBin    = 12
	flipBinsLevel = 0.95
)

// flipBins divides the samples that base has right (or wrong) by the size of
// their base margin into bins of about equal count, and of at least leastInBin
// where there are as many.
func flipBins(samples []MarginSample, baseRight bool) []flipBin {
	var of []MarginSample
	for _, s := range samples {
		if s.BaseRight == baseRight {
			of = append(of, s)
		}
	}
	slices.SortFunc(of, func(a, b MarginSample) int { return cmp.Compare(math.Abs(a.Base), math.Abs(b.Base)) })
	sizes := make([]float64, len(of))
	for i, s := range of {
		sizes[i] = math.Abs(s.Base)
	}
	var bins []flipBin
	first := 0
	for _, end := range stats.QuantileBins(sizes, min(max(1, len(of)/leastInBin), maxBins)) {
		if end == first || end < len(of) && min(end-first, len(of)-end) < leastInBin {
			continue // equal margins have left too few for a bin
		}
		bins = append(bins, newFlipBin(of[first:end], sizes[first:end]))
		first = end
	}
	return bins
}

// newFlipBin is the bin of samples, ascending in the size of their base margin.
func newFlipBin(samples []MarginSample, sizes []float64) flipBin {
	b := flipBin{low: sizes[0], middle: stats.Quantile(sizes, 0.5), high: sizes[len(sizes)-1]}
	for _, s := range samples {
		if s.outcome() != unchanged {
			b.flips++
		}
	}
	share, err := stats.Wilson(b.flips, len(samples), flipBinsLevel)
	if err != nil {
		panic(err) // impossible: there are samples, and not more flips than samples
	}
	share.Estimate, share.Low, share.High = 100*share.Estimate, 100*share.Low, 100*share.High
	b.share = share
	return b
}
