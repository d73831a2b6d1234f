package diagnose

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"adkernel/builtins/compare"
	"adkernel/builtins/stats"
)

// A Pattern is one way in which outputs or subjects can look, with what was
// found.
type Pattern struct {
	Name    string  `json:"name"`
	Known   bool    `json:"known"`   // it could be looked for
	Present bool    `json:"present"` // it was found
	Share   float64 `json:"share"`   // of N, where the pattern is a share
	N       int     `json:"n"`
	Words   string  `json:"words"` // what was found, with its test
	Implies string  `json:"implies"`
}

// The shares from which an output pattern counts as present: a few odd
// outputs among many are not what the deployment loses by.
const (
	commonShare = 0.05
	anyShare    = 0 // of NaN, one is enough
)

// outputPatterns looks for the seven patterns of outputs.
func outputPatterns(c *compare.Comparison, pairs []answered, facts Facts, single *compare.Comparison) []Pattern {
	// A kind of output that also the base has does not come from the deployment.
	share := func(name, fact string, above float64, unknown, what, implies string) Pattern {
		v, known := facts.number("output." + fact)
		base, _ := facts.number("output.base_" + fact)
		p := Pattern{Name: name, Known: known, Present: known && v-base > above, Share: v, N: facts["output."+fact].N, Implies: implies, Words: unknown}
		if known {
			p.Words = fmt.Sprintf("%s in %.0f of %d test outputs", what, v*float64(p.N), p.N)
		}
		if known && base > 0 {
			p.Words += fmt.Sprintf(", and in %.0f of the base's", base*float64(p.N))
		}
		return p
	}
	kinds := "cannot be told of free text"
	if readerOf(pairs).worked {
		kinds = "cannot be told of outputs that work towards an answer"
	}
	nan := share("NaN", "nan", anyShare, "the test run has no logits", "NaN or Inf logits", "a transform that makes nodes without shape metadata, or an overflowing cast; garbage in the KV cache")
	if _, known := facts["output.base_nan"]; nan.Known && !known {
		nan.Words += "; the base run has no logits"
	}
	return []Pattern{
		wrongAnswers(pairs),
		share("meta text", "meta", commonShare, kinds, "text about answering", "prompt format: the model was not primed to answer"),
		share("empty", "empty", commonShare, "", "nothing", "KV cache garbage, or end_id equals the first token"),
		share("gibberish", "gibberish", commonShare, kinds, "neither an answer nor words about one", "a transform applied wrongly, a load hook missing or applied twice, corrupted weights"),
		hardQuestions(c),
		nan,
		overWorldSize(facts, single),
	}
}

// wrongAnswers is the pattern of fluent outputs with the wrong answer.
func wrongAnswers(pairs []answered) Pattern {
	r := readerOf(pairs)
	losses, fluent := 0, 0
	for _, p := range pairs {
		if p.lost() {
			losses++
			if r.kind(p.test) == anAnswer {
				fluent++
			}
		}
	}
	p := Pattern{Name: "coherent but wrong", Known: losses > 0, N: losses, Implies: "a numerical fault: attention, a quantized kernel, scales or weights"}
	if !r.tells() {
		p.Known, p.Words = false, "cannot be told of free text"
		return p
	}
	if losses > 0 {
		p.Share = float64(fluent) / float64(losses)
	}
	p.Present = p.Share > 0.5
	p.Words = fmt.Sprintf("%d of %d losses are an answer, the wrong one", fluent, losses)
	return p
}

// hardQuestions compares the losses among small base margins with those among
// large ones, given how many samples base has right, and so can lose, in each
// half.
func hardQuestions(c *compare.Comparison) Pattern {
	p := Pattern{Name: "easy right, hard wrong", Implies: "subtle numerics near the decision boundary: a kernel's precision, the attention scale"}
	if c.Margins == nil {
		p.Words = "the runs have no answer margins"
		return p
	}
	var small, large stats.Paired
	for i, q := range c.Margins.Quartiles {
		if i < 2 {
			small = small.Add(q.Pairs)
		} else {
			large = large.Add(q.Pairs)
		}
	}
	right := func(q stats.Paired) int { return q.BothRight + q.Losses }
	losses := small.Losses + large.Losses
	switch {
	case losses == 0:
		p.Words = "there are no losses"
		return p
	case right(small) == 0 || right(large) == 0:
		p.Words = "the samples that can be lost are all in one half of the base margins"
		return p
	}
	expected := float64(right(large)) / float64(right(small)+right(large))
	test, err := stats.BinomialLower(large.Losses, losses, expected)
	if err != nil {
		p.Words = err.Error()
		return p
	}
	p.Known, p.N, p.Share = true, losses, float64(small.Losses)/float64(losses)
	p.Present = test.P < .01
	p.Words = fmt.Sprintf("%d of %d losses are in the half with the smaller base margins; with equal risk it would be %.0f %% (binomial, one-sided %s)",
		small.Losses, losses, 100*(1-expected), stats.FormatP(test.P))
	return p
}

// overWorldSize needs a run at world_size 1 beside one above.
func overWorldSize(facts Facts, single *compare.Comparison) Pattern {
	p := Pattern{Name: "passes at world_size 1, fails above", Implies: "sharding"}
	ranks, known := facts.number("deployment.world_size")
	if !known {
		p.Words = "how many ranks the tested deployment has is not recorded"
		return p
	}
	if ranks <= 1 {
		p.Known, p.Words = true, "the tested deployment has one rank"
		return p
	}
	if single != nil {
		outcome := single.Verdict.Outcome
		p.Known, p.N = outcome != compare.Underpowered, single.N
		p.Present = p.Known && outcome != compare.RealLoss
		p.Words = "at world_size 1: " + single.Verdict.Words
		return p
	}
	p.Words = "needs a run at world_size 1, and there is none"
	if v, ok := facts.number("world1.excess"); ok {
		p.Words += fmt.Sprintf("; a probe of %d prompts at world_size 1 finds the logits %s rounding away from the reference's", facts["world1.excess"].N, times.words(v))
	}
	return p
}

// shuffleSeed makes reported p's repeatable.
const shuffleSeed = 1

// subjectPatterns looks for the four patterns of subjects.
func subjectPatterns(c *compare.Comparison, pairs []answered) ([]Pattern, error) {
	tables := make([]stats.Paired, len(c.BySubject))
	for i, s := range c.BySubject {
		tables[i] = s.Pairs
	}
	even, err := evenly(c, tables)
	if err != nil {
		return nil, err
	}
	near, err := nearChance(c, c.Guessing())
	if err != nil {
		return nil, err
	}
	return []Pattern{even, near, hardSubjects(c), followsLength(pairs)}, nil
}

// evenly tells a loss that all subjects share from one of some. That no difference
// shows says something only where one would.
func evenly(c *compare.Comparison, tables []stats.Paired) (Pattern, error) {
	p := Pattern{Name: "all subjects alike", N: c.N, Implies: "a uniform loss: a quantized kernel, the attention scale"}
	if len(tables) < 2 {
		p.Words = "cannot be seen with one subject"
		return p, nil
	}
	uneven, err := stats.Heterogeneity(halfLost(tables), shuffleSeed)
	if err != nil {
		return p, err
	}
	if uneven.P >= .05 {
		p.Words = fmt.Sprintf("cannot be seen with so few samples in each of %d subjects: had half of them lost all that they can, and the others nothing, heterogeneity would have %s", len(tables), stats.FormatP(uneven.P))
		return p, nil
	}
	common, err := stats.CommonChange(tables)
	if err != nil {
		return p, err
	}
	differ, err := stats.Heterogeneity(tables, shuffleSeed)
	if err != nil {
		return p, err
	}
	p.Known, p.Present = true, common.P < .05 && c.Change.Estimate < 0 && differ.P >= .05
	p.Words = fmt.Sprintf("change common to all %d subjects: Cochran-Mantel-Haenszel %s; differences between them: heterogeneity %s", len(tables), stats.FormatP(common.P), stats.FormatP(differ.P))
	return p, nil
}

// halfLost is what subjects would show of which every second one, by how many
// samples the base has right, had lost all of these, and the others none.
func halfLost(tables []stats.Paired) []stats.Paired {
	right := func(s stats.Paired) int { return s.BothRight + s.Losses }
	order := slices.SortedFunc(slices.Values(tables), func(a, b stats.Paired) int { return cmp.Compare(right(b), right(a)) })
	for i, s := range order {
		order[i] = stats.Paired{BothWrong: s.BothWrong + s.Gains}
		if i%2 == 0 {
			order[i].Losses = right(s)
		} else {
			order[i].BothRight = right(s)
		}
	}
	return order
}

// nearChance counts subjects that guess where the base does not: they lose by an
// exact test of the pairs, as the base's own score is of so few samples no known
// rate, and are not above chance by their interval.
func nearChance(c *compare.Comparison, guess float64) (Pattern, error) {
	p := Pattern{Name: "some subjects near chance", Known: guess > 0, N: len(c.BySubject), Implies: "a systematic error there: prompt length, chunked prefill"}
	if guess == 0 {
		p.Words = "the task has no level of chance"
		return p, nil
	}
	low, large := 0, 0
	significance := .05 / float64(len(c.BySubject))
	for _, s := range c.BySubject {
		if math.Exp2(-float64(s.Pairs.BothRight+s.Pairs.Losses)) < significance { // were they all lost
			large++
		}
		right := s.Pairs.BothRight + s.Pairs.Gains
		loss, err := stats.McNemarLoss(s.Pairs)
		if err != nil {
			return p, err
		}
		interval, err := stats.Wilson(right, s.Pairs.N(), .95)
		if err != nil {
			return p, err
		}
		if loss.P < significance && interval.Low <= guess {
			low++
		}
	}
	if large == 0 {
		p.Known, p.Words = false, fmt.Sprintf("cannot be seen: the base has too few samples right in each of %d subjects", p.N)
		return p, nil
	}
	p.Share = float64(low) / float64(p.N)
	p.Present = low > 0
	p.Words = fmt.Sprintf("%d of %d subjects lose against the base and are not above %.0f %% (exact McNemar, one-sided, p < .05 after Bonferroni; Wilson's 95 %% interval)", low, p.N, 100*guess)
	return p, nil
}

// hardSubjects correlates the base's accuracy in a subject with the change.
func hardSubjects(c *compare.Comparison) Pattern {
	p := Pattern{Name: "easy subjects right, hard wrong", N: len(c.BySubject), Implies: "near the decision boundary: subtle numerics"}
	var base, change []float64
	for _, s := range c.BySubject {
		base = append(base, s.Base())
		change = append(change, s.Pairs.Change())
	}
	rho, err := stats.Spearman(base, change)
	if err != nil || math.IsNaN(rho) || len(base) < 6 {
		p.Words = fmt.Sprintf("cannot be seen with so few subjects (%d)", len(base))
		return p
	}
	significance := math.Erfc(math.Abs(rho) * math.Sqrt(float64(len(base)-1)) / math.Sqrt2)
	p.Known, p.Share = true, rho
	p.Present = rho > 0 && significance < .05
	p.Words = fmt.Sprintf("base accuracy and change over %d subjects: Spearman %+.2f (%s)", len(base), rho, stats.FormatP(significance))
	return p
}

// weakLength is up to which rank correlation with the prompt's length a fault is
// not one of length, however many samples show it.
const weakLength = 0.1

func followsLength(pairs []answered) Pattern {
	p := Pattern{Name: "errors follow prompt length", Implies: "truncation, or a fault beyond a length"}
	rho, significance, n := lengthCorrelation(pairs)
	if n == 0 {
		p.Words = "prompts of one length, or too few samples"
		return p
	}
	p.Known, p.N, p.Share = true, n, rho
	shown := significance < .01
	p.Present = shown && math.Abs(rho) > weakLength
	p.Words = fmt.Sprintf("being lost and prompt length over the %d samples that base has right: Spearman %+.2f (%s, between and within subjects)", n, rho, stats.FormatP(significance))
	if shown && !p.Present {
		p.Words += fmt.Sprintf(", too weak to count below %.1f", weakLength)
	}
	return p
}
