package run

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/task"
)

func decodeID(id int32) string { return fmt.Sprint(id) }

// Of five answers the fifth leads: over A to D the margin of B would be
// positive, and that of E there would be none.
func TestTheMarginIsOverTheLettersThatAreOffered(t *testing.T) {
	row := []float32{0, 1, 3, 0, 2, 7, 9}
	letters := []int32{1, 2, 3, 4, 5, 6}
	for _, c := range []struct {
		ref     string
		letters []int32
		want    []float32
		margin  float32
	}{
		{"B", letters[:5], []float32{1, 3, 0, 2, 7}, -4},
		{"E", letters[:5], []float32{1, 3, 0, 2, 7}, 4},
		{"B", letters[:3], []float32{1, 3, 0}, 2},
		{"F", letters[:5], nil, nan}, // is not offered
		{"B", nil, nil, nan},         // not known how many are
		{"12", letters, nil, nan},
	} {
		s := Sample{Ref: c.ref, Margin: nan, PromptTokens: 1, PromptSHA256: noHash, Row: -1}
		s.Measure(row, c.letters, decodeID)
		require.Equal(t, c.want, s.Letters, c.ref)
		same(t, c.margin, s.Margin, c.ref)

		// A server's log-probabilities, of all tokens but one letter's, are as far apart.
		var first []engine.LogProb
		for id, logit := range row {
			if id != 3 {
				first = append(first, engine.LogProb{ID: int32(id), LogProb: logit - 10})
			}
		}
		likely := Sample{Ref: c.ref, Margin: nan, PromptTokens: 1, PromptSHA256: noHash, Row: -1}
		likely.measureLogProbs(first, c.letters, " ")
		same(t, c.margin, likely.Margin, c.ref)
		require.Len(t, likely.LetterLogProbs, len(c.want))
		if c.want != nil {
			require.Equal(t, "C", likely.MissingLetters())
		}

		text, err := json.Marshal(s)
		require.NoError(t, err)
		var back Sample
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, s.Letters, back.Letters)
	}
}

func TestLettersBehindDHaveColumnsWhereAQuestionOffersThem(t *testing.T) {
	five := Sample{Letters: []float32{1, 2, 3, 4, 5}, Margin: 1, LogProbs: []engine.LogProb{{ID: 1}}, LetterLogProbs: []float32{-1, -2, -3, -4, nan}}
	two := Sample{Letters: []float32{1, 2}, Margin: 1, LetterLogProbs: []float32{-1, -2}}
	f := samplesFrame([]Sample{five, two})
	require.NoError(t, f.Err())
	columns := f.Columns()
	require.Equal(t, []string{"E", "logprob_E"}, columns[len(columns)-2:])
	row, err := f.Row(0)
	require.NoError(t, err)
	require.EqualValues(t, 5, row["E"])
	require.EqualValues(t, -4, row["logprob_D"])
	require.Nil(t, row["logprob_E"], "not among the likeliest")
	row, err = f.Row(1)
	require.NoError(t, err)
	require.EqualValues(t, 2, row["B"])
	for _, absent := range []string{"C", "D", "E", "logprob_C", "logprob_E"} {
		require.Nil(t, row[absent], absent)
	}
	require.NotContains(t, samplesFrame([]Sample{two}).Columns(), "E")
}

// lettered is a tokenizer that knows the letters from A to last, behind a space.
func lettered(last byte) func(string, bool) ([]int32, error) {
	return func(text string, _ bool) ([]int32, error) {
		ids := []int32{1}
		if len(text) > len("Answer:") {
			ids = append(ids, int32(min(text[len(text)-1], last)))
		}
		return ids, nil
	}
}

func TestOnlyTheLettersThatAreOfferedMustBeTokens(t *testing.T) {
	ids, err := LetterTokens(lettered('E'), 5)
	require.NoError(t, err)
	require.Equal(t, []int32{'A', 'B', 'C', 'D', 'E'}, ids)
	_, err = LetterTokens(lettered('D'), 5)
	require.ErrorContains(t, err, "the tokenizer starts two answers with token 68")
	_, err = LetterTokens(lettered('Z'), 27)
	require.ErrorContains(t, err, "27 letters: want 26 at most")
	ids, err = LetterTokens(lettered('Z'), 0)
	require.NoError(t, err)
	require.Empty(t, ids)
}

// Questions of one file offer different numbers of choices.
func TestARunMeasuresTheChoicesOfEachQuestion(t *testing.T) {
	dataset := writeQuestions(t, `{"question": "2 + 3?", "choices": ["1", "2", "3", "4", "5"], "answer": "E"}
{"question": "2 + 2?", "choices": ["3", "4"], "answer": "B"}`)
	r, err := executedHere(t, Spec{Deployment: engine.Deployment{Model: "../../notebooks/demo/dense"}, Task: task.Spec{Kind: "questions", Dataset: dataset}})
	require.NoError(t, err)
	samples, err := r.Samples()
	require.NoError(t, err)
	require.Len(t, samples[0].Letters, 5)
	require.False(t, math.IsNaN(float64(samples[0].Margin)), "the answer is E")
	require.Len(t, samples[1].Letters, 2)
	for _, s := range samples {
		require.Equal(t, s.Letters[s.Ref[0]-'A']-bestBut(s.Letters, int(s.Ref[0]-'A')), s.Margin)
	}
}

func bestBut(letters []float32, right int) float32 {
	best := float32(math.Inf(-1))
	for i, l := range letters {
		if i != right {
			best = max(best, l)
		}
	}
	return best
}
