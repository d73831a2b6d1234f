package compare

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/run"
	"adkernel/builtins/task"
	"adkernel/internal/runtest"
)

// asks runs the test's model on a task.
func asks(t *testing.T, label string, spec task.Spec) *run.Run {
	t.Helper()
	r, err := run.Launch(t.Context(), run.Spec{Deployment: engine.Deployment{Name: label, Model: "none"}, Task: spec},
		run.Options{Root: t.TempDir(), Name: label, Command: runtest.Command()})
	require.NoError(t, err)
	t.Cleanup(func() { r.Cancel() })
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	require.NoError(t, r.Wait(ctx))
	return r
}

func TestAnswersOfOtherLimitsAreRefused(t *testing.T) {
	questions := filepath.Join(t.TempDir(), "mine.jsonl")
	require.NoError(t, os.WriteFile(questions, []byte(`{"question": "x?", "answer": "A"}`+"\n"), 0o644))
	of := task.Spec{Kind: "questions", Dataset: questions}
	base := asks(t, "base", of)
	of.MaxTokens = 64
	compared(t, asks(t, "default", of), base) // as it is anyway
	of.Stop = []string{"\n"}
	compared(t, asks(t, "same", of), base)
	of.MaxTokens = 1
	_, err := Runs(asks(t, "short", of), base)
	require.EqualError(t, err, `compare short with base: answers of short have at most 1 token, up to one of ["\n"], and those of base at most 64 tokens, up to one of ["\n"]: ask one of them again with the limits of the other`)
	of.MaxTokens, of.Stop = 0, []string{"B", "\n", "B"}
	_, err = Runs(asks(t, "stops", of), base)
	require.ErrorContains(t, err, `answers of stops have at most 64 tokens, up to one of ["\n" "B"]`)
}

// What they lack is not the same limits.
func TestRunsOfTwoTasksAreToldSo(t *testing.T) {
	questions := filepath.Join(t.TempDir(), "mine.jsonl")
	require.NoError(t, os.WriteFile(questions, []byte(`{"question": "x?", "answer": "A"}`+"\n"), 0o644))
	base := evaluate(t, dataset(t, 2), "base", nil)
	_, err := Runs(asks(t, "own", task.Spec{Kind: "questions", Dataset: questions}), base)
	require.EqualError(t, err, "compare own with base: no samples: none is finished in both (1 and 8 are finished): the first are mine, question 0, and anatomy, question 0: they are runs of two tasks, questions and mmlu")
}

func TestAChoiceThatWasRankedIsNoAnswerThatWasWritten(t *testing.T) {
	imported := func(name string, choices ...run.Choice) *run.Run {
		w, err := run.NewWriter(run.Spec{Deployment: engine.Deployment{Name: name, Model: name}, Import: &run.Import{Format: "test"}}, run.Options{Root: t.TempDir(), Name: name})
		require.NoError(t, err)
		require.NoError(t, w.Add(run.Sample{Subject: "x", Ref: "A", Output: "A", Correct: true, Row: -1, Choices: choices}, "q", nil))
		r, err := w.Finish()
		require.NoError(t, err)
		return r
	}
	written, ranks := imported("written"), imported("ranks", run.Choice{Text: "A", LogLikelihood: -1}, run.Choice{Text: "B", LogLikelihood: -2})
	compared(t, ranks, imported("again", run.Choice{Text: "A", LogLikelihood: -1}, run.Choice{Text: "B", LogLikelihood: -2}))
	for _, runs := range [][2]*run.Run{{written, ranks}, {ranks, written}} {
		_, err := Runs(runs[0], runs[1])
		require.ErrorContains(t, err, "ranks ranks choices by their likelihood, and in written answers were generated: they are two measures")
	}
}

func TestImportsThatWereGeneratedInTwoWaysAreRefused(t *testing.T) {
	imported := func(name, how string) *run.Run {
		w, err := run.NewWriter(run.Spec{Deployment: engine.Deployment{Name: name, Model: name}, Import: &run.Import{Format: "test"}}, run.Options{Root: t.TempDir(), Name: name})
		require.NoError(t, err)
		if how != "" {
			w.Generated("x", how)
		}
		require.NoError(t, w.Add(run.Sample{Subject: "x", Ref: "A", Output: "A", Correct: true, Row: -1}, "q", nil))
		r, err := w.Finish()
		require.NoError(t, err)
		return r
	}
	greedy := imported("greedy", "greedy, at most 8 tokens")
	compared(t, imported("same", "greedy, at most 8 tokens"), greedy)
	compared(t, imported("silent", ""), greedy)
	_, err := Runs(imported("warm", "sampled at temperature 0.7"), greedy)
	require.ErrorContains(t, err, "the answers of x were generated in two ways: sampled at temperature 0.7 in warm, and greedy, at most 8 tokens in greedy")
}
