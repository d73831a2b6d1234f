package diagnose

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

// loads counts engines that answer whatever they are asked, in float32 where
// they are told to compute so.
type loads struct{ opened []engine.Deployment }

func (l *loads) open(_ context.Context, d engine.Deployment, _ engine.Site) (engine.Engine, error) {
	l.opened = append(l.opened, d)
	format := d.DType
	if format == "" {
		format = "bfloat16"
	}
	return teller{format}, nil
}

type teller struct{ format string }

func (e teller) Info() engine.Info {
	return engine.Info{Engine: "teller", DType: e.format, Vocab: 4, Settings: map[string]string{"kv_cache_config.enable_block_reuse": "true"}}
}

func (e teller) Encode(string, bool) ([]int32, error) { return []int32{1}, nil }
func (e teller) Decode([]int32) string                { return "" }
func (e teller) Close() error                         { return nil }

func (e teller) row() []float32 {
	if e.format == "float32" {
		return []float32{1, 2, 3, 4}
	}
	return []float32{1, 2, 3, 4.01}
}

func (e teller) Generate(_ context.Context, requests []engine.Request, emit func(engine.Response) error) error {
	for _, r := range requests {
		answer := engine.Response{ID: r.ID, Tokens: slices.Repeat([]int32{3}, r.MaxTokens), Logits: e.row()}
		if r.PromptLogits {
			for range r.Tokens {
				answer.PromptLogits = append(answer.PromptLogits, e.row()...)
			}
		}
		if err := emit(answer); err != nil {
			return err
		}
	}
	return nil
}

func (e teller) Trace(context.Context, []int32, ...string) ([]engine.Activation, error) {
	return []engine.Activation{{Module: "model.embed_tokens", Rows: 1, Cols: 4, Values: e.row()}}, nil
}

func (e teller) LoadedScales(context.Context) ([]engine.LoadedScale, error) {
	return []engine.LoadedScale{{Module: "model.layers.0.mlp.up_proj"}}, nil
}

// besides is a prober of a deployment that comes out wrong beyond one token.
func besides(t *testing.T) (*prober, *loads) {
	t.Helper()
	l := &loads{}
	p := &prober{open: l.open, tell: func(string) {}, facts: Facts{}, test: engine.Deployment{Name: "tested", Model: "m"}, base: engine.Deployment{Name: "base", Model: "m"}}
	p.reference = p.base
	p.asked.whole = p.asked.add([][]int32{{1, 2, 3}})
	p.asked.short = p.asked.add([][]int32{{2, 3}})
	p.asked.single = p.asked.add([][]int32{{1}})
	p.asked.repeated = p.asked.add([][]int32{{1, 1}})
	p.facts.set("deployment.quantized", true, 1, "")
	require.NoError(t, p.againstReference(t.Context()))
	require.Empty(t, p.probes[0].Failed)
	require.Len(t, l.opened, 3, "the reference, the tested deployment, and the reference in float32")
	p.facts.set("engine.excess", 10., 1, "")
	p.facts.set("position1.excess", 0., 1, "")
	p.facts.set("position1.share", 0., 1, "")
	l.opened = nil
	return p, l
}

func TestScalesAreAskedOfTheEngineThatAnswered(t *testing.T) {
	p, l := besides(t)

	require.NoError(t, p.scales(t.Context()))

	require.Empty(t, l.opened)
	require.Equal(t, sameCheckpoint, p.probes[1].With)
	require.Len(t, p.loadedScales.scales, 1)
	require.Contains(t, p.probes[1].Failed, "m", "the audit of what was told is made, of a checkpoint that is not there")
}

func TestPositionsAreAskedOfTheEnginesThatTellTheirModules(t *testing.T) {
	p, l := besides(t)

	require.NoError(t, p.modules(t.Context()))
	require.NoError(t, p.positions(t.Context()))

	require.Len(t, l.opened, 3, "the tested deployment, the reference, and that in float32")
	require.Contains(t, p.facts, "module.right")
	require.EqualValues(t, 3, p.facts["positions.tokens"].Value)
	require.Equal(t, []string{"", outputsOfModules}, []string{p.probes[1].With, p.probes[2].With})
	require.Contains(t, probeParts(p.probes)[0].items[2], `logits at every position, asked with the probe "outputs of the modules": logits after each token`)
}

func TestPositionsLoadEnginesWhereModulesWereNotAsked(t *testing.T) {
	p, l := besides(t)

	require.NoError(t, p.positions(t.Context()))

	require.Len(t, l.opened, 3)
	require.Empty(t, p.probes[1].With)
	require.EqualValues(t, 3, p.facts["positions.tokens"].Value)
}

func TestWhatBlockReuseDoesIsAskedOfTheEngineThatComputesPrefixesAnew(t *testing.T) {
	p, l := besides(t)

	require.NoError(t, p.decode(t.Context()))
	require.Equal(t, []engine.Deployment{p.test, p.withoutReuse()}, l.opened)
	changes, err := p.changes(inForce{})
	require.NoError(t, err)
	last := changes[len(changes)-1]
	require.Equal(t, "unreused.excess", last.fact)
	require.NoError(t, p.change(t.Context(), last))

	require.Len(t, l.opened, 2)
	require.Equal(t, []string{"", decodeAgainstPrefill}, []string{p.probes[1].With, p.probes[2].With})
	require.Contains(t, p.facts, "unreused.excess")
	require.EqualValues(t, 1, p.facts["decode.agreement"].Value)
}
