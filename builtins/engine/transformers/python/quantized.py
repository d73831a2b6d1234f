"""Linear layers of checkpoints quantized by nvidia-modelopt or in FP8 blocks,
computed as the low-precision kernels do (torch._scaled_mm on a GPU; on a
processor the same products of codes in float32, since torch's own are a
reference that takes minutes), or by fake quantization: an ordinary product of
dequantized weights and of activations that were quantized and dequantized.

Formats, as written by the exporters:
  fp8        weight e4m3 [N, K]; weight_scale, input_scale float32 scalars
  fp8-block  weight e4m3 [N, K]; weight_scale_inv [ceil(N/128), ceil(K/128)], or
             weight_scale [N/128, 1, K/128, 1]; both multiply; activations 1 x 128, dynamic
  nvfp4      weight uint8 [N, K/2], even k in the low nibble; weight_scale e4m3
             [N, K/16]; weight_scale_2, input_scale float32 scalars
"""
import json
import os

import torch

from channel import Refusal

E4M3 = torch.float8_e4m3fn
MOST_E4M3, MOST_E2M1 = 448.0, 6.0
BLOCK, GROUP = 128, 16
E2M1 = torch.tensor([0, .5, 1, 1.5, 2, 3, 4, 6, -0.0, -.5, -1, -1.5, -2, -3, -4, -6])
NAMES = {"fp8": "FP8", "fp8-block": "FP8_BLOCK", "nvfp4": "NVFP4"}


class Checkpoint:
    """The quantized tensors of a checkpoint that transformers cannot read."""

    @classmethod
    def of(cls, path, config, dtype, kv_cache_dtype):
        """Returns None for a checkpoint that is left to transformers."""
        declared = getattr(config, "quantization_config", None) or {}
        if not isinstance(declared, dict):
            declared = declared.to_dict()
        modelopt = os.path.join(path, "hf_quant_config.json")
        method, cache = declared.get("quant_method"), declared.get("kv_cache_scheme")
        if os.path.exists(modelopt):
            with open(modelopt, encoding="utf-8") as f:
                quantization = json.load(f).get("quantization") or {}
            method, cache = "modelopt", quantization.get("kv_cache_quant_algo")
        blocks = method == "fp8" and declared.get("weight_block_size")
        if method != "modelopt" and not blocks:
            return None
        if cache and kv_cache_dtype == "auto":
            raise Refusal("the checkpoint asks for an FP8 KV cache, which this engine does not have: "
                          "set kv_cache_config.dtype to the activations' dtype to keep the cache in that")
        if hasattr(config, "quantization_config"):
            del config.quantization_config
        return cls(path, dtype)

    def __init__(self, path, dtype):
        from safetensors import safe_open

        self.path, self.dtype, self.tensors, self.layers = path, dtype, {}, {}
        names = sorted(n for n in os.listdir(path) if n.endswith(".safetensors"))
        if not names:
            raise Refusal(f"{path} holds no .safetensors file")
        for name in names:
            with safe_open(os.path.join(path, name), framework="pt") as f:
                for key in f.keys():
                    self.tensors[key] = f.get_tensor(key)
        for key in sorted(self.tensors):
            module, _, leaf = key.rpartition(".")
            if leaf == "weight" and self.tensors[key].dtype in (E4M3, torch.uint8):
                self.layers[module] = Layer(module, self._take(module), dtype)
        formats = sorted({layer.format for layer in self.layers.values()})
        self.name = "+".join(NAMES[f] for f in formats)
        if not formats:
            raise Refusal(f"{path} says that it is quantized, but holds no FP8 or NVFP4 weights")

    def _take(self, module):
        own = {}
        for leaf in ("weight", "weight_scale", "weight_scale_inv", "weight_scale_2", "input_scale"):
            if f"{module}.{leaf}" in self.tensors:
                own[leaf] = self.tensors.pop(f"{module}.{leaf}")
        return own

    def state_dict(self):
        """What the model is loaded from: stand-ins, without memory of their
        own, for the weights that install puts in."""
        out = {k: v for k, v in self.tensors.items() if not k.endswith((".k_scale", ".v_scale"))}
        for module, layer in self.layers.items():
            out[module + ".weight"] = torch.zeros((), dtype=self.dtype).expand(layer.n, layer.k)
        self.tensors = {}
        return out

    def install(self, model, fused):
        """Puts the quantized layers into the model."""
        for module, layer in self.layers.items():
            try:
                linear = model.get_submodule(module)
            except AttributeError:
                linear = None
            if not isinstance(linear, torch.nn.Linear):
                raise Refusal(f"{module} is quantized, but is no linear layer of its own in transformers' {type(model).__name__} "
                              "(experts are stacked there): this engine cannot serve it")
            if tuple(linear.weight.shape) != (layer.n, layer.k):
                raise Refusal(f"{module} is quantized as {layer.n} x {layer.k}, but the model's layer is {tuple(linear.weight.shape)}")
            layer.bias = linear.bias
            layer.fused = fused[layer.format]
            model.set_submodule(module, layer.to(linear.weight.device))


class Layer(torch.nn.Module):
    """A quantized linear layer. Its scales are buffers: what a patch does to
    them is what it computes with."""

    def __init__(self, module, tensors, dtype):
        super().__init__()
        weight = tensors.pop("weight")
        self.module, self.dtype, self.bias, self.fused = module, dtype, None, False
        self.n, self.k = weight.shape
        second = tensors.get("weight_scale_2")
        scale = tensors.get("weight_scale_inv", tensors.get("weight_scale"))
        if scale is None:
            raise Refusal(f"{module}.weight_scale is missing: the checkpoint cannot be dequantized")
        if weight.dtype == torch.uint8:
            self.format, self.k, self.group = "nvfp4", 2 * self.k, GROUP
            self.check(scale.shape == (self.n, self.k // GROUP) and second is not None, "weight_scale [N, K/16] and weight_scale_2")
            self.register_buffer("weight_scale_2", second.float().reshape(()))
            self.register_buffer("scale", scale)
        elif scale.numel() == 1 and "weight_scale_inv" not in tensors:
            self.format, self.group = "fp8", self.k
            self.register_buffer("scale", scale.float().reshape(()))
        else:
            self.format, self.group = "fp8-block", BLOCK
            rows, cols = -(-self.n // BLOCK), -(-self.k // BLOCK)
            self.check(scale.numel() == rows * cols, f"{rows} x {cols} block scales")
            self.register_buffer("scale", scale.float().reshape(rows, cols))
        self.register_buffer("codes", weight)
        if self.format != "fp8-block":
            if "input_scale" not in tensors:
                raise Refusal(f"{module}.input_scale is missing: {NAMES[self.format]} activations need a calibrated scale; quantize the model again with calibration")
            self.register_buffer("input_scale", tensors["input_scale"].float().reshape(()))

    def check(self, right, want):
        if not right:
            raise Refusal(f"{self.module}: the weight is {self.n} x {self.k}, and its scales do not fit: want {want}")

    def _apply(self, fn, recurse=True):
        """Moves between devices, and keeps the types: .to(dtype) of a model
        would turn scales and codes into something else."""
        for name, buffer in list(self._buffers.items()):
            moved = fn(buffer)
            self._buffers[name] = buffer.to(moved.device) if moved.dtype != buffer.dtype else moved
        if self.bias is not None:
            self.bias.data = fn(self.bias.data)
        return self

    def factors(self):
        """float32 [N, ceil(K/group)]: what each code is multiplied with."""
        if self.format == "fp8":
            return self.scale.float().expand(self.n, 1)
        if self.format == "nvfp4":
            return self.scale.float() * self.weight_scale_2.float()
        return self.scale.float().repeat_interleave(BLOCK, 0)[:self.n]

    def unscaled(self):
        """float32 [N, K]: the codes' values."""
        if self.format != "nvfp4":
            return self.codes.float()
        table = E2M1.to(self.codes.device)
        return torch.stack([table[(self.codes & 15).long()], table[(self.codes >> 4).long()]], dim=-1).reshape(self.n, self.k)

    @property
    def weight(self):
        """The dequantized weight [N, K], in the activations' type."""
        factors = self.factors().repeat_interleave(self.group, 1)[:, :self.k]
        return (self.unscaled() * factors).to(self.dtype)

    def forward(self, x):
        rows = x.reshape(-1, self.k)
        if not self.fused:
            y = torch.nn.functional.linear(getattr(self, "fake_" + self.format.replace("-", "_"))(rows), self.weight)
        elif self.format == "fp8":
            y = self.fp8(rows)
        else:
            y = self.fp8_block(rows)
        if self.bias is not None:
            y = y + self.bias
        return y.reshape(*x.shape[:-1], self.n)

    def fp8(self, x):
        """The kernel: codes times codes, scaled at the end. Activations are
        clamped before the cast, as the fused kernels do."""
        x8 = (x / self.input_scale).clamp(-MOST_E4M3, MOST_E4M3).to(E4M3)
        return product(x8, self.codes, self.input_scale, self.scale, self.dtype)

    def fp8_block(self, x):
        """The kernel in blocks: each stretch of 128 inputs is a product of
        codes, accumulated in float32 with the scales of its blocks."""
        one, y = torch.ones((), device=x.device), 0
        factors = self.factors()
        for b, start in enumerate(range(0, self.k, BLOCK)):
            part = x[:, start:start + BLOCK].float()
            scale = (part.abs().amax(1, keepdim=True) / MOST_E4M3).clamp(min=1e-12)
            x8 = (part / scale).clamp(-MOST_E4M3, MOST_E4M3).to(E4M3)
            codes = self.codes[:, start:start + BLOCK].contiguous()
            y = y + product(x8, codes, one, one, torch.float32) * scale * factors[:, b]
        return y.to(self.dtype)

    def fake_fp8(self, x):
        """The cast does not clamp: from 466 times the scale on, activations
        become NaN, as in AutoDeploy's fake quantization."""
        return cast(x / self.input_scale) * self.input_scale

    def fake_fp8_block(self, x):
        padded = torch.nn.functional.pad(x.float(), (0, -self.k % BLOCK)).reshape(x.shape[0], -1, BLOCK)
        scale = (padded.abs().amax(-1, keepdim=True) / MOST_E4M3).clamp(min=1e-12)
        back = (padded / scale).clamp(-MOST_E4M3, MOST_E4M3).to(E4M3).float() * scale
        return back.reshape(x.shape[0], -1)[:, :self.k].to(x.dtype)

    def fake_nvfp4(self, x):
        groups = x.float().reshape(x.shape[0], -1, GROUP)
        scales = cast(groups.abs().amax(-1, keepdim=True) / MOST_E2M1 / self.input_scale)
        unit = scales * self.input_scale
        codes = to_e2m1(torch.where(scales != 0, groups / unit, groups))
        return (codes * scales * self.input_scale).reshape(x.shape).to(x.dtype)


def cast(x):
    """x rounded to e4m3, without a clamp: what is nearer to the next number
    after 448, which e4m3 does not have, is NaN. torch's own cast makes it NaN or
    448, depending on version and device."""
    return torch.where(x.abs() <= 464, x.to(E4M3).to(x.dtype), torch.nan)


def product(x, weight, x_scale, weight_scale, dtype):
    """Codes [M, K] times codes [N, K], accumulated in float32 and scaled."""
    if x.is_cuda:
        return torch._scaled_mm(x, weight.t(), scale_a=x_scale, scale_b=weight_scale, out_dtype=dtype)
    return (x.float() @ weight.float().t() * (x_scale * weight_scale)).to(dtype)


def to_e2m1(x):
    """The nearest of 0, .5, 1, 1.5, 2, 3, 4, 6 and their negatives; ties to the even code."""
    size = x.abs()
    code = sum((size > b).int() for b in (.25, 1.25, 2.5, 5)) + sum((size >= b).int() for b in (.75, 1.75, 3.5))
    values = torch.copysign(E2M1.to(x.device)[code.long()], x)
    return torch.where(x.isnan(), x, values)
