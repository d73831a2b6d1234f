package plots

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// LogitRange is the spread of one sample's finite logits over the vocabulary;
// its ends are NaN where there is none.
type LogitRange struct {
	Min, Q1, Median, Q3, Max float64

	NonFinite int // how many of the logits are NaN or Inf
}

// LogitSample is one sample's logits in both runs.
type LogitSample struct {
	Sample     int // its number in the run
	Base, Test LogitRange
}

// LogitRangesData is what LogitRanges shows.
type LogitRangesData struct {
	Base, Test string // names of the runs
	Samples    []LogitSample
}

const (
	logitBody  = 340 // CSS pixels
	maxColumns = 700 // places along the axis; more samples share them

	maxNamedOutliers = 6
)

// LogitRanges shows how far the logits of each sample reach, the baseline as a
// filled band and test as lines, in the order of the baseline's maximum, on a
// scale that is linear near 0 and logarithmic beyond 1. Samples whose range
// departs from the baseline's far more than the others' are named.
func LogitRanges(d LogitRangesData, o Options) *Figure {
	d.Base, d.Test = runName(d.Base, "base"), runName(d.Test, "test")
	fig := newFigure("Logit range by sample: "+d.Test+" against "+d.Base, o)
	samples := slices.Clone(d.Samples)
	slices.SortStableFunc(samples, func(a, b LogitSample) int {
		return cmp.Or(missingLast(a.Base.Max, b.Base.Max), cmp.Compare(a.Base.Max, b.Base.Max), cmp.Compare(a.Sample, b.Sample))
	})
	l := &logitPicture{base: d.Base, test: d.Test, columns: logitColumns(samples), outliers: logitOutliers(samples)}
	fig.note("n = %d", len(samples))
	fig.scale = "the scale is logarithmic beyond ±1"
	if len(samples) == 0 {
		fig.note("nothing to show")
	}
	if share := (len(samples) + maxColumns - 1) / maxColumns; share > 1 {
		fig.note("each place holds up to %d samples: their least minimum, greatest maximum and middle quartiles", share)
	}
	noteMissingLogits(fig, d.Base, samples, func(s LogitSample) LogitRange { return s.Base })
	noteMissingLogits(fig, d.Test, samples, func(s LogitSample) LogitRange { return s.Test })
	if len(l.outliers) > 0 {
		fig.note("named: range departs from the baseline's far more than is usual here")
	}
	fig.legend = []legendEntry{
		{bandSwatch, baseColour, l.baseWords()}, {lineSwatch, testColour, l.testWords()}, {dashedSwatch, testColour, "quartiles"},
	}
	if l.hasMissing() {
		fig.legend = append(fig.legend, legendEntry{crossSwatch, badColour, l.missingWords()})
	}
	fig.body, fig.draw, fig.text, fig.vega = logitBody, l.draw, l.text(samples), l.vega(fig.width)
	return fig
}

func noteMissingLogits(fig *Figure, name string, samples []LogitSample, of func(LogitSample) LogitRange) {
	var missing []int
	for _, s := range samples {
		if !of(s).whole() {
			missing = append(missing, s.Sample)
		}
	}
	if len(missing) == 0 {
		return
	}
	slices.Sort(missing)
	const named = 5
	var list []string
	for _, m := range missing[:min(named, len(missing))] {
		list = append(list, fmt.Sprint(m))
	}
	if len(missing) > named {
		list = append(list, "…")
	}
	fig.note("%s has NaN or Inf in %d of %d samples (%s)", name, len(missing), len(samples), strings.Join(list, ", "))
}

func (r LogitRange) finite() bool { return finite(r.Min, r.Q1, r.Median, r.Q3, r.Max) }

// whole reports whether all of the logits are finite.
func (r LogitRange) whole() bool { return r.NonFinite == 0 && r.finite() }
