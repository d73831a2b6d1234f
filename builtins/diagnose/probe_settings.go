package diagnose

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"adkernel/builtins/engine"
)

// fakeQuantization lists the passes of AutoDeploy that put low-precision
// kernels in the place of fake quantization, all of them: the six in
// circulation leave MLPs on real kernels.
var fakeQuantization = []string{
	"fuse_fp8_linear", "fuse_nvfp4_linear", "fuse_finegrained_fp8_linear",
	"fuse_fp8_moe", "fuse_finegrained_fp8_moe", "fuse_nvfp4_moe",
	"fuse_nvfp4_swiglu", "fuse_finegrained_fp8_swiglu", "fuse_relu2_quant_nvfp4",
	"fuse_rmsnorm_quant_fp8", "fuse_trtllm_attn_quant_fp8", "fuse_fp8_prequant_shared",
	"fuse_fp4_gemms", "fuse_fp8_gemms",
}

// noFakeQuantization says why low-precision kernels of d cannot be tried
// without them; "" where they can.
func noFakeQuantization(d engine.Deployment) string {
	if d.HasTransforms() {
		return ""
	}
	return fmt.Sprintf("the %s engine has no fake quantization to put in the place of its low-precision kernels", d.Backend)
}

// withoutFusion returns d on fake quantization.
func withoutFusion(d engine.Deployment) engine.Deployment {
	for _, transform := range fakeQuantization {
		d = d.With(false, "transforms", transform, "enabled")
	}
	return d
}

// configuration changes one setting of the tested deployment at a time, each
// in an engine of its own, and looks whether its logits become the
// reference's.
func (p *prober) configuration(ctx context.Context) error {
	if err := p.fake(ctx); err != nil {
		return err
	}
	if err := p.unquantized(ctx); err != nil {
		return err
	}
	force, err := settingsInForce(p.test, p.recorded)
	if err != nil {
		return err
	}
	list, err := p.changes(force)
	if err != nil {
		return err
	}
	for _, change := range list {
		if e, known := p.facts.number(change.after); change.after != "" && (!known || e < wrongFrom) {
			continue
		}
		if err := p.change(ctx, change); err != nil {
			return err
		}
	}
	return nil
}

// A change is one setting at its plainest value.
type change struct {
	fact, name string
	deployment engine.Deployment

	// after is the fact of another change, which this one has as well: it is of
	// use where the logits are wrong with that alone. "" for none.
	after string

	answers rows // to the whole prompts, where they are known; nil: nobody asked
}

// changes lists those settings that are in force and not at their plainest.
func (p *prober) changes(force inForce) ([]change, error) {
	var list []change
	add := func(when bool, fact, name string, d engine.Deployment) {
		if when {
			list = append(list, change{fact: fact, name: name, deployment: d})
		}
	}
	given, err := p.test.Settings()
	if err != nil {
		return nil, err
	}
	one, _, off := onOneRank(p.test, given)
	add(off != "", "world1.excess", off, one)
	eager, without := eagerly(p.test, force)
	add(without != "", "eager.excess", without, eager)
	attention := p.test.PlainAttention()
	if value := force.value("attn_backend"); value != "" && !strings.EqualFold(value, attention) {
		c := change{fact: "attention.excess", name: "attn_backend " + attention, deployment: p.test.With(attention, "attn_backend")}
		if without != "" && p.test.TunedByDefault() { // its graphs cannot hold that
			c.name, c.after = c.name+" and "+without, "eager.excess"
			c.deployment = eager.With(attention, "attn_backend")
		}
		list = append(list, c)
	}
	if force.value("enable_chunked_prefill") == "true" {
		tokens, _ := strconv.Atoi(force.value("max_num_tokens"))
		for _, prompt := range p.asked.prompts {
			tokens = max(tokens, len(prompt)+1)
		}
		whole := p.test.With(false, "enable_chunked_prefill").With(max(tokens, plainTokens), "max_num_tokens")
		add(true, "unchunked.excess", "whole prompts in one step", whole)
	}
	add(force.value("max_batch_size") != "1", "alone.excess", "one prompt at a time", p.test.With(1, "max_batch_size"))
	if force.value("kv_cache_config.enable_block_reuse") != "false" {
		list = append(list, change{fact: "unreused.excess", name: "no block reuse", deployment: p.withoutReuse(), answers: p.unreused})
	}
	return list, nil
}

// eagerly returns d without captured graphs and compilation, and words for that;
// these are "" where it has none.
func eagerly(d engine.Deployment, force inForce) (engine.Deployment, string) {
	if d.HasTransforms() || !d.TunedByDefault() {
		value := force.value("compile_backend")
		if value == "" || value == "torch-simple" {
			return d, ""
		}
		if force.value("transforms.compile_model.piecewise_enabled") == "true" { // which is refused then
			d = d.With(false, "transforms", "compile_model", "piecewise_enabled")
		}
		return d.With("torch-simple", "compile_backend"), "compile_backend torch-simple"
	}
	without := ""
	if prefill := force.value("prefill_cuda_graph_backend"); prefill != "" && prefill != "disabled" {
		d, without = d.With("disabled", "prefill_cuda_graph_backend"), eagerWords
	}
	for _, path := range []string{"cuda_graph_config", "torch_compile_config"} {
		if force.value(path) == "set" {
			d, without = d.With(nil, path), eagerWords
		}
	}
	return d, without
}

const eagerWords = "no CUDA graphs and no torch.compile"

func (p *prober) change(ctx context.Context, c change) error {
	what := fmt.Sprintf("logits of the tested deployment with %s and everything else as it is, over the same prompts of the task", c.name)
	return p.probe(ctx, c.name, what, func() error {
		got, err := c.answers, error(nil)
		p.with = decodeAgainstPrefill
		if got == nil {
			got, err = p.answer(ctx, c.deployment, p.asked.whole.of(p.asked.prompts))
		}
		if err != nil {
			return err
		}
		floor, _ := p.facts.number("engine.floor")
		_, err = p.setExcess(c.fact, got, p.answers.of(p.asked.whole), floor, c.name)
		return err
	})
}

// setExcess records the error of got over floor, over those whole prompts that
// the tested deployment gets wrong. All are asked: one may come out wrong
// because of what was asked before it.
func (p *prober) setExcess(fact string, got, want rows, floor float64, name string) (reading, error) {
	if err := comparable(got, want); err != nil {
		return reading{}, err
	}
	r := read(got.at(p.affected), want.at(p.affected))
	p.facts.set(fact, excess(r.median(), floor), r.n(), fmt.Sprintf("probe %q", name))
	return r, nil
}

// fake compares fake quantization with fake quantization, so that what the
// kernels round is not counted.
func (p *prober) fake(ctx context.Context) error {
	if !p.quantized() {
		return nil
	}
	const name = "fake quantization"
	what := "logits of the tested deployment and of the reference with every fuse_* pass of quantized kernels off (" + strings.Join(fakeQuantization[:6], ", ") + " and others)"
	return p.probe(ctx, name, what, func() error {
		for _, d := range []engine.Deployment{p.test, p.reference} {
			if why := noFakeQuantization(d); why != "" {
				return errors.New(why)
			}
		}
		prompts := p.asked.whole.of(p.asked.prompts)
		got, err := p.answer(ctx, withoutFusion(p.test), prompts)
		if err != nil {
			return err
		}
		want, err := p.answer(ctx, withoutFusion(p.reference), prompts)
		if err != nil {
			return fmt.Errorf("reference: %w", err)
		}
		floor, _ := p.facts.number("engine.floor")
		r, err := p.setExcess("fake.excess", got, want, floor, name)
		if err != nil {
			return err
		}
		p.facts.set("fake.nan", float64(r.nan), r.n(), fmt.Sprintf("probe %q", name))
		return nil
	})
}

// unquantized serves the base's checkpoint in the tested configuration. What
// rounding does to that is another thing than what it does to the quantized
// one, whose casts it moves.
func (p *prober) unquantized(ctx context.Context) error {
	if p.test.Model == p.base.Model {
		return nil
	}
	const name = "unquantized model, same configuration"
	return p.probe(ctx, name, "logits of the base's checkpoint served exactly as the tested one is, against the base's and what rounding does to those", func() error {
		prompts := p.asked.whole.of(p.asked.prompts)
		d := p.test
		d.Model = p.base.Model
		got, format, err := p.answerIn(ctx, d, prompts)
		if err != nil {
			return err
		}
		want, own, err := p.ofBase(ctx)
		if err != nil {
			return err
		}
		rounding := roundingOf(p.base, own, format)
		coarse, precise, err := rounded(rounding, want, func(d engine.Deployment) (rows, error) { return p.answer(ctx, d, prompts) })
		if err != nil {
			return fmt.Errorf("base in another number format: %w", err)
		}
		if err := comparable(coarse, precise); err != nil {
			return fmt.Errorf("base: %w", err)
		}
		floor := rounding.share * read(coarse, precise).median()
		_, err = p.setExcess("unquantized.excess", got, want, floor, name)
		return err
	})
}

// ofBase returns the base's answers to the whole prompts, and the number format
// in which it computes.
func (p *prober) ofBase(ctx context.Context) (rows, string, error) {
	if p.baseAnswers != nil {
		return p.baseAnswers, p.baseFormat, nil
	}
	var err error
	if p.baseAnswers, p.baseFormat, err = p.answerIn(ctx, p.base, p.asked.whole.of(p.asked.prompts)); err != nil {
		return nil, "", fmt.Errorf("base: %w", err)
	}
	return p.baseAnswers, p.baseFormat, nil
}
