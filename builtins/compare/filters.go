package compare

import (
	"fmt"
	"slices"

	"adkernel/builtins/cards"
	"adkernel/builtins/stats"
)

// A Filtered is the comparison as one of the task's filters judges it.
type Filtered struct {
	Filter                     string // "strict-match"
	Decides                    bool   // the comparison itself is by this filter
	Pairs                      stats.Paired
	TestAccuracy, BaseAccuracy float64
	Change                     stats.Interval // Tango, paired
	Exact                      stats.Test     // exact McNemar, two-sided
}

// A Mean is the comparison of scores that are the mean over the filters, as
// TensorRT-LLM reports GSM8K.
type Mean struct {
	Test, Base float64        // shares
	Change     stats.Interval // Tango's, paired, of scores: a sample's is 0, 1 or between
}

// compareFilters compares by each of the filters that judged both runs, where
// there is more than one.
func compareFilters(pairs []pair, deciding string) ([]Filtered, *Mean, error) {
	names := filtersOf(pairs, func(p pair) answer { return p.base })
	both := filtersOf(pairs, func(p pair) answer { return p.test })
	names = slices.DeleteFunc(names, func(n string) bool { return !slices.Contains(both, n) })
	if len(names) < 2 {
		return nil, nil, nil
	}
	var out []Filtered
	for _, name := range names {
		f := Filtered{Filter: name, Decides: "filter "+name == deciding}
		for _, p := range pairs {
			f.Pairs = f.Pairs.Add(stats.Outcome(p.base.finds(name), p.test.finds(name)))
		}
		n := float64(len(pairs))
		f.TestAccuracy = float64(f.Pairs.BothRight+f.Pairs.Gains) / n
		f.BaseAccuracy = float64(f.Pairs.BothRight+f.Pairs.Losses) / n
		var err error
		if f.Change, err = stats.TangoDifference(f.Pairs, level); err != nil {
			return nil, nil, err
		}
		if f.Exact, err = stats.McNemar(f.Pairs); err != nil {
			return nil, nil, err
		}
		out = append(out, f)
	}
	testScore, baseScore := make([]float64, len(pairs)), make([]float64, len(pairs))
	for i, p := range pairs {
		testScore[i], baseScore[i] = p.test.score(names), p.base.score(names)
	}
	m := &Mean{}
	for _, f := range out {
		m.Test += f.TestAccuracy / float64(len(out))
		m.Base += f.BaseAccuracy / float64(len(out))
	}
	var err error
	m.Change, err = stats.ScoreDifference(baseScore, testScore, level)
	return out, m, err
}

// score is the share of the filters that find an answer right.
func (a answer) score(filters []string) float64 {
	right := 0
	for _, name := range filters {
		if a.finds(name) {
			right++
		}
	}
	return float64(right) / float64(len(filters))
}

// filtersOf lists the filters that judged every answer of one side of the pairs,
// in order.
func filtersOf(pairs []pair, side func(pair) answer) []string {
	var names []string
	for i, p := range pairs {
		var here []string
		if said := side(p).verdicts; said != nil {
			for _, v := range *said {
				if i == 0 || slices.Contains(names, v.Filter) {
					here = append(here, v.Filter)
				}
			}
		}
		if names = here; names == nil {
			return nil
		}
	}
	return names
}

// filterTable shows what each filter says, and the mean.
func (c *Comparison) filterTable() cards.Table {
	t := cards.Table{
		Align:   "lrrrrrrr",
		Caption: "By filter (one judges this comparison; TensorRT-LLM reports the mean)",
		Head:    []string{"filter", "base, %", "test, %", "points", "95 % interval", "losses", "gains", "p"},
	}
	for _, f := range c.Filters {
		name := f.Filter
		if f.Decides {
			name += " (judges)"
		}
		t.Rows = append(t.Rows, []string{name, percent(f.BaseAccuracy), percent(f.TestAccuracy), points(f.Change.Estimate),
			fmt.Sprintf("%s to %s", points(f.Change.Low), points(f.Change.High)), fmt.Sprint(f.Pairs.Losses), fmt.Sprint(f.Pairs.Gains), shortP(f.Exact.P)})
	}
	t.Rows = append(t.Rows, []string{"mean", percent(c.Mean.Base), percent(c.Mean.Test), points(c.Mean.Change.Estimate),
		fmt.Sprintf("%s to %s", points(c.Mean.Change.Low), points(c.Mean.Change.High)), "", "", ""})
	return t
}
