package diagnose

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// repaired serves the tested deployment with edited weights, and returns how
// far its logits are from those of the reference with the stored ones, over the
// ends of the prompts that it gets wrong as it is. When
// an edit undoes what the engine does wrong, and nothing else would need it,
// that is the mechanism itself.
func (p *prober) repaired(ctx context.Context, change edit) (reading, error) {
	dir, err := os.MkdirTemp("", "adkernel-repair-")
	if err != nil {
		return reading{}, err
	}
	defer os.RemoveAll(dir)
	if err := writeEdited(p.test.Model, dir, change); err != nil {
		return reading{}, err
	}
	d := p.test
	d.Model = dir
	got, err := p.answer(ctx, d, p.asked.short.of(p.asked.prompts))
	if err != nil {
		return reading{}, err
	}
	want := p.answers.of(p.asked.short)
	if err := comparable(got, want); err != nil {
		return reading{}, err
	}
	return read(got.at(p.affected), want.at(p.affected)), nil
}

// tryRepairs serves the tested deployment with one change after the other, and
// passes over those of which the checkpoint has no weights, until enough says
// that the reading with one is. Where it has weights of none, that is the error.
func (p *prober) tryRepairs(ctx context.Context, changes []edit, enough func(i int, r reading) bool) error {
	tried := false
	for i, change := range changes {
		r, err := p.repaired(ctx, change)
		if errors.Is(err, errUntouched) {
			continue
		}
		if err != nil {
			return err
		}
		tried = true
		if enough(i, r) {
			return nil
		}
	}
	if !tried {
		return errUntouched
	}
	return nil
}

// A scaleGuess is a constant that a wrapper may hold in the place of the
// model's own score scale.
type scaleGuess struct {
	factor float64 // of the queries, which undoes it
	words  string
}

// scaleGuesses lists the constants worth trying for heads of size d, by their
// factors: those of other common head sizes, no scale, and the scale applied twice.
func scaleGuesses(d, hidden int) []scaleGuess {
	var list []scaleGuess
	for _, other := range []int{32, 64, 80, 96, 128, 192, 256, hidden} {
		if other != d && other > 0 {
			list = append(list, scaleGuess{math.Sqrt(float64(other) / float64(d)),
				fmt.Sprintf("scores are scaled by 1/√%d where config.json's head size of %d means 1/√%[2]d", other, d)})
		}
	}
	root := math.Sqrt(float64(d))
	list = append(list,
		scaleGuess{1 / root, fmt.Sprintf("scores are not scaled where a head size of %d means 1/√%[1]d", d)},
		scaleGuess{root, fmt.Sprintf("scores are scaled by 1/%d where a head size of %[1]d means 1/√%[1]d: the scale is applied twice", d)})
	slices.SortStableFunc(list, func(a, b scaleGuess) int { return cmp.Compare(a.factor, b.factor) })
	return list
}

// largestShare is the part of the whole prompts' error that prompts of one
// token may have and still count as right: rounding can be large there.
const largestShare = 0.3

// setRepair divides by the same floor as repair.before.
func (p *prober) setRepair(fact string, e float64, n int, name string) {
	p.facts.set(fact, excess(e, p.shortFloor), n, fmt.Sprintf("probe %q", name))
}

// reduceRepairs tries what would undo sums over ranks that are taken once too
// often: dividing the outputs of a branch by their number.
func (p *prober) reduceRepairs(ctx context.Context) error {
	ranks, _ := p.facts.number("deployment.world_size")
	single, known := p.facts.number("world1.excess")
	if ranks < 2 || !known || single >= wrongFrom {
		return nil
	}
	has := func(parts ...string) func(string) bool {
		return func(module string) bool {
			return strings.HasSuffix(module, ".down_proj") && slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(module, part) })
		}
	}
	repairs := []struct {
		fact    string
		moe     bool
		matches func(string) bool
	}{
		{"repair.experts", true, has(".experts.", ".shared_expert")},
		{"repair.shared", true, has(".shared_expert")},
		{"repair.rows", false, func(module string) bool {
			return strings.HasSuffix(module, ".o_proj") || strings.HasSuffix(module, ".down_proj")
		}},
	}
	const name = "all-reduce repairs"
	what := fmt.Sprintf("the tested deployment with the outputs of its branches divided by %.0f, the number of ranks: routed and shared experts, the shared expert alone, all row-parallel layers; %d prompts of at most %d tokens",
		ranks, p.asked.short.to-p.asked.short.from, shortTokens)
	return p.probe(ctx, name, what, func() error {
		moe, _ := p.facts["deployment.moe"].Value.(bool)
		var facts []string
		var changes []edit
		for _, repair := range repairs {
			if !repair.moe || moe {
				facts, changes = append(facts, repair.fact), append(changes, scaled(1/ranks, repair.matches))
			}
		}
		return p.tryRepairs(ctx, changes, func(i int, r reading) bool {
			p.setRepair(facts[i], r.median(), r.n(), name)
			return false
		})
	})
}

// headSize reads the head and hidden sizes of a model's config.json.
func headSize(model string) (headDim, hidden int, err error) {
	text, err := os.ReadFile(filepath.Join(model, "config.json"))
	if err != nil {
		return 0, 0, err
	}
	var config struct {
		HeadDim int `json:"head_dim"`
		Hidden  int `json:"hidden_size"`
		Heads   int `json:"num_attention_heads"`
	}
	if err := json.Unmarshal(text, &config); err != nil {
		return 0, 0, fmt.Errorf("%s: %w", filepath.Join(model, "config.json"), err)
	}
	if config.HeadDim == 0 && config.Heads > 0 {
		config.HeadDim = config.Hidden / config.Heads
	}
	if config.HeadDim <= 0 {
		return 0, 0, errors.New("config.json tells no head size")
	}
	return config.HeadDim, config.Hidden, nil
}
