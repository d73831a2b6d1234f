// Package diagnose names what may have caused a loss of accuracy: it looks at
// the pattern of outputs and subjects, asks both deployments small questions
// (probes), and ranks the suspects of a catalogue by the evidence for and
// against each.
//
// The catalogue is data, one file a suspect; a rule of it speaks only when the
// facts it names are known. Every piece of evidence carries its numbers, how
// many samples or prompts they rest on, and where they come from.
//
// The package does not decide whether accuracy was lost (package compare
// does), and knows no engine: it treats a deployment as a whole, changes its
// settings or its weights, and never asks which release serves it.
package diagnose

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"adkernel/builtins/compare"
	"adkernel/builtins/engine"
	"adkernel/builtins/run"
	"adkernel/builtins/stats"
)

// A Diagnosis is what can be said about the cause of a loss.
type Diagnosis struct {
	Comparison *compare.Comparison

	// Words is the outcome in a sentence or two that stand alone.
	Words string

	Outputs  []Pattern // the seven patterns of outputs; empty without a real loss
	Subjects []Pattern // the four patterns of subjects

	Suspects []Suspect // all that apply, likeliest first; empty without a real loss

	Facts  Facts
	Probes []Probe
}

// Options say what a diagnosis may use beside the two runs.
type Options struct {
	// Open loads engines for probes. Without it nothing is probed, and the
	// diagnosis says so.
	Open engine.Opener

	// Tell hears what probes wait for: the GPUs of a deployment that has some for
	// itself. nil: nobody listens.
	Tell func(what string)

	// Extra are other comparisons with the same base that serve as evidence: of
	// the tested checkpoint at world_size 1. Others are passed over.
	Extra []*compare.Comparison
}

// Run diagnoses the loss that c shows. Without a real loss there is nothing to
// diagnose, and nothing is accused. The error is that of ctx or of a run that
// cannot be read; a probe that fails leaves its facts unknown.
func Run(ctx context.Context, c *compare.Comparison, o Options) (*Diagnosis, error) {
	d := &Diagnosis{Comparison: c, Facts: Facts{}}
	if c.Verdict.Outcome != compare.RealLoss {
		d.Words = nothingLost(c)
		return d, nil
	}
	entries, err := catalogue()
	if err != nil {
		return nil, err
	}
	pairs, err := answers(c)
	if err != nil {
		return nil, err
	}
	describe(c.Test.Spec(), c.Base.Spec(), d.Facts)
	observe(c, pairs, d.Facts)
	single := atWorldSize1(c, o.Extra)
	if single != nil {
		d.Facts.set("world1.loss_p", single.Loss.P, single.N, "the run "+single.Test.Name())
	}
	if err := d.probe(ctx, c, o, pairs); err != nil {
		return nil, err
	}
	d.Outputs = outputPatterns(c, pairs, d.Facts, single)
	if d.Subjects, err = subjectPatterns(c, pairs); err != nil {
		return nil, fmt.Errorf("diagnose: %w", err)
	}
	d.Suspects = rank(entries, d.Facts)
	d.Words = d.conclusion()
	return d, nil
}

// probe runs the probes of both deployments.
func (d *Diagnosis) probe(ctx context.Context, c *compare.Comparison, o Options, pairs []answered) error {
	if o.Open == nil {
		d.Probes = []Probe{{Name: "all probes", What: "small questions to both deployments", Failed: "not run: no engine was to be loaded"}}
		return nil
	}
	asked, err := gatherQuestions(c.Test, pairs)
	if errors.Is(err, run.ErrNotAvailable) {
		d.Probes = []Probe{{Name: "all probes", What: "small questions to both deployments", Failed: "not run: " + err.Error()}}
		return nil
	}
	if err != nil {
		return fmt.Errorf("diagnose: %w", err)
	}
	p := &prober{open: o.Open, tell: o.Tell, machine: c.Test.Machine(), test: c.Test.Deployment(), recorded: c.Test.Spec().Engine, base: c.Base.Deployment(), asked: asked, facts: d.Facts}
	if p.tell == nil {
		p.tell = func(string) {}
	}
	p.reference = p.base
	p.reference.Model = p.test.Model
	defer p.leave()
	err = p.gather(ctx)
	d.Probes = p.probes
	return err
}

// atWorldSize1 returns the comparison of the same checkpoint and base at
// world_size 1, nil when there is none. What is not known of a run, as of an
// import, is not the same.
func atWorldSize1(c *compare.Comparison, extra []*compare.Comparison) *compare.Comparison {
	for _, e := range extra {
		ranks, known := ranksOf(e.Test.Spec())
		model := e.Test.Spec().Deployment.Model
		if known && ranks == 1 && model != "" && model == c.Test.Spec().Deployment.Model && e.Base.Dir() == c.Base.Dir() {
			return e
		}
	}
	return nil
}

// nothingLost words why there is nothing to diagnose, and what would show a
// loss that may have been missed.
func nothingLost(c *compare.Comparison) string {
	words := "Nothing to diagnose, and nothing is accused. " + c.Verdict.Words
	if c.Test.Dir() == c.Base.Dir() {
		return words + " Both are one run, of which nothing can be seen so: compare it with another."
	}
	switch c.Verdict.Outcome {
	case compare.Gain:
		return words + " It is the base that is worse: to find why, compare the two the other way round."
	case compare.NoLoss:
		return words
	}
	for _, side := range []struct {
		r    *run.Run
		left int
	}{{c.Test, c.TestLeft.Unfinished}, {c.Base, c.BaseLeft.Unfinished}} {
		if side.left > 0 {
			words += fmt.Sprintf(" %d samples of %s are not finished: Resume it, where nothing works on it, and compare again.", side.left, side.r.Label())
		}
	}
	if c.BaseGuesses() {
		return words + " Look at the base and its harness first: prompt format, chat template, how answers are read."
	}
	const usual = 0.05
	plan, err := c.Design.Samples(usual)
	switch {
	case err == nil && plan.N <= c.N:
		return words + " More samples would narrow the interval."
	case err == nil:
		return fmt.Sprintf("%s A loss of %.0f points needs %d samples (power %.2g, %.3g %% noise flips).", words, 100*usual, plan.N, c.Design.Power, 100*c.Design.Noise)
	case errors.Is(err, stats.ErrUnreachable):
		return words + " With so many noise flips no affordable number of samples shows a loss of 5 points."
	}
	return words
}

// conclusion words the first suspect, or those that are not told from it, or
// that there is none.
func (d *Diagnosis) conclusion() string {
	loss := d.Comparison.Verdict.Words
	if len(d.Suspects) == 0 || !d.Suspects[0].Standing.Accuses() {
		return loss + " " + d.nobody()
	}
	first := d.Suspects[0]
	switch equal := level(d.Suspects); {
	case len(equal) > 1:
		return fmt.Sprintf("%s Possible causes, which nothing measured tells apart: %s. %s.", loss, titles(equal), d.next(first.Probe))
	case first.Legitimate:
		return fmt.Sprintf("%s No fault is accused. %s: %s.", loss, map[Standing]string{Shown: "Explained", Likely: "Likely", Possible: "Possible"}[first.Standing], first.Title)
	}
	return fmt.Sprintf("%s %s: %s.", loss, first.Standing.title(), first.Title)
}

// titles lists the first suspects, and how many more there are.
func titles(suspects []*Suspect) string {
	var list []string
	for i, s := range suspects {
		if i == detailedSuspects {
			list = append(list, fmt.Sprintf("%d more", len(suspects)-i))
			break
		}
		list = append(list, s.Title)
	}
	return strings.Join(list, "; ")
}

// nobody words why no suspect is accused, and what to do next.
func (d *Diagnosis) nobody() string {
	if e, known := d.Facts.number("engine.excess"); known && e < wrongFrom {
		words := "No suspect of the catalogue explains it. The deployment computes what its checkpoint computes on the base's engine, within rounding: run the base twice to measure its noise, and look at the checkpoint and the harness."
		later, _ := d.Facts.number("output.later")
		if _, decoded := d.Facts.number("decode.agreement"); later > 0 && !decoded {
			words += " That is of the first tokens of the outputs, and was not tested of those after them, by which " + d.Facts["output.later"].words() + " of the outputs differ."
		}
		return words
	}
	words := "Nobody can be accused by the two runs alone: what they show does not tell causes apart, and no probe compared the engines" + d.failure() + "."
	if _, known := d.Facts.number("engine.excess"); known {
		words = "The deployment computes something else than its checkpoint on the base's engine, and nothing measured tells the causes of that apart."
	}
	words += d.open() + " " + d.next("Isolate(deploy, cmp)")
	if _, audited := d.Facts["audit.wrong"]; !audited && d.Facts["deployment.quantized"].Value != false {
		words += "; of a quantized checkpoint, Audit(deploy.Model, base.Model), which runs nothing"
	}
	return words + "."
}

// failure says why there is no comparison of the engines, where that is known.
func (d *Diagnosis) failure() string {
	if len(d.Probes) == 0 || d.Probes[0].Failed == "" {
		return ""
	}
	return " (" + d.Probes[0].Failed + ")"
}

// open counts the suspects that nothing measured speaks for or excludes.
func (d *Diagnosis) open() string {
	byClass, n := map[string]int{}, 0
	for _, s := range d.Suspects {
		if s.Standing == Open {
			byClass[s.Class]++
			n++
		}
	}
	if n == 0 {
		return ""
	}
	var classes []string
	for _, class := range slices.Sorted(maps.Keys(byClass)) {
		classes = append(classes, fmt.Sprintf("%s %d", class, byClass[class]))
	}
	return fmt.Sprintf(" Open are %d of %d suspects (%s).", n, len(d.Suspects), strings.Join(classes, ", "))
}

// next words the probe that would tell suspects apart that nothing measured
// does, or what it lacks: probes need what only runs of this program have of both
// sides, and a deployment that says how it is served.
func (d *Diagnosis) next(probe string) string {
	test, base := d.Comparison.Test.Spec(), d.Comparison.Base.Spec()
	switch {
	case test.Import != nil || base.Import != nil:
		return "Next: run both here, Run(deploy, task) and Run(base, task), so that probes can ask them (Logged(\"samples.jsonl\") is the task of a samples file)"
	case test.Deployment.URL != "":
		model := "see that it serves " + test.Deployment.Model + ", which it does not tell (probes take the weights from that folder)"
		if _, err := os.Stat(test.Deployment.Model); err != nil {
			model = "set its Model to the folder of the checkpoint that it serves, with which probes compare it"
		}
		return "Next, of a server: " + model + "; " + anew
	}
	return "Next probe: " + probe
}

func (s Standing) title() string {
	return map[Standing]string{Shown: "Cause shown", Likely: "Likely cause", Possible: "Possible cause"}[s]
}
