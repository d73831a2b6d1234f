package compare

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/run"
)

// A run's NaN are seen whatever the other run is.
func TestNaNOfOneRunIsCountedWithoutLogitsOfTheOther(t *testing.T) {
	data := dataset(t, 100)
	server, broken := evaluate(t, data, "server", map[string]any{"tops": 20}), evaluate(t, data, "nan", map[string]any{"nan": 4})
	c := compared(t, broken, server)
	require.Contains(t, c.MimeBundle().Plain(), "in the logits of 1 sample of test; the base run has no logits")
	encoded, err := json.Marshal(c)
	require.NoError(t, err)
	require.Contains(t, string(encoded), `"test_nan":1,"base_nan":null`)
	encoded, err = json.Marshal(compared(t, server, broken))
	require.NoError(t, err)
	require.Contains(t, string(encoded), `"test_nan":null,"base_nan":1`)
}

// A server's log-probabilities give the margins that logits give, and nothing
// that needs a row of them.
func TestLogProbabilitiesGiveMarginsAndNoLogits(t *testing.T) {
	data := dataset(t, 100)
	base := evaluate(t, data, "bf16", nil)
	clean := compared(t, evaluate(t, data, "server", map[string]any{"tops": 20}), base)
	require.Equal(t, 400, clean.Margins.N)
	require.InDelta(t, 0, clean.Margins.Change.Estimate, 1e-5)
	require.NotContains(t, clean.MimeBundle().Plain(), "leave out")
	require.Contains(t, clean.MimeBundle().Plain(), "in the logits of 0 samples of base; the test run has no logits")

	settings := func(tops int) map[string]any {
		s := map[string]any{"drop": 1.2, "blur": 0.2}
		if tops > 0 {
			s["tops"] = tops
		}
		return s
	}
	rows := compared(t, evaluate(t, data, "fp8", settings(0)), base)
	c := compared(t, evaluate(t, data, "fp8 server", settings(20)), base)
	require.InDelta(t, rows.Margins.Change.Estimate, c.Margins.Change.Estimate, 1e-5)
	require.Equal(t, rows.Verdict.Outcome, c.Verdict.Outcome)
	figure, err := c.MarginsFigure()
	require.NoError(t, err)
	require.Contains(t, figure.MimeBundle().Plain(), "n = 400")
	_, err = c.LogitsFigure()
	require.ErrorIs(t, err, run.ErrNotAvailable)
	require.ErrorContains(t, err, "logits")
}

// Where letters are missing the margin is left out and said to be; no bound
// is averaged.
func TestMissingLettersAreLeftOutAndNamed(t *testing.T) {
	data := dataset(t, 100)
	base := evaluate(t, data, "bf16", nil)
	test := evaluate(t, data, "server", map[string]any{"tops": 1, "drop": 1.0})
	c := compared(t, test, base)
	require.Nil(t, c.Margins, "with one token there is no second letter")
	require.Contains(t, c.MimeBundle().Plain(), "Answer margins leave out 400 samples")
	_, err := c.MarginsFigure()
	require.ErrorContains(t, err, "no margins")

	two := evaluate(t, data, "two", map[string]any{"tops": 2, "drop": 1.0})
	c = compared(t, two, base)
	missing := boundedMargins(c.pairs)
	require.Positive(t, missing)
	require.Equal(t, 400, c.Margins.N+missing)
	samples := c.Samples()
	require.Equal(t, missing, samples.Len()-samples.DropNull("test_margin").Len())
	require.Zero(t, samples.Len()-samples.DropNull("test_top").Len(), "the likeliest token is known")
	text, err := json.Marshal(c)
	require.NoError(t, err)
	require.Contains(t, string(text), `"unknown":`)

	all, err := two.Samples()
	require.NoError(t, err)
	rows := evaluate(t, data, "rows", map[string]any{"drop": 1.0})
	exact, err := rows.Samples()
	require.NoError(t, err)
	for i, s := range all {
		atLeast, atMost := s.MarginBounds()
		switch {
		case !math.IsNaN(float64(s.Margin)):
			require.InDelta(t, exact[i].Margin, s.Margin, 1e-5)
		case !math.IsNaN(float64(atLeast)):
			require.GreaterOrEqual(t, exact[i].Margin, atLeast-1e-5)
		case !math.IsNaN(float64(atMost)):
			require.LessOrEqual(t, exact[i].Margin, atMost+1e-5)
		default:
			require.Equal(t, "ABCD", s.MissingLetters())
		}
	}
}

func TestInspectShowsLogProbabilitiesBesideLogits(t *testing.T) {
	data := dataset(t, 5)
	base := evaluate(t, data, "bf16", nil)
	test := evaluate(t, data, "server", map[string]any{"tops": 3, "drop": 1.0})
	in, err := Inspect(test, base, 7)
	require.NoError(t, err)
	require.Empty(t, in.Logits)
	require.True(t, math.IsNaN(in.KL))
	golden(t, "inspect_server.txt", in.MimeBundle().Plain())
	for _, p := range in.LogProbs {
		require.False(t, math.IsNaN(p.Base.Value), "the base run has rows")
		require.True(t, math.IsNaN(p.Test.Value) != math.IsNaN(p.Test.AtMost))
	}
	text, err := json.Marshal(in)
	require.NoError(t, err)
	require.Contains(t, string(text), `"logprobs":[{"id":`)

	alone, err := Inspect(test, nil, 7)
	require.NoError(t, err)
	require.Len(t, alone.LogProbs, 3)
	require.NotContains(t, alone.MimeBundle().Plain(), "at most")
}

// A token that the test run rules out is no small difference.
func TestAnInfiniteDivergenceIsSaid(t *testing.T) {
	in := Inspection{TestSample: run.Sample{}, BaseSample: &run.Sample{}, KL: math.Inf(1)}
	require.Equal(t, "The whole row of logits (divergence of test from base: infinite, since test rules out a token that base does not)", in.numbersTable().Caption)
	in.KL = math.NaN()
	require.Equal(t, "The whole row of logits", in.numbersTable().Caption)
}
