package diagnose

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/backend"
	"adkernel/internal/neighbours"
)

// autoDeployRecord is of an AutoDeploy whose default.yaml has some passes.
var autoDeployRecord = map[string]string{
	"world_size": "1", "compile_backend": "torch-cudagraph", "attn_backend": "flashinfer", "disable_overlap_scheduler": "False", "speculative_config": "None",
	"enable_chunked_prefill": "False", "kv_cache_config.enable_block_reuse": "True", "kv_cache_config.dtype": "auto", "cuda_graph_config.max_batch_size": "8",
	"transforms.detect_sharding.stage": "sharding", "transforms.detect_sharding.allreduce_strategy": "AUTO",
	"transforms.fuse_moe.stage": "post_load_fusion", "transforms.fuse_rmsnorm.stage": "post_load_fusion", "transforms.fuse_fp8_linear.stage": "post_load_fusion",
	"transforms.fuse_allreduce_residual_rmsnorm.stage": "post_load_fusion", "transforms.fuse_gdn_gating.stage": "post_load_fusion",
	"transforms.fuse_gemms.stage": "post_load_fusion", "transforms.fuse_gemms.enabled": "False",
	"transforms.insert_cached_attention.backend": "flashinfer", "transforms.insert_cached_mla_attention.backend": "flashinfer_mla", "transforms.insert_cached_ssm_attention.backend": "triton_ssm",
	"transforms.compile_model.stage": "compile", "transforms.compile_model.backend": "torch-cudagraph",
	"transforms.multi_stream_moe.stage": "compile", "transforms.multi_stream_moe.enabled": "False", "transforms.multi_stream_gemm.stage": "compile",
}

var pyTorchRecord = map[string]string{
	"tensor_parallel_size": "1", "allreduce_strategy": "AUTO", "enable_attention_dp": "False", "cuda_graph_config.batch_sizes": "[1, 2]", "cuda_graph_config.max_batch_size": "2",
	"torch_compile_config": "None", "prefill_cuda_graph_backend": "disabled", "disable_overlap_scheduler": "False", "speculative_config": "None", "sparse_attention_config": "None",
	"attn_backend": "TRTLLM", "enable_chunked_prefill": "False", "kv_cache_config.enable_block_reuse": "True", "kv_cache_config.dtype": "auto",
	"moe_config.backend": "AUTO", "moe_config.load_balancer": "None", "moe_config.use_low_precision_moe_combine": "False",
	"force_dynamic_quantization": "False", "enable_autotuner": "True",
}

func modelWith(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir
}

// What TensorRT-LLM does by default is stripped as what is given is; what the
// model or one rank gives no effect is not.
func TestAxesOfTensorRTLLMAreWhatIsInForce(t *testing.T) {
	const kvFP8 = `{"quantization": {"quant_algo": "FP8", "kv_cache_quant_algo": "FP8"}}`
	mla := modelWith(t, map[string]string{"config.json": `{"text_config": {"kv_lora_rank": 512}}`})
	for name, c := range map[string]struct {
		d         engine.Deployment
		arch      string
		format    string // bfloat16 by default
		record    map[string]string
		quantized bool
		want      [][2]string       // names, and what is off
		needs     map[string]string // by the name of the axis
		fixed     []string
	}{
		"AutoDeploy, dense": {d: engine.Deployment{Backend: "autodeploy"}, arch: "LlamaForCausalLM", record: autoDeployRecord, want: [][2]string{
			{"compile_backend torch-cudagraph", "compile_backend torch-simple"}, {"multi_stream_gemm true", "multi_stream_gemm false"},
			{"disable_overlap_scheduler false", "disable_overlap_scheduler true"}, {"attn_backend flashinfer", "attn_backend torch"},
			{"kv_cache_config.enable_block_reuse true", "kv_cache_config.enable_block_reuse false"},
			{"fusion of norm and rope", "no fusion of norm and rope"}, {"other passes after loading", "no other passes after loading"},
		}, needs: map[string]string{"compile_backend torch-cudagraph": "attn_backend flashinfer"}},
		"AutoDeploy, quantized experts with MLA on two ranks": {d: engine.Deployment{Backend: "autodeploy", WorldSize: 2, Model: mla}, arch: "DeepseekV3ForCausalLM", record: autoDeployRecord, quantized: true, want: [][2]string{
			{"world_size 2", "world_size 1"}, {"detect_sharding.allreduce_strategy AUTO", "detect_sharding.allreduce_strategy NCCL"},
			{"compile_backend torch-cudagraph", "compile_backend torch-simple"}, {"multi_stream_gemm true", "multi_stream_gemm false"},
			{"disable_overlap_scheduler false", "disable_overlap_scheduler true"}, {"attn_backend flashinfer", "attn_backend torch"},
			{"insert_cached_mla_attention.backend flashinfer_mla", "insert_cached_mla_attention.backend torch_mla"},
			{"kv_cache_config.enable_block_reuse true", "kv_cache_config.enable_block_reuse false"}, {"quantized kernels", "fake quantization"},
			{"fusion of MoE", "no fusion of MoE"}, {"fusion of all-reduce", "no fusion of all-reduce"},
			{"fusion of norm and rope", "no fusion of norm and rope"}, {"other passes after loading", "no other passes after loading"},
		}, needs: map[string]string{
			"detect_sharding.allreduce_strategy AUTO": "world_size 2", "fusion of all-reduce": "world_size 2",
			"compile_backend torch-cudagraph": "attn_backend flashinfer, insert_cached_mla_attention.backend flashinfer_mla, quantized kernels and fusion of MoE",
		}},
		"AutoDeploy, what is given": {d: engine.Deployment{Backend: "autodeploy"}.With("triton_ssm", "transforms", "insert_cached_ssm_attention", "backend").With("torch-opt", "transforms", "compile_model", "backend").With(true, "transforms", "compile_model", "piecewise_enabled"),
			want: [][2]string{
				{"compile_model.piecewise_enabled true", "compile_model.piecewise_enabled false"}, {"compile_backend torch-opt", "compile_backend torch-simple"},
				{"insert_cached_ssm_attention.backend triton_ssm", "insert_cached_ssm_attention.backend torch_ssm"},
			}, needs: map[string]string{
				"compile_model.piecewise_enabled true": "compile_backend torch-opt and insert_cached_ssm_attention.backend triton_ssm",
				"compile_backend torch-opt":            "insert_cached_ssm_attention.backend triton_ssm",
			}},
		"AutoDeploy, passes that are not as by default": {d: engine.Deployment{Backend: "autodeploy", WorldSize: 2}.With(false, "transforms", "detect_sharding", "enabled").With(true, "transforms", "apply_sharding_hints", "enabled").
			With(true, "transforms", "match_swiglu_pattern", "enabled").With(false, "transforms", "match_rope_layout", "enabled").With(false, "transforms", "fuse_rmsnorm", "enabled"),
			record: map[string]string{
				"transforms.detect_sharding.stage": "sharding", "defaults.transforms.detect_sharding.enabled": "True", "transforms.apply_sharding_hints.stage": "sharding", "transforms.apply_sharding_hints.allreduce_strategy": "ONESHOT", "defaults.transforms.apply_sharding_hints.enabled": "False",
				"transforms.match_swiglu_pattern.stage": "pattern_matcher", "defaults.transforms.match_swiglu_pattern.enabled": "True", "transforms.match_rope_layout.stage": "pattern_matcher", "defaults.transforms.match_rope_layout.enabled": "True",
				"transforms.fuse_rmsnorm.stage": "post_load_fusion", "defaults.transforms.fuse_rmsnorm.enabled": "True", "transforms.fuse_rmsnorm.enabled": "False",
			}, want: [][2]string{
				{"world_size 2", "world_size 1"}, {"apply_sharding_hints.allreduce_strategy ONESHOT", "apply_sharding_hints.allreduce_strategy NCCL"},
				{"passes of the stage pattern_matcher that are not as by default", "the default passes of the stage pattern_matcher"},
				{"passes of the stage sharding that are not as by default", "the default passes of the stage sharding"},
			}, needs: map[string]string{"passes of the stage sharding that are not as by default": "world_size 2",
				"apply_sharding_hints.allreduce_strategy ONESHOT": "world_size 2 and passes of the stage sharding that are not as by default"}},
		"AutoDeploy, a cache that the checkpoint quantizes": {d: engine.Deployment{Backend: "autodeploy", Model: modelWith(t, map[string]string{"hf_quant_config.json": kvFP8})}, record: map[string]string{"kv_cache_config.dtype": "auto"},
			want: [][2]string{{"kv_cache_config.dtype auto", "kv_cache_config.dtype bfloat16"}}},
		"AutoDeploy, sharding that its YAML says nothing of": {d: engine.Deployment{Backend: "autodeploy", WorldSize: 2}.With(true, "transforms", "detect_sharding", "enable_attention_dp"), record: map[string]string{"transforms.detect_sharding.stage": "sharding"},
			want:  [][2]string{{"world_size 2", "world_size 1"}, {"detect_sharding.allreduce_strategy AUTO", "detect_sharding.allreduce_strategy NCCL"}, {"detect_sharding.enable_attention_dp true", "detect_sharding.enable_attention_dp false"}},
			needs: map[string]string{"detect_sharding.allreduce_strategy AUTO": "world_size 2", "detect_sharding.enable_attention_dp true": "world_size 2"}},
		"AutoDeploy, the same, whose record leaves the format open": {d: engine.Deployment{Backend: "autodeploy", Model: modelWith(t, map[string]string{"hf_quant_config.json": kvFP8, "config.json": `{"torch_dtype": "float16"}`})},
			format: "auto", record: map[string]string{"kv_cache_config.dtype": "auto"}, want: [][2]string{{"kv_cache_config.dtype auto", "kv_cache_config.dtype float16"}}},
		"AutoDeploy, the same, whose format nobody tells": {d: engine.Deployment{Backend: "autodeploy", Model: modelWith(t, map[string]string{"hf_quant_config.json": kvFP8})},
			format: "auto", record: map[string]string{"kv_cache_config.dtype": "auto"}, fixed: []string{"kv_cache_config.dtype auto"}},
		"PyTorch, dense": {d: engine.Deployment{Backend: "pytorch"}, arch: "LlamaForCausalLM", record: pyTorchRecord, quantized: true, want: [][2]string{
			{"cuda_graph_config", "no cuda_graph_config"}, {"disable_overlap_scheduler false", "disable_overlap_scheduler true"}, {"attn_backend TRTLLM", "attn_backend VANILLA"},
			{"kv_cache_config.enable_block_reuse true", "kv_cache_config.enable_block_reuse false"}, {"enable_autotuner true", "enable_autotuner false"},
		}, needs: map[string]string{"cuda_graph_config": "attn_backend TRTLLM"}},
		"PyTorch, experts on two ranks, speculating": {d: engine.Deployment{Backend: "pytorch", WorldSize: 2}.With(3, "speculative_config", "max_draft_len").With(nil, "cuda_graph_config"), arch: "MixtralForCausalLM",
			record: map[string]string{"allreduce_strategy": "AUTO", "cuda_graph_config": "None", "moe_config.backend": "AUTO", "speculative_config.max_draft_len": "3", "attn_backend": "TRTLLM"},
			want: [][2]string{
				{"world_size 2", "world_size 1"}, {"allreduce_strategy AUTO", "allreduce_strategy NCCL"}, {"speculative_config", "no speculative_config"},
				{"attn_backend TRTLLM", "attn_backend VANILLA"}, {"moe_config.backend AUTO", "moe_config.backend VANILLA"},
			}, needs: map[string]string{"allreduce_strategy AUTO": "world_size 2"}},
		"PyTorch, a cache that the checkpoint quantizes": {d: engine.Deployment{Backend: "pytorch", Model: modelWith(t, map[string]string{"hf_quant_config.json": kvFP8})}, record: map[string]string{"kv_cache_config.dtype": "auto"},
			fixed: []string{"kv_cache_config.dtype auto"}},
		"transformers, a cache as the activations are": {d: engine.Deployment{Backend: "transformers", Model: modelWith(t, map[string]string{"hf_quant_config.json": kvFP8})}.With("bfloat16", "kv_cache_config", "dtype"), record: map[string]string{}},
		"embedded, a cache that the checkpoint quantizes too": {d: engine.Deployment{Model: modelWith(t, map[string]string{"hf_quant_config.json": kvFP8})}.With("fp8", "kv_cache_config", "dtype"), record: map[string]string{},
			want: [][2]string{{"kv_cache_config.dtype fp8", "kv_cache_config.dtype bfloat16"}}},
		"embedded": {d: engine.Deployment{}, record: map[string]string{"compile_backend": "torch-simple", "attn_backend": "torch", "kv_cache_config.enable_block_reuse": "true"}},
	} {
		t.Run(name, func(t *testing.T) {
			var info *engine.Info
			if c.record != nil {
				info = &engine.Info{Arch: c.arch, DType: cmp.Or(c.format, "bfloat16"), Settings: c.record}
			}
			axes, fixed, err := axesOf(c.d, info, c.quantized)
			require.NoError(t, err)
			var got [][2]string
			needs, d := map[string]string{}, c.d
			for _, a := range axes {
				got = append(got, [2]string{a.name, a.off})
				if len(a.needs) > 0 {
					needs[a.name] = join(names(a.needs))
				}
				d = a.strip(d)
			}
			require.Equal(t, c.want, got)
			require.Equal(t, len(c.needs), len(needs))
			for name, want := range c.needs {
				require.Equal(t, want, needs[name], name)
			}
			var left []string
			for _, f := range fixed {
				left = append(left, f.Name)
			}
			require.Equal(t, c.fixed, left)

			// Nothing is left of what was stripped, by what the engine would record.
			force, err := settingsInForce(d, nil)
			require.NoError(t, err)
			after := maps.Clone(c.record)
			for key := range after {
				for given := range force.given {
					if len(key) > len(given) && key[:len(given)+1] == given+"." {
						delete(after, key) // a setting that held others is none
					}
				}
			}
			if after != nil {
				maps.Copy(after, force.given)
			}
			stripped, _, err := axesOf(d, &engine.Info{Arch: c.arch, DType: cmp.Or(c.format, "bfloat16"), Settings: after}, false)
			require.NoError(t, err)
			require.Empty(t, names(stripped))
		})
	}
}

func TestWholePromptsKeepTheRoomThatTheyHave(t *testing.T) {
	d := engine.Deployment{}.With(true, "enable_chunked_prefill")
	for tokens, want := range map[int]int{128: plainTokens, 20000: 20000} {
		d := d.With(tokens, "max_num_tokens")
		axes, _, err := axesOf(d, nil, false)
		require.NoError(t, err)
		settings, err := axes[0].strip(d).Settings()
		require.NoError(t, err)
		require.Equal(t, want, settings["max_num_tokens"])
	}
}

// The record that TensorRT-LLM's program makes of the package that stands for it
// names what that does by default.
func TestNeighbourDefaultsAreAxesByTheProgramsRecord(t *testing.T) {
	python := neighbours.Python(t)
	stub, err := filepath.Abs(filepath.Join("..", "engine", "trtllm", "testdata", "stub"))
	require.NoError(t, err)
	t.Setenv("PYTHONPATH", stub)
	for name, want := range map[string][]string{
		"autodeploy": {"compile_backend torch-cudagraph", "disable_overlap_scheduler false", "attn_backend flashinfer", "kv_cache_config.enable_block_reuse true", "fusion of norm and rope", "other passes after loading"},
		"pytorch":    {"cuda_graph_config", "disable_overlap_scheduler false", "attn_backend TRTLLM", "kv_cache_config.enable_block_reuse true", "enable_autotuner true"},
	} {
		d := engine.Deployment{Model: filepath.Join("..", "engine", "embedded", "testdata", "llama"), Backend: name, Python: python}
		e, err := backend.Open(t.Context(), d, engine.Site{Dir: t.TempDir()})
		require.NoError(t, err)
		info := e.Info()
		require.NoError(t, e.Close())
		axes, fixed, err := axesOf(d, &info, false)
		require.NoError(t, err)
		require.Empty(t, fixed)
		require.Equal(t, want, names(axes), name)
	}
}
