package generator

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval/vocabulary"
)

const fixture = "adkernel/kernel/eval/evaltest/fixture"

func TestPackagesReachableThroughTheAPIComeAlong(t *testing.T) {
	files, err := Generate(fixture, "symbols")
	require.NoError(t, err)
	require.Contains(t, files, "generated_adkernel_kernel_eval_evaltest_fixture_table.go")
	v, err := vocabulary.Open(files[archiveName], nil)
	require.NoError(t, err)
	require.Equal(t, fixture, v.Path)
	require.Len(t, v.Types, 2, "kernel/eval is used, but not in the API")
	require.Equal(t, "Load makes a table of the source.", v.Docs()[fixture+".Load"].Text)
	require.Equal(t, "Describe names the source and counts its options.", v.Docs()[fixture+".Source.Describe"].Text)
	require.NotEmpty(t, v.Docs()[fixture+"/table.Table"], "the packages that come along have docs too")
}

func TestGeneratingTwiceGivesTheSameBytes(t *testing.T) {
	a, err := Generate(fixture, "symbols")
	require.NoError(t, err)
	b, err := Generate(fixture, "symbols")
	require.NoError(t, err)
	require.Equal(t, a, b)
}

func TestStaleNamesTheFilesThatAreMissing(t *testing.T) {
	err := Stale(t.TempDir(), fixture, "symbols")
	require.ErrorContains(t, err, archiveName)
}

func TestAPackageThatDoesNotExistIsAnError(t *testing.T) {
	_, err := Generate("adkernel/no/such", "symbols")
	require.ErrorContains(t, err, "adkernel/no/such")
}
