package diagnose_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/cluster"
	"adkernel/builtins/cluster/sshtest"
	"adkernel/builtins/compare"
	"adkernel/builtins/diagnose"
	"adkernel/builtins/engine"
)

func TestAnIsolationOverSSHHasItsIndependentRunsWaitForGPUsThere(t *testing.T) {
	box := sshtest.Start(t)
	options, evaluate := toyRuns(t, toyTask(t))
	d := served(engine.Deployment{Name: "toy", Model: "none"}).With("attn_backend", "breaks")
	cmp, err := compare.Runs(evaluate(d), evaluate(engine.Deployment{Name: "base", Model: "none"}))
	require.NoError(t, err)
	bin := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(bin, "nvidia-smi"), []byte("#!/bin/sh\necho '0, GPU-aaa, NVIDIA H100'\n"), 0o755))
	d.On = cluster.SSH{Host: box.Host, Extra: box.Extra, GPUs: 1, Prelude: []string{"export PATH=" + bin + ":$PATH ADKERNEL_GPU_QUEUE=" + t.TempDir()}}
	options.Root = t.TempDir()
	out, err := diagnose.Isolate(t.Context(), d, cmp, diagnose.IsolateOptions{Run: options})
	require.NoError(t, err)
	require.Equal(t, diagnose.OneComponent, out.Finding, out.Words)

	logs, err := filepath.Glob(filepath.Join(options.Root, "*", "log.txt"))
	require.NoError(t, err)
	require.Len(t, logs, len(out.Steps))
	for _, path := range logs {
		require.True(t, strings.Contains(readFile(t, path), "GPUs reserved: GPU-aaa"), path)
	}
}
