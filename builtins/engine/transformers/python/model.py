"""A causal language model of transformers, loaded as a deployment says."""
import fnmatch
import importlib.util
import os
import sys
import traceback

from channel import Refusal, Unkept, cut, ids, importing, require


def load(channel, spec):
    """Loads everything that answers need. Called by channel.serve."""
    channel.doing("importing torch and transformers")
    with importing():
        require("torch", "transformers", "safetensors")
        import torch
        import transformers

    if int(transformers.__version__.split(".")[0]) < 5:
        raise Refusal(f"{sys.executable} has transformers {transformers.__version__}, and this engine needs 5.0 or later")
    torch.set_float32_matmul_precision("highest")
    torch.set_grad_enabled(False)
    return Model(channel, spec, torch, transformers)


class Model:
    def __init__(self, channel, spec, torch, transformers):
        from generate import Generator
        from quantized import Checkpoint
        from tokens import Tokens, generation_config

        settings = self.settings = spec["settings"]
        path = spec["model"]
        self.torch, self.transformers = torch, transformers
        self.device = pick_device(torch, settings["device"])
        with importing():  # transformers does half of it when it is first asked for something
            self.tokens = Tokens(path, settings["trust_remote_code"])
            config = transformers.AutoConfig.from_pretrained(path, local_files_only=True, trust_remote_code=settings["trust_remote_code"])
        apply_overrides(config, settings["model_kwargs"])
        self.dtype = pick_dtype(torch, config, settings["dtype"])
        computing, kept = str(self.dtype).removeprefix("torch."), settings["kv_cache_dtype"]
        if kept not in ("auto", computing):
            raise Refusal(f"kv_cache_config.dtype is {kept}: activations are {computing}, and the cache holds these")
        self.checkpoint = Checkpoint.of(path, config, self.dtype, settings["kv_cache_dtype"])
        self.model = self._load(channel, path, config, generation_config(path))
        if self.checkpoint:
            self.checkpoint.install(self.model, settings["fused"])
        if settings["device"] != "balanced":
            channel.doing(f"moving the weights to {self.device}")
            self._allocating(lambda: self.model.to(self.device))
        self.model.eval()
        if spec.get("patch"):
            channel.doing("applying the patch")
            self.model = apply_patch(spec["patch"], self.model)
            channel.log(f"patch {spec['patch']} applied")
        self.vocab = self.model.get_output_embeddings().weight.shape[0]
        self.limits = {key: settings[key] for key in ("max_batch_size", "max_num_tokens", "max_seq_len", "prefix_cache")}
        # Beyond its positions a model answers, and answers nonsense.
        positions = getattr(config.get_text_config(), "max_position_embeddings", None)
        if positions and positions < self.limits["max_seq_len"]:
            self.limits["max_seq_len"] = positions
        self.generator = Generator(self.model, self.tokens, self._stops(), self.limits, channel, compiled=settings["compile"])

    def _load(self, channel, path, config, generation):
        transformers = self.transformers
        if hasattr(transformers.utils.logging, "set_tqdm_hook"):
            transformers.utils.logging.set_tqdm_hook(progress(channel))
        options = {"config": config, "dtype": self.dtype, "attn_implementation": self.settings["attention"], "output_loading_info": True}
        # Without a path transformers does not look for it: a quantized model
        # would stop elsewhere than its reference.
        options["generation_config"] = generation
        if self.settings["device"] == "balanced":
            require("accelerate")
            options["device_map"] = "balanced"
        auto = transformers.AutoModelForCausalLM
        if self.checkpoint:
            if type(config) not in auto._model_mapping:
                raise Refusal(f"transformers {transformers.__version__} has no model of its own for {type(config).__name__}, and quantized checkpoints with code of their own are not supported")
            options["state_dict"], path, auto = self.checkpoint.state_dict(), None, auto._model_mapping[type(config)]
        else:
            options.update(local_files_only=True, trust_remote_code=self.settings["trust_remote_code"])
        channel.doing("loading weights")
        try:
            model, info = self._allocating(lambda: auto.from_pretrained(path, **options))
        except (ImportError, ValueError, OSError) as error:
            traceback.print_exception(error)
            raise Refusal(f"transformers cannot load this checkpoint (attention {options['attn_implementation']}): {first_line(error)}") from None
        missing = sorted(info["missing_keys"])
        if missing:
            raise Refusal(f"{len(missing)} weights are not in the checkpoint, {missing[0]} among them: their values would be random")
        unused = sorted(info["unexpected_keys"])
        if unused:
            channel.log(f"{len(unused)} tensors of the checkpoint are not used by the model: {', '.join(unused[:5])}")
        return model

    def _allocating(self, do):
        try:
            return do()
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            raise Refusal(f"out of memory on {self.device} while loading the weights: {first_line(error)}; choose a smaller dtype, another GPU, or device: balanced") from None

    def _stops(self):
        """The ids that end an answer, unless a request says otherwise."""
        from tokens import id_set

        for owner in (self.model.generation_config, self.model.config, self.tokens.hf):
            end = getattr(owner, "eos_token_id", None)
            if end is not None:
                return id_set(end)
        return set()

    def info(self):
        torch = self.torch
        device = str(self.device)
        if self.device.type == "cuda":
            device += f", {torch.cuda.get_device_name(self.device)}, CUDA {torch.version.cuda}"
        quant = ""
        if self.checkpoint:
            quant = self.checkpoint.name
        elif getattr(self.model.config, "quantization_config", None):
            method = getattr(self.model.config.quantization_config, "quant_method", "quantized")
            quant = str(getattr(method, "value", method)).upper()
        in_force = dict(self.settings["in_force"])
        in_force["device"], in_force["max_seq_len"] = device, str(self.limits["max_seq_len"])
        return {
            "version": f"{self.transformers.__version__}, torch {torch.__version__}",
            "arch": type(self.model).__name__,
            "dtype": str(self.dtype).removeprefix("torch."),
            "quant": quant,
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
        tokens = cut(payload, [r["count"] for r in request["requests"]])
        self.generator.answer(request["requests"], tokens)
        channel.send("done", computed=self.generator.computed)

    def on_scales(self, channel, request, payload):
        for module, layer in (self.checkpoint.layers.items() if self.checkpoint else ()):
            factors = layer.factors()
            values = {"module": module, "format": layer.format, "rows": factors.shape[0], "cols": factors.shape[1], "k": layer.k, "group": layer.group}
            channel.send("scale", to_bytes(factors), values=values)
        channel.send("done")

    def on_trace(self, channel, request, payload):
        """Sends the output of every module that matches, in the order in which they ran."""
        if self.settings["compile"]:
            raise Refusal("compile_backend is torch-compile: the outputs of layers are seen in the model that is not compiled alone, "
                          "which is another program; set compile_backend: torch-simple to trace that one")
        patterns = request["patterns"] or [name + ".*[0-9]" for name in decoder_layers(self.model)]
        names = [n for n, _ in self.model.named_modules() if n and any(fnmatch.fnmatchcase(n, p) for p in patterns)]
        if request["patterns"] is None or not request["patterns"]:
            depth = {p.count(".") for p in patterns}
            names = [n for n in names if n.count(".") in depth]
        if not names:
            raise Refusal(f"no module matches {', '.join(patterns)}: the first are {', '.join([n for n, _ in self.model.named_modules() if n][:5])}")
        seen, handles = [], []
        for name in names:
            def keep(module, inputs, output, name=name):
                first = output[0] if isinstance(output, (tuple, list)) else output
                if self.torch.is_tensor(first):
                    seen.append((name, first.detach().float().reshape(-1, first.shape[-1]).cpu()))
            handles.append(self.model.get_submodule(name).register_forward_hook(keep))
        try:
            tokens = self.torch.tensor([ids(payload).tolist()], device=self.generator.device)
            self.model(input_ids=tokens, use_cache=False)
        finally:
            for handle in handles:
                handle.remove()
        for name, values in seen:
            channel.send("activation", to_bytes(values), values={"module": name, "rows": values.shape[0], "cols": values.shape[1]})
        channel.send("done")


def decoder_layers(model):
    """Names of the module lists that hold the decoder's layers."""
    import torch

    count = getattr(model.config.get_text_config(), "num_hidden_layers", 0)
    return [n for n, m in model.named_modules() if isinstance(m, torch.nn.ModuleList) and len(m) == count and count > 0]


def to_bytes(tensor):
    """float32, little endian, row-major."""
    from generate import floats

    return floats(tensor).tobytes()


def pick_device(torch, name):
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == "cpu":
        return torch.device("cpu")
    if not torch.cuda.is_available():
        built = f"a build for CUDA {torch.version.cuda}" if torch.version.cuda else "a build without CUDA"
        raise Refusal(f"device is {name}, but torch {torch.__version__} ({built}) sees no GPU (CUDA_VISIBLE_DEVICES={os.environ.get('CUDA_VISIBLE_DEVICES', 'unset')}): run where one is, or set device: cpu")
    if name == "balanced":
        return torch.device("cuda:0")
    device = torch.device(name)
    if device.index is not None and device.index >= torch.cuda.device_count():
        raise Refusal(f"device is {name}, but there are {torch.cuda.device_count()} GPUs")
    return device


def pick_dtype(torch, config, name):
    """The deployment's dtype, or else the checkpoint's."""
    if name == "auto":
        name = str(getattr(config, "dtype", None) or getattr(config.get_text_config(), "dtype", None) or "float32").removeprefix("torch.")
    dtype = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}.get(name)
    if dtype is None:
        raise Refusal(f"dtype {name}: want float32, bfloat16 or float16")
    return dtype


def apply_overrides(config, overrides):
    for key, value in overrides.items():
        if not hasattr(config, key):
            raise Refusal(f"model_kwargs.{key}: the configuration of {type(config).__name__} has no such entry")
        setattr(config, key, value)


def apply_patch(path, model):
    """Runs the file's patch(model). What it returns takes the model's place,
    unless it returns nothing."""
    source = importlib.util.spec_from_file_location("patch", path, loader=Unkept("patch", path))
    module = importlib.util.module_from_spec(source)
    try:
        source.loader.exec_module(module)
        function = getattr(module, "patch", None)
        if not callable(function):
            raise Refusal(f"{path} defines no function patch(model)")
        return function(model) or model
    except Refusal:
        raise
    except BaseException as error:
        traceback.print_exception(error)
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
        line = getattr(error, "lineno", None) or (frames[-1].lineno if frames else 0)
        raise Refusal(f"the patch failed: {path}, line {line}: {type(error).__name__}: {first_line(error)}") from None


def progress(channel):
    """A hook of transformers' progress bars that tells how far loading is."""
    def hook(factory, args, kwargs):
        bar = factory(*args, **{**kwargs, "mininterval": 5})
        what, update = (kwargs.get("desc") or "loading").lower(), bar.update
        if not bar.total:
            return bar
        done = 0

        def advance(n=1):
            nonlocal done
            done += n or 0
            channel.doing(f"{what}: {100 * done // bar.total} %")
            return update(n)

        class Counting:
            def __iter__(self):
                for item in bar:
                    yield item
                    nonlocal done
                    done += 1
                    if done * 50 // bar.total != (done - 1) * 50 // bar.total:
                        channel.doing(f"{what}: {100 * done // bar.total} %")

            def __getattr__(self, name):
                return advance if name == "update" else getattr(bar, name)

            def __enter__(self):
                return self

            def __exit__(self, *error):
                bar.close()

        return Counting()
    return hook


def out_of_memory(error):
    import torch

    text = str(error).lower()
    # CUDA's libraries say it in words of their own where they get no workspace.
    words = ("out of memory", "can't allocate memory", "cublas_status_alloc_failed", "cudnn_status_alloc_failed")
    return isinstance(error, torch.OutOfMemoryError) or any(w in text for w in words)


def first_line(error):
    return str(error).strip().split("\n")[0]
