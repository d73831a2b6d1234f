package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/frame"
	"adkernel/builtins/run"
)

const lmSamples = "../../builtins/results/testdata/lmeval/samples_tinyqa_2026-11-23T16-46-29.190442.jsonl"

func TestResultsAreImportedAndExported(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "run")
	require.Equal(t, exitOK, Main([]string{"import", lmSamples, "-o", out, "--name", "tiny"}))
	r, err := run.Attach(out)
	require.NoError(t, err)
	require.Equal(t, "tiny", r.Label())
	require.Equal(t, exitFailed, Main([]string{"import", lmSamples, "-o", out}), "there is a run of this name")
	require.Equal(t, exitFailed, Main([]string{"import", lmSamples, "-o", filepath.Join(dir, "other"), "--metric", "f1"}))
	require.NoDirExists(t, filepath.Join(dir, "other"))
	require.Equal(t, exitUnderpowered, Main([]string{"compare", out, out}))
	require.Equal(t, exitOK, Main([]string{"inspect", out, out, "-i", "1", "--json"}))
	require.Equal(t, exitFailed, Main([]string{"attach", out, "--resume"}))

	for name, read := range map[string]func(string) (*frame.Frame, error){"s.parquet": frame.ReadParquet, "s.csv": frame.ReadCSV, "s.jsonl": frame.ReadJSONLines} {
		path := filepath.Join(dir, name)
		for _, flag := range []string{"-o", "--out", "--output"} { // the last as it was called once
			require.Equal(t, exitOK, Main([]string{"export", out, flag, path}))
		}
		f, err := read(path)
		require.NoError(t, err)
		require.Equal(t, 4, f.Len(), name)
		require.NoError(t, f.Where("correct").Err())
	}
	require.Equal(t, exitOK, Main([]string{"export", out, "--as", "lm-eval", "-o", filepath.Join(dir, "lm")}))
	require.Equal(t, exitOK, Main([]string{"import", filepath.Join(dir, "lm"), "-o", filepath.Join(dir, "again")}))
	require.Equal(t, exitFailed, Main([]string{"export", out}))
	require.Equal(t, exitFailed, Main([]string{"export", out, "-o", filepath.Join(dir, "s.xlsx")}))
	require.Equal(t, exitFailed, Main([]string{"export", filepath.Join(dir, "absent")}))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 6, "what was refused leaves nothing")
}
