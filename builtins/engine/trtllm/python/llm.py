"""A model served by TensorRT-LLM's LLM API, in this process: AutoDeploy or the
PyTorch backend. What differs between versions is looked up in the installed
one: names of settings in its argument classes, names of transforms in its
default.yaml.
"""
import importlib.resources
import os
import sys
import traceback

import quantization
from channel import Refusal, cut, importing, require
from arguments import check_transforms, check_settings, flatten, for_pytorch, given_switches
from tokens import Tokens, first_stop, generation_config, id_set

# Prompts that are handed over before the first answer is waited for: enough to
# keep the batch full, few enough that answers are seen as they come.
AHEAD = 256
# The same when whole prompts of logits come back, which are large.
AHEAD_LOGITS = 8


def load(channel, spec):
    """Loads everything that answers need. Called by channel.serve."""
    settings = spec["settings"]
    os.environ.setdefault("TLLM_LOG_LEVEL", "INFO")
    if settings["backend"] == "autodeploy":
        os.environ["AD_DUMP_GRAPHS_DIR"] = graphs_dir(spec["dir"])
    channel.doing("importing TensorRT-LLM")
    with importing():
        require("torch", "transformers")
        import torch

        try:
            import tensorrt_llm
        except ModuleNotFoundError as error:
            if error.name != "tensorrt_llm":
                raise
            require("tensorrt_llm")
        except (ImportError, OSError) as error:
            traceback.print_exception(error)
            raise Refusal(f"TensorRT-LLM of {sys.executable} cannot be imported: {first_line(error)} (it needs an NVIDIA driver)") from None
    if not torch.cuda.is_available():
        raise Refusal(f"TensorRT-LLM {tensorrt_llm.__version__} needs a GPU, and torch {torch.__version__} sees none "
                      f"(CUDA_VISIBLE_DEVICES={os.environ.get('CUDA_VISIBLE_DEVICES', 'unset')}): run where one is")
    return Served(channel, spec, torch, tensorrt_llm)


def graphs_dir(parent):
    """An empty folder for graph dumps: the first dump deletes what is there,
    which may be what an earlier execution of the run left."""
    name, n = os.path.join(parent, "graphs"), 1
    while os.path.exists(name) and os.listdir(name):
        n += 1
        name = os.path.join(parent, f"graphs-{n}")
    os.makedirs(name, exist_ok=True)
    return name


class Served:
    def __init__(self, channel, spec, torch, tensorrt_llm):
        from transformers import AutoConfig

        self.torch, self.tensorrt_llm, self.channel = torch, tensorrt_llm, channel
        self.backend, given = spec["settings"]["backend"], spec["settings"]["given"]
        self.model = spec["model"]
        self.config = AutoConfig.from_pretrained(self.model, local_files_only=True, trust_remote_code=bool(given.get("trust_remote_code")))
        self.vocab = self.config.get_text_config().vocab_size
        self.tokens = Tokens(self.model, bool(given.get("trust_remote_code")))
        # What ends an output unless a request says otherwise: TensorRT-LLM takes
        # the tokenizer's id and those of generation_config.json.
        self.ends = id_set(self.tokens.hf.eos_token_id) | id_set(getattr(generation_config(self.model), "eos_token_id", None))
        self.sampling_params = tensorrt_llm.SamplingParams
        self.cut_noted, self.defaults = False, None

        cls, args, known = self._class()
        arguments = for_pytorch(given) if self.backend == "pytorch" else dict(given)
        check_settings(self.backend, tensorrt_llm.__version__, arguments, known)
        if self.backend == "autodeploy":
            self.defaults = self._transforms(arguments)
            arguments = check_transforms(arguments, self.defaults, channel)
        if "gather_generation_logits" in known:
            arguments.setdefault("gather_generation_logits", True)
        for name, value in sorted(os.environ.items()):
            if name.startswith("AD_") and name != "AD_DUMP_GRAPHS_DIR" and self.backend == "autodeploy":
                channel.log(f"the environment sets {name}={value}, which AutoDeploy reads as a setting")
        channel.doing("loading the model")
        try:
            self.llm = cls(model=self.model, tokenizer=self.model, **arguments)
        except Exception as error:
            traceback.print_exception(error)
            raise Refusal(f"TensorRT-LLM {tensorrt_llm.__version__} ({self.backend}) does not load the model: {first_line(error)} (its log is in {os.path.join(spec['dir'], 'log.txt')})") from None
        self.given, self.in_force = arguments, self._in_force(arguments)

    def _class(self):
        """The LLM class of the backend, its arguments' class, and the names of settings."""
        if self.backend == "autodeploy":
            from tensorrt_llm._torch.auto_deploy import LLM
            from tensorrt_llm._torch.auto_deploy.llm_args import LlmArgs as args
        else:
            from tensorrt_llm import LLM
            from tensorrt_llm.llmapi.llm_args import TorchLlmArgs as args
        return LLM, args, set(args.model_fields)

    def _transforms(self, given):
        """The YAML's transforms with the installed version's defaults for the mode,
        or None when there is none to read."""
        if given.get("yaml_default"):
            return None  # in the place of the installed one
        file = {"transformers": "transformers.yaml"}.get(given.get("mode"), "default.yaml")
        try:
            import yaml

            text = importlib.resources.files("tensorrt_llm._torch.auto_deploy.config").joinpath(file).read_text()
            return dict(yaml.safe_load(text)["transforms"])
        except (ImportError, OSError, KeyError, TypeError) as error:
            self.channel.log(f"names of transforms are not checked: the installed {file} cannot be read ({first_line(error)})")
            return None

    def _in_force(self, given):
        """Settings as loaded, by their flat names; those that were given, where the
        installed version does not tell."""
        try:
            dump = self.llm.args.model_dump()
        except Exception as error:
            traceback.print_exception(error)
            self.channel.log(f"TensorRT-LLM does not tell which settings are in force ({first_line(error)}): those that are given are recorded alone, and its defaults are not isolated")
            dump = given
        out = {}
        for name, value in flatten(dump).items():
            if value is None or isinstance(value, (bool, int, float, str)) or (isinstance(value, list) and all(isinstance(v, (int, str)) for v in value)):
                out[name] = str(value)
        return out | given_switches(given, self.defaults)

    def info(self):
        torch, in_force = self.torch, dict(self.in_force)
        in_force["device"] = f"{torch.cuda.device_count()} x {torch.cuda.get_device_name(0)}, CUDA {torch.version.cuda}"
        return {
            "version": f"{self.tensorrt_llm.__version__}, torch {torch.__version__}",
            "arch": (getattr(self.config, "architectures", None) or [""])[0],
            "dtype": str(in_force.get("model_kwargs.torch_dtype") or in_force.get("dtype") or getattr(self.config, "dtype", "")).removeprefix("torch."),
            "quant": quantization.name_of(self.model, getattr(self.config, "quantization_config", None)),
            "vocab": self.vocab,
            "settings": in_force,
        }

    def pieces(self):
        return self.tokens.pieces(self.vocab)

    def on_encode(self, channel, request, payload):
        self.tokens.on_encode(channel, request, payload)

    def on_decode(self, channel, request, payload):
        self.tokens.on_decode(channel, request, payload)

    def on_generate(self, channel, request, payload):
        requests = request["requests"]
        prompts = [prompt.tolist() for prompt in cut(payload, [r["count"] for r in requests])]
        if any(r.get("prompt_logits") for r in requests):
            self._check_whole_prompts()
        ahead = AHEAD_LOGITS if any(r.get("prompt_logits") for r in requests) else AHEAD
        waiting, at = [], 0
        while waiting or at < len(requests):
            while at < len(requests) and len(waiting) < ahead:
                params = self._params(requests[at])
                waiting.append((requests[at], prompts[at], self.llm.generate_async({"prompt_token_ids": prompts[at]}, params)))
                at += 1
            one, prompt, future = waiting.pop(0)
            future.result()
            self._send(one, prompt, future)
        channel.send("done")

    def _check_whole_prompts(self):
        """Refuses context logits where blocks are reused, which is the default.
        Nothing is changed for them: a run is of what is deployed."""
        name = "kv_cache_config.enable_block_reuse"
        if self.in_force.get(name) == "False":
            return
        default = "" if name in flatten(self.given) else " by default"
        raise Refusal(f"the logits of whole prompts are asked for, but {name} is true{default}: TensorRT-LLM then leaves out the rows of reused blocks without saying so. Set it to false")

    def _params(self, r):
        """A request in TensorRT-LLM's words. Greedy is what it does when top_k
        and top_p are not given."""
        given = {
            "max_tokens": max(1, r["max_tokens"]),
            "return_context_logits": bool(r.get("prompt_logits")),
            "return_generation_logits": bool(r.get("logits")),
        }
        if r["stop"] is not None:
            # An end_id that no token has: only what is listed stops.
            given.update(end_id=-1, pad_id=-1)
            if r["stop"]:
                given["stop_token_ids"] = r["stop"]
        if r.get("stop_texts"):
            given["stop"] = r["stop_texts"]
        s = r["sampling"]
        if s["temperature"] > 0:
            given.update(temperature=s["temperature"], seed=s["seed"], top_p=s["top_p"] or 1.0)
            if s["top_k"]:
                given["top_k"] = s["top_k"]
        return self.sampling_params(**given)

    def _send(self, r, prompt, out):
        from_bytes, completion = b"", out.outputs[0]
        prompt_rows = rows = 0
        if r.get("prompt_logits"):
            values = self._rows(out.context_logits, "context logits", r)
            if values.shape[0] != len(prompt):
                raise Refusal(f"request {r['id']}: TensorRT-LLM {self.tensorrt_llm.__version__} ({self.backend}) returned {values.shape[0]} rows of context logits for {len(prompt)} prompt tokens: "
                              "this version keeps less than all of them, and which ones is not known")
            from_bytes, prompt_rows = self._bytes(values), values.shape[0]
        if r.get("logits"):
            values = self._rows(completion.generation_logits, "generation logits", r)
            from_bytes, rows = from_bytes + self._bytes(values[:1]), 1
        tokens, text, finish = self._cut(r, completion)
        self.channel.send("response", from_bytes, response={
            "id": r["id"], "tokens": tokens, "text": text, "finish": finish, "prompt_rows": prompt_rows, "rows": rows})

    def _cut(self, r, completion):
        """Tokens, text and finish of an answer, which ends before what the request
        stops at. TensorRT-LLM appends a token before it looks whether that is an
        end, and looks for the tokens of a stop text, which an output may spell by
        others."""
        tokens, text, finish = list(completion.token_ids), completion.text, completion.finish_reason
        if r["max_tokens"] == 0:
            return [], "", "length"
        if finish not in ("stop", "length"):
            raise Refusal(f"request {r['id']} ended with {finish!r}, not with an answer")
        ends = self.ends if r["stop"] is None else set(r["stop"])
        kept = next((n for n, token in enumerate(tokens) if token in ends), None)
        if kept is not None:
            tokens, finish = tokens[:kept], "stop"
            text = self.tokens.decode(tokens)
        stops = r.get("stop_texts")
        at = first_stop(text, stops)
        if at >= 0:
            # The last token is the one that completes the stop text, as in every engine.
            kept = next((n for n in range(1, len(tokens)) if first_stop(self.tokens.decode(tokens[:n]), stops) >= 0), len(tokens))
            tokens, text, finish = tokens[:kept], text[:at], "stop"
        return tokens, text, finish

    def _rows(self, values, what, r):
        """Logits as [rows, vocabulary]; columns beyond it are padding."""
        if values is None:
            raise Refusal(f"request {r['id']}: TensorRT-LLM {self.tensorrt_llm.__version__} ({self.backend}) returned no {what}, which were asked for")
        values = values.reshape(-1, values.shape[-1])
        if values.shape[0] < 1 or values.shape[1] < self.vocab:
            raise Refusal(f"request {r['id']}: TensorRT-LLM returned {what} of shape {list(values.shape)}, but the model's vocabulary has {self.vocab} tokens")
        if values.shape[1] > self.vocab and not self.cut_noted:
            self.channel.log(f"rows of logits have {values.shape[1]} columns: those beyond the vocabulary's {self.vocab} are padding, and left out")
            self.cut_noted = True
        return values[:, :self.vocab]

    def _bytes(self, values):
        return values.detach().float().contiguous().cpu().numpy().astype("<f4", copy=False).tobytes()


def first_line(error):
    lines = str(error).strip().split("\n")
    # pydantic names the field on the second line.
    return " ".join(line.strip() for line in lines[:3])
