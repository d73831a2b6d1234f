"""As auto_deploy/llm_args.py merges what is given with its default.yaml."""
import importlib.resources

import yaml

from ...llmapi.llm_args import TorchLlmArgs, merged

SHORTCUTS = {"attn_backend": "insert_cached_attention", "compile_backend": "compile_model"}


class LlmArgs(TorchLlmArgs):
    model_fields = TorchLlmArgs.model_fields | dict.fromkeys([
        "model_factory", "model_kwargs", "speculative_model_kwargs", "skip_loading_weights", "tokenizer_kwargs", "runtime",
        "device", "transforms", "yaml_default", "yaml_extra",
    ]) | {"world_size": 1, "mode": "graph", "compile_backend": "torch-cudagraph"}

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        name = {"graph": "default.yaml", "transformers": "transformers.yaml"}[self.values["mode"]]
        text = importlib.resources.files("tensorrt_llm._torch.auto_deploy.config").joinpath(name).read_text()
        transforms = self.values["transforms"] = merged(yaml.safe_load(text)["transforms"], kwargs.get("transforms") or {})
        for short, name in SHORTCUTS.items():
            if name in transforms:
                if short in kwargs:
                    transforms[name]["backend"] = kwargs[short]
                self.values[short] = transforms[name]["backend"]
