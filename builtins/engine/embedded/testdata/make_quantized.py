"""Makes tiny quantized checkpoints with the logits that PyTorch computes for them.

    python make_quantized.py           (torch and transformers, CPU)

llama-fp8, llama-fp8-block and llama-nvfp4 hold the same random one-layer model,
quantized here by the formulas of nvidia-modelopt and DeepSeek. expected.json has for every prompt the
last position's logits, with activations in float32 and in bfloat16, "fused" (codes times codes, summed
in float32, then scaled) and "fake" (dequantized weights, activations quantized and dequantized).
"""
import json
import pathlib

import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

from make_fixtures import COMMON, randomize, tokenizer

HERE = pathlib.Path(__file__).parent
FP8 = torch.float8_e4m3fn
E2M1 = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6])
CONFIG = dict(
    # 160 and 144 inputs are a block of 128 and a part of one
    hidden_size=160, intermediate_size=144, num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=2, head_dim=32,
    tie_word_embeddings=True, rms_norm_eps=1e-5, rope_parameters={"rope_type": "default", "rope_theta": 10000.0}, **COMMON)


def to_e2m1(x):
    """Codes 0-7 with the sign in bit 3; to nearest, ties to the even code."""
    magnitude = x.abs().float()
    bounds = torch.tensor([0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5.0])
    code = torch.bucketize(magnitude, bounds, right=False)  # a tie stays below ...
    for odd in (1, 3, 5):  # ... but bounds after an odd code round up
        code = torch.where(magnitude == bounds[odd], odd + 1, code)
    return (code + 8 * (x < 0)).to(torch.uint8)


def e2m1_value(code):
    return E2M1[(code & 7).long()] * torch.where(code >= 8, -1.0, 1.0)


def cast(x):
    """The cast to E4M3 as on a GPU: beyond 464 there is NaN. On CPU newer versions of torch saturate."""
    return torch.where(x.abs() > 464, torch.nan, x).to(FP8)


def linears(model):
    return {n: m for n, m in model.named_modules() if isinstance(m, torch.nn.Linear) and n != "lm_head"}


class TensorFP8:
    algorithm, name = "FP8", "llama-fp8"

    def tensors(self, w, amax):
        scale = (w.abs().amax().float() / 448)
        return {"weight": (w / scale.to(w.dtype)).to(FP8), "weight_scale": scale, "input_scale": amax / 448}

    def fused(self, x, t):
        q = (x / t["input_scale"]).clamp(-448, 448).to(FP8).float()
        return ((q @ t["weight"].float().T) * (t["input_scale"] * t["weight_scale"])).to(x.dtype)

    def fake(self, x, t):
        q = cast(x / t["input_scale"]).to(x.dtype) * t["input_scale"]
        return q.to(x.dtype) @ (t["weight"].to(x.dtype) * t["weight_scale"]).to(x.dtype).T


class BlockFP8:
    algorithm, name = None, "llama-fp8-block"

    def tensors(self, w, amax):
        n, k = w.shape
        padded = torch.zeros(-(-n // 128) * 128, -(-k // 128) * 128)
        padded[:n, :k] = w.float()
        blocks = padded.view(padded.shape[0] // 128, 128, -1, 128)
        scale = blocks.abs().amax((1, 3)) / 448
        codes = (blocks / scale[:, None, :, None]).view_as(padded)[:n, :k].to(FP8)
        return {"weight": codes.contiguous(), "weight_scale_inv": scale}

    def activations(self, x):
        parts = []
        for part in x.float().split(128, -1):
            scale = (part.abs().amax(-1, keepdim=True) / 448).clamp(min=1e-12)
            parts.append(((part / scale).to(FP8).float(), scale))
        return parts

    def per_row(self, t, n):
        return t["weight_scale_inv"].repeat_interleave(128, 0)[:n]

    def fused(self, x, t):
        w = t["weight"].float()
        scales = self.per_row(t, w.shape[0])
        y = 0
        for i, (q, s) in enumerate(self.activations(x)):
            y = y + (q @ w[:, i * 128:(i + 1) * 128].T) * (s * scales[:, i])
        return y.to(x.dtype)

    def fake(self, x, t):
        w = t["weight"].float()
        w = (w * self.per_row(t, w.shape[0]).repeat_interleave(128, 1)[:, :w.shape[1]]).to(x.dtype)
        q = torch.cat([q * s for q, s in self.activations(x)], -1).to(x.dtype)
        return q @ w.T


class NVFP4:
    algorithm, name = "NVFP4", "llama-nvfp4"

    def tensors(self, w, amax):
        n, k = w.shape
        groups = w.float().view(n, k // 16, 16)
        scale2 = w.abs().amax().float() / (6 * 448)
        scale = (groups.abs().amax(-1) / (6 * scale2)).clamp(2**-9, 448).to(FP8)
        code = to_e2m1(groups / (scale.float() * scale2)[..., None]).view(n, k)
        return {"weight": (code[:, 0::2] | code[:, 1::2] << 4).contiguous(), "weight_scale": scale,
                "weight_scale_2": scale2, "input_scale": amax / (6 * 448)}

    def codes(self, t):
        packed = t["weight"]
        return e2m1_value(torch.stack((packed & 15, packed >> 4), -1).flatten(1))

    def activations(self, x, s2, clamp):
        groups = x.float().unflatten(-1, (-1, 16))
        scale = groups.abs().amax(-1) / 6 / s2
        scale = (scale.clamp(max=448).to(FP8) if clamp else cast(scale)).float()[..., None]
        safe = torch.where(scale == 0, 1.0, scale * s2)
        return (e2m1_value(to_e2m1(groups / safe)) * scale).flatten(-2)

    def scaled_codes(self, t):
        return self.codes(t) * t["weight_scale"].float().repeat_interleave(16, 1)

    def fused(self, x, t):
        y = self.activations(x, t["input_scale"], True) @ self.scaled_codes(t).T
        return (y * (t["weight_scale_2"] * t["input_scale"])).to(x.dtype)

    def fake(self, x, t):
        factors = (t["weight_scale"].float() * t["weight_scale_2"]).repeat_interleave(16, 1)
        w = (self.codes(t) * factors).to(x.dtype)
        q = (self.activations(x, t["input_scale"], False) * t["input_scale"]).to(x.dtype)
        return q @ w.T


def last_logits(model, quantizer, tensors, way, prompt):
    for name, module in linears(model).items():
        module.forward = lambda x, name=name: getattr(quantizer, way)(x, tensors[name])
    last = model(input_ids=prompt[None], use_cache=False).logits[0, -1].float()
    return [v if v == v else None for v in last.tolist()]


@torch.no_grad()
def main():
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(11)
    base = LlamaForCausalLM(LlamaConfig(**CONFIG))
    randomize(base, generator)
    base = base.to(torch.bfloat16).eval()
    base.set_attn_implementation("eager")
    original = {n: m.weight.clone() for n, m in linears(base).items()}
    prompts = [torch.randint(0, 256, (n,), generator=generator) for n in (1, 2, 20, 40)]

    amax = {}
    for n, m in linears(base).items():
        m.register_forward_pre_hook(lambda m, args, n=n: amax.__setitem__(n, max(amax.get(n, 0), args[0].abs().amax().float())))
    for p in prompts:
        base(input_ids=p[None])

    for quantizer in (TensorFP8(), BlockFP8(), NVFP4()):
        folder = HERE / quantizer.name
        base.save_pretrained(folder)
        state = load_file(folder / "model.safetensors")
        tensors = {n: quantizer.tensors(w, amax[n] * 0.9) for n, w in original.items()}  # 0.9: some activations saturate
        for n, parts in tensors.items():
            state.update({f"{n}.{part}": t for part, t in parts.items()})
        save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
        if quantizer.algorithm:
            declared = {"quantization": {"quant_algo": quantizer.algorithm, "kv_cache_quant_algo": None, "exclude_modules": ["lm_head"]}}
            (folder / "hf_quant_config.json").write_text(json.dumps(declared) + "\n")
        else:
            config = json.loads((folder / "config.json").read_text())
            config["quantization_config"] = {"quant_method": "fp8", "weight_block_size": [128, 128], "activation_scheme": "dynamic"}
            (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
        tokenizer().save(str(folder / "tokenizer.json"))
        expected = [{"prompt": p.tolist()} for p in prompts]
        for dtype in (torch.float32, torch.bfloat16):
            model = LlamaForCausalLM(base.config).to(dtype).eval()
            model.load_state_dict(base.state_dict())
            for answers, p in zip(expected, prompts):
                answers[str(dtype).removeprefix("torch.")] = {way: last_logits(model, quantizer, tensors, way, p) for way in ("fused", "fake")}
        (folder / "expected.json").write_text(json.dumps({"torch": torch.__version__, "prompts": expected}) + "\n")


if __name__ == "__main__":
    main()
