package diagnose_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/diagnose"
	"adkernel/builtins/engine"
	"adkernel/builtins/engine/backend"
	"adkernel/builtins/tokenizer"
	"adkernel/internal/serve"
)

// byURL serves d, and returns a deployment of the server's URL alone.
func byURL(t *testing.T, d engine.Deployment) engine.Deployment {
	t.Helper()
	e, err := backend.Open(t.Context(), d, engine.Site{})
	require.NoError(t, err)
	t.Cleanup(func() { e.Close() })
	tokens, err := tokenizer.Load(d.Model)
	require.NoError(t, err)
	s := httptest.NewServer(serve.New(serve.Options{Engine: e.(engine.Steerable), Tokenizer: tokens, Name: "m"}).Handler())
	t.Cleanup(s.Close)
	return engine.Deployment{Name: "server", Model: d.Model, Backend: "openai", URL: s.URL + "/v1"}
}

// What a server tells are log-probabilities of the likeliest tokens, which tell
// where it goes wrong: here the scale of attention's scores, and beside it what
// only another configuration or other weights would tell from it.
func TestAServerIsProbedByItsLogProbabilities(t *testing.T) {
	c := openCase(t, "bf16-drop")
	cmp := compared(t, "bf16-drop by its URL", caseSamples, byURL(t, c.Deploy), c.Base)
	d, err := diagnose.Run(t.Context(), cmp, diagnose.Options{Open: backend.Open})
	require.NoError(t, err)
	t.Log("\n" + d.MimeBundle().Plain())
	require.Empty(t, d.Probes[0].Failed)
	require.Greater(t, d.Facts["engine.excess"].Value, 3.0)
	require.Less(t, d.Facts["position1.excess"].Value, 3.0)
	require.Contains(t, d.Facts["engine.excess"].Source, "by log-probabilities of the likeliest tokens")
	require.Equal(t, "attention-scale", d.Suspects[0].Name)
	require.Equal(t, diagnose.Possible, d.Suspects[0].Standing)
	require.Contains(t, d.Words, "Possible causes, which nothing measured tells apart: The attention scale is a constant of another head size; Rotary embedding")
	require.Contains(t, d.Words, "Next, of a server: see that it serves "+c.Deploy.Model)
	require.Equal(t, "start the server anew, with another attention backend, and Compare its run with the base", d.Suspects[0].Probe)
	for _, s := range d.Suspects {
		require.NotContains(t, s.Probe, "deploy.With(", s.Name)
	}
	require.Contains(t, d.Probes[len(d.Probes)-1].Failed, "how a server computes is set where it is started")
}

func TestASoundServerIsAccusedOfNothing(t *testing.T) {
	demo := demo(t)
	for name, c := range map[string]struct{ deploy, base engine.Deployment }{
		"moe on two ranks":              {served(demo.MoE).With(2, "world_size"), demo.MoE},
		"nvfp4, against a float32 base": {served(demo.NVFP4), inFloat32(demo.BF16)},
	} {
		unlucky := *compared(t, name+" by its URL", cleanSamples, byURL(t, c.deploy), c.base)
		unlucky.Verdict.Outcome = compare.RealLoss
		d, err := diagnose.Run(t.Context(), &unlucky, diagnose.Options{Open: backend.Open})
		require.NoError(t, err)
		t.Logf("%s: %s; engine.excess %v", name, d.Words, d.Facts["engine.excess"].Value)
		require.Less(t, d.Facts["engine.excess"].Value, 3.0, name)
		for _, s := range d.Suspects {
			sound := s.Legitimate && c.deploy.Model != c.base.Model // quantization, where there is any
			require.False(t, s.Standing.Accuses() && !sound, "%s: %+v", name, s)
		}
	}
}

// Without the folder of its checkpoint there is nothing to compare it with.
func TestAServerKnownByItsNameAloneIsAskedForItsCheckpoint(t *testing.T) {
	c := openCase(t, "bf16-drop")
	server := byURL(t, c.Deploy)
	server.Model = "m"
	d, err := diagnose.Run(t.Context(), compared(t, "bf16-drop by its name", caseSamples, server, c.Base), diagnose.Options{Open: backend.Open})
	require.NoError(t, err)
	require.Contains(t, d.Probes[0].Failed, "reference: model folder m does not exist")
	require.Contains(t, d.Words, "Next, of a server: set its Model to the folder of the checkpoint that it serves")
	require.Contains(t, d.Words, "Nobody can be accused by the two runs alone")
}
