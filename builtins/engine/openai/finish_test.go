package openai

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/internal/stop"
	"adkernel/builtins/tokenizer"
)

// finishing answers every request of a text with the reasons in turn, the last
// for ever; the probe is answered as by a server that says, or never says, why.
func finishing(t *testing.T, says bool, reasons ...string) (*Engine, *[]time.Duration) {
	t.Helper()
	var left atomic.Int32
	var probed atomic.Bool
	f := newFake(t, func(w http.ResponseWriter, path string, body map[string]any, _ int) {
		reason := `null`
		switch {
		case path != "/v1/completions":
			plain{}.reply(w, path, body)
			return
		case probed.Load():
			reason = reasons[min(int(left.Add(1)), len(reasons))-1]
		case says:
			reason = `"length"`
		}
		fmt.Fprintf(w, `{"choices": [{"text": "hel", "finish_reason": %s}]}`, reason)
	})
	e, pauses := opened(t, f.URL+"/v1", map[string]any{"retries": 2})
	probed.Store(true)
	return e, pauses
}

// An output that the server ended is asked for again, and is marked where it
// ends so again and again.
func TestAnAnswerThatTheServerEndedIsAskedForAgain(t *testing.T) {
	for name, c := range map[string]struct {
		reasons []string
		want    string
		again   int
	}{
		"the model":          {[]string{`"stop"`}, "stop", 0},
		"the limit":          {[]string{`"length"`}, "length", 0},
		"a word of its own":  {[]string{`"eos_token"`}, "stop", 0},
		"a filter":           {[]string{`"content_filter"`}, "content_filter", 0},
		"a parser of tools":  {[]string{`"tool_calls"`}, "tool_calls", 0},
		"aborted once":       {[]string{`"abort"`, `"length"`}, "length", 1},
		"aborted twice":      {[]string{`"abort"`, `"error"`, `"stop"`}, "stop", 2},
		"aborted for ever":   {[]string{`"abort"`}, "abort", 2},
		"cut off for ever":   {[]string{`null`}, "cut off", 2},
		"cut off, no reason": {[]string{`""`}, "cut off", 2},
	} {
		t.Run(name, func(t *testing.T) {
			e, pauses := finishing(t, true, c.reasons...)
			got, err := generated(t, e, []engine.Request{{Tokens: []int32{1}, MaxTokens: 9}})
			require.NoError(t, err)
			require.Equal(t, c.want, got[0].Finish)
			require.Equal(t, "hel", got[0].Text)
			require.Len(t, *pauses, c.again)
		})
	}
	e, pauses := finishing(t, false, `null`)
	require.Equal(t, "not available from this server", e.Info().Settings["server.finish_reason"])
	got, err := generated(t, e, []engine.Request{{Tokens: []int32{1}, MaxTokens: 9}})
	require.NoError(t, err)
	require.Empty(t, got[0].Finish, "of this server nobody knows")
	require.Empty(t, *pauses)

	// Who is told to stop does not take it for an answer.
	e, _ = finishing(t, true, `"abort"`)
	ctx, cancel := context.WithCancel(t.Context())
	e.client.wait = func(ctx context.Context, _ time.Duration) error {
		cancel()
		return context.Cause(ctx)
	}
	require.ErrorIs(t, e.Generate(ctx, []engine.Request{{Tokens: []int32{1}, MaxTokens: 9}}, func(engine.Response) error {
		require.Fail(t, "an answer")
		return nil
	}), context.Canceled)
}

// Servers that go on behind a stop text, or leave it in the text, answer as
// those that do not.
func TestTextsAreCutBeforeTheFirstStopText(t *testing.T) {
	own, err := tokenizer.Load(demo)
	require.NoError(t, err)
	const whole = "What is 2 + 2?\nWhat is 3 + 3?"
	ids := own.Encode(whole, false)
	for name, withIDs := range map[string]bool{"text alone": false, "with ids": true} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(w http.ResponseWriter, path string, body map[string]any, _ int) {
				if path != "/v1/completions" {
					plain{}.reply(w, path, body)
					return
				}
				choice := map[string]any{"text": whole, "finish_reason": "length", "logprobs": map[string]any{
					"token_logprobs": []float64{-1}, "top_logprobs": []map[string]float64{{"What": -1}}}}
				if withIDs {
					choice["token_ids"] = ids
				}
				json.NewEncoder(w).Encode(map[string]any{"choices": []any{choice}})
			})
			e, _ := opened(t, f.URL+"/v1", nil)
			prompt := own.Encode("x", true)
			for _, c := range []struct {
				stops []string
				want  string
			}{
				{nil, whole},
				{[]string{"never"}, whole},
				{[]string{"3 + 3", "\n"}, "What is 2 + 2?"},
				{[]string{"What"}, ""},
			} {
				got, err := generated(t, e, []engine.Request{{Tokens: prompt, MaxTokens: 9, StopTexts: c.stops, Logits: true}})
				require.NoError(t, err)
				require.Equal(t, c.want, got[0].Text)
				require.Len(t, got[0].LogProbs, 1, "of the first token, wherever the text ends")
				if c.want == whole {
					require.Equal(t, "length", got[0].Finish)
					require.Equal(t, ids, got[0].Tokens)
					continue
				}
				require.Equal(t, "stop", got[0].Finish)
				if !withIDs {
					require.Equal(t, own.Encode(c.want, false), got[0].Tokens)
					continue
				}
				require.Equal(t, ids[:len(got[0].Tokens)], got[0].Tokens)
				require.GreaterOrEqual(t, stop.At(own.Decode(got[0].Tokens, true), c.stops), 0, "the token that completes the stop text is the last")
				require.Negative(t, stop.At(own.Decode(got[0].Tokens[:len(got[0].Tokens)-1], true), c.stops))
			}
		})
	}
}
