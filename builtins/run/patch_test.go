package run

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARunKeepsThePatchThatItBeganWith(t *testing.T) {
	patch := filepath.Join(t.TempDir(), "fix.py")
	require.NoError(t, os.WriteFile(patch, []byte("def patch(model): pass\n"), 0o644))
	spec := testSpec(dataset(t, 3), nil)
	spec.Deployment.Patch = patch
	r := executed(t, spec, testOptions(t))
	require.NoError(t, os.Remove(patch))
	kept := r.Deployment().Patch
	require.Equal(t, filepath.Join(r.Dir(), "patch.py"), kept)
	text, err := os.ReadFile(kept)
	require.NoError(t, err)
	require.Equal(t, "def patch(model): pass\n", string(text))

	cutAfter(t, r, 2)
	require.NoError(t, os.WriteFile(kept, []byte("def patch(model): raise\n"), 0o644))
	require.ErrorContains(t, Execute(t.Context(), r.Dir(), openHashEngine), "is not the patch that the run began with")
}

func TestAPatchThatIsNotThereMakesNoRun(t *testing.T) {
	spec, options := testSpec(dataset(t, 3), nil), testOptions(t)
	spec.Deployment.Patch = "/nowhere/fix.py"
	_, err := Launch(t.Context(), spec, options)
	require.ErrorContains(t, err, "deployment hash engine: patch: open /nowhere/fix.py")
	entries, err := os.ReadDir(options.Root)
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestAnEngineWithoutLogitsHasSamplesWithoutRows(t *testing.T) {
	r := executed(t, testSpec(dataset(t, 4), map[string]any{"rowless": 1}), testOptions(t))
	samples, err := r.Samples()
	require.NoError(t, err)
	require.Len(t, samples, 8)
	_, err = r.LogitRow(3)
	require.ErrorContains(t, err, "not available: logits: the engine returned none")
	cutAfter(t, r, 5)
	require.NoError(t, Execute(t.Context(), r.Dir(), openHashEngine))
	require.NoError(t, r.Wait(deadline(t)))
}
