"""A package with the names and signatures of TensorRT-LLM's LLM API, copied as
facts from its published source (tensorrt_llm/llmapi/llm.py, sampling_params.py,
executor/result.py, _torch/auto_deploy/llm.py), and nothing behind them: logits
are a formula over token ids (see testing.py), and STUB_* variables turn on what
versions are known to do wrong.
"""
import torch

__version__ = "0.0.stub"

# The machine of the tests has no GPU, and nothing here needs one.
torch.cuda.is_available = lambda: True
torch.cuda.device_count = lambda: 1
torch.cuda.get_device_name = lambda device=None: "stub"

from .llmapi.llm import LLM
from .sampling_params import SamplingParams

__all__ = ["LLM", "SamplingParams"]
