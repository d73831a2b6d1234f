package compare

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/run"
)

// texts is an import that was asked these prompts.
func texts(t *testing.T, name, subject string, prompts ...string) *run.Run {
	t.Helper()
	spec := run.Spec{Deployment: engine.Deployment{Name: name, Model: name}, Import: &run.Import{Format: "test"}}
	w, err := run.NewWriter(spec, run.Options{Root: t.TempDir(), Name: name})
	require.NoError(t, err)
	for i, prompt := range prompts {
		require.NoError(t, w.Add(run.Sample{Index: i, Subject: subject, Question: i, Ref: "A", Output: "A", Correct: true, Row: -1}, prompt, nil))
	}
	r, err := w.Finish()
	require.NoError(t, err)
	return r
}

func TestPromptsThatAreTwiceHaveNoPartner(t *testing.T) {
	base := texts(t, "bf16", "algebra", "a", "b", "b", "c")
	c := compared(t, texts(t, "fp8", "mmlu_algebra", "c", "b", "a"), base)
	require.Equal(t, 2, c.N)
	require.Equal(t, LeftOut{Alone: 1}, c.TestLeft)
	require.Equal(t, LeftOut{Alone: 2}, c.BaseLeft)
	c = compared(t, texts(t, "twice", "mmlu_algebra", "c", "c", "a"), base)
	require.Equal(t, 1, c.N)
	for a, err := range c.Answers() {
		require.NoError(t, err)
		require.Equal(t, "mmlu_algebra algebra", a.Test.Subject+" "+a.Base.Subject)
		require.Equal(t, 2, a.Test.Index)
		require.Zero(t, a.Base.Index)
	}
}

func TestAMissingTextIsNamed(t *testing.T) {
	data := dataset(t, 1)
	own := evaluate(t, data, "own", nil)
	require.NoError(t, os.RemoveAll(data)) // from which a run's texts are made
	other := texts(t, "bf16", "algebra", "a", "b")
	for _, runs := range [][2]*run.Run{{own, other}, {other, own}} {
		_, err := Runs(runs[0], runs[1])
		require.ErrorContains(t, err, "no question is in both runs under one name, and by their texts they cannot be paired: ")
		require.ErrorContains(t, err, data)
	}
	_, err := Inspect(other, own, 0)
	require.ErrorContains(t, err, "inspect bf16 beside own: no question is in both runs under one name")
}

func TestNoTokenIsRightWhereNoAnswerIsKnown(t *testing.T) {
	require.False(t, isRight(" \n", ""))
	require.False(t, isRight("", ""))
	require.True(t, isRight(" B", "B"))
}
