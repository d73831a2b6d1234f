package run

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/cluster"
	"adkernel/builtins/engine"
)

func TestWhatDiffersOfAnEngineIsNamedWithBothValues(t *testing.T) {
	was := engine.Info{Engine: "transformers", Version: "5.17.0", DType: "bfloat16", Vocab: 8, Settings: map[string]string{"device": "cuda:0, NVIDIA H100", "attn_backend": "sdpa", "old": "1"}}
	require.Len(t, engineFacts(engine.Info{}), reflect.TypeFor[engine.Info]().NumField()-1, "every field, and the settings by their own names")
	is := was
	require.Empty(t, engineChanges(was, is))
	is.Settings = map[string]string{"device": "cuda:0, NVIDIA A100", "attn_backend": "sdpa", "new": "2"}
	is.Version = "5.18.0"
	require.Equal(t, `device was "cuda:0, NVIDIA H100" and is "cuda:0, NVIDIA A100", its version was "5.17.0" and is "5.18.0", `+
		`new was not there and is "2", old was "1" and is not there`, engineChanges(was, is))
	for i := range 12 {
		is.Settings[fmt.Sprintf("s%02d", i)] = ""
	}
	require.Contains(t, engineChanges(was, is), `s03 was not there and is "", 8 more settings differ`)
}

func TestResumeOnAnotherKindOfNodeSaysWhichAndWhatToDo(t *testing.T) {
	r, _ := half(t)
	spec := r.Spec()
	spec.Engine.Settings = map[string]string{"device": "cuda:0, NVIDIA H100"}
	require.NoError(t, writeSpec(r.Dir(), spec))
	err := Execute(t.Context(), r.Dir(), openHashEngine)
	require.ErrorContains(t, err, `the engine is not the one that the run began with: device was "cuda:0, NVIDIA H100" and is not there; launch a new run`)
	require.NotContains(t, err.Error(), "constraint")

	spec.Deployment.On = cluster.Slurm{Partition: "gpu"}
	require.NoError(t, writeSpec(r.Dir(), spec))
	require.ErrorContains(t, Execute(t.Context(), r.Dir(), openHashEngine), `name their kind, as with Extra: []string{"--constraint=h100"}`)
}
