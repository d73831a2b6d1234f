package builtins

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/diagnose"
	"adkernel/builtins/engine"
	"adkernel/builtins/run"
	"adkernel/builtins/task"
	"adkernel/kernel/host"
)

// session is a host whose cells are only numbered.
type session struct {
	host.Host
	cells int
}

func (s *session) Running() host.Cell { return host.Cell{N: s.cells + 1} }

func (s *session) Cells() []host.Cell {
	var cells []host.Cell
	for n := range s.cells {
		cells = append(cells, host.Cell{N: n + 1})
	}
	return cells
}

// gsm8kRun is a run of these outputs to questions whose answers are 7.
func gsm8kRun(t *testing.T, name string, outputs ...string) *Evaluation {
	t.Helper()
	spec := run.Spec{Deployment: engine.Deployment{Name: name, Model: name}, Task: task.Spec{Kind: "gsm8k"},
		Import: &run.Import{Format: "test", Filter: "flexible-extract"}}
	w, err := run.NewWriter(spec, run.Options{Root: t.TempDir(), Name: name})
	require.NoError(t, err)
	for i, output := range outputs {
		verdicts := spec.Task.Verdicts("3 + 4\n#### 7", output)
		require.NoError(t, w.Add(run.Sample{Index: i, Subject: "gsm8k", Question: i, Ref: "7", Output: output, Verdicts: verdicts,
			Correct: verdicts[1].Correct, Margin: float32(math.NaN())}, fmt.Sprint("question ", i), nil))
	}
	r, err := w.Finish()
	require.NoError(t, err)
	return &Evaluation{r}
}

// Two runs compared by one filter and then by another are two comparisons: what
// is shown and saved of one does not come from the other.
func TestComparisonsByTwoFiltersAreKeptApart(t *testing.T) {
	s := &session{Host: host.NewTerminal(t.Context(), nil)}
	previous := host.Set(s)
	defer host.Set(previous)
	test, base := gsm8kRun(t, "fp8", "it is 7", "#### 7"), gsm8kRun(t, "bf16", "#### 7", "#### 7")

	flexible := Compare(test, base) // In[1]
	s.cells++
	strictTest, strictBase := test.By("strict-match"), base.By("strict-match")
	strict := Compare(strictTest, strictBase) // In[2]
	require.Zero(t, flexible.Pairs.Losses)
	require.Equal(t, 1, strict.Pairs.Losses)
	s.cells++
	noteDiagnosis(&diagnose.Diagnosis{Comparison: strict})
	noteIsolation(&diagnose.Isolation{Comparison: strict})

	in := Inspect(strictTest, 0)
	require.Equal(t, "filter strict-match", in.Base.JudgedBy())
	require.False(t, in.TestSample.Correct)
	in = Inspect(test, 0)
	require.Equal(t, "filter flexible-extract", in.Base.JudgedBy())
	require.True(t, in.TestSample.Correct)
	require.ErrorContains(t, stopped(t, func() { Inspect(test, 0, strictBase) }), "filter flexible-extract judges the answers of fp8, and filter strict-match those of bf16")

	found, err := foundBy(flexible)
	require.NoError(t, err)
	require.Len(t, found.Cells, 1)
	require.Nil(t, found.Diagnosis)
	require.Nil(t, found.Isolation)
	found, err = foundBy(strict)
	require.NoError(t, err)
	require.Len(t, found.Cells, 2)
	require.NotNil(t, found.Diagnosis)
	require.NotNil(t, found.Isolation)
}
