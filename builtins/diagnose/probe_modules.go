package diagnose

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"adkernel/builtins/engine"
)

// tracedTokens is how many tokens are traced: the outputs of all modules are
// held at once.
const tracedTokens = 16

// leastRounding is what rounding an output to bfloat16 does to it: half of the
// distance of two numbers, 2^-8. What is rounded nowhere else, as an embedding
// of weights in that format, has no more.
const leastRounding = 1. / 512

const outputsOfModules = "outputs of the modules"

// modules traces both deployments over the end of a prompt that comes out wrong,
// and looks for the first output that is not the reference's. All before it are
// right, so what goes into its module is: the fault is there. Where all are
// right, it is in none of them, and needs a longer prompt, a batch or the cache.
func (p *prober) modules(ctx context.Context) error {
	scales, _ := p.facts.number("loaded.wrong")
	if scales > 0 || p.rightWith("world1.excess", "eager.excess", "unreused.excess", "unchunked.excess", "alone.excess") {
		return nil // what is known to make it wrong is absent here
	}
	prompt := p.asked.short.of(p.asked.prompts)[p.affected[0]]
	prompt = prompt[max(0, len(prompt)-tracedTokens):]
	what := fmt.Sprintf("what every module computes for the last %d tokens of a prompt: the tested deployment, the reference, and what rounding does to that", len(prompt))
	return p.probe(ctx, outputsOfModules, what, func() error {
		got, want, coarse, precise, err := besideReference(p, func(d engine.Deployment) ([]engine.Activation, error) { return p.traced(ctx, d, prompt) })
		if err != nil {
			return err
		}
		if len(want) != len(coarse) || len(want) != len(precise) {
			return errors.New("the reference has other modules in another number format")
		}
		return p.observeModules(trace{got, want, coarse, precise, p.rounding.share}, fmt.Sprintf("probe %q", outputsOfModules))
	})
}

// rightWith reports whether the deployment is known to be right with one of the
// settings that these facts are of.
func (p *prober) rightWith(facts ...string) bool {
	return slices.ContainsFunc(facts, func(fact string) bool {
		e, known := p.facts.number(fact)
		return known && e < wrongFrom
	})
}

// A trace is what the modules of both deployments compute, in the order in which
// they ran, with what rounding does to the reference's.
type trace struct {
	got, want, coarse, precise []engine.Activation
	share                      float64 // of the distance between the two formats
}

// floor is what rounding does to output i.
func (t trace) floor(i int) float64 {
	return t.share * max(leastRounding, apart(t.coarse[i].Values, t.precise[i].Values, 1))
}

func (t trace) wrong(i int) bool {
	return excess(apart(t.got[i].Values, t.want[i].Values, 1), t.floor(i)) >= wrongFrom
}

// factor returns the factor that output i has, and whether nothing else is wrong
// with it.
func (t trace) factor(i int) (float64, bool) {
	f := multiple(t.got[i].Values, t.want[i].Values)
	left := apart(t.got[i].Values, t.want[i].Values, f)
	return f, f != 0 && excess(left, t.floor(i)) < wrongFrom
}

// observeModules sets what the outputs say. Other modules than the reference's
// are a fault of their own where one engine names both.
func (p *prober) observeModules(t trace, source string) error {
	n := len(t.want)
	set := func(right int, first, kind, hint string) {
		p.facts.set("module.right", float64(right), n, source)
		p.facts.set("module.kind", kind, n, source)
		p.facts.set("module.hint", hint, n, source)
		if first != "" {
			p.facts.set("module.first", first, n, source)
		}
	}
	if at, other := firstOther(t.got, t.want); other != "" {
		if p.test.Backend != p.base.Backend {
			return errors.New("the two engines do not name the same modules")
		}
		set(at, other, "order", otherThere(t.got, at))
		return nil
	}
	for i := range t.want {
		if !t.wrong(i) {
			continue
		}
		kind, hint := kindOfModule(t.got[i].Module)
		set(i, t.got[i].Module, kind, hint)
		if f, alone := t.factor(i); alone {
			p.facts.set("module.factor", f, t.got[i].Rows*t.got[i].Cols, source)
		}
		p.observeBranch(t, source)
		return nil
	}
	set(n, "", "none", "what is done to the logits after the last module, or what needs a longer prompt")
	return nil
}

// firstOther returns where the modules of two traces are not the same, and the
// one that is expected there; "" where they are.
func firstOther(got, want []engine.Activation) (at int, expected string) {
	for i := range max(len(got), len(want)) {
		switch {
		case i == len(want):
			return i, "the end"
		case i == len(got) || got[i].Module != want[i].Module:
			return i, want[i].Module
		}
	}
	return 0, ""
}

func otherThere(got []engine.Activation, at int) string {
	if at == len(got) {
		return "it computes nothing more: a layer is left out"
	}
	return "it computes " + got[at].Module + ": a layer is left out, run twice or in another place"
}

// observeBranch looks at the first branch whose output is wrong: when it is a
// multiple of the reference's, the factor is what is wrong.
func (p *prober) observeBranch(t trace, source string) {
	for i, output := range t.got {
		if !isBranch(output.Module) || !t.wrong(i) {
			continue
		}
		p.facts.set("branch.module", output.Module, len(t.want), source)
		if f, alone := t.factor(i); alone {
			p.facts.set("branch.factor", f, output.Rows*output.Cols, source)
			p.undoing = undoing(output.Module, f)
		}
		return
	}
}

func isBranch(module string) bool {
	return strings.HasSuffix(module, ".self_attn") || strings.HasSuffix(module, ".mlp")
}

// kindOfModule tells what a module is by its name, as transformers' models name
// them, and what can be wrong with the output of one whose input is right.
func kindOfModule(module string) (kind, hint string) {
	last := module[strings.LastIndexByte(module, '.')+1:]
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(last, part) })
	}
	switch {
	case strings.Contains(module, ".experts"):
		return "experts", "how many are chosen, whether their weights are normalized, their order, or what one computes"
	case strings.Trim(last, "0123456789") == "":
		return "layer", "what it adds up: a layer that is left out, a residual, or a factor"
	case has("rotary"):
		return "rotary", "theta, the scaling of its frequencies, or the positions"
	case has("embed", "wte"):
		return "embedding", "its rows, or a factor such as the root of the hidden size"
	case has("lm_head", "embed_out"):
		return "head", "its weights (tied or not), or a scale, a bound or a temperature on the logits"
	case has("norm", "ln_") && !strings.ContainsAny(module, "0123456789"):
		return "head", "the norm before it: left out, its epsilon or its weights"
	case has("norm", "ln_"):
		return "norm", "left out, its epsilon, its weights or an offset of these"
	case has("self_attn", "attention", "attn", "o_proj"):
		return "attention", "the mask or window, the scale or a bound of the scores, the order of key and value heads, or the projection after it"
	case has("down_proj", "act_fn", "mlp"):
		return "mlp", "the activation function, or the projection after it"
	case has("router") || last == "gate":
		return "router", "its weights, or the experts that it scores"
	case has("proj", "linear", "fc", "gate"):
		return "linear", "its weights are not loaded, permuted, or another layer's, or its kernel is wrong"
	}
	return "other", "its weights, or what it does with its input"
}
