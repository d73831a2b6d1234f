from transformers import PreTrainedTokenizerFast

from ..sampling_params import SamplingParams
from ..testing import Result
from .llm_args import TorchLlmArgs


class BaseLLM:
    args_class = TorchLlmArgs

    def __init__(self, model, tokenizer=None, tokenizer_mode="auto", skip_tokenizer_init=False, trust_remote_code=False,
                 tensor_parallel_size=1, dtype="auto", revision=None, tokenizer_revision=None, **kwargs):
        valid_keys = set(self.args_class.model_fields) | {"_mpi_session", "backend"}
        for key in kwargs:
            if key not in valid_keys:
                raise ValueError(f"{self.__class__.__name__} got invalid argument: {key}")
        self.args = self.args_class(model=model, tokenizer=tokenizer, tensor_parallel_size=tensor_parallel_size, dtype=dtype, **kwargs)
        self.args.tokenizer = PreTrainedTokenizerFast.from_pretrained(tokenizer)

    def generate_async(self, inputs, sampling_params=None, lora_request=None, prompt_adapter_request=None, streaming=False,
                       kv_cache_retention_config=None, disaggregated_params=None, _postproc_params=None, scheduling_params=None, cache_salt=None):
        if not isinstance(sampling_params, SamplingParams):
            raise TypeError("The sampling_params must be type SamplingParams or None")
        return Result(self.args, inputs["prompt_token_ids"], sampling_params)


class LLM(BaseLLM):
    def __init__(self, model, tokenizer=None, tokenizer_mode="auto", skip_tokenizer_init=False, trust_remote_code=False,
                 tensor_parallel_size=1, dtype="auto", revision=None, tokenizer_revision=None, **kwargs):
        backend = kwargs.pop("backend", "pytorch")
        super().__init__(model, tokenizer, tokenizer_mode, skip_tokenizer_init, trust_remote_code, tensor_parallel_size, dtype, revision,
                         tokenizer_revision, backend=backend, **kwargs)
