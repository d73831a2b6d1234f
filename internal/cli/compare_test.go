package cli

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/run"
)

// answered is the directory of a run of n samples, of which the first right are
// right.
func answered(t *testing.T, n, right int) string {
	t.Helper()
	spec := run.Spec{Deployment: engine.Deployment{Name: fmt.Sprint(right, " right"), Model: "m"}, Import: &run.Import{Format: "test"}}
	w, err := run.NewWriter(spec, run.Options{Root: t.TempDir(), Name: "run"})
	require.NoError(t, err)
	for i := range n {
		s := run.Sample{Index: i, Subject: "own", Question: i, Ref: "A", Output: "A", Correct: i < right, Margin: float32(math.NaN())}
		require.NoError(t, w.Add(s, fmt.Sprint("question ", i), nil))
	}
	r, err := w.Finish()
	require.NoError(t, err)
	return r.Dir()
}

// A script must not take "too few samples to tell" for "nothing is lost".
func TestCompareEndsAsItsVerdictIs(t *testing.T) {
	few, many := answered(t, 36, 30), answered(t, 600, 500)
	for name, c := range map[string]struct {
		test, base string
		want       int
	}{
		"too few":       {few, few, exitUnderpowered},
		"too few, less": {answered(t, 36, 27), few, exitUnderpowered},
		"a loss":        {answered(t, 36, 20), few, exitNo},
		"a gain":        {few, answered(t, 36, 20), exitOK},
		"enough":        {many, many, exitOK},
		"other prompts": {answered(t, 1, 1), filepath.Join(t.TempDir(), "absent"), exitFailed},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, Main([]string{"compare", c.test, c.base}))
			require.Equal(t, c.want, Main([]string{"compare", c.test, c.base, "--json"}))
		})
	}
}
