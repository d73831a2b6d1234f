package diagnose

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"adkernel/builtins/compare"
	"adkernel/builtins/run"
	"adkernel/builtins/stats"
)

// An answered question is one that both runs have finished.
type answered struct {
	test, base run.Sample
	offered    int // answers to choose from; 0 where an answer may be anything
}

func (a answered) lost() bool { return a.base.Correct && !a.test.Correct }

func (a answered) paired() stats.Paired { return stats.Outcome(a.base.Correct, a.test.Correct) }

// answers lists the pairs of c.
func answers(c *compare.Comparison) ([]answered, error) {
	pairs := make([]answered, 0, c.N)
	for a, err := range c.Answers() {
		if err != nil {
			return nil, fmt.Errorf("diagnose: %w", err)
		}
		pairs = append(pairs, answered{a.Test, a.Base, a.Offered})
	}
	return pairs, nil
}

const fromRuns = "the two runs"

// observe gathers the facts that the runs themselves tell.
func observe(c *compare.Comparison, pairs []answered, facts Facts) {
	n := len(pairs)
	facts.set("accuracy.change", c.Change.Estimate, n, fromRuns)
	guess := c.Guessing()
	if advantage := c.BaseAccuracy.Estimate - guess; advantage > 0 {
		facts.set("accuracy.kept", (c.TestAccuracy.Estimate-guess)/advantage, n, fromRuns)
	}
	facts.set("output.same", c.Agreement, n, fromRuns)
	observeLater(pairs, facts)
	test, base := c.HasLogits()
	if test {
		facts.set("output.nan", float64(c.TestNaN)/float64(n), n, fromRuns)
	}
	if base {
		facts.set("output.base_nan", float64(c.BaseNaN)/float64(n), n, fromRuns)
	}
	observeOutputs(pairs, facts)
	observeLogits(c, pairs, facts)
	observeLengths(c, pairs, facts)
}

// observeLater counts the outputs that differ after their first token, where the
// runs tell tokens.
func observeLater(pairs []answered, facts Facts) {
	told, later := 0, 0
	for _, p := range pairs {
		a, b := p.test.Tokens, p.base.Tokens
		if len(a) == 0 || len(b) == 0 {
			continue
		}
		told++
		if a[0] == b[0] && !slices.Equal(a, b) {
			later++
		}
	}
	if told > 0 {
		facts.set("output.later", float64(later)/float64(told), told, fromRuns)
	}
}

func observeLogits(c *compare.Comparison, pairs []answered, facts Facts) {
	var ratios []float64
	for _, p := range pairs {
		if p.test.Row < 0 || p.base.Row < 0 { // their RMS is 0, and measured by nobody
			continue
		}
		if r := p.test.RMS / p.base.RMS; !math.IsNaN(r) && !math.IsInf(r, 0) {
			ratios = append(ratios, r)
		}
	}
	if len(ratios) > 0 {
		slices.Sort(ratios)
		facts.set("logits.rms_ratio", stats.Quantile(ratios, 0.5), len(ratios), fromRuns)
	}
	if c.Margins != nil {
		top := c.Margins.Quartiles[3].Pairs
		facts.set("flips.large", float64(top.Discordant())/float64(top.N()), top.N(), fromRuns)
	}
}

// lengthMinimum is the number of samples on each side of a length below which
// nothing is said about it.
const lengthMinimum = 20

func observeLengths(c *compare.Comparison, pairs []answered, facts Facts) {
	if rho, p, n := lengthCorrelation(pairs); n > 0 {
		facts.set("length.rho", rho, n, fromRuns)
		facts.set("length.p", p, n, fromRuns)
	}
	limit, err := strconv.Atoi(setting(c.Test.Spec(), "max_num_tokens"))
	if err != nil {
		return
	}
	var within, beyond stats.Paired
	var change, longer []float64
	var subjects []string
	for _, p := range pairs {
		o, long := p.paired(), 0.0
		if p.test.PromptTokens > limit {
			beyond, long = beyond.Add(o), 1
		} else {
			within = within.Add(o)
		}
		change, longer, subjects = append(change, o.Change()), append(longer, long), append(subjects, p.base.Subject)
	}
	if min(within.N(), beyond.N()) < lengthMinimum {
		return
	}
	n := within.N() + beyond.N()
	facts.set("chunk.within", within.Change(), within.N(), fromRuns)
	facts.set("chunk.beyond", beyond.Change(), beyond.N(), fromRuns)
	facts.set("chunk.more", beyond.Change()-within.Change(), n, fromRuns)
	if differ, err := stats.ClusteredSpearman(change, longer, subjects, shuffleSeed); err == nil {
		facts.set("chunk.p", differ.P, n, fromRuns)
	}
}

// lengthCorrelation is the rank correlation of being lost with the prompt's
// length over samples that base has right, with its two-sided p, for which a
// subject that is lost is no more than one whose prompts may happen to be long;
// n is 0 where it does not exist.
func lengthCorrelation(pairs []answered) (rho, p float64, n int) {
	var lost, length []float64
	var subjects []string
	for _, a := range pairs {
		if !a.base.Correct {
			continue
		}
		value := 0.0
		if a.lost() {
			value = 1
		}
		lost = append(lost, value)
		length = append(length, float64(a.test.PromptTokens))
		subjects = append(subjects, a.base.Subject)
	}
	test, err := stats.ClusteredSpearman(lost, length, subjects, shuffleSeed)
	if err != nil || len(lost) < lengthMinimum {
		return 0, 0, 0
	}
	return test.Statistic, test.P, len(lost)
}
