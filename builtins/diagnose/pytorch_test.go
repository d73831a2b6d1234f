package diagnose_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/diagnose"
	"adkernel/builtins/engine"
	"adkernel/builtins/engine/backend"
	"adkernel/builtins/run"
	"adkernel/internal/neighbours"
)

// served by TensorRT-LLM's PyTorch backend, which has neither model_kwargs nor
// transforms, and words of its own for attention.
func onPyTorch(model, breaks string) engine.Deployment {
	return engine.Deployment{Name: model, Model: model, Backend: "pytorch"}.With(breaks, "breaks")
}

func named(out *diagnose.Diagnosis, name string) diagnose.Probe {
	at := slices.IndexFunc(out.Probes, func(p diagnose.Probe) bool { return p.Name == name })
	if at < 0 {
		return diagnose.Probe{}
	}
	return out.Probes[at]
}

func TestProbesSpeakTheWordsOfTheBasesEngine(t *testing.T) {
	const none = "the pytorch engine has no fake quantization to put in the place of its low-precision kernels"
	autodeploy := engine.Deployment{Name: "fp8", Model: "fp8", Backend: "autodeploy"}.With("of fp8", "breaks").With("FP8", "quant").With("flashinfer", "attn_backend")
	pytorch := onPyTorch("fp8", "of fp8").With("FP8", "quant").With("TRTLLM", "attn_backend")
	for _, c := range []struct {
		test      engine.Deployment
		attention string
	}{{autodeploy, "torch"}, {pytorch, "VANILLA"}} {
		cmp := toyComparison(t, c.test, onPyTorch("bf16", ""))
		require.Equal(t, compare.RealLoss, cmp.Verdict.Outcome)
		var p probed
		out, err := diagnose.Run(t.Context(), cmp, diagnose.Options{Open: p.open})
		require.NoError(t, err)
		require.Empty(t, named(out, "same checkpoint, base's engine").Failed)
		require.Greater(t, out.Facts["engine.floor"].Value, 0.0, "the reference in float32 does not round")
		require.Greater(t, out.Facts["engine.excess"].Value, 3.0)
		require.Equal(t, none, named(out, "fake quantization").Failed)
		require.NotContains(t, out.Facts, "fake.excess")
		require.Empty(t, named(out, "unquantized model, same configuration").Failed)
		require.Contains(t, out.Facts, "attention.excess")
		require.True(t, slices.ContainsFunc(p.opened, func(d engine.Deployment) bool { return d.Args["attn_backend"] == c.attention }))
	}
}

func TestAnIsolationStripsWhatTheEngineHas(t *testing.T) {
	for breaks, want := range map[string]struct {
		finding diagnose.Finding
		words   string
	}{
		"of fp8": {diagnose.Quantization, "So it is the scales, the weights as loaded or the kernels, which are not told apart: the pytorch engine has no fake quantization"},
		"always": {diagnose.CorePath, "so is the unquantized model"},
	} {
		d := onPyTorch("fp8", breaks).With("FP8", "quant").With("FLASHINFER", "attn_backend")
		cmp := toyComparison(t, d, onPyTorch("bf16", ""))
		out, err := diagnose.Isolate(t.Context(), d, cmp, diagnose.IsolateOptions{Run: run.Options{Root: t.TempDir(), Command: []string{os.Args[0], "execute-toy"}}})
		require.NoError(t, err)
		require.Equal(t, want.finding, out.Finding, out.Words)
		require.Contains(t, out.Words, want.words)
		require.NotContains(t, out.Words, "fake quantization (")
		var steps []string
		for _, s := range out.Steps {
			steps = append(steps, s.Name)
		}
		require.Equal(t, []string{"as deployed", "strip to attn_backend VANILLA", "unquantized model, identical configuration"}, steps)
	}
}

// TensorRT-LLM's program against the package that has its signatures, whose
// AutoDeploy is off by more than it rounds.
func TestNeighbourPyTorchIsTheReferenceOfAutoDeploy(t *testing.T) {
	d := demo(t)
	python := neighbours.WarmPython(t, d.BF16.Model)
	stub, err := filepath.Abs(filepath.Join("..", "engine", "trtllm", "testdata", "stub"))
	require.NoError(t, err)
	t.Setenv("PYTHONPATH", stub)
	t.Setenv("STUB_WRONG", "_autodeploy")
	base, test := d.BF16, d.FP8
	base.Backend, base.Python = "pytorch", python
	test.Backend, test.Python = "autodeploy", python
	cmp := *compared(t, "autodeploy", cleanSamples, test, base)
	cmp.Verdict.Outcome = compare.RealLoss
	out, err := diagnose.Run(t.Context(), &cmp, diagnose.Options{Open: backend.Open})
	require.NoError(t, err)
	t.Log("\n" + out.MimeBundle().Plain())
	require.Empty(t, out.Probes[0].Failed)
	require.Greater(t, out.Facts["engine.excess"].Value, 3.0)
	for _, p := range out.Probes {
		switch p.Name {
		case "fake quantization":
			require.Contains(t, p.Failed, "the pytorch engine has no fake quantization")
		case "scales as loaded":
			require.Contains(t, p.Failed, "does not tell its scales")
		case "outputs of the modules":
			require.Contains(t, p.Failed, "does not tell what its modules compute")
		default:
			require.Empty(t, p.Failed, p.Name)
		}
	}
}
