"""Field names of the argument classes with some of their defaults, as in
tensorrt_llm/llmapi/llm_args.py; the values are not checked here."""


class BaseLlmArgs:
    model_fields = dict.fromkeys([
        "model", "tokenizer", "tokenizer_mode", "skip_tokenizer_init", "trust_remote_code", "tensor_parallel_size", "dtype", "revision",
        "tokenizer_revision", "pipeline_parallel_size", "context_parallel_size", "max_batch_size", "max_input_len", "max_seq_len",
        "max_beam_width", "max_num_tokens", "gather_generation_logits", "num_postprocess_workers", "backend",
    ]) | {
        "enable_chunked_prefill": False,
        "enable_attention_dp": False,
        "speculative_config": None,
        "kv_cache_config": {"enable_block_reuse": True, "enable_partial_reuse": True, "dtype": "auto"},
    }

    def __init__(self, **kwargs):
        self.given = kwargs
        self.values = {name: merged(default, kwargs[name]) if name in kwargs else default for name, default in self.model_fields.items()}
        self.kv_cache_config = self.values["kv_cache_config"]

    def model_dump(self):
        return {name: value for name, value in self.values.items() if name in self.given or value is not None or name.endswith("_config")}


class TorchLlmArgs(BaseLlmArgs):
    model_fields = BaseLlmArgs.model_fields | {
        "attn_backend": "TRTLLM",
        "cuda_graph_config": {"batch_sizes": [1, 2, 4], "max_batch_size": 4, "enable_padding": False},
        "torch_compile_config": None,
        "disable_overlap_scheduler": False,
        "moe_config": {"backend": "AUTO", "load_balancer": None, "use_low_precision_moe_combine": False},
        "allreduce_strategy": "AUTO",
        "enable_autotuner": True,
        "force_dynamic_quantization": False,
        "sampler_type": None,
    }


def merged(default, given):
    if not isinstance(default, dict) or not isinstance(given, dict):
        return given
    return {**default, **{name: merged(default.get(name), value) for name, value in given.items()}}
