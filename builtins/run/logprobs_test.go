package run

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

var nan = float32(math.NaN())

// testLetters are the tokens of the answers A to D.
var testLetters = []int32{10, 11, 12, 13}

func byIDs(pairs ...float32) []engine.LogProb {
	var out []engine.LogProb
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, engine.LogProb{ID: int32(pairs[i]), Text: "x", LogProb: pairs[i+1]})
	}
	return out
}

// same compares floats, NaN being itself.
func same(t *testing.T, want, got float32, what string) {
	t.Helper()
	if math.IsNaN(float64(want)) {
		require.Truef(t, math.IsNaN(float64(got)), "%s: %v, want NaN", what, got)
		return
	}
	require.InDelta(t, want, got, 1e-6, what)
}

// A letter that a server does not list is missing, and nothing else: never 0,
// and the margin is known, bounded or unknown as what is listed allows.
func TestMarginsOfLogProbabilitiesSayWhatIsKnown(t *testing.T) {
	for name, c := range map[string]struct {
		ref                     string
		first                   []engine.LogProb
		letters                 []int32
		want                    []float32 // of the letters
		missing                 string
		margin, atLeast, atMost float32
	}{
		"all letters":            {"B", byIDs(11, -0.5, 10, -1.5, 12, -2, 13, -3), testLetters, []float32{-1.5, -0.5, -2, -3}, "", 1, nan, nan},
		"one behind the others":  {"B", byIDs(11, -0.5, 10, -1.5, 12, -2), testLetters, []float32{-1.5, -0.5, -2, nan}, "D", 1, nan, nan},
		"wrong ones missing":     {"A", byIDs(10, -0.5, 99, -1.5, 98, -4), testLetters, []float32{-0.5, nan, nan, nan}, "BCD", nan, 3.5, nan},
		"right one missing":      {"A", byIDs(13, -0.5, 99, -1.5, 98, -4), testLetters, []float32{nan, nan, nan, -0.5}, "ABC", nan, nan, -3.5},
		"all missing":            {"A", byIDs(99, -0.5), testLetters, []float32{nan, nan, nan, nan}, "ABCD", nan, nan, nan},
		"impossible":             {"A", byIDs(10, -0.5, 11, float32(math.Inf(-1)), 12, float32(math.Inf(-1)), 13, float32(math.Inf(-1))), testLetters, []float32{-0.5, float32(math.Inf(-1)), float32(math.Inf(-1)), float32(math.Inf(-1))}, "", float32(math.Inf(1)), nan, nan},
		"by text":                {"A", []engine.LogProb{{ID: -1, Text: " A", LogProb: -0.5}, {ID: -1, Text: "B", LogProb: -1}, {ID: -1, Text: " C", LogProb: -2}}, testLetters, []float32{-0.5, nan, -2, nan}, "BD", 1.5, nan, nan},
		"answers of other kinds": {"12", byIDs(10, -0.5), testLetters, nil, "", nan, nan, nan},
		"joined letters":         {"A", byIDs(10, -0.5), nil, nil, "", nan, nan, nan},
	} {
		t.Run(name, func(t *testing.T) {
			s := Sample{Ref: c.ref, Margin: nan, PromptTokens: 1, PromptSHA256: noHash, Row: -1}
			s.measureLogProbs(c.first, c.letters, " ")
			var back Sample
			text, err := json.Marshal(s)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(text, &back))
			for _, s := range []Sample{s, back} {
				require.Equal(t, c.first, s.LogProbs)
				require.Len(t, s.LetterLogProbs, len(c.want))
				for i, w := range c.want {
					same(t, w, s.LetterLogProbs[i], "letter")
				}
				require.Equal(t, c.missing, s.MissingLetters())
				same(t, c.margin, s.Margin, "margin")
				atLeast, atMost := s.MarginBounds()
				same(t, c.atLeast, atLeast, "at least")
				same(t, c.atMost, atMost, "at most")
			}
			f := frameOfOne(t, s)
			require.Equal(t, float64(c.first[0].LogProb), f["top_logprob"])
			require.Nil(t, f["A"], "a log-probability is not a logit")
			require.Nil(t, f["top_logit"])
			require.Nil(t, f["min"])
			if c.want != nil && math.IsNaN(float64(c.want[3])) {
				require.Nil(t, f["logprob_D"])
			}
			if math.IsNaN(float64(c.margin)) {
				require.Nil(t, f["margin"])
			}
		})
	}
}

const noHash = "0000000000000000000000000000000000000000000000000000000000000000"

// frameOfOne is the sample's row in its run's frame, by column.
func frameOfOne(t *testing.T, s Sample) map[string]any {
	t.Helper()
	row, err := frameOf([]Sample{s}, (*Sample).likelyRow).Row(0)
	require.NoError(t, err)
	return row
}
