package symbols

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval/vocabulary/generator"
)

func TestGeneratedFilesAreCurrent(t *testing.T) {
	require.NoError(t, generator.Stale(".", "adkernel/builtins", "symbols"))
}

func TestVocabularyHasTypesSymbolsAndDocs(t *testing.T) {
	v, err := Vocabulary()
	require.NoError(t, err)
	require.Equal(t, "adkernel/builtins", v.Path)
	require.NotEmpty(t, v.Types[v.Path])
	require.Contains(t, v.Symbols["adkernel/builtins/builtins"], "Compare")
	require.NotEmpty(t, v.Docs()["adkernel/builtins.Compare"].Text)
	require.NotEmpty(t, v.Docs()["adkernel/builtins/frame.Frame.Where"].Text)
}
