package diagnose

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"adkernel/builtins/compare"
	"adkernel/builtins/run"
	"adkernel/builtins/stats"
	"adkernel/internal/yamltext"
)

// An answered question is one that both runs have finished.
type answered struct{ test, base run.Sample }

func (a answered) lost() bool { return a.base.Correct && !a.test.Correct }

func (a answered) paired() stats.Paired { return stats.Outcome(a.base.Correct, a.test.Correct) }

// pairSamples joins the samples of both runs in the base's order. That their
// prompts are the same, the comparison has seen to.
func pairSamples(c *compare.Comparison) ([]answered, error) {
	test, err := c.Test.Samples()
	if err != nil {
		return nil, err
	}
	base, err := c.Base.Samples()
	if err != nil {
		return nil, err
	}
	type question struct {
		subject string
		number  int
	}
	place := make(map[question]int, len(test))
	for i, s := range test {
		place[question{s.Subject, s.Question}] = i
	}
	var pairs []answered
	for _, b := range base {
		if i, ok := place[question{b.Subject, b.Question}]; ok && test[i].Unjudged == "" && b.Unjudged == "" {
			pairs = append(pairs, answered{test[i], b})
		}
	}
	return pairs, nil
}

// A kindOfOutput classifies one output's text.
type kindOfOutput int

const (
	anAnswer kindOfOutput = iota
	metaText
	empty
	gibberish
)

// metaPhrases begin texts that talk about answering instead of answering.
var metaPhrases = []string{"the user", "the answer", "answer", "let me", "let's", "okay", "ok,", "we need", "to ", "i ", "sure", "<think", "first", "alright"}

// classify tells what an output looks like, given the answers that the task has.
func classify(output string, answers []string) kindOfOutput {
	text := strings.TrimSpace(output)
	if text == "" {
		return empty
	}
	for _, a := range answers {
		if rest, ok := strings.CutPrefix(text, a); ok && (rest == "" || !isLetter(rest[0])) {
			return anAnswer
		}
	}
	lower := strings.ToLower(text)
	for _, phrase := range metaPhrases {
		if strings.HasPrefix(lower, phrase) {
			return metaText
		}
	}
	return gibberish
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// letters are the answers of a multiple-choice task.
var letters = []string{"A", "B", "C", "D"}

// answersOf lists what an answer can be: the letters where every right answer
// is one, else the right answers that occur in the task.
func answersOf(pairs []answered) []string {
	var list []string
	for _, p := range pairs {
		if !slices.Contains(list, p.base.Ref) {
			list = append(list, p.base.Ref)
		}
	}
	if !slices.ContainsFunc(list, func(ref string) bool { return !slices.Contains(letters, ref) }) {
		return letters
	}
	slices.Sort(list)
	return list
}

// chance is the accuracy of guessing: one in four where answers are letters,
// else 0.
func chance(pairs []answered) float64 {
	if slices.Equal(answersOf(pairs), letters) {
		return 1 / float64(len(letters))
	}
	return 0
}

const fromRuns = "the two runs"

// observe gathers the facts that the runs themselves tell.
func observe(c *compare.Comparison, pairs []answered, facts Facts) {
	n := len(pairs)
	facts.set("accuracy.loss", c.Change.Estimate, n, fromRuns)
	guess := chance(pairs)
	if advantage := c.BaseAccuracy.Estimate - guess; advantage > 0 {
		facts.set("accuracy.kept", (c.TestAccuracy.Estimate-guess)/advantage, n, fromRuns)
	}
	facts.set("output.same", c.Agreement, n, fromRuns)
	if c.HasLogits() {
		facts.set("output.nan", float64(c.TestNaN)/float64(n), n, fromRuns)
		facts.set("output.base_nan", float64(c.BaseNaN)/float64(n), n, fromRuns)
	}
	observeOutputs(pairs, facts)
	observeLogits(c, pairs, facts)
	observeLengths(c, pairs, facts)
}

func observeOutputs(pairs []answered, facts Facts) {
	answers := answersOf(pairs)
	var seen [4]int
	stopped := 0
	for _, p := range pairs {
		kind := classify(p.test.Output, answers)
		seen[kind]++
		if kind == empty && p.test.Finish == "stop" {
			stopped++
		}
	}
	n := len(pairs)
	share := func(k int) float64 { return float64(k) / float64(n) }
	facts.set("output.answers", share(seen[anAnswer]), n, fromRuns)
	facts.set("output.meta", share(seen[metaText]), n, fromRuns)
	facts.set("output.empty", share(seen[empty]), n, fromRuns)
	facts.set("output.gibberish", share(seen[gibberish]), n, fromRuns)
	facts.set("output.stopped", share(stopped), n, fromRuns)
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
	limit, ok := yamltext.Whole(c.Test.Spec().Settings["max_num_tokens"])
	if !ok {
		return
	}
	var within, beyond stats.Paired
	for _, p := range pairs {
		if p.test.PromptTokens > limit {
			beyond = beyond.Add(p.paired())
		} else {
			within = within.Add(p.paired())
		}
	}
	if min(within.N(), beyond.N()) >= lengthMinimum {
		facts.set("chunk.within", within.Change(), within.N(), fromRuns)
		facts.set("chunk.beyond", beyond.Change(), beyond.N(), fromRuns)
	}
}

// lengthCorrelation is the rank correlation of being lost with the prompt's
// length over samples that base has right, with its two-sided p from the
// normal approximation of Spearman's test; n is 0 where it does not exist.
func lengthCorrelation(pairs []answered) (rho, p float64, n int) {
	var lost, length []float64
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
	}
	rho, err := stats.Spearman(lost, length)
	if err != nil || math.IsNaN(rho) || len(lost) < lengthMinimum {
		return 0, 0, 0
	}
	return rho, math.Erfc(math.Abs(rho) * math.Sqrt(float64(len(lost)-1)) / math.Sqrt2), len(lost)
}

// describe gathers what the runs' records say about the deployments.
func describe(c *compare.Comparison, facts Facts) {
	const source = "the test run's record"
	spec := c.Test.Spec()
	set := func(name string, value any) { facts.set(name, value, 1, source) }
	set("deployment.same_model", spec.Deployment.Model == c.Base.Spec().Deployment.Model)
	if info := spec.Engine; info != nil {
		format := strings.ToLower(info.Quant)
		set("deployment.quantized", format != "")
		if format == "" {
			format = "none"
		}
		set("deployment.format", format)
		set("deployment.moe", strings.Contains(info.Arch, "Moe") || strings.Contains(info.Arch, "Mixtral") || strings.Contains(info.Arch, "Deepseek"))
	}
	in := func(key string) string {
		if spec.Engine != nil && spec.Engine.Settings[key] != "" {
			return spec.Engine.Settings[key]
		}
		var v any = spec.Settings
		for _, part := range strings.Split(key, ".") {
			nested, _ := v.(map[string]any)
			v = nested[part]
		}
		if v == nil {
			return ""
		}
		return fmt.Sprint(v)
	}
	ranks := 1.0
	if text := in("world_size"); text != "" {
		fmt.Sscanf(text, "%g", &ranks)
	}
	set("deployment.world_size", ranks)
	set("deployment.captured", in("compile_backend") == "torch-cudagraph" || in("compile_backend") == "torch-opt")
	set("deployment.chunked", in("enable_chunked_prefill") == "true")
	set("deployment.kv_fp8", in("kv_cache_config.dtype") == "fp8")
	if backend := in("attn_backend"); backend != "" {
		set("deployment.attention", backend)
	}
}
