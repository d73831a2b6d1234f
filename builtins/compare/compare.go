// Package compare puts two runs of the same prompts side by side: how much
// accuracy the test run lost against the base run, whether that is more than
// chance, what this many samples could have shown, where the loss sits, and
// what became of single samples.
//
// It compares only runs that were asked the same: samples whose prompts
// differ in one token id are refused. It knows numbers and their uncertainty.
// It does not know what causes a loss (package diagnose), nor how runs come
// about (package run).
package compare

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"math"

	"adkernel/builtins/run"
	"adkernel/builtins/stats"
)

// level is the nominal coverage of every interval of a comparison.
const level = 0.95

// A Comparison is what two runs of the same prompts say about each other.
// Shares are fractions of 1, changes test minus base.
type Comparison struct {
	Test, Base *run.Run

	JudgedBy string // what decides that an answer is right, where there is a choice: see run.Run.JudgedBy

	N                          int        // samples finished in both runs
	TestLeft, BaseLeft         LeftOut    // samples that are not in N
	Unjudged                   []Unjudged // samples of either run that have no verdict, and why; not in N nor left out
	Pairs                      stats.Paired
	TestAccuracy, BaseAccuracy stats.Interval // Wilson
	Change                     stats.Interval // of the accuracy: Tango, paired
	Exact                      stats.Test     // exact McNemar, two-sided
	Loss                       stats.Test     // exact McNemar, one-sided: a loss
	LossLimit                  float64        // upper limit of Change that belongs to Loss: Tango, one-sided
	Verdict                    Verdict

	// Interim is what holds however often runs are compared that are not
	// finished; nil where both are.
	Interim *Interim

	// Detectable is the smallest loss that N samples show with the design's
	// power; nil when no loss reaches it.
	Detectable *stats.Plan
	Design     stats.Design     // its Noise is raised where pairs without a change flip more
	Gate       stats.GateResult // TensorRT-LLM's own gate, unpaired; of Mean where there is one

	Filters []Filtered // what each of the task's filters says; nil unless there are several
	Mean    *Mean      // over the filters; nil unless there are several

	BySubject        []Subject // in the order of the base run
	Margins          *Margins  // nil when the runs have no margins
	Agreement        float64   // share of samples with the same output text
	TestNaN, BaseNaN int       // samples whose logits hold NaN or Inf; of a run without logits (HasLogits) none is known

	pairs     []pair
	guessing  float64 // accuracy of guessing, 0 where an answer may be anything
	noiseFrom noiseFrom
}

// Runs compares the samples that both runs have finished. It refuses runs
// with prompts of different token ids, and says where they differ first.
//
// It reads the records one at a time and no logits. What it needs at once grows
// with the samples, since these are paired exactly: about 450 bytes for each
// pair. A Comparison keeps 80 of them; the samples themselves are read again by
// what shows them.
func Runs(test, base *run.Run) (*Comparison, error) {
	fail := func(err error) (*Comparison, error) {
		return nil, fmt.Errorf("compare %s with %s: %w", test.Name(), base.Name(), err)
	}
	j, err := join(test, base)
	if err != nil {
		return fail(err)
	}
	c := &Comparison{
		Test: test, Base: base, JudgedBy: cmp.Or(test.JudgedBy(), base.JudgedBy()),
		N: len(j.pairs), TestLeft: j.testLeft, BaseLeft: j.baseLeft, Unjudged: j.unjudged, pairs: j.pairs,
		Design: stats.DefaultDesign(), noiseFrom: noiseAssumed,
	}
	if err := c.compute(); err != nil {
		return fail(err)
	}
	return c, nil
}

// WithNoise returns c judged against a measured share of noise flips instead
// of the assumed one: that of again, which compares two runs of one
// configuration. It takes the upper limit of that share (Wilson), so that few
// samples without a flip do not count as no noise.
func (c *Comparison) WithNoise(again *Comparison) (*Comparison, error) {
	flips, err := stats.Wilson(again.Pairs.Discordant(), again.N, level)
	if err != nil {
		return nil, fmt.Errorf("noise of %s against %s: %w", again.Test.Name(), again.Base.Name(), err)
	}
	measured := *c
	measured.Design.Noise, measured.noiseFrom = flips.High, noiseMeasured
	if err := measured.judge(); err != nil {
		return nil, err
	}
	return &measured, nil
}

func (c *Comparison) compute() (err error) {
	same := 0
	for _, p := range c.pairs {
		c.Pairs = c.Pairs.Add(p.outcome())
		if p.test.output == p.base.output {
			same++
		}
		if p.test.has(notFinite) {
			c.TestNaN++
		}
		if p.base.has(notFinite) {
			c.BaseNaN++
		}
	}
	c.Agreement = float64(same) / float64(c.N)
	c.offer()
	c.guessing = chance(c.pairs)
	if c.TestAccuracy, err = stats.Wilson(c.Pairs.BothRight+c.Pairs.Gains, c.N, level); err != nil {
		return err
	}
	if c.BaseAccuracy, err = stats.Wilson(c.Pairs.BothRight+c.Pairs.Losses, c.N, level); err != nil {
		return err
	}
	if c.Change, err = stats.TangoDifference(c.Pairs, level); err != nil {
		return err
	}
	if c.Exact, err = stats.McNemar(c.Pairs); err != nil {
		return err
	}
	if c.Loss, err = stats.McNemarLoss(c.Pairs); err != nil {
		return err
	}
	limits, err := stats.TangoDifference(c.Pairs, 1-2*c.Design.Alpha) // with alpha at either end
	if err != nil {
		return err
	}
	c.LossLimit = limits.High
	if c.TestLeft.Unfinished+c.BaseLeft.Unfinished > 0 {
		if c.Interim, err = interim(c.Pairs); err != nil {
			return err
		}
	}
	if c.Filters, c.Mean, err = compareFilters(c.pairs, c.Base.JudgedBy()); err != nil {
		return err
	}
	baseScore, testScore := c.BaseAccuracy.Estimate, c.TestAccuracy.Estimate
	if c.Mean != nil {
		baseScore, testScore = c.Mean.Base, c.Mean.Test
	}
	if c.Gate, err = stats.DefaultGate().Judge(100*baseScore, 100*testScore, c.N); err != nil {
		return err
	}
	if c.BySubject, err = bySubject(c.pairs); err != nil {
		return err
	}
	if c.Margins, err = compareMargins(c.pairs); err != nil {
		return err
	}
	return c.judge()
}

// An Answered is one question as both runs answered it.
type Answered struct {
	Test, Base run.Sample
	Offered    int // answers to choose from; 0 where an answer may be anything
}

// Answers reads the samples that are compared, in the base run's order. An
// error, which says that they were lost or computed anew since, is the last that
// it yields.
func (c *Comparison) Answers() iter.Seq2[Answered, error] {
	return func(yield func(Answered, error) bool) {
		if len(c.pairs) == 0 {
			return
		}
		fail := func(err error) {
			yield(Answered{}, fmt.Errorf("samples of %s compared with %s: %w", c.Test.Name(), c.Base.Name(), err))
		}
		test, err := c.Test.OpenSamples()
		if err != nil {
			fail(err)
			return
		}
		defer test.Close()
		base, err := c.Base.OpenSamples()
		if err != nil {
			fail(err)
			return
		}
		defer base.Close()
		for _, p := range c.pairs {
			t, err1 := p.test.again(test)
			b, err2 := p.base.again(base)
			if err := errors.Join(err1, err2); err != nil {
				fail(err)
				return
			}
			if !yield(Answered{t, b, int(p.base.offered)}, nil) {
				return
			}
		}
	}
}

// HasLogits reports of each run whether it has logits of some sample.
func (c *Comparison) HasLogits() (test, base bool) {
	for _, p := range c.pairs {
		test, base = test || p.test.has(hasLogits), base || p.base.has(hasLogits)
	}
	return test, base
}

// points writes a share as percentage points with its sign.
func points(share float64) string {
	if p := math.Round(1000*share) / 10; p != 0 {
		return fmt.Sprintf("%+.1f", p)
	}
	return "0.0"
}
