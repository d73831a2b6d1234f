package plots

import (
	"cmp"
	"math"
	"slices"

	"adkernel/builtins/stats"
)

// logitColumn is one place along the axis: one sample, or several neighbours.
type logitColumn struct {
	samples       int
	sample        int // number of the first sample
	base, test    LogitRange
	hasBase       bool
	hasTest       bool
	missingInTest int // samples with NaN or Inf among test's logits
}

// logitColumns shares the samples among at most maxColumns places. Extremes
// are kept, so that no outlier vanishes.
func logitColumns(samples []LogitSample) []logitColumn {
	count := min(len(samples), maxColumns)
	columns := make([]logitColumn, count)
	for i := range columns {
		columns[i] = logitColumnOf(samples[i*len(samples)/count : (i+1)*len(samples)/count])
	}
	return columns
}

func logitColumnOf(group []LogitSample) logitColumn {
	c := logitColumn{samples: len(group), sample: group[0].Sample}
	var base, test []LogitRange
	for _, s := range group {
		if s.Base.finite() {
			base = append(base, s.Base)
		}
		if s.Test.finite() {
			test = append(test, s.Test)
		}
		if !s.Test.whole() {
			c.missingInTest++
		}
	}
	c.base, c.hasBase = mergeRanges(base)
	c.test, c.hasTest = mergeRanges(test)
	return c
}

func mergeRanges(group []LogitRange) (LogitRange, bool) {
	if len(group) == 0 {
		return LogitRange{}, false
	}
	middle := func(of func(LogitRange) float64) float64 {
		values := make([]float64, len(group))
		for i, r := range group {
			values[i] = of(r)
		}
		slices.Sort(values)
		return stats.Quantile(values, 0.5)
	}
	merged := LogitRange{
		Min: group[0].Min, Max: group[0].Max,
		Q1:     middle(func(r LogitRange) float64 { return r.Q1 }),
		Median: middle(func(r LogitRange) float64 { return r.Median }),
		Q3:     middle(func(r LogitRange) float64 { return r.Q3 }),
	}
	for _, r := range group {
		merged.Min, merged.Max = min(merged.Min, r.Min), max(merged.Max, r.Max)
	}
	return merged, true
}

// logitOutlier is a sample whose range stands out, and by how much.
type logitOutlier struct {
	sample, column int
	logit          float64 // the end that departs: test's maximum or minimum
	excess         float64 // departure on the symlog scale
}

// logitOutliers finds samples whose maximum or minimum departs from the
// baseline's by more than the usual departure plus 8 times its median absolute
// deviation (scaled to a standard deviation), and by a factor of 2 at least.
func logitOutliers(samples []LogitSample) []logitOutlier {
	var found []logitOutlier
	var departures []float64
	count := min(len(samples), maxColumns)
	for i, s := range samples {
		if !s.Base.finite() || !s.Test.finite() {
			continue
		}
		top, bottom := math.Abs(symlog(s.Test.Max)-symlog(s.Base.Max)), math.Abs(symlog(s.Test.Min)-symlog(s.Base.Min))
		f := logitOutlier{sample: s.Sample, column: ((i+1)*count - 1) / len(samples), logit: s.Test.Max, excess: top}
		if bottom > top {
			f.logit, f.excess = s.Test.Min, bottom
		}
		found = append(found, f)
		departures = append(departures, f.excess)
	}
	slices.Sort(departures)
	usual := stats.Quantile(departures, 0.5)
	for i := range departures {
		departures[i] = math.Abs(departures[i] - usual)
	}
	slices.Sort(departures)
	limit := usual + max(8*1.4826*stats.Quantile(departures, 0.5), math.Ln2)
	found = slices.DeleteFunc(found, func(f logitOutlier) bool { return !(f.excess > limit) })
	slices.SortStableFunc(found, func(a, b logitOutlier) int { return cmp.Compare(b.excess, a.excess) })
	return found[:min(len(found), maxNamedOutliers)]
}
