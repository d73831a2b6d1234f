package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Isolation takes apart what was measured, though the file of settings has
// changed since.
func TestIsolateStripsTheConfigurationThatTheRunHad(t *testing.T) {
	dir := t.TempDir()
	demo, err := filepath.Abs(filepath.Join("..", "..", "notebooks", "demo"))
	require.NoError(t, err)
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	launch := func(name, more string) {
		write(name+".yaml", fmt.Sprintf("deployment: {name: %s, model: %s%s}\ntask: {kind: mmlu, dataset: %s, samples: 90}\n",
			name, filepath.Join(demo, "dense"), more, filepath.Join(demo, "task")))
		status, _, stderr := adkernel(t, dir, "launch", name+".yaml", "-o", name)
		require.Equal(t, exitOK, status, stderr)
	}
	write("ad.yaml", "attn_backend: paged\ncompile_backend: torch-cudagraph\n")
	launch("base", "")
	launch("test", ", build: r2026.10-2f93e6, config: "+filepath.Join(dir, "ad.yaml"))
	write("ad.yaml", "world_size: 3\n")

	status, stdout, stderr := adkernel(t, dir, "isolate", "test", "base", "--json")
	require.Equal(t, exitOK, status, stderr)
	var isolation struct {
		Steps []struct{ Name, Phase string }
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &isolation))
	var stripped []string
	for _, step := range isolation.Steps {
		if step.Phase == "strip" {
			stripped = append(stripped, step.Name)
		}
	}
	require.Equal(t, []string{"strip to compile_backend torch-simple", "strip to attn_backend torch"}, stripped, stdout)
}
