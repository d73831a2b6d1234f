package trtllm_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/backend"
	"adkernel/internal/neighbours"
)

func TestArgumentsAreCheckedAgainstTheInstalledVersion(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 on this machine")
	}
	out, err := exec.Command(python, "testdata/check_arguments.py", "python", "../script/python").CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func TestWhatNoVersionCanServeIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		backend string
		args    map[string]any
		want    string
	}{
		"tensor parallel": {"autodeploy", map[string]any{"tensor_parallel_size": 2}, "tensor_parallel_size: AutoDeploy is parallel by world_size alone"},
		"random weights":  {"pytorch", map[string]any{"skip_loading_weights": true}, "the logits of random weights mean nothing"},
		"beams":           {"autodeploy", map[string]any{"max_beam_width": 4}, "max_beam_width 4"},
		"attention":       {"pytorch", map[string]any{"attn_backend": "torch"}, "attn_backend torch: the pytorch backend writes VANILLA, TRTLLM or FLASHINFER, and takes what it does not know for TRTLLM"},
		"dummy weights":   {"pytorch", map[string]any{"load_format": "DUMMY"}, "load_format DUMMY: the logits of random weights mean nothing"},
		"yes, in YAML":    {"autodeploy", map[string]any{"skip_loading_weights": "yes"}, `skip_loading_weights: "yes" is a text, not true or false: write true`},
		"off, nested":     {"autodeploy", map[string]any{"transforms": map[string]any{"fuse_moe": map[string]any{"enabled": "off"}}}, `transforms.fuse_moe.enabled: "off" is a text, not true or false: write false`},
		"beams, in YAML":  {"pytorch", map[string]any{"max_beam_width": uint64(4)}, "max_beam_width 4"},
		"demollm":         {"autodeploy", map[string]any{"runtime": "demollm"}, "a class of its own"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := backend.Open(t.Context(), engine.Deployment{Model: "/m/llama", Backend: c.backend, Args: c.args}, engine.Site{})
			require.ErrorContains(t, err, "deployment llama: ")
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestAutoDeployUnderTorchrunIsRefused(t *testing.T) {
	t.Setenv("TORCHELASTIC_RUN_ID", "none")
	_, err := backend.Open(t.Context(), engine.Deployment{Model: "/m/llama", Backend: "autodeploy", WorldSize: 2}, engine.Site{})
	require.ErrorContains(t, err, "deployment llama: this is a process of torchrun ($TORCHELASTIC_RUN_ID is set): AutoDeploy starts its ranks itself")
}

// log keeps what an engine says.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Sprint(l.lines)
}

var model = filepath.Join("..", "embedded", "testdata", "llama")

// open starts the program against the stub of TensorRT-LLM.
func open(t *testing.T, d engine.Deployment, dir string) (engine.Engine, *log, error) {
	t.Helper()
	d.Model, d.Python = model, neighbours.Python(t)
	stub, err := filepath.Abs(filepath.Join("testdata", "stub"))
	require.NoError(t, err)
	t.Setenv("PYTHONPATH", stub)
	l := &log{}
	e, err := backend.Open(t.Context(), d, engine.Site{Dir: dir, Log: func(format string, args ...any) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lines = append(l.lines, fmt.Sprintf(format, args...))
	}})
	if err == nil {
		t.Cleanup(func() { e.Close() })
	}
	return e, l, err
}

func answer(t *testing.T, e engine.Engine, r engine.Request) (engine.Response, error) {
	t.Helper()
	var out engine.Response
	err := e.Generate(t.Context(), []engine.Request{r}, func(got engine.Response) error {
		out = got
		return nil
	})
	return out, err
}

var (
	prompt = []int32{5, 6, 7, 8}
	whole  = engine.Request{Tokens: prompt, MaxTokens: 3, Stop: []int32{}, Logits: true, PromptLogits: true}
)

// checkRows compares with the stub's formula.
func checkRows(t *testing.T, r engine.Response, vocab int) {
	t.Helper()
	require.Len(t, r.PromptLogits, len(prompt)*vocab)
	sum := 0
	for n, id := range prompt {
		sum += int(id)
		row := r.PromptLogits[n*vocab:][:vocab]
		require.Equal(t, float32(2+n), row[sum%vocab], "row %d", n)
		require.Zero(t, row[(sum+1)%vocab], "row %d", n)
	}
	require.Equal(t, float32(1+len(prompt)), r.Logits[sum%vocab])
	require.Len(t, r.Tokens, 3)
	require.EqualValues(t, sum%vocab, r.Tokens[0])
	require.Equal(t, "length", r.Finish)
}

func TestBothBackendsAnswerAgainstTheStub(t *testing.T) {
	for _, name := range []string{"autodeploy", "pytorch"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			d := engine.Deployment{Backend: name, WorldSize: 2, BatchSize: 4, DType: "bfloat16"}.With(false, "kv_cache_config", "enable_block_reuse")
			e, _, err := open(t, d, dir)
			require.NoError(t, err)
			info := e.Info()
			require.Equal(t, name, info.Engine)
			require.Contains(t, info.Version, "0.0.stub")
			require.Equal(t, "bfloat16", info.DType)
			require.Equal(t, "False", info.Settings["kv_cache_config.enable_block_reuse"])
			require.Equal(t, "4", info.Settings["max_batch_size"])
			ranks := map[string]string{"autodeploy": "world_size", "pytorch": "tensor_parallel_size"}[name]
			require.Equal(t, "2", info.Settings[ranks])

			r, err := answer(t, e, whole)
			require.NoError(t, err)
			checkRows(t, r, info.Vocab)

			stopped := engine.Request{Tokens: prompt, MaxTokens: 3, Stop: []int32{26 % int32(info.Vocab)}}
			r, err = answer(t, e, stopped)
			require.NoError(t, err)
			require.Equal(t, "stop", r.Finish)
			require.Empty(t, r.Tokens)

			const end = 257 // eos_token_id; the formula's first token is the sum
			r, err = answer(t, e, engine.Request{Tokens: []int32{end - 7, 7}, MaxTokens: 3, Logits: true})
			require.NoError(t, err)
			require.Equal(t, "stop", r.Finish)
			require.Empty(t, r.Tokens, "what ends an output is no part of it")
			require.Empty(t, r.Text)
			require.Equal(t, float32(3), r.Logits[end])

			long := engine.Request{Tokens: []int32{30, 3}, MaxTokens: 4, Stop: []int32{}}
			r, err = answer(t, e, long)
			require.NoError(t, err)
			require.Equal(t, []int32{33, 66, 132, 264}, r.Tokens)
			tokens, text := r.Tokens, r.Text
			long.StopTexts = []string{"no such text", e.Decode(tokens[1:2])}
			r, err = answer(t, e, long)
			require.NoError(t, err)
			require.Equal(t, "stop", r.Finish)
			require.Equal(t, tokens[:2], r.Tokens)
			require.Equal(t, e.Decode(tokens[:1]), r.Text)
			require.NotEqual(t, text, r.Text)

			r, err = answer(t, e, engine.Request{Tokens: prompt, PromptLogits: true})
			require.NoError(t, err)
			require.Empty(t, r.Tokens, "no token was asked for")

			if name == "autodeploy" {
				require.FileExists(t, filepath.Join(dir, "engine", "graphs", "001_factory_build_model.txt"))
				text, err := os.ReadFile(filepath.Join(dir, "engine", "log.txt"))
				require.NoError(t, err)
				require.Contains(t, string(text), "transform=build_model] [SUMMARY] matches=1")
				again, _, err := open(t, d, dir)
				require.NoError(t, err)
				require.NoError(t, again.Close())
				require.FileExists(t, filepath.Join(dir, "engine", "graphs-2", "001_factory_build_model.txt"), "earlier dumps are kept")
			}
		})
	}
}

func TestContextLogitsThatAreNotWholeAreNoAnswer(t *testing.T) {
	t.Run("block reuse", func(t *testing.T) {
		d := engine.Deployment{Backend: "autodeploy"}
		for want, d := range map[string]engine.Deployment{
			"kv_cache_config.enable_block_reuse is true: TensorRT-LLM then leaves out the rows of reused blocks": d.With(true, "kv_cache_config", "enable_block_reuse"),
			"kv_cache_config.enable_block_reuse is true by default: ":                                            d.With(0.4, "kv_cache_config", "free_gpu_memory_fraction"),
		} {
			e, _, err := open(t, d, t.TempDir())
			require.NoError(t, err)
			require.Equal(t, "True", e.Info().Settings["kv_cache_config.enable_block_reuse"], "served as deployed")
			_, err = answer(t, e, whole)
			require.ErrorContains(t, err, want)
			_, err = answer(t, e, engine.Request{Tokens: prompt, MaxTokens: 2, Logits: true})
			require.NoError(t, err, "the answer's own row is not concerned")
		}
	})
	t.Run("last position only", func(t *testing.T) {
		t.Setenv("STUB_SHORT_CONTEXT", "1")
		e, _, err := open(t, engine.Deployment{Backend: "autodeploy"}.With(false, "kv_cache_config", "enable_block_reuse"), t.TempDir())
		require.NoError(t, err)
		_, err = answer(t, e, whole)
		require.ErrorContains(t, err, "returned 1 rows of context logits for 4 prompt tokens: this version keeps less than all of them")
	})
	t.Run("padded and bfloat16", func(t *testing.T) {
		t.Setenv("STUB_PADDED", "1")
		t.Setenv("STUB_BF16", "1")
		e, l, err := open(t, engine.Deployment{Backend: "pytorch"}.With(false, "kv_cache_config", "enable_block_reuse"), t.TempDir())
		require.NoError(t, err)
		r, err := answer(t, e, whole)
		require.NoError(t, err)
		checkRows(t, r, e.Info().Vocab)
		require.Contains(t, l.text(), "are padding, and left out")
	})
	t.Run("timeout", func(t *testing.T) {
		t.Setenv("STUB_TIMEOUT", "1")
		e, _, err := open(t, engine.Deployment{Backend: "pytorch"}, t.TempDir())
		require.NoError(t, err)
		_, err = answer(t, e, engine.Request{Tokens: prompt, MaxTokens: 1})
		require.ErrorContains(t, err, "ended with 'timeout', not with an answer")
	})
	t.Run("generation logits not gathered", func(t *testing.T) {
		e, _, err := open(t, engine.Deployment{Backend: "pytorch"}.With(false, "gather_generation_logits"), t.TempDir())
		require.NoError(t, err)
		_, err = answer(t, e, engine.Request{Tokens: prompt, MaxTokens: 1, Logits: true})
		require.ErrorContains(t, err, "returned no generation logits, which were asked for")
	})
}

func TestSettingsOfAnotherVersionAreNamed(t *testing.T) {
	_, _, err := open(t, engine.Deployment{Backend: "autodeploy"}.With(true, "transforms", "fuse_fp8_linaer", "enabled"), t.TempDir())
	require.ErrorContains(t, err, "transforms.fuse_fp8_linaer: the installed AutoDeploy has no such transform; did you mean fuse_fp8_linear?")
	_, _, err = open(t, engine.Deployment{Backend: "pytorch"}.With(true, "transforms", "fuse_fp8_linear", "enabled"), t.TempDir())
	require.ErrorContains(t, err, "pytorch of TensorRT-LLM 0.0.stub has no setting transforms")
	_, _, err = open(t, engine.Deployment{Backend: "autodeploy"}.With(false, "transforms", "fuse_fp8_linaer", "enabled"), t.TempDir())
	require.ErrorContains(t, err, "did you mean fuse_fp8_linear?")
	_, l, err := open(t, engine.Deployment{Backend: "autodeploy"}.With(false, "transforms", "fuse_fp4_gemms", "enabled"), t.TempDir())
	require.NoError(t, err)
	require.Contains(t, l.text(), "does not have, and so does not run: fuse_fp4_gemms")
}

// Each mode has a YAML of its own.
func TestTransformsAreThoseOfTheMode(t *testing.T) {
	d := engine.Deployment{Backend: "autodeploy"}.With("torch", "transforms", "transformers_replace_cached_attn", "backend")
	_, _, err := open(t, d, t.TempDir())
	require.ErrorContains(t, err, "transforms.transformers_replace_cached_attn: the installed AutoDeploy has no such transform")
	e, _, err := open(t, d.With("transformers", "mode"), t.TempDir())
	require.NoError(t, err)
	require.Equal(t, "torch", e.Info().Settings["transforms.transformers_replace_cached_attn.backend"])
}

func TestWithoutTensorRTLLMTheMissingPackageIsNamed(t *testing.T) {
	python := neighbours.Python(t)
	_, err := backend.Open(t.Context(), engine.Deployment{Model: model, Backend: "autodeploy", Python: python}, engine.Site{})
	require.ErrorContains(t, err, "has no package tensorrt_llm, which this engine needs: install it")
}
