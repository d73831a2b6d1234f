package diagnose

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"adkernel/builtins/engine"
)

// A branch is a part of a decoder layer whose output is added to the residual
// stream, by the linear layers that end it: scaling these scales its output.
type branch struct {
	words   string
	models  string // "dense", "moe", or "" for all
	matches func(module string) bool
}

var branches = []branch{
	{"the routed and the shared experts", "moe", endsIn(".down_proj", ".experts.", ".shared_expert")},
	{"the routed experts", "moe", endsIn(".down_proj", ".experts.")},
	{"the shared expert", "moe", endsIn(".down_proj", ".shared_expert")},
	{"the MLP", "dense", endsIn(".down_proj", ".mlp.")},
	{"attention", "", endsIn(".o_proj", ".self_attn.")},
	{"attention and MLP", "", func(module string) bool {
		return strings.HasSuffix(module, ".o_proj") || strings.HasSuffix(module, ".down_proj")
	}},
}

// endsIn matches modules with the suffix and one of the parts in their names.
func endsIn(suffix string, parts ...string) func(string) bool {
	return func(module string) bool {
		for _, part := range parts {
			if strings.HasSuffix(module, suffix) && strings.Contains(module, part) {
				return true
			}
		}
		return false
	}
}

// A counterfactual is a change of the weights that undoes a branch's factor.
type counterfactual struct {
	words   string
	factor  float64
	matches func(module string) bool
}

// branchRepairs tries what would undo a factor of a branch's output: one that
// is added or summed over ranks more than once. Where the engine has told what
// its modules compute, the factor is measured. It is of use where the first
// token comes out wrong, and no wrong scale or number of ranks explains it.
func (p *prober) branchRepairs(ctx context.Context) error {
	first, known := p.facts.number("position1.excess")
	scales, _ := p.facts.number("loaded.wrong")
	if single, sharded := p.facts.number("world1.excess"); !known || first < wrongFrom || scales > 0 || sharded && single < wrongFrom {
		return nil
	}
	models := "dense"
	if moe, _ := p.facts["deployment.moe"].Value.(bool); moe {
		models = "moe"
	}
	list := p.undoing
	if len(list) == 0 { // not told, or not one factor: the commonest one, of any branch
		for _, b := range branches {
			if b.models == "" || b.models == models {
				list = append(list, counterfactual{"Halving the output of " + b.words + " in every layer", 0.5, b.matches})
			}
		}
	}
	const name = "branch repairs"
	what := fmt.Sprintf("the tested deployment with its weights changed to undo a factor of a branch's output, at most %d changes; %d prompts of at most %d tokens", len(list), p.asked.short.to-p.asked.short.from, shortTokens)
	return p.probe(ctx, name, what, func() error {
		best, words, n := math.Inf(1), "", 0
		var changes []edit
		for _, c := range list {
			changes = append(changes, scaled(c.factor, c.matches))
		}
		err := p.tryRepairs(ctx, changes, func(i int, r reading) bool {
			if r.median() < best || n == 0 {
				best, words, n = r.median(), list[i].words, r.n()
			}
			return excess(best, p.shortFloor) < wrongFrom
		})
		if err != nil {
			return err
		}
		p.setRepair("repair.branch", best, n, name)
		p.facts.set("repair.branch_words", words, n, fmt.Sprintf("probe %q", name))
		return nil
	})
}

// errNoTrace is why an engine's branches cannot be told apart.
var errNoTrace = errors.New("this engine does not tell what its modules compute")

// traced loads d and returns what its modules compute for a prompt. It asks what
// positions wants to know of d as well.
func (p *prober) traced(ctx context.Context, d engine.Deployment, prompt []int32) ([]engine.Activation, error) {
	e, err := p.load(ctx, d)
	if err != nil {
		return nil, err
	}
	out, err := []engine.Activation(nil), errNoTrace
	if tracer, ok := e.(engine.Tracer); ok {
		out, err = tracer.Trace(ctx, prompt, "*")
	}
	if whole := p.positionsPrompt(); whole != nil && p.holdable(whole) == nil {
		rows, err := everyRow(ctx, e, whole)
		p.atPositions = append(p.atPositions, positionsAnswer{d, rows, err})
	}
	return out, errors.Join(err, e.Close())
}

// undoing lists what undoes a factor seen in one module: there alone, and in
// its like of every layer.
func undoing(module string, factor float64) []counterfactual {
	kind := module[strings.LastIndexByte(module, '.')+1:]
	last := map[string]string{"self_attn": ".o_proj", "mlp": ".down_proj"}[kind]
	words := fmt.Sprintf("Dividing the output of %%s by %s", significant(factor))
	return []counterfactual{
		{fmt.Sprintf(words, kind+" in every layer"), 1 / factor, endsIn(last, "."+kind+".")},
		{fmt.Sprintf(words, module), 1 / factor, endsIn(last, module+".")},
	}
}

// multiple is the factor by which b comes nearest to a in least squares.
func multiple(a, b []float32) float64 {
	var ab, bb float64
	for i := range min(len(a), len(b)) {
		ab += float64(a[i]) * float64(b[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return ab / bb
}

// apart is the RMS of a less factor times b over that of factor times b; it is
// infinite where they have no common shape, or a value is not finite.
func apart(a, b []float32, factor float64) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	var difference, size float64
	for i := range a {
		w := factor * float64(b[i])
		difference += (float64(a[i]) - w) * (float64(a[i]) - w)
		size += w * w
	}
	if e := math.Sqrt(difference / size); !math.IsNaN(e) {
		return e
	}
	return math.Inf(1)
}
