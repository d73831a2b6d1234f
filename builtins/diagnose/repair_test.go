package diagnose

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/engine"
)

// withoutShared writes the demo's mixture of experts without its shared ones.
func withoutShared(t *testing.T) string {
	t.Helper()
	model, dir := filepath.Join("..", "..", "notebooks", "demo", "moe"), t.TempDir()
	c, err := checkpoint.Open(model)
	require.NoError(t, err)
	defer c.Close()
	var tensors []checkpoint.Tensor
	for _, name := range c.Names() {
		if tensor, _ := c.Tensor(name); !strings.Contains(name, ".shared_expert") {
			tensors = append(tensors, tensor)
		}
	}
	require.NoError(t, checkpoint.Write(filepath.Join(dir, "model.safetensors"), tensors))
	config, err := os.ReadFile(filepath.Join(model, "config.json"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.json"), config, 0o644))
	return dir
}

// constant answers everything with the same logits.
type constant struct{ engine.Engine }

func (constant) Info() engine.Info { return engine.Info{} }
func (constant) Close() error      { return nil }

func (constant) Generate(_ context.Context, requests []engine.Request, emit func(engine.Response) error) error {
	for _, r := range requests {
		if err := emit(engine.Response{ID: r.ID, Logits: []float32{1, 2, 4}}); err != nil {
			return err
		}
	}
	return nil
}

func TestARepairWithoutWeightsOfItsKindIsPassedOver(t *testing.T) {
	facts := factSet(t, values{"deployment.moe": true, "deployment.world_size": 2, "world1.excess": 1.0, "position1.excess": 20})
	var asked questions
	asked.short = asked.add([][]int32{{1, 2}})
	p := &prober{
		open:  func(context.Context, engine.Deployment, engine.Site) (engine.Engine, error) { return constant{}, nil },
		test:  engine.Deployment{Model: withoutShared(t)},
		asked: asked, facts: facts,
		answers: rows{{4, 2, 1}}, shortFloor: .01, affected: []int{0},
	}
	require.NoError(t, p.reduceRepairs(t.Context()))
	require.Len(t, p.probes, 1)
	require.Empty(t, p.probes[0].Failed)
	require.Greater(t, shareOf(t, facts, "repair.experts"), 3.0)
	require.NotContains(t, facts, "repair.shared")
	require.Greater(t, shareOf(t, facts, "repair.rows"), 3.0)
	entries, err := catalogue()
	require.NoError(t, err)
	for _, s := range rank(entries, facts) {
		if s.Name == "all-reduce-per-branch" {
			require.Contains(t, s.Against[0].Words, "for the shared expert alone: unknown")
		}
	}

	err = p.tryRepairs(t.Context(), []edit{scaled(2, func(string) bool { return false })}, nil)
	require.ErrorIs(t, err, errUntouched)
}
