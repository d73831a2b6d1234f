package openai

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

// A run is of one model: a router may have several behind one name.
func TestAnAnswerOfAnotherModelIsRefused(t *testing.T) {
	var models atomic.Value
	models.Store([]string{"a"})
	var asked atomic.Int32
	f := newFake(t, func(w http.ResponseWriter, path string, body map[string]any, _ int) {
		if path != "/v1/completions" {
			plain{}.reply(w, path, body)
			return
		}
		names := models.Load().([]string)
		fmt.Fprintf(w, `{"model": %q, "choices": [{"text": "hello", "finish_reason": "length"}]}`, names[int(asked.Add(1))%len(names)])
	})
	e, _ := opened(t, f.URL+"/v1", map[string]any{"concurrency": 1})
	tokens := e.tokenizer.Encode(probeText, true)
	requests := []engine.Request{{ID: 0, Tokens: tokens, MaxTokens: 1, Text: probeText}, {ID: 1, Tokens: tokens, MaxTokens: 1, Text: probeText}}
	_, err := generated(t, e, requests)
	require.NoError(t, err)
	models.Store([]string{"a", "b"})
	_, err = generated(t, e, requests)
	require.ErrorContains(t, err, `the server answers with the model "b", and did with "a" when it was asked first`)
	models.Store([]string{""})
	_, err = generated(t, e, requests)
	require.NoError(t, err, "a server that does not say")
}
