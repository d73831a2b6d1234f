package embedded

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

// Outputs end at the first token that completes a stop text, and the text is
// cut where that begins.
func TestStopTextsEndOutputs(t *testing.T) {
	e := openEngine(t, engine.Deployment{Model: "../../../notebooks/demo/dense"})
	tokens, err := e.Encode("What is 82 + 75?\nA. 164\nB. 157\nAnswer:", true)
	require.NoError(t, err)
	answer := func(stop ...string) engine.Response {
		var out engine.Response
		request := engine.Request{Tokens: tokens, MaxTokens: 20, StopTexts: stop}
		require.NoError(t, e.Generate(context.Background(), []engine.Request{request}, func(r engine.Response) error {
			out = r
			return nil
		}))
		return out
	}
	whole := answer()
	for from := range len(whole.Text) - 3 {
		stop := whole.Text[from : from+3]
		got := answer("\x00", stop, stop[1:]+"never")
		require.Equal(t, whole.Text[:strings.Index(whole.Text, stop)], got.Text)
		require.Equal(t, "stop", got.Finish)
		require.Equal(t, whole.Tokens[:len(got.Tokens)], got.Tokens)
		require.NotContains(t, e.Decode(got.Tokens[:len(got.Tokens)-1]), stop)
	}
	require.Equal(t, whole, answer("never"))
}
