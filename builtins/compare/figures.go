package compare

import (
	"fmt"

	"adkernel/builtins/logits"
	"adkernel/builtins/run"
	"adkernel/plots"
)

// significant is the false discovery rate at which a subject counts as
// changed.
const significant = 0.05

// SubjectsFigure draws the change of each subject's accuracy.
func (c *Comparison) SubjectsFigure() *plots.Figure {
	test, base := c.labels()
	d := plots.SubjectsData{
		Base:       base,
		Test:       test,
		Interval:   fmt.Sprintf("%g %% %s", 100*level, c.Change.Method),
		Correction: fmt.Sprintf("exact McNemar, Benjamini-Hochberg, q < %g", significant),
	}
	for _, s := range c.BySubject {
		d.Subjects = append(d.Subjects, plots.SubjectChange{
			Name: s.Name, N: s.Pairs.N(),
			Change: 100 * s.Change.Estimate, Low: 100 * s.Change.Low, High: 100 * s.Change.High,
			Significant: s.Q < significant,
		})
	}
	return plots.Subjects(d, plots.Options{})
}

// MarginsFigure draws each sample's answer margin in both runs. It needs runs
// with logits, or a server's log-probabilities, on a task whose answers are letters.
func (c *Comparison) MarginsFigure() (*plots.Figure, error) {
	if c.Margins == nil {
		return nil, fmt.Errorf("compare %s with %s: the runs have no margins: they have neither logits nor log-probabilities of the letters, or the task's answers are not letters",
			c.Test.Name(), c.Base.Name())
	}
	test, base := c.labels()
	d := plots.MarginsData{Base: base, Test: test, Ranked: c.Margins.ranked}
	for _, p := range c.pairs {
		d.Samples = append(d.Samples, plots.MarginSample{
			Sample: p.test.index, Subject: p.subject,
			Base: float64(p.base.margin), Test: float64(p.test.margin),
			BaseRight: p.base.has(correct), TestRight: p.test.has(correct),
		})
	}
	return plots.Margins(d, plots.Options{}), nil
}

// LogitsFigure draws how far the logits of each sample reach in both runs. It
// reads one row of each run at a time.
func (c *Comparison) LogitsFigure() (*plots.Figure, error) {
	testLabel, baseLabel := c.labels()
	d := plots.LogitRangesData{Base: baseLabel, Test: testLabel}
	baseRows, err := c.Base.OpenRows()
	if err != nil {
		return nil, err
	}
	defer baseRows.Close()
	testRows, err := c.Test.OpenRows()
	if err != nil {
		return nil, err
	}
	defer testRows.Close()
	for a, err := range c.Answers() {
		if err != nil {
			return nil, err
		}
		base, err := spread(baseRows, a.Base)
		if err != nil {
			return nil, err
		}
		test, err := spread(testRows, a.Test)
		if err != nil {
			return nil, err
		}
		d.Samples = append(d.Samples, plots.LogitSample{Sample: a.Test.Index, Base: base, Test: test})
	}
	return plots.LogitRanges(d, plots.Options{}), nil
}

// spread is the range of a sample's finite logits, NaN when it has none, and how
// many are not finite.
func spread(rows *run.RowReader, s run.Sample) (plots.LogitRange, error) {
	row, err := rows.Read(s)
	if err != nil {
		return plots.LogitRange{}, err
	}
	q := logits.Quantiles(row, 0, .25, .5, .75, 1)
	return plots.LogitRange{Min: q[0], Q1: q[1], Median: q[2], Q3: q[3], Max: q[4], NonFinite: s.NaN + s.Inf}, nil
}
