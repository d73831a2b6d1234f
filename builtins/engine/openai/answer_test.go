package openai

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

// Log-probabilities that are none are not read as 0, which is certainty.
func TestATokenWithoutANumberHasNoLogProbability(t *testing.T) {
	for name, c := range map[string]struct {
		logprobs string
		want     []string
	}{
		"lists":            {`{"token_logprobs": [-1], "top_logprobs": [{"A": -1, "B": null, "C": -2}]}`, []string{"A", "C"}},
		"objects":          {`{"content": [{"token": "A", "logprob": -1, "top_logprobs": [{"token": "A", "logprob": -1}, {"token": "B", "logprob": null}, {"token": "C"}]}]}`, []string{"A"}},
		"all of a row":     {`{"token_logprobs": [null], "top_logprobs": [{"A": null, "B": null}]}`, nil},
		"no row":           {`{"token_logprobs": [-1], "top_logprobs": [null]}`, nil},
		"NaN":              {`{"token_logprobs": [NaN], "top_logprobs": [{"A": NaN, "B": NaN}]}`, nil},
		"infinite":         {`{"token_logprobs": [-Infinity], "top_logprobs": [{"A": -Infinity}]}`, nil},
		"texts":            {`{"token_logprobs": [-1], "top_logprobs": [{"A": "-1"}]}`, nil},
		"bytes of a token": {`{"token_logprobs": [-1], "top_logprobs": [{"bytes:\\xe2\\x80": -1, "A": -2}]}`, []string{`bytes:\xe2\x80`, "A"}},
	} {
		t.Run(name, func(t *testing.T) {
			answer := says(`{"choices": [{"text": "hello", "finish_reason": "length", "logprobs": ` + c.logprobs + `}]}`)
			e, _ := turning(t, plain{ids: true, logprobs: 5}, answer)
			got, err := generated(t, e, []engine.Request{{Tokens: []int32{1}, MaxTokens: 1, Logits: true}})
			require.NoError(t, err)
			require.Equal(t, "hello", got[0].Text)
			var texts []string
			for _, p := range got[0].LogProbs {
				require.Negative(t, p.LogProb)
				texts = append(texts, p.Text)
			}
			require.Equal(t, c.want, texts)
		})
	}
}
