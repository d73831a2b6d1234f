package run

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/embedded"
	"adkernel/builtins/engine/openai"
	"adkernel/builtins/task"
	"adkernel/builtins/tokenizer"
	"adkernel/internal/serve"
)

// A server that dies midway costs the run what was not answered; with the
// server back, the run goes on, and ends as one that never stopped. The API key
// is in none of its files.
func TestARunOutlivesItsServer(t *testing.T) {
	const key = "sk-very-secret"
	t.Setenv("ADKERNEL_TEST_KEY", key)
	demo, err := filepath.Abs(filepath.Join("..", "..", "notebooks", "demo"))
	require.NoError(t, err)
	model := filepath.Join(demo, "dense")
	behind, err := embedded.Open(t.Context(), engine.Deployment{Model: model})
	require.NoError(t, err)
	defer behind.Close()
	tok, err := tokenizer.Load(model)
	require.NoError(t, err)
	server := serve.New(serve.Options{Engine: behind.(engine.Steerable), Tokenizer: tok, Name: "demo", APIKey: key})
	defer server.Close()
	var answers atomic.Int32
	answers.Store(11) // then it is dead
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/completions" && answers.Add(-1) < 0 {
			panic(http.ErrAbortHandler) // the connection drops
		}
		server.Handler().ServeHTTP(w, r)
	}))
	defer h.Close()

	spec := Spec{
		Deployment: engine.Deployment{Model: model, Backend: "openai", URL: h.URL + "/v1",
			Args: map[string]any{"api_key_env": "ADKERNEL_TEST_KEY", "concurrency": 2, "retries": 0}},
		Task: task.Spec{Kind: "mmlu", Dataset: filepath.Join(demo, "task"), Samples: 18},
	}
	options := testOptions(t)
	options.Command = []string{"/bin/true"}
	r := launch(t, spec, options)
	require.ErrorContains(t, r.Wait(deadline(t)), "was killed")
	err = Execute(t.Context(), r.Dir(), openai.Open)
	require.Error(t, err)
	before, err := r.Samples()
	require.NoError(t, err)
	require.NotEmpty(t, before)
	require.Less(t, len(before), 18)

	answers.Store(1000)
	require.NoError(t, Execute(t.Context(), r.Dir(), openai.Open))
	require.Equal(t, int32(1000-(18-len(before))-7), answers.Load(), "seven probes, and what was missing")
	got, err := r.Samples()
	require.NoError(t, err)
	require.Len(t, got, 18)

	spec.Deployment = engine.Deployment{Model: model}
	own, err := executedHere(t, spec)
	require.NoError(t, err)
	want, err := own.Samples()
	require.NoError(t, err)
	for i, s := range got {
		require.Equal(t, want[i].Output, s.Output)
		require.Equal(t, want[i].Correct, s.Correct)
		require.Equal(t, want[i].PromptSHA256, s.PromptSHA256)
		require.Equal(t, -1, s.Row)
		require.Len(t, s.LogProbs, 20)
		require.Equal(t, want[i].Top[0].ID, s.LogProbs[0].ID)
		require.Equal(t, want[i].Top[0].Text, s.LogProbs[0].Text)
		require.Empty(t, s.MissingLetters())
		require.InDelta(t, want[i].Margin, s.Margin, 1e-4)
	}
	_, err = r.LogitRow(0)
	require.ErrorContains(t, err, ": sample 0: not available: logits: the server returns none")

	require.NoError(t, filepath.WalkDir(r.Dir(), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NotContains(t, string(text), key, path)
		return nil
	}))
}
