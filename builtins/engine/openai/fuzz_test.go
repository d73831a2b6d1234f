package openai

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

// FuzzAnswer: whatever a server says is an answer or is refused; what is read
// of the first position is in order and no more than was asked for, and no NaN.
func FuzzAnswer(f *testing.F) {
	for _, text := range []string{
		`{"choices":[{"text":" 2","logprobs":{"token_logprobs":[-0.7],"tokens":["token_id:223"],"top_logprobs":[{"token_id:223":-0.7,"token_id:201":-1.4}]},"finish_reason":"length","token_ids":[223]}]}`,
		`{"choices":[{"message":{"content":"A"},"logprobs":{"content":[{"token":"A","logprob":-1,"top_logprobs":[{"id":3,"token":"A","logprob":-1},{"token":"B","logprob":-9999}]}]}}]}`,
		`{"choices":[{"text":"x","logprobs":[],"token_ids":"none","prompt_logprobs":[null,{"5":{"logprob":-1}}]}]}`,
		`{"choices":[{"logprobs":{"content":[{"top_logprobs":[{"id":-7,"logprob":-1}]}]}}]}`, `{"choices":[{}]}`, `{"choices":null}`, `[]`, ``,
	} {
		f.Add(text, 2)
	}
	f.Fuzz(func(t *testing.T, text string, n int) {
		var got answer
		if json.Unmarshal([]byte(text), &got) != nil || n < 0 {
			return
		}
		for _, c := range got.Choices {
			first := c.LogProbs.value.first(n)
			require.LessOrEqual(t, len(first), n)
			require.True(t, slices.IsSortedFunc(first, func(a, b engine.LogProb) int {
				switch {
				case a.LogProb > b.LogProb:
					return -1
				case a.LogProb < b.LogProb:
					return 1
				}
				return 0
			}))
			for _, p := range first {
				require.False(t, math.IsNaN(float64(p.LogProb)))
				require.GreaterOrEqual(t, p.ID, int32(-1))
			}
		}
	})
}
