package diagnose

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/run"
)

// asked is a comparison of two imports whose prompts list some choices, or whose
// choices are ranked; the base has all right, and test one half.
func asked(t *testing.T, choices int, ranked bool) *compare.Comparison {
	t.Helper()
	one := func(name string, right func(int) bool) *run.Run {
		w, err := run.NewWriter(run.Spec{Import: &run.Import{Format: "lm-eval samples"}}, run.Options{Root: t.TempDir(), Name: name})
		require.NoError(t, err)
		for i := range 80 {
			s := run.Sample{Index: i, Subject: "s", Question: i, Ref: "B", Output: "B", Correct: right(i), Row: -1}
			if !s.Correct {
				s.Output = "A"
			}
			prompt := fmt.Sprint("question ", i)
			for c := range choices {
				if letter := string(rune('A' + c)); ranked {
					s.Choices = append(s.Choices, run.Choice{Text: letter})
				} else {
					prompt += "\n" + letter + ". " + strings.Repeat("x", c+1)
				}
			}
			require.NoError(t, w.Add(s, prompt+"\nAnswer:", nil))
		}
		r, err := w.Finish()
		require.NoError(t, err)
		return r
	}
	c, err := compare.Runs(one("test", func(i int) bool { return i%2 == 0 }), one("base", func(int) bool { return true }))
	require.NoError(t, err)
	return c
}

func TestChanceIsThatOfTheAnswersOffered(t *testing.T) {
	for _, choices := range []int{2, 3, 4, 5, 10} {
		for _, ranked := range []bool{false, true} {
			c := asked(t, choices, ranked)
			pairs, err := answers(c)
			require.NoError(t, err)
			facts := Facts{}
			observe(c, pairs, facts)
			guess := 1 / float64(choices)
			require.InDelta(t, guess, c.Guessing(), 1e-12)
			require.InDelta(t, (.5-guess)/(1-guess), shareOf(t, facts, "accuracy.kept"), 1e-12)
			require.InDelta(t, 1, shareOf(t, facts, "output.answers"), 1e-12)
			patterns, err := subjectPatterns(c, pairs)
			require.NoError(t, err)
			require.Equal(t, choices == 2, patterns[1].Present, "half of the answers are right: %+v", patterns[1])
		}
	}
	// Prompts without a list, of letters that are the usual ones.
	require.InDelta(t, .25, asked(t, 0, false).Guessing(), 1e-12)
	// One continuation is said or not, and nothing is guessed.
	require.Zero(t, asked(t, 1, true).Guessing())
}
