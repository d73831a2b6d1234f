package transformers_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/backend"
	"adkernel/builtins/run"
	"adkernel/builtins/task"
	"adkernel/internal/neighbours"
	"adkernel/internal/runtest"
)

// patch writes a file with the given Python.
func patch(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fix.py")
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644))
	return path
}

func TestAPatchChangesWhatIsComputed(t *testing.T) {
	t.Setenv("PYTHONDONTWRITEBYTECODE", "")
	d := engine.Deployment{Model: fixture("llama"), DType: "float32"}
	plain, _ := open(t, d)
	d.Patch = patch(t,
		"def patch(model):",
		"    model.model.norm.weight.mul_(2)  # the head is linear: so are the logits",
	)
	doubled, l := open(t, d)
	requests := asked(t, plain, sentences()[:3], 1)
	want := answers(t, plain, requests)
	for i, got := range answers(t, doubled, requests) {
		for j, x := range want[i].Logits {
			require.InDelta(t, 2*x, got.Logits[j], 1e-4)
		}
	}
	require.Contains(t, strings.Join(l.lines, "\n"), "fix.py applied")
	require.NoDirExists(t, filepath.Join(filepath.Dir(d.Patch), "__pycache__"), "a patch is read as it is now, not as it was compiled")
}

// The scales of quantized layers are what they compute with, so a patch that
// forgets one is seen both in the logits and in what the engine tells of
// itself.
func TestAPatchedScaleIsTheOneThatIsTold(t *testing.T) {
	d := engine.Deployment{Model: fixture("llama-fp8"), DType: "float32"}
	d.Patch = patch(t,
		"import torch",
		"def patch(model):",
		"    layer = model.model.layers[0].mlp.up_proj",
		"    layer.scale = torch.ones_like(layer.scale)",
	)
	forgot, _ := open(t, d)
	scales, err := forgot.LoadedScales(t.Context())
	require.NoError(t, err)
	told := scalesOf(scales)["model.layers.0.mlp.up_proj"]
	require.Equal(t, float32(1), told.Values[0])
	require.Len(t, told.Values, told.N)

	right := openEmbedded(t, engine.Deployment{Model: d.Model, DType: d.DType})
	requests := asked(t, right, sentences()[:3], 1)
	most, _ := compare(t, answers(t, forgot, requests), answers(t, right, requests))
	require.Greater(t, most, 0.1)
}

func TestWhenMemoryDoesNotSufficeTheBatchIsHalved(t *testing.T) {
	d := engine.Deployment{Model: fixture("llama"), DType: "float32", BatchSize: 8}.With(false, "kv_cache_config", "enable_block_reuse")
	whole, _ := open(t, d)
	requests := asked(t, whole, append(sentences(), sentences()...), 6)
	want := answers(t, whole, requests)

	limit := func(n, failure string) string {
		return patch(t,
			"import torch",
			"def patch(model):",
			"    def limit(module, args, kwargs):",
			"        if kwargs['input_ids'].shape[0] > "+n+":",
			"            raise "+failure,
			"    model.register_forward_pre_hook(limit, with_kwargs=True)",
		)
	}
	const allocator = `torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 20.00 GiB.\nGPU 0')`
	const library = "RuntimeError('CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`')"
	d.Patch = limit("3", allocator)
	small, l := open(t, d)
	most, agreement := compare(t, answers(t, small, requests), want)
	require.LessOrEqual(t, most, 1e-4)
	require.Equal(t, 1.0, agreement)
	said := strings.Join(l.lines, "\n")
	require.Contains(t, said, "out of memory with 8 prompts at a time: going on with 4 (CUDA out of memory. Tried to allocate 20.00 GiB.)")
	require.Contains(t, said, "out of memory with 4 prompts at a time: going on with 2")

	d.Patch = limit("7", library)
	less, l := open(t, d)
	most, _ = compare(t, answers(t, less, requests), want)
	require.LessOrEqual(t, most, 1e-4)
	require.Contains(t, strings.Join(l.lines, "\n"), "out of memory with 8 prompts at a time: going on with 4 (CUDA error: CUBLAS_STATUS_ALLOC_FAILED")

	d.Patch = limit("0", allocator)
	none, _ := open(t, d)
	err := none.Generate(t.Context(), requests, func(engine.Response) error { return nil })
	require.ErrorContains(t, err, "out of memory on cpu with a single prompt of ")
}

func TestWhatCannotBeLoadedSaysWhy(t *testing.T) {
	python := neighbours.Python(t)
	llama := fixture("llama")
	for name, c := range map[string]struct {
		d    engine.Deployment
		want string
	}{
		"patch fails":      {engine.Deployment{Model: llama, Patch: patch(t, "def patch(model):", "    model.layers[0]")}, "fix.py, line 2: AttributeError: "},
		"patch is none":    {engine.Deployment{Model: llama, Patch: patch(t, "def fix(model): pass")}, "defines no function patch(model)"},
		"patch is no code": {engine.Deployment{Model: llama, Patch: patch(t, "", "def patch(model:")}, "fix.py, line 2: SyntaxError: "},
		"no GPU":           {engine.Deployment{Model: llama}.With("cuda", "device"), "device is cuda, but torch 2."},
		"override":         {engine.Deployment{Model: llama}.With(3, "model_kwargs", "num_layer"), "model_kwargs.num_layer: the configuration of LlamaConfig has no such entry"},
		"missing weights":  {engine.Deployment{Model: llama}.With(3, "model_kwargs", "num_hidden_layers"), "weights are not in the checkpoint, model.layers.2."},
		"FP8 cache":        {engine.Deployment{Model: declares(t, "kv_cache_quant_algo", "FP8")}, "the checkpoint asks for an FP8 KV cache, which this engine does not have"},
		"cache dtype":      {engine.Deployment{Model: llama, DType: "float32"}.With("bfloat16", "kv_cache_config", "dtype"), "kv_cache_config.dtype is bfloat16: activations are float32, and the cache holds these"},
		"no weights":       {engine.Deployment{Model: without(t, "model.safetensors")}, "transformers cannot load this checkpoint"},
		"no tokenizer":     {engine.Deployment{Model: without(t, "tokenizer.json")}, "holds no tokenizer: want tokenizer.json"},
	} {
		t.Run(name, func(t *testing.T) {
			c.d.Backend, c.d.Python = "transformers", python
			_, err := backend.Open(t.Context(), c.d, engine.Site{Dir: t.TempDir()})
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "\n")
		})
	}
}

// without copies the llama fixture and leaves out a file.
func without(t *testing.T, file string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "m"), os.DirFS(fixture("llama"))))
	require.NoError(t, os.Remove(filepath.Join(dir, "m", file)))
	return filepath.Join(dir, "m")
}

// declares copies the FP8 fixture and declares something more of its
// quantization.
func declares(t *testing.T, name, value string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(fixture("llama-fp8"))))
	text := `{"quantization": {"quant_algo": "FP8", "` + name + `": "` + value + `"}}`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "hf_quant_config.json"), []byte(text), 0o644))
	return dir
}

// The Python process of a run is killed in the middle; the run says so, keeps
// what was answered, and resumes to the logits of a run that nobody killed.
func TestAKilledProcessOfARunIsNamedAndTheRunResumes(t *testing.T) {
	told := filepath.Join(t.TempDir(), "pid")
	spec := run.Spec{
		Deployment: engine.Deployment{
			Name: "slow", Model: filepath.Join(demo, "dense"), Backend: "transformers", Python: neighbours.Python(t), DType: "float32", BatchSize: 1,
			Patch: patch(t,
				"import os, time",
				"def patch(model):",
				"    open('"+told+"', 'w').write(str(os.getpid()))",
				"    model.register_forward_pre_hook(lambda module, args: time.sleep(0.3))",
			),
		},
		Task: task.Spec{Kind: "mmlu", Dataset: filepath.Join(demo, "task"), Samples: 90, Subjects: []string{"world_capitals", "prime_numbers", "medians"}},
	}
	options := run.Options{Root: t.TempDir(), Command: runtest.Command()}
	r, err := run.Launch(t.Context(), spec, options)
	require.NoError(t, err)
	t.Cleanup(func() { r.Cancel() })
	for begin := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		p, err := r.Progress()
		require.NoError(t, err)
		if p.Done >= 2 {
			break
		}
		require.False(t, p.Status.Ended())
		require.Less(t, time.Since(begin), 5*time.Minute)
	}
	text, err := os.ReadFile(told)
	require.NoError(t, err)
	pid, err := strconv.Atoi(string(text))
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))

	require.ErrorContains(t, r.Wait(t.Context()), "was killed by signal killed")
	state, err := r.State()
	require.NoError(t, err)
	require.Equal(t, run.Failed, state.Status)
	require.Contains(t, state.Error, "was killed by signal killed (kill -9, or the machine ran out of memory)")
	samples, err := r.Samples()
	require.NoError(t, err)
	require.Len(t, samples, state.Done)
	require.Less(t, state.Done, state.Total)
	first := samples[0].Index
	kept, err := r.LogitRow(first)
	require.NoError(t, err)

	require.NoError(t, r.Resume(t.Context(), options))
	require.NoError(t, r.Wait(t.Context()))
	samples, err = r.Samples()
	require.NoError(t, err)
	require.Len(t, samples, state.Total)
	again, err := r.LogitRow(first)
	require.NoError(t, err)
	require.Equal(t, kept, again, "what was finished is not computed again")
	ours := openEmbedded(t, engine.Deployment{Model: spec.Deployment.Model, DType: "float32"})
	for _, s := range samples {
		tokens, err := r.PromptTokens(s.Index)
		require.NoError(t, err)
		row, err := r.LogitRow(s.Index)
		require.NoError(t, err)
		want := answers(t, ours, []engine.Request{{Tokens: tokens, MaxTokens: 1, Logits: true}})[0]
		most, _ := difference(row, want.Logits)
		require.LessOrEqual(t, most, 1e-4, "sample %d", s.Index)
	}
}
