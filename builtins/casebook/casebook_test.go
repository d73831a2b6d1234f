package casebook

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/engine/embedded"
	"adkernel/notebooks/demo"
)

func TestOpenMakesEveryVariantOnce(t *testing.T) {
	t.Setenv("ADKERNEL_CACHE", t.TempDir())
	first, err := Open(context.Background())
	require.NoError(t, err)
	for _, d := range []string{first.FP8.Model, first.FP8Block.Model, first.NVFP4.Model} {
		require.DirExists(t, d)
		report, err := checkpoint.Audit(d, first.BF16.Model)
		require.NoError(t, err)
		require.Empty(t, report.Faults(), "the demo's own checkpoints audit clean")
	}
	before, err := os.Stat(filepath.Join(first.NVFP4.Model, "model.safetensors"))
	require.NoError(t, err)
	second, err := Open(context.Background())
	require.NoError(t, err)
	require.Equal(t, first, second)
	after, err := os.Stat(filepath.Join(second.NVFP4.Model, "model.safetensors"))
	require.NoError(t, err)
	require.Equal(t, before.ModTime(), after.ModTime())
}

func TestVariantsOfAnotherQuantizerAreNotFound(t *testing.T) {
	one, err := identity(demo.Files, "1")
	require.NoError(t, err)
	two, err := identity(demo.Files, "2")
	require.NoError(t, err)
	require.NotEqual(t, one, two)
}

func TestTheTaskHasEighteenSubjectsOfAHundred(t *testing.T) {
	t.Setenv("ADKERNEL_CACHE", t.TempDir())
	files, err := unpack()
	require.NoError(t, err)
	require.Equal(t, filepath.Join(files.root, "task"), files.task)
	dev, err := os.ReadDir(filepath.Join(files.task, "dev"))
	require.NoError(t, err)
	require.Len(t, dev, 18)
}

func TestFindRefusesAnUnknownCase(t *testing.T) {
	_, err := Find(context.Background(), "fp8-drp")
	require.ErrorContains(t, err, `no case "fp8-drp"; did you mean "fp8-drop"?`)
}

func TestEveryBuildOfTheEngineIsACase(t *testing.T) {
	d := &Demo{}
	var builds []string
	for _, s := range symptoms {
		deploy, base := s.make(d)
		require.Empty(t, base.Build, "a base runs on the current build")
		builds = append(builds, deploy.Build)
	}
	require.ElementsMatch(t, embedded.Builds(), builds)
}
