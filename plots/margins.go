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
	fig.note("margin: logit of the right answer minus the best other answer")
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
		{dotSwatch, goodColour, fmt.Sprintf("%v (%d)", gain, m.counts[gain])},
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
// their base margin into bins of equal count.
func flipBins(samples []MarginSample, baseRight bool) []flipBin {
	var of []MarginSample
	for _, s := range samples {
		if s.BaseRight == baseRight {
			of = append(of, s)
		}
	}
	slices.SortStableFunc(of, func(a, b MarginSample) int { return cmp.Compare(math.Abs(a.Base), math.Abs(b.Base)) })
	count := min(max(1, len(of)/leastInBin), maxBins)
	var bins []flipBin
	for i := range count {
		group := of[i*len(of)/count : (i+1)*len(of)/count]
		if len(group) == 0 {
			continue
		}
		sizes := make([]float64, len(group))
		b := flipBin{}
		for j, s := range group {
			sizes[j] = math.Abs(s.Base)
			if s.outcome() != unchanged {
				b.flips++
			}
		}
		b.low, b.middle, b.high = sizes[0], stats.Quantile(sizes, 0.5), sizes[len(sizes)-1]
		share, err := stats.Wilson(b.flips, len(group), flipBinsLevel)
		if err != nil {
			continue
		}
		share.Estimate, share.Low, share.High = 100*share.Estimate, 100*share.Low, 100*share.High
		b.share = share
		bins = append(bins, b)
	}
	return bins
}
