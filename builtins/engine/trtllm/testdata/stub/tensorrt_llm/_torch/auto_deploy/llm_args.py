from ...llmapi.llm_args import TorchLlmArgs


class LlmArgs(TorchLlmArgs):
    model_fields = TorchLlmArgs.model_fields | dict.fromkeys([
        "model_factory", "model_kwargs", "speculative_model_kwargs", "skip_loading_weights", "tokenizer_kwargs", "world_size", "runtime",
        "device", "mode", "transforms", "compile_backend", "yaml_default", "yaml_extra",
    ])
