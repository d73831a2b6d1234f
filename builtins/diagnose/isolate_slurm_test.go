package diagnose_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/cluster"
	"adkernel/builtins/cluster/slurmtest"
	"adkernel/builtins/compare"
	"adkernel/builtins/diagnose"
	"adkernel/builtins/engine"
	"adkernel/builtins/run"
)

// Those launched ahead are without what cannot be stripped, too: they are
// launched again with it.
func TestAnIsolationOnSlurmGoesOnWithWhatCannotBeStripped(t *testing.T) {
	slurmtest.Start(t)
	spec := toyTask(t)
	options := run.Options{Root: t.TempDir(), Command: []string{os.Args[0], "execute-tuned"}}
	evaluate := func(d engine.Deployment) *run.Run {
		r, err := run.Launch(t.Context(), run.Spec{Deployment: d, Task: spec}, options)
		require.NoError(t, err)
		require.NoError(t, r.Wait(t.Context()))
		return r
	}
	d := engine.Deployment{Name: "toy", Model: "none", Backend: "autodeploy"}.With("attn_backend=flashinfer", "breaks").With("compile_backend=torch-simple", "refuses")
	cmp, err := compare.Runs(evaluate(d), evaluate(engine.Deployment{Name: "base", Model: "none"}))
	require.NoError(t, err)
	d.On = cluster.Slurm{Partition: "main"}
	out, err := diagnose.Isolate(t.Context(), d, cmp, diagnose.IsolateOptions{Run: options})
	require.NoError(t, err)
	require.Equal(t, "attn_backend flashinfer", out.Culprit, out.Words)
	require.Len(t, out.Failed, 1)
	require.Contains(t, out.Words, ". Not stripped: compile_backend torch-cudagraph (there is no compile_backend=torch-simple here)")
}

func TestAnIsolationOnSlurmLaunchesItsIndependentRunsAsArrays(t *testing.T) {
	slurmtest.Start(t)
	options, evaluate := toyRuns(t, toyTask(t))
	d := served(engine.Deployment{Name: "toy", Model: "none"}).With("attn_backend", "breaks")
	cmp, err := compare.Runs(evaluate(d), evaluate(engine.Deployment{Name: "base", Model: "none"}))
	require.NoError(t, err)
	d.On = cluster.Slurm{Partition: "main"}
	options.Root = t.TempDir()
	out, err := diagnose.Isolate(t.Context(), d, cmp, diagnose.IsolateOptions{Run: options})
	require.NoError(t, err)
	require.Equal(t, diagnose.OneComponent, out.Finding, out.Words)

	jobs := map[string]int{} // tasks, by array
	paths, err := filepath.Glob(filepath.Join(options.Root, "*", "job.json"))
	require.NoError(t, err)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		var job struct{ ID string }
		require.NoError(t, json.Unmarshal(text, &job))
		array, _, _ := strings.Cut(job.ID, "_")
		jobs[array]++
	}
	require.Len(t, jobs, 2, "one array strips, the other switches on: %v", jobs)
	require.Len(t, paths, len(out.Steps))
}
