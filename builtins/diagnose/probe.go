package diagnose

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/cluster"
	"adkernel/builtins/engine"
	"adkernel/builtins/stats"
)

// A prober asks engines small questions. It treats a deployment as one thing:
// it changes settings and models, and never looks at which release of the
// engine serves it.
type prober struct {
	open engine.Opener
	tell func(what string) // what is waited for

	machine  string // which computed test's run
	test     engine.Deployment
	recorded *engine.Info // of test's engine, by its run
	base     engine.Deployment
	// reference serves the tested checkpoint as the base is served: what
	// differs from it is not the checkpoint's doing.
	reference engine.Deployment

	asked  questions
	facts  Facts
	probes []Probe

	answers    rows     // of the reference, to everything asked
	rounding   rounding // of the reference
	shortFloor float64  // rounding over the short prompts

	report *checkpoint.Report // of the audit; nil: none was made

	baseAnswers rows   // to the whole prompts, once they were asked for
	baseFormat  string // in which the base computes

	// affected are the places, among the whole prompts, of those that come out
	// wrong, and of all where none does. What is asked of whole prompts is read
	// there: a fault may touch a few of them.
	affected []int

	// What an engine was asked besides while it was loaded for another question,
	// since loading takes longer than all that it is asked: the probe that wants
	// it loads none.
	loadedScales *scalesAnswer
	unreused     rows // of the tested deployment without block reuse, to the whole prompts
	atPositions  []positionsAnswer

	undoing []counterfactual // of a factor that the output of a branch has; nil: it has none, or is not told

	loads int    // of the probe that is under way
	with  string // the probe whose engine has answered it

	gpus   *cluster.Reservation // for engines on the place on; nil: none reserved
	on     cluster.Place
	waited time.Duration // for GPUs, in the probe that is under way
}

// probe records what was done, how long it took, and why it failed if it did.
// Only the end of ctx is an error: a failed probe leaves its facts unknown.
func (p *prober) probe(ctx context.Context, name, what string, do func() error) error {
	start := time.Now()
	p.waited, p.loads, p.with = 0, 0, ""
	err := do()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	done := Probe{Name: name, What: what, Spent: time.Since(start) - p.waited}
	done.Seconds = math.Round(done.Spent.Seconds()*100) / 100
	if p.loads == 0 {
		done.With = p.with
	}
	if err != nil {
		done.Failed = err.Error()
	}
	p.probes = append(p.probes, done)
	return nil
}

// rows are the logits that answer a list of prompts.
type rows [][]float32

func (r rows) of(s span) rows { return r[s.from:s.to] }

// at returns the rows at some places.
func (r rows) at(places []int) rows {
	out := make(rows, len(places))
	for i, place := range places {
		out[i] = r[place]
	}
	return out
}

// answer loads d and returns the logits after each prompt.
func (p *prober) answer(ctx context.Context, d engine.Deployment, prompts [][]int32) (rows, error) {
	out, _, err := p.answerIn(ctx, d, prompts)
	return out, err
}

// answerIn also returns the number format in which d computes. Once it has
// answered, besides is called while it is loaded.
func (p *prober) answerIn(ctx context.Context, d engine.Deployment, prompts [][]int32, besides ...func(engine.Engine)) (rows, string, error) {
	e, err := p.load(ctx, d)
	if err != nil {
		return nil, "", err
	}
	format := e.Info().DType
	out, err := ask(ctx, e, prompts)
	for _, do := range besides {
		if err == nil {
			do(e)
		}
	}
	return out, format, errors.Join(err, e.Close())
}

// likeliestIn is answerIn of an engine that gives no rows.
func (p *prober) likeliestIn(ctx context.Context, d engine.Deployment, prompts [][]int32) (fewerRows, string, error) {
	e, err := p.load(ctx, d)
	if err != nil {
		return fewerRows{}, "", err
	}
	format := e.Info().DType
	out, err := likeliest(ctx, e, prompts)
	return out, format, errors.Join(err, e.Close())
}

func ask(ctx context.Context, e engine.Engine, prompts [][]int32) (rows, error) {
	out := make(rows, len(prompts))
	err := generate(ctx, e, prompts, func(r engine.Response) error {
		out[r.ID] = r.Logits
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, row := range out {
		if len(row) == 0 {
			return nil, fmt.Errorf("no logits for probe prompt %d", i)
		}
	}
	return out, nil
}

// generate asks for what chooses the first token after each prompt, whatever
// that token is.
func generate(ctx context.Context, e engine.Engine, prompts [][]int32, emit func(engine.Response) error) error {
	requests := make([]engine.Request, len(prompts))
	for i, tokens := range prompts {
		requests[i] = engine.Request{ID: i, Tokens: tokens, MaxTokens: 1, Logits: true}
	}
	return e.Generate(ctx, requests, func(r engine.Response) error {
		if r.ID < 0 || r.ID >= len(prompts) {
			return fmt.Errorf("answer to request %d, which was not asked", r.ID)
		}
		return emit(r)
	})
}

// A reading compares the logits of two deployments over some prompts.
type reading struct {
	// errors are relative, one for each prompt: infinite where a logit under test
	// is NaN or Inf, and NaN where one is that it is measured against.
	errors []float64
	nan    int // prompts of infinite error for that reason
}

// measured are the places of the prompts that have an error.
func (r reading) measured() []int {
	var places []int
	for i, e := range r.errors {
		if !math.IsNaN(e) {
			places = append(places, i)
		}
	}
	return places
}

func (r reading) n() int { return len(r.measured()) }

// median is NaN where nothing was measured.
func (r reading) median() float64 {
	errors := r.at(r.measured()).errors
	if len(errors) == 0 {
		return math.NaN()
	}
	slices.Sort(errors)
	return stats.Quantile(errors, 0.5)
}

// at is the reading of the prompts at some places; it does not count NaN.
func (r reading) at(places []int) reading {
	var out reading
	for _, place := range places {
		out.errors = append(out.errors, r.errors[place])
	}
	return out
}

// comparable refuses rows of logits that say nothing about each other: of other
// vocabularies, or against a reference that is never finite itself.
func comparable(got, want rows) error {
	for i := range want {
		if len(got[i]) != len(want[i]) {
			return fmt.Errorf("rows of %d logits, and of %d of what they are measured against: the vocabularies are not the same", len(got[i]), len(want[i]))
		}
	}
	if len(want) > 0 && !slices.ContainsFunc(want, allFinite) {
		return fmt.Errorf("what the logits are measured against holds NaN or Inf itself after each of %d probe prompts", len(want))
	}
	return nil
}

func allFinite(row []float32) bool {
	return !slices.ContainsFunc(row, func(x float32) bool { return math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) })
}

// read measures got against want, which are comparable.
func read(got, want rows) reading {
	var r reading
	for i := range want {
		switch {
		case !allFinite(want[i]):
			r.errors = append(r.errors, math.NaN())
		case !allFinite(got[i]):
			r.errors = append(r.errors, math.Inf(1))
			r.nan++
		default:
			r.errors = append(r.errors, relativeError(got[i], want[i]))
		}
	}
	return r
}

// relativeError is the RMS of the difference of two rows over the RMS of the
// reference's, both centred, since softmax ignores a shift. It is infinite
// when the row under test holds NaN or Inf, or has another length.
func relativeError(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	var meanGot, meanWant float64
	for i := range got {
		meanGot += float64(got[i])
		meanWant += float64(want[i])
	}
	meanGot /= float64(len(got))
	meanWant /= float64(len(got))
	var difference, size float64
	for i := range got {
		w := float64(want[i]) - meanWant
		d := float64(got[i]) - meanGot - w
		difference += d * d
		size += w * w
	}
	if e := math.Sqrt(difference / size); !math.IsNaN(e) {
		return e
	}
	if difference == 0 {
		return 0
	}
	return math.Inf(1)
}
