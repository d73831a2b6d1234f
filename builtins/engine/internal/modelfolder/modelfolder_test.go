package modelfolder

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatIsNoCheckpointIsSaidToBeWhatItIs(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("empty", 0o755))
	require.NoError(t, os.Mkdir("checkpoint", 0o755))
	for _, file := range []string{"weights.safetensors", "Q4_0.GGUF", filepath.Join("checkpoint", "config.json")} {
		require.NoError(t, os.WriteFile(file, []byte("{}"), 0o644))
	}
	require.NoError(t, Check("checkpoint"))
	for model, want := range map[string]string{
		"meta-llama/Llama-3.1-8B": "looks like a name on the Hugging Face hub",
		"/nowhere/llama":          "model folder /nowhere/llama does not exist",
		"weights.safetensors":     "model weights.safetensors is a file: want the folder of a checkpoint",
		"Q4_0.GGUF":               "model Q4_0.GGUF is a file of llama.cpp: import it first",
		"empty":                   "model folder empty is not a checkpoint in Hugging Face layout",
	} {
		require.ErrorContains(t, Check(model), want)
	}
}
