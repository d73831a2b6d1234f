"""Field names of the argument classes; the values are not checked here."""


class BaseLlmArgs:
    model_fields = dict.fromkeys([
        "model", "tokenizer", "tokenizer_mode", "skip_tokenizer_init", "trust_remote_code", "tensor_parallel_size", "dtype", "revision",
        "tokenizer_revision", "pipeline_parallel_size", "context_parallel_size", "enable_chunked_prefill", "kv_cache_config",
        "speculative_config", "max_batch_size", "max_input_len", "max_seq_len", "max_beam_width", "max_num_tokens",
        "gather_generation_logits", "num_postprocess_workers", "backend",
    ])

    def __init__(self, **kwargs):
        self.given = kwargs
        self.kv_cache_config = {"enable_block_reuse": True, **(kwargs.get("kv_cache_config") or {})}

    def model_dump(self):
        return {**self.given, "kv_cache_config": self.kv_cache_config}


class TorchLlmArgs(BaseLlmArgs):
    model_fields = BaseLlmArgs.model_fields | dict.fromkeys(["cuda_graph_config", "attn_backend", "sampler_type", "moe_config", "allreduce_strategy"])
