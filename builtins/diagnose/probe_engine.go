package diagnose

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/engine"
)

// gather runs the probes in the order of their cost, and those that take a
// deployment apart only when it computes something else than its reference.
func (p *prober) gather(ctx context.Context) error {
	steps := []func(context.Context) error{p.againstReference, p.scales, p.audit, p.restored, p.weightsAlone}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if p.test.URL != "" {
		p.probes = append(p.probes, Probe{Name: "settings, modules and repairs", Failed: "not asked: how a server computes is set where it is started, and it tells what its modules compute as little as it serves changed weights"})
		return nil
	}
	e, known := p.facts.number("engine.excess")
	if later, _ := p.facts.number("output.later"); known && e < wrongFrom && later > 0 {
		return p.decode(ctx) // those logits chose the first tokens, and no others
	}
	if !known || e < wrongFrom {
		return nil
	}
	for _, step := range []func(context.Context) error{p.decode, p.configuration, p.modules, p.positions, p.attentionRepairs, p.reduceRepairs, p.branchRepairs} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

const sameCheckpoint = "same checkpoint, base's engine"

// againstReference compares the deployment with its own checkpoint on the
// base's engine, and measures what rounding does to that.
func (p *prober) againstReference(ctx context.Context) error {
	const source = `probe "` + sameCheckpoint + `"`
	size := func(s span) int { return s.to - s.from }
	what := fmt.Sprintf("logits of the tested deployment, of its checkpoint served as the base is, and of that in float32 (in bfloat16 where it computes in float32 itself): %d prompts of the task, %d of them lost, %d of one token, %d of one token repeated, %d of two tokens",
		size(p.asked.whole), p.asked.lost, size(p.asked.single), size(p.asked.repeated), size(p.asked.pairs))
	return p.probe(ctx, sameCheckpoint, what, func() error {
		var own, tested string
		var got rows
		var fewer fewerRows // in the place of got, of a server
		var err error
		if p.answers, own, err = p.answerIn(ctx, p.reference, p.asked.prompts); err != nil {
			return fmt.Errorf("reference: %w", err)
		}
		if p.test.URL == "" {
			got, tested, err = p.answerIn(ctx, p.test, p.asked.prompts, func(e engine.Engine) { p.loadedScales = p.scalesOf(ctx, e) })
		} else {
			fewer, tested, err = p.likeliestIn(ctx, p.test, p.asked.prompts)
		}
		if err != nil {
			return fmt.Errorf("tested deployment: %w", err)
		}
		p.rounding = roundingOf(p.reference, own, tested)
		coarse, precise, err := rounded(p.rounding, p.answers, func(d engine.Deployment) (rows, error) { return p.answer(ctx, d, p.asked.prompts) })
		if err != nil {
			return fmt.Errorf("reference in another number format: %w", err)
		}
		if err := comparable(coarse, precise); err != nil {
			return fmt.Errorf("reference: %w", err)
		}
		want, asked := p.answers, source
		if fewer.rows != nil {
			got, asked = fewer.rows, source+", by log-probabilities of the likeliest tokens"
			for _, whole := range []*rows{&want, &coarse, &precise} {
				if *whole, err = fewer.of(*whole); err != nil {
					return fmt.Errorf("tested deployment: %w", err)
				}
			}
		}
		if err := comparable(got, want); err != nil {
			return fmt.Errorf("tested deployment: %w", err)
		}
		p.compare(got, want, coarse, precise, asked)
		if p.test.Model == p.base.Model {
			return nil
		}
		unquantized, _, err := p.ofBase(ctx)
		if err != nil {
			return err
		}
		if err := comparable(p.answers.of(p.asked.whole), unquantized); err != nil {
			return fmt.Errorf("base: %w", err)
		}
		r := read(p.answers.of(p.asked.whole), unquantized)
		floor, _ := p.facts.number("engine.floor")
		p.facts.set("checkpoint.error", r.median(), r.n(), source)
		p.facts.set("checkpoint.excess", excess(r.median(), floor), r.n(), source)
		return nil
	})
}

// compare sets what the tested deployment's logits, got, say beside the
// reference's, want, and what rounding does to these.
func (p *prober) compare(got, want, coarse, precise rows, source string) {
	floors := func(s span) reading { return read(coarse.of(s), precise.of(s)) }
	floor := func(s span) float64 { return p.rounding.share * floors(s).median() }
	whole := read(got.of(p.asked.whole), want.of(p.asked.whole))
	asked, least := whole.n(), floor(p.asked.whole) // those that the reference can answer
	all := read(got, want)
	p.facts.set("engine.prompts", float64(asked), asked, source)
	p.facts.set("engine.floor", least, asked, source)
	p.facts.set("engine.nan", float64(all.nan), all.n(), source)
	wrong, right := divided(whole, floors(p.asked.whole).worst())
	p.affected = whole.measured()
	switch {
	case len(wrong) > 0 && len(right) > 0 && excess(whole.at(right).median(), least) < wrongFrom:
		p.affected, whole = wrong, whole.at(wrong) // and the others are right
		p.facts.set("engine.prompts_wrong", float64(len(wrong)), asked, source)
	case excess(whole.median(), least) >= wrongFrom:
		p.facts.set("engine.prompts_wrong", float64(asked), asked, source)
	default:
		p.facts.set("engine.prompts_wrong", 0.0, asked, source)
	}
	p.facts.set("engine.error", whole.median(), whole.n(), source)
	p.facts.set("engine.excess", excess(whole.median(), least), whole.n(), source)

	over := func(name string, s span) reading {
		r := read(got.of(s), want.of(s))
		p.facts.set(name, excess(r.median(), floor(s)), r.n(), source)
		return r
	}
	single := over("position1.excess", p.asked.single)
	p.facts.set("position1.error", single.median(), single.n(), source)
	p.facts.set("position1.floor", floor(p.asked.single), single.n(), source)
	p.facts.set("position1.share", single.median()/whole.median(), single.n(), source)
	repeated := over("repeated.excess", p.asked.repeated)
	p.facts.set("repeated.share", repeated.median()/whole.median(), repeated.n(), source)
	if p.asked.pairs.from < p.asked.pairs.to {
		pairs := over("two.excess", p.asked.pairs)
		p.facts.set("two.share", pairs.median()/whole.median(), pairs.n(), source)
		p.facts.set("growth.ratio", whole.median()/pairs.median(), whole.n(), source)
	}
	short := read(got.of(p.asked.short).at(p.affected), want.of(p.asked.short).at(p.affected))
	p.shortFloor = floor(p.asked.short)
	p.facts.set("repair.before", excess(short.median(), p.shortFloor), short.n(), source)
}

// scales asks the engine for the scales that it computes with.
func (p *prober) scales(ctx context.Context) error {
	if !p.quantized() {
		return nil
	}
	return p.probe(ctx, "scales as loaded", "the dequantization factors that the tested engine computes with, against those stored in its checkpoint", func() error {
		answer := p.loadedScales
		p.with = sameCheckpoint
		if answer == nil {
			e, err := p.load(ctx, p.test)
			if err != nil {
				return err
			}
			answer = p.scalesOf(ctx, e)
			answer.err = errors.Join(answer.err, e.Close())
		}
		if answer.err != nil {
			return answer.err
		}
		report, err := checkpoint.AuditLoaded(p.test.Model, answer.scales)
		if err != nil {
			return err
		}
		return observeScales(report, p.facts)
	})
}

func (p *prober) quantized() bool {
	quantized, _ := p.facts["deployment.quantized"].Value.(bool)
	return quantized
}

type scalesAnswer struct {
	scales []engine.LoadedScale
	err    error
}

// scalesOf asks a loaded engine for its scales; nil where there are none to ask
// for.
func (p *prober) scalesOf(ctx context.Context, e engine.Engine) *scalesAnswer {
	if !p.quantized() {
		return nil
	}
	reader, ok := e.(engine.ScaleReader)
	if !ok {
		return &scalesAnswer{err: errors.New("this engine does not tell its scales")}
	}
	scales, err := reader.LoadedScales(ctx)
	return &scalesAnswer{scales, err}
}

// observeScales sets what the engine's scales say. That they are right needs
// all of them; one that is wrong is wrong whatever the others are.
func observeScales(report *checkpoint.LoadedReport, facts Facts) error {
	const source = `probe "scales as loaded"`
	n, wrong := len(report.Layers), report.Wrong()
	if missing := len(report.NotLoaded); len(wrong) == 0 && missing > 0 {
		return fmt.Errorf("the engine tells the scales of %d of %d quantized layers, which are the stored ones, and not those of %s", n, n+missing, report.NotLoaded[0])
	}
	if n == 0 {
		return errors.New("the engine tells no layer's scales")
	}
	facts.set("loaded.layers", float64(n), n, source)
	facts.set("loaded.wrong", float64(len(wrong)), n, source)
	if len(wrong) == 0 {
		return nil
	}
	worst := slices.MaxFunc(wrong, func(a, b checkpoint.LoadedLayer) int {
		return cmp.Or(explained(a)-explained(b), cmp.Compare(a.RowsWrong, b.RowsWrong), cmp.Compare(b.Module, a.Module))
	})
	facts.set("loaded.cause", string(worst.Cause), n, source)
	facts.set("loaded.finding", fmt.Sprintf("%d of %d layers differ from the checkpoint; in %s, %s", len(wrong), n, worst.Module, worst.Finding), n, source)
	return nil
}

// explained is 1 for a layer whose scales a known mistake reproduces.
func explained(l checkpoint.LoadedLayer) int {
	if l.Cause == checkpoint.CauseUnknown {
		return 0
	}
	return 1
}

// decoded is how many tokens the decode probe generates for each prompt.
const decoded = 4

const decodeAgainstPrefill = "decode against prefill"

// decode asks whether the tokens that a deployment generates step by step are
// those that it chooses when each prefix is computed anew: the cache against
// itself, with no baseline. Computed anew nothing may come from the cache, or
// what it returns would be wrong on both sides.
func (p *prober) decode(ctx context.Context) error {
	prompts := p.asked.short.of(p.asked.prompts)
	what := fmt.Sprintf("%d tokens generated after each of %d short prompts, and the same prefixes computed anew without block reuse, both by the tested deployment", decoded, len(prompts))
	return p.probe(ctx, decodeAgainstPrefill, what, func() error {
		e, err := p.load(ctx, p.test)
		if err != nil {
			return err
		}
		prefixes, chosen, err := generated(ctx, e, prompts)
		if err := errors.Join(err, e.Close()); err != nil {
			return err
		}
		anew, _, err := p.answerIn(ctx, p.withoutReuse(), prefixes, func(e engine.Engine) {
			if excess, _ := p.facts.number("engine.excess"); excess >= wrongFrom { // configuration wants that
				p.unreused, _ = ask(ctx, e, p.asked.whole.of(p.asked.prompts)) // and asks itself where it failed
			}
		})
		if err != nil {
			return err
		}
		same := 0
		for i, row := range anew {
			if !allFinite(row) { // no token is then the one to choose
				return errors.New("prefixes computed anew give NaN or Inf, beside which nothing can be said of the cache")
			}
			if row[chosen[i]] >= slices.Max(row) {
				same++
			}
		}
		if len(anew) > 0 {
			p.facts.set("decode.agreement", float64(same)/float64(len(anew)), len(anew), fmt.Sprintf("probe %q", decodeAgainstPrefill))
		}
		return nil
	})
}

// withoutReuse is the tested deployment with a cache that keeps nothing from one
// prompt to the next.
func (p *prober) withoutReuse() engine.Deployment {
	return p.test.With(false, "kv_cache_config", "enable_block_reuse")
}

// generated returns every prefix that ends in a generated token, and the token
// that was generated next.
func generated(ctx context.Context, e engine.Engine, prompts [][]int32) (prefixes [][]int32, chosen []int32, err error) {
	requests := make([]engine.Request, len(prompts))
	for i, tokens := range prompts {
		requests[i] = engine.Request{ID: i, Tokens: tokens, MaxTokens: decoded, Stop: []int32{}}
	}
	err = e.Generate(ctx, requests, func(r engine.Response) error {
		for i := 1; i < len(r.Tokens); i++ {
			prefixes = append(prefixes, slices.Concat(prompts[r.ID], r.Tokens[:i]))
			chosen = append(chosen, r.Tokens[i])
		}
		return nil
	})
	return prefixes, chosen, err
}
