package diagnose

import (
	"context"
	"errors"
	"fmt"
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
	settings, err := p.test.Settings()
	if err != nil {
		return err
	}
	for _, change := range p.changes(settings) {
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
}

// changes lists those settings that are in force and not at their plainest.
func (p *prober) changes(settings map[string]any) []change {
	var list []change
	add := func(when bool, fact, name string, d engine.Deployment) {
		if when {
			list = append(list, change{fact, name, d})
		}
	}
	one, _, off := onOneRank(p.test, settings)
	add(off != "", "world1.excess", off, one)
	add(settings["compile_backend"] != nil && settings["compile_backend"] != "torch-simple",
		"eager.excess", "compile_backend torch-simple", p.test.With("torch-simple", "compile_backend"))
	attention := p.test.PlainAttention()
	add(settings["attn_backend"] != nil && settings["attn_backend"] != attention,
		"attention.excess", "attn_backend "+attention, p.test.With(attention, "attn_backend"))
	if settings["enable_chunked_prefill"] == true {
		longest := 0
		for _, prompt := range p.asked.prompts {
			longest = max(longest, len(prompt))
		}
		whole := p.test.With(false, "enable_chunked_prefill").With(max(longest+1, 8192), "max_num_tokens")
		add(true, "unchunked.excess", "whole prompts in one step", whole)
	}
	cache, _ := settings["kv_cache_config"].(map[string]any)
	add(cache["enable_block_reuse"] != false, "unreused.excess", "no block reuse", p.test.With(false, "kv_cache_config", "enable_block_reuse"))
	return list
}

func (p *prober) change(ctx context.Context, c change) error {
	what := fmt.Sprintf("logits of the tested deployment with %s and everything else as it is, over the same prompts of the task", c.name)
	return p.probe(ctx, c.name, what, func() error {
		got, err := p.answer(ctx, c.deployment, p.asked.whole.of(p.asked.prompts))
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
	if quantized, _ := p.facts["deployment.quantized"].Value.(bool); !quantized {
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
