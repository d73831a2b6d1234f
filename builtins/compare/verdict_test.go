package compare

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/run"
	"adkernel/builtins/stats"
)

// judged is a comparison of n samples of which so many flipped.
func judged(t *testing.T, n, losses, gains int) *Comparison {
	t.Helper()
	c := tested(t, n, losses, gains)
	require.NoError(t, c.judge())
	return c
}

// tested is one before its verdict.
func tested(t *testing.T, n, losses, gains int) *Comparison {
	t.Helper()
	c := &Comparison{
		Test: &run.Run{}, Base: &run.Run{}, N: n, Design: stats.DefaultDesign(), noiseFrom: noiseAssumed,
		Pairs: stats.Paired{BothRight: n - losses - gains, Losses: losses, Gains: gains},
	}
	var err error
	c.Change, err = stats.TangoDifference(c.Pairs, level)
	require.NoError(t, err)
	c.Exact, err = stats.McNemar(c.Pairs)
	require.NoError(t, err)
	c.Loss, err = stats.McNemarLoss(c.Pairs)
	require.NoError(t, err)
	limits, err := stats.TangoDifference(c.Pairs, 1-2*c.Design.Alpha)
	require.NoError(t, err)
	c.LossLimit = limits.High
	return c
}

func TestNoLossIsSaidOnlyWhereOneWouldHaveShown(t *testing.T) {
	for _, want := range []struct {
		name             string
		n, losses, gains int
		outcome          Outcome
		words, method    string
	}{
		{"as noisy as assumed", 400, 10, 9, NoLoss, "a loss of 3.8 points or more would show", "5 % noise flips (assumed)"},
		{"noisier than assumed", 400, 58, 48, Underpowered, "only a loss of 7.5 points or more would show", "26.5 % noise flips (as these pairs show)"},
		{"every sample flips", 400, 200, 200, Underpowered, "so few samples would show no loss at all", "100 % noise flips (as these pairs show)"},
		{"the interval holds a large loss", 450, 28, 18, Underpowered, "but the interval does not exclude a loss of 5 points", "10.2 % noise flips"},
		{"a shown loss has flips of its own", 400, 100, 40, RealLoss, "Real loss", "5 % noise flips (assumed)"},
	} {
		t.Run(want.name, func(t *testing.T) {
			c := judged(t, want.n, want.losses, want.gains)
			require.Equal(t, want.outcome, c.Verdict.Outcome, c.Verdict.Words)
			require.Contains(t, c.Verdict.Words, want.words)
			require.Contains(t, c.Verdict.Method, want.method)
		})
	}
}

// Against a base that guesses there is nothing to lose, and two harnesses that
// are broken alike do not make a deployment sound.
func TestABaseThatGuessesShowsNothing(t *testing.T) {
	const n = 2000
	for _, want := range []struct {
		name  string
		right int
		ref   string
		of    Outcome
		words string

		choices []run.Choice
	}{
		{"nothing right", 0, "42", Underpowered, "the base has only 0.0 % right, so there is no loss of 5 points to be seen", nil},
		{"at chance", 500, "C", Underpowered, "the base has only 25.0 % right, where guessing has 25.0 %, so", nil},
		{"above chance", 700, "C", NoLoss, "a loss of 1.5 points or more would show", nil},
		{"free answers, a quarter right", 500, "42", NoLoss, "a loss of 1.5 points or more would show", nil},
		{"one continuation", 500, "0", NoLoss, "a loss of 1.5 points or more would show", make([]run.Choice, 1)},
		{"two choices, at chance", 1000, "0", Underpowered, "the base has only 50.0 % right, where guessing has 50.0 %, so", make([]run.Choice, 2)},
	} {
		t.Run(want.name, func(t *testing.T) {
			c := &Comparison{Test: &run.Run{}, Base: &run.Run{}, N: n, Design: stats.DefaultDesign(), noiseFrom: noiseAssumed}
			for i := range n {
				s := newAnswer(run.Sample{Ref: want.ref, Correct: i < want.right, Choices: want.choices})
				c.pairs = append(c.pairs, pair{test: s, base: s})
			}
			require.NoError(t, c.compute())
			require.Equal(t, want.of, c.Verdict.Outcome, c.Verdict.Words)
			require.Contains(t, c.Verdict.Words, want.words)
		})
	}
}

func TestAFewSamplesWithoutAFlipAreNotNoNoise(t *testing.T) {
	c := judged(t, 400, 10, 9)
	measured, err := c.WithNoise(judged(t, 10, 0, 0))
	require.NoError(t, err)
	require.Equal(t, Underpowered, measured.Verdict.Outcome)
	require.Contains(t, measured.Verdict.Method, "27.8 % noise flips (measured, upper 95 % limit)")
	measured, err = c.WithNoise(judged(t, 4000, 30, 30))
	require.NoError(t, err)
	require.Equal(t, NoLoss, measured.Verdict.Outcome)
	require.Contains(t, measured.Verdict.Method, "4.75 % noise flips (as these pairs show)", "they flip more than was measured")
}

// A loss is shown by a one-sided test, a gain by a two-sided one: each beside
// the limit or interval of its own kind, which leaves no change out.
func TestTheIntervalAgreesWithTheTestThatShowsAChange(t *testing.T) {
	for flips := 1; flips <= 60; flips++ {
		for losses := range flips + 1 {
			for _, n := range []int{flips, 3 * flips, 1000} {
				c := tested(t, n, losses, flips-losses)
				switch c.shown() {
				case RealLoss:
					require.Less(t, c.LossLimit, 0.0, "%d losses of %d flips, n = %d", losses, flips, n)
				case Gain:
					require.Greater(t, c.Change.Low, 0.0, "%d losses of %d flips, n = %d", losses, flips, n)
				}
			}
		}
	}
	c := judged(t, 200, 13, 5)
	require.Equal(t, "Real loss: -4.0 points, one-sided 95 % limit -0.5, n = 200; one-sided exact McNemar p = 0.0481.", c.Verdict.Words)
	require.Greater(t, c.Change.High, 0.0, "the two-sided interval holds 0, as the two-sided test says")
}

// The loss that is said to be detectable is shown with the power that is said,
// by pairs as noisy as those that say it.
func TestADetectableLossIsDetectedWithTheNoiseThatPairsShow(t *testing.T) {
	const n, noise, runs = 100, 0.15, 100
	rng := rand.New(rand.NewPCG(1, 2))
	power, judgedRuns := 0.0, 0
	for range runs {
		var losses, gains int
		for range n {
			switch u := rng.Float64(); {
			case u < noise/2:
				losses++
			case u < noise:
				gains++
			}
		}
		c := judged(t, n, losses, gains)
		if c.Verdict.Outcome == RealLoss || c.Verdict.Outcome == Gain {
			continue
		}
		truth := c.Design
		truth.Noise = noise
		plan, err := truth.At(n, c.Detectable.Loss)
		require.NoError(t, err)
		power, judgedRuns = power+plan.Power, judgedRuns+1
	}
	require.InDelta(t, 0.8, power/float64(judgedRuns), 0.02)
}
