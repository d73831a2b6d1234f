package diagnose

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"adkernel/builtins/engine"
)

// mostPromptLogits bounds what is held of one prompt's logits at all positions,
// in values of 4 bytes, for each of at most four deployments.
const mostPromptLogits = 1 << 26

// positions compares the logits after every token of one prompt that comes out
// wrong. They must not depend on what follows, so where those after the first
// token are wrong, and are right of that token alone, later keys were seen; and
// where the first wrong ones are shows a window, a chunk or a page. It is of use
// where prompts of one token come out right.
func (p *prober) positions(ctx context.Context) error {
	prompt := p.positionsPrompt()
	if prompt == nil {
		return nil
	}
	const name = "logits at every position"
	what := fmt.Sprintf("logits after each token of one prompt of %d tokens: the tested deployment, the reference, and what rounding does to that", len(prompt))
	return p.probe(ctx, name, what, func() error {
		if err := p.holdable(prompt); err != nil {
			return err
		}
		p.with = outputsOfModules
		got, want, coarse, precise, err := besideReference(p, func(d engine.Deployment) (rows, error) { return p.everywhere(ctx, d, prompt) })
		if err != nil {
			return err
		}
		if err := errors.Join(comparable(got, want), comparable(coarse, precise)); err != nil {
			return err
		}
		p.observePositions(read(got, want), read(coarse, precise), fmt.Sprintf("probe %q", name))
		return nil
	})
}

// positionsPrompt is the shortest whole prompt that comes out wrong; nil where its
// positions would say nothing.
func (p *prober) positionsPrompt() []int32 {
	e, known1 := p.facts.number("position1.excess")
	share, known2 := p.facts.number("position1.share")
	if !known1 || !known2 || e >= wrongFrom || share > largestShare || p.rightWith("world1.excess", "eager.excess", "unreused.excess", "alone.excess") {
		return nil
	}
	whole := p.asked.whole.of(p.asked.prompts)
	place := slices.MinFunc(p.affected, func(a, b int) int { return len(whole[a]) - len(whole[b]) })
	return whole[place]
}

func (p *prober) holdable(prompt []int32) error {
	if vocabulary := len(p.answers[0]); len(prompt)*vocabulary > mostPromptLogits {
		return fmt.Errorf("%d tokens of a vocabulary of %d are too many logits to hold", len(prompt), vocabulary)
	}
	return nil
}

// stretch is how many positions are looked at to tell where wrong ones begin:
// rounding makes a single one stand out.
const stretch = 5

func (p *prober) observePositions(r, rounding reading, source string) {
	n := len(r.errors)
	typical := rounding.median()
	wrong := func(i int) bool {
		return excess(r.errors[i], p.rounding.share*max(typical, rounding.errors[i])) >= wrongFrom
	}
	p.facts.set("positions.tokens", float64(n), n, source)
	p.facts.set("positions.first", excess(r.errors[0], p.rounding.share*max(typical, rounding.errors[0])), n, source)
	for i := range n {
		end, count := min(n, i+stretch), 0
		for j := i; j < end; j++ {
			if wrong(j) {
				count++
			}
		}
		if wrong(i) && 2*count > end-i {
			p.facts.set("positions.right", float64(i), n, source)
			return
		}
	}
}

// A positionsAnswer is what a deployment was asked when its modules were.
type positionsAnswer struct {
	deployment engine.Deployment
	rows       rows
	err        error
}

// everywhere loads d, unless it was asked already, and returns the logits after
// each token of a prompt.
func (p *prober) everywhere(ctx context.Context, d engine.Deployment, prompt []int32) (rows, error) {
	for _, a := range p.atPositions {
		if reflect.DeepEqual(a.deployment, d) {
			return a.rows, a.err
		}
	}
	e, err := p.load(ctx, d)
	if err != nil {
		return nil, err
	}
	out, err := everyRow(ctx, e, prompt)
	return out, errors.Join(err, e.Close())
}

// everyRow asks for the logits after each token of a prompt.
func everyRow(ctx context.Context, e engine.Engine, prompt []int32) (rows, error) {
	var out rows
	err := e.Generate(ctx, []engine.Request{{Tokens: prompt, MaxTokens: 1, Stop: []int32{}, PromptLogits: true}}, func(r engine.Response) error {
		if len(r.PromptLogits) == 0 || len(r.PromptLogits)%len(prompt) != 0 {
			return fmt.Errorf("%d logits for a prompt of %d tokens", len(r.PromptLogits), len(prompt))
		}
		out = slices.Collect(slices.Chunk(r.PromptLogits, len(r.PromptLogits)/len(prompt)))
		return nil
	})
	if err == nil && out == nil {
		err = errors.New("no logits of the prompt")
	}
	return out, err
}
