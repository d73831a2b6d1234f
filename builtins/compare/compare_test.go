package compare

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/run"
	"adkernel/builtins/stats"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	got = strings.TrimRight(got, "\n") + "\n"
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func compared(t *testing.T, test, base *run.Run) *Comparison {
	t.Helper()
	c, err := Runs(test, base)
	require.NoError(t, err)
	return c
}

func TestTheCardSaysWhatTheRunsSay(t *testing.T) {
	data := dataset(t, 100)
	base := evaluate(t, data, "bf16", nil)
	for name, its := range map[string]struct {
		settings map[string]any
		want     Outcome
	}{
		"loss":  {map[string]any{"drop": 1.2, "blur": 0.2}, RealLoss},
		"local": {map[string]any{"drop": 2.5, "blur": 0.1, "subject": "virology", "nan": 4}, RealLoss},
		"clean": {map[string]any{"blur": 0.1}, NoLoss},
		"gain":  {map[string]any{"drop": -2.0}, Gain},
	} {
		t.Run(name, func(t *testing.T) {
			c := compared(t, evaluate(t, data, "fp8", its.settings), base)
			golden(t, name+".txt", c.MimeBundle().Plain())
			golden(t, name+".html", c.MimeBundle().Data["text/html"].(string))
			figure, err := c.LogitsFigure()
			require.NoError(t, err)
			if name == "local" {
				require.Equal(t, 1, c.TestNaN)
				require.Contains(t, figure.String(), "fp8 has NaN or Inf in 1 of 400 samples (4)", "as the card says")
			} else {
				require.NotContains(t, figure.String(), "NaN or Inf in")
			}
			require.Equal(t, 400, c.N)
			require.Equal(t, its.want, c.Verdict.Outcome)
			text, err := json.Marshal(c)
			require.NoError(t, err)
			var back map[string]any
			require.NoError(t, json.Unmarshal(text, &back))
			require.EqualValues(t, 400, back["n"])
			require.EqualValues(t, c.Verdict.Outcome, back["verdict"].(map[string]any)["outcome"])
		})
	}
}

func TestFewSamplesAreCalledUnderpowered(t *testing.T) {
	data := dataset(t, 10)
	c := compared(t, evaluate(t, data, "fp8", map[string]any{"blur": 0.05}), evaluate(t, data, "bf16", nil))
	require.Equal(t, Underpowered, c.Verdict.Outcome)
	golden(t, "underpowered.txt", c.MimeBundle().Plain())

	data = dataset(t, 1)
	c = compared(t, evaluate(t, data, "fp8", nil), evaluate(t, data, "bf16", nil))
	require.Nil(t, c.Detectable)
	require.Contains(t, c.Verdict.Words, "would show no loss at all")
}

func TestMeasuredNoiseReplacesTheAssumedOne(t *testing.T) {
	data := dataset(t, 100)
	base := evaluate(t, data, "bf16", nil)
	again := compared(t, evaluate(t, data, "bf16 again", map[string]any{"blur": 0.02}), base)
	c := compared(t, evaluate(t, data, "fp8", map[string]any{"blur": 0.021}), base)
	measured, err := c.WithNoise(again)
	require.NoError(t, err)
	require.Less(t, measured.Detectable.Loss, c.Detectable.Loss)
	require.Contains(t, measured.Verdict.Method, "(measured, ")
	require.Contains(t, c.Verdict.Method, "(assumed)")
}

func TestRunsOfOtherPromptsAreRefused(t *testing.T) {
	data := dataset(t, 5)
	base := evaluate(t, data, "bf16", nil)
	_, err := Runs(evaluate(t, data, "no bos", map[string]any{"bos": false}), base)
	require.EqualError(t, err, "compare no bos with bf16: 20 of 20 prompts differ, so the scores say nothing about each other: "+
		`first at sample 0 (anatomy, question 0), token 0: 84 "T" in no bos (319 tokens) and 256 in bf16 (320 tokens); the test run lacks a token at the beginning: is its BOS missing, or the base run's doubled?`)

	path := filepath.Join(data, "test", "astronomy_test.csv")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(text), "astronomy 3?", "astronomy  3?", 1)), 0o644))
	_, err = Runs(evaluate(t, data, "edited", nil), base)
	require.ErrorContains(t, err, `1 of 20 prompts differ`)
	require.ErrorContains(t, err, `first at sample 8 (astronomy, question 3), token `)
	require.ErrorContains(t, err, `32 " " in edited`)
	require.ErrorContains(t, err, `51 "3" in bf16`)
}

func TestOnlySamplesFinishedInBothAreCompared(t *testing.T) {
	data := dataset(t, 10)
	base := evaluate(t, data, "bf16", nil)
	c := compared(t, evaluate(t, data, "half", map[string]any{"stop": 22}), base)
	require.Equal(t, 22, c.N)
	require.Equal(t, LeftOut{Unfinished: 18}, c.TestLeft)
	require.Equal(t, LeftOut{Alone: 18}, c.BaseLeft)
	require.Contains(t, c.MimeBundle().Plain(), "Left out: 18 samples of half not finished; 18 samples of bf16 that half has not finished or was not asked.")

	_, err := Runs(evaluate(t, data, "nothing", map[string]any{"stop": 0}), base)
	require.ErrorIs(t, err, stats.ErrNoSamples)
	require.ErrorContains(t, err, "none is finished in both (0 and 40 are finished)")
	require.ErrorContains(t, err, "run nothing: stopped before sample 0", "why it failed is said")
}

func TestTheFramesAddUp(t *testing.T) {
	data := dataset(t, 25)
	c := compared(t, evaluate(t, data, "fp8", map[string]any{"drop": 1.0}), evaluate(t, data, "bf16", nil))
	subjects, samples := c.Subjects(), c.Samples()
	require.NoError(t, subjects.Err())
	require.NoError(t, samples.Err())
	require.Equal(t, []string{"subject", "n", "base", "test", "delta", "losses", "gains", "p", "q"}, subjects.Columns())
	require.Equal(t, 4, subjects.Len())
	require.Equal(t, c.Pairs.Losses, samples.Where("outcome == 'loss'").Len())
	require.Equal(t, c.Pairs.BothRight, samples.Where("outcome == 'both right'").Len())

	var sum stats.Paired
	delta := 0.0
	for _, s := range c.BySubject {
		sum = sum.Add(s.Pairs)
		delta += s.Test() - s.Base()
	}
	require.Equal(t, c.Pairs, sum)
	require.InDelta(t, c.Change.Estimate, delta/4, 1e-12, "subjects of equal size average to the whole")
	require.InDelta(t, c.TestAccuracy.Estimate-c.BaseAccuracy.Estimate, c.Change.Estimate, 1e-12)

	n, flips := 0, 0
	for i, q := range c.Margins.Quartiles {
		n += q.Pairs.N()
		flips += q.Pairs.Discordant()
		require.LessOrEqual(t, q.Low, q.High)
		if i > 0 {
			require.LessOrEqual(t, c.Margins.Quartiles[i-1].High, q.Low)
		}
	}
	require.Equal(t, 100, n)
	require.Equal(t, c.Pairs.Discordant(), flips)
	require.Less(t, c.Margins.Change.High, 0.0, "margins shrink when the right answer loses")
}

func TestInspectShowsOneSampleOfBothRuns(t *testing.T) {
	data := dataset(t, 25)
	base := evaluate(t, data, "bf16", nil)
	test := evaluate(t, data, "fp8", map[string]any{"drop": 2.5})
	c := compared(t, test, base)
	lost, err := c.Samples().Where("outcome == 'loss'").Head(1).Col("index").Ints()
	require.NoError(t, err)

	in, err := Inspect(test, base, int(lost[0]))
	require.NoError(t, err)
	require.EqualValues(t, bosToken, in.Tokens[0].ID)
	require.True(t, strings.HasSuffix(in.Prompt, "\nAnswer:"))
	require.GreaterOrEqual(t, len(in.Logits), 5)
	right := 0
	for i, l := range in.Logits {
		if l.Right {
			right++
			require.InDelta(t, -2.5, l.Test-l.Base, 1e-5)
		}
		if i > 0 {
			require.GreaterOrEqual(t, in.Logits[i-1].Test, l.Test)
		}
	}
	require.Equal(t, 1, right)
	golden(t, "inspect.txt", in.MimeBundle().Plain())
	golden(t, "inspect.html", in.MimeBundle().Data["text/html"].(string))

	alone, err := Inspect(test, nil, 0)
	require.NoError(t, err)
	for _, in := range []*Inspection{in, alone} {
		text, err := json.Marshal(in)
		require.NoError(t, err)
		var back map[string]any
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, in.outcome(), back["outcome"])
		require.Len(t, back["tokens"], len(in.Tokens))
	}
	golden(t, "inspect_alone.txt", alone.MimeBundle().Plain())

	_, err = Inspect(test, base, 1000)
	require.ErrorContains(t, err, "no finished sample 1000")
	_, err = Inspect(evaluate(t, data, "no bos", map[string]any{"bos": false}), base, 3)
	require.ErrorContains(t, err, "the prompts differ: first at sample 3")
}

func TestMarginsNeedNumbers(t *testing.T) {
	nan := float32(math.NaN())
	pairs := make([]pair, 10)
	for i := range pairs {
		pairs[i] = pair{test: answer{margin: nan}, base: answer{margin: 1}}
	}
	m, err := compareMargins(pairs)
	require.NoError(t, err)
	require.Nil(t, m)
}
