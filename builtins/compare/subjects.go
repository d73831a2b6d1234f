package compare

import (
	"math"

	"adkernel/builtins/frame"
	"adkernel/builtins/run"
	"adkernel/builtins/stats"
)

// Subject is the comparison of one subject's samples.
type Subject struct {
	Name   string
	Pairs  stats.Paired
	Change stats.Interval // of the accuracy: Tango, paired
	P      float64        // exact McNemar, two-sided
	Q      float64        // P adjusted for the number of subjects (Benjamini-Hochberg)
}

// Base is the base run's accuracy in the subject, a share.
func (s Subject) Base() float64 {
	return float64(s.Pairs.BothRight+s.Pairs.Losses) / float64(s.Pairs.N())
}

// Test is the test run's accuracy in the subject, a share.
func (s Subject) Test() float64 {
	return float64(s.Pairs.BothRight+s.Pairs.Gains) / float64(s.Pairs.N())
}

func bySubject(pairs []pair) ([]Subject, error) {
	var subjects []Subject
	place := map[string]int{}
	for _, p := range pairs {
		i, ok := place[p.subject]
		if !ok {
			i = len(subjects)
			place[p.subject] = i
			subjects = append(subjects, Subject{Name: p.subject})
		}
		subjects[i].Pairs = subjects[i].Pairs.Add(p.outcome())
	}
	p := make([]float64, len(subjects))
	for i := range subjects {
		s := &subjects[i]
		exact, err := stats.McNemar(s.Pairs)
		if err != nil {
			return nil, err
		}
		if s.Change, err = stats.TangoDifference(s.Pairs, level); err != nil {
			return nil, err
		}
		s.P, p[i] = exact.P, exact.P
	}
	q, err := stats.BenjaminiHochberg(p)
	if err != nil {
		return nil, err
	}
	for i := range subjects {
		subjects[i].Q = q[i]
	}
	return subjects, nil
}

// Subjects returns a row for every subject: subject; n, its samples; base and
// test, the accuracies in percent; delta, test minus base in points; losses
// and gains, samples right only in base and only in test; p, exact McNemar,
// two-sided; q, p adjusted for the number of subjects (Benjamini-Hochberg).
func (c *Comparison) Subjects() *frame.Frame {
	type row struct {
		Subject string  `frame:"subject"`
		N       int     `frame:"n"`
		Base    float64 `frame:"base"`
		Test    float64 `frame:"test"`
		Delta   float64 `frame:"delta"`
		Losses  int     `frame:"losses"`
		Gains   int     `frame:"gains"`
		P       float64 `frame:"p"`
		Q       float64 `frame:"q"`
	}
	rows := make([]row, len(c.BySubject))
	for i, s := range c.BySubject {
		rows[i] = row{s.Name, s.Pairs.N(), 100 * s.Base(), 100 * s.Test(), 100 * s.Pairs.Change(), s.Pairs.Losses, s.Pairs.Gains, s.P, s.Q}
	}
	return frame.FromStructs(rows)
}

// Samples returns a row for every sample of both runs: index (in base),
// subject, question, ref; outcome ("both right", "loss", "gain" or "both
// wrong"); base_output and test_output; base_margin, test_margin and their
// difference margin_change (null without letters, and where a server's
// log-probabilities lack one); base_top and test_top, the
// tokens of the greatest logit, or of the greatest log-probability.
func (c *Comparison) Samples() *frame.Frame {
	type row struct {
		Index        int      `frame:"index"`
		Subject      string   `frame:"subject"`
		Question     int      `frame:"question"`
		Ref          string   `frame:"ref"`
		Outcome      string   `frame:"outcome"`
		BaseOutput   string   `frame:"base_output"`
		TestOutput   string   `frame:"test_output"`
		BaseMargin   *float32 `frame:"base_margin"`
		TestMargin   *float32 `frame:"test_margin"`
		MarginChange *float32 `frame:"margin_change"`
		BaseTop      *string  `frame:"base_top"`
		TestTop      *string  `frame:"test_top"`
	}
	rows := make([]row, 0, len(c.pairs))
	for a, err := range c.Answers() {
		if err != nil {
			return frame.Failed(err)
		}
		test, base := &a.Test, &a.Base
		r := row{Index: base.Index, Subject: base.Subject, Question: base.Question, Ref: base.Ref,
			Outcome: outcomeWords(stats.Outcome(base.Correct, test.Correct)), BaseOutput: base.Output, TestOutput: test.Output}
		if hasMargin(*base) {
			r.BaseMargin = &base.Margin
		}
		if hasMargin(*test) {
			r.TestMargin = &test.Margin
		}
		if hasMargin(*base) && hasMargin(*test) {
			change := test.Margin - base.Margin
			r.MarginChange = &change
		}
		r.BaseTop, r.TestTop = topText(*base), topText(*test)
		rows = append(rows, r)
	}
	return frame.FromStructs(rows)
}

// topText is the likeliest first token, nil when it is not known.
func topText(s run.Sample) *string {
	switch {
	case len(s.Top) > 0:
		return &s.Top[0].Text
	case len(s.LogProbs) > 0:
		return &s.LogProbs[0].Text
	}
	return nil
}

// hasMargin reports whether a sample has a margin: a NaN one counts where the
// letters' logits are there, since it is their fault.
func hasMargin(s run.Sample) bool { return s.Letters != nil || !math.IsNaN(float64(s.Margin)) }
