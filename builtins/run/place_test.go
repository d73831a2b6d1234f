package run

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/cluster"
)

func TestRunsWithGPUsOfTheirOwnWaitForEachOther(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "nvidia-smi"), []byte("#!/bin/sh\necho '0, GPU-aaa, NVIDIA H100'\n"), 0o755))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("ADKERNEL_GPU_QUEUE", t.TempDir())
	options, data := testOptions(t), dataset(t, 5)
	on := func(settings map[string]any) Spec {
		spec := testSpec(data, settings)
		spec.Deployment.On = cluster.Local{GPUs: 1}
		return spec
	}
	first := launch(t, on(map[string]any{"stall_at": 4}), options)
	until(t, first, 4)
	second, third := launch(t, on(nil), options), (*Run)(nil)
	waiting := func(r *Run) func() bool {
		return func() bool {
			p, err := r.Progress()
			return err == nil && p.Status == Queued && strings.Contains(p.Doing, "waiting for 1 GPU: 0 of 1 free (the others have "+first.Name()+")")
		}
	}
	require.Eventually(t, waiting(second), time.Minute, pollEvery)
	third = launch(t, on(nil), options)
	require.Eventually(t, waiting(third), time.Minute, pollEvery)

	// One that waits can be cancelled; one that is killed gives its GPU back.
	require.NoError(t, second.Cancel())
	state, err := second.State()
	require.NoError(t, err)
	require.Equal(t, Cancelled, state.Status)
	kill(t, first)
	require.NoError(t, third.Wait(deadline(t)))
	log, err := os.ReadFile(filepath.Join(third.Dir(), logFile))
	require.NoError(t, err)
	require.Contains(t, string(log), "GPUs reserved: GPU-aaa")
	require.Contains(t, string(log), `the engine's GPUs: "GPU-aaa"`)
	state, err = third.State()
	require.NoError(t, err)
	require.Equal(t, 10, state.Done)

	spec := on(nil)
	spec.Deployment.On = cluster.Local{GPUs: 2}
	tooMany := launch(t, spec, options)
	require.ErrorContains(t, tooMany.Wait(deadline(t)), "2 GPUs are asked for, and this machine has 1: 0 (NVIDIA H100, GPU-aaa)")
}

// Who probes engines on GPUs of its own, as a diagnosis does, hands them to the
// engines that it starts, and not to the runs.
func TestARunDoesNotHoldTheGPUsOfWhoLaunchesIt(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "nvidia-smi"), []byte("#!/bin/sh\necho '0, GPU-aaa, NVIDIA H100'\n"), 0o755))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("ADKERNEL_GPU_QUEUE", t.TempDir())
	one := cluster.Local{GPUs: 1}
	mine, err := one.Reserve(t.Context(), "a diagnosis", func(string) {})
	require.NoError(t, err)
	spec := testSpec(dataset(t, 5), nil)
	spec.Deployment.On = one
	r := launch(t, spec, testOptions(t))
	untilState(t, r, "the queue", func(s State) bool { return strings.Contains(s.Doing, "the others have a diagnosis") })
	mine.Release()
	require.NoError(t, r.Wait(deadline(t)))
}
