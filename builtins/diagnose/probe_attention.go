package diagnose

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
)

// attentionRepairs tries what would undo a wrong rotary layout or score scale.
// It is of use only where prompts of one token come out right: attention over
// one key does not depend on scores. Nor is it where whole prompts do when no
// block is reused, or one at a time: their scores are then right. Each change is
// an engine of its own, so what is known to be of no use is not tried.
func (p *prober) attentionRepairs(ctx context.Context) error {
	e, known1 := p.facts.number("position1.excess")
	share, known2 := p.facts.number("position1.share")
	if !known1 || !known2 || e >= wrongFrom || share > largestShare {
		return nil
	}
	if p.rightWith("unreused.excess", "alone.excess") {
		return nil
	}
	const name = "attention repairs"
	layout := !p.quantized() && !p.spares("repair.rope_spared", p.notByLayout) // rows of codes cannot be permuted without their scales
	scale := !p.spares("repair.attention_scale_spared", p.notByScale)
	if !layout && !scale {
		return nil
	}
	var changes []string
	if layout {
		changes = append(changes, "its query and key rows in the other rotary layout")
	}
	if scale {
		changes = append(changes, "its query weights multiplied by what would undo another score scale")
	}
	what := fmt.Sprintf("the tested deployment with %s; %d prompts of at most %d tokens", strings.Join(changes, ", then with "), p.asked.short.to-p.asked.short.from, shortTokens)
	return p.probe(ctx, name, what, func() error {
		headDim, hidden, err := headSize(p.test.Model)
		if err != nil {
			return err
		}
		if layout {
			if err := p.repairLayout(ctx, name, headDim); err != nil && !(scale && errors.Is(err, errUntouched)) {
				return err
			}
		}
		if !scale {
			return nil
		}
		if p.spares("repair.attention_scale_spared", p.notBesideLayout) {
			return nil
		}
		return p.repairScale(ctx, name, headDim, hidden)
	})
}

// spares reports whether a repair need not be tried, and sets why as a fact: on
// says which other one tells, in which words; "" where none does.
func (p *prober) spares(fact string, tells func() (on, words string)) bool {
	on, words := tells()
	if on != "" {
		p.facts.set(fact, words, p.facts[on].N, p.facts[on].Source)
	}
	return on != ""
}

// notByLayout tells that no permutation of query and key rows can make the logits
// right.
func (p *prober) notByLayout() (on, words string) {
	if first, known := p.facts.number("positions.first"); known && first >= wrongFrom {
		return "positions.first", "after the first token of a longer prompt the logits are wrong already, where there is one key"
	}
	if p.rightWith("unchunked.excess") {
		return "unchunked.excess", "with whole prompts in one step the logits are right as the weights are"
	}
	first, _ := p.facts["module.first"].Value.(string)
	switch p.facts["module.kind"].Value {
	case "embedding", "norm", "linear", "mlp", "router", "experts", "head":
		if !forScores(first) {
			return "module.first", "what is wrong begins in " + first + ", which has no part in attention's scores"
		}
	}
	return "", ""
}

// notByScale tells the same of a factor on the queries.
func (p *prober) notByScale() (on, words string) {
	if p.facts["module.kind"].Value == "rotary" {
		return "module.first", "what is wrong begins in " + p.facts["module.first"].words() + ", before scores are scaled"
	}
	return p.notByLayout()
}

// notBesideLayout tells that a permutation does it.
func (p *prober) notBesideLayout() (on, words string) {
	if rope, known := p.facts.number("repair.rope"); known && rope < wrongFrom {
		return "repair.rope", "query and key rows in the other rotary layout make the logits right"
	}
	return "", ""
}

// forScores reports whether a module may have a part in attention's scores, by its
// name and those that it is in.
func forScores(module string) bool {
	for part := range strings.SplitSeq(module, ".") {
		switch {
		case part == "q_norm", part == "k_norm":
			return true
		case strings.Contains(part, "norm"):
		case strings.Contains(part, "attn"), strings.Contains(part, "attention"), strings.HasPrefix(part, "q_"), strings.HasPrefix(part, "k_"),
			strings.Contains(part, "qk"), strings.Contains(part, "query"), strings.Contains(part, "key"):
			return true
		}
	}
	return false
}

// nearFactor is up to how many times one factor another one may come nearer to what
// undoes the fault, where the one makes the logits right already.
const nearFactor = 1.25

func (p *prober) repairScale(ctx context.Context, name string, headDim, hidden int) error {
	var guess scaleGuess
	best, n := math.Inf(1), 0
	guesses := scaleGuesses(headDim, hidden)
	var changes []edit
	for _, g := range guesses {
		changes = append(changes, scaled(g.factor, isQuery))
	}
	err := p.tryRepairs(ctx, changes, func(i int, r reading) bool {
		if r.median() < best || n == 0 {
			guess, best, n = guesses[i], r.median(), r.n()
		}
		return excess(best, p.shortFloor) < wrongFrom && (i+1 == len(guesses) || guesses[i+1].factor > nearFactor*guess.factor)
	})
	if err != nil {
		return err
	}
	p.setRepair("repair.attention_scale", best, n, name)
	p.facts.set("repair.attention_scale_words", guess.words, n, fmt.Sprintf("probe %q", name))
	return nil
}

// isQuery includes the norm of queries, which undoes a factor before it.
func isQuery(module string) bool {
	return strings.HasSuffix(module, ".q_proj") || strings.HasSuffix(module, ".q_norm")
}

func (p *prober) repairLayout(ctx context.Context, name string, headDim int) error {
	best, n := math.Inf(1), 0
	err := p.tryRepairs(ctx, []edit{interleaved(headDim, false), interleaved(headDim, true)}, func(_ int, r reading) bool {
		best, n = min(best, r.median()), r.n()
		return false
	})
	if err != nil {
		return err
	}
	p.setRepair("repair.rope", best, n, name)
	return nil
}
