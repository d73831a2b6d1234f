"""Cuts small checkpoints out of real nvidia-modelopt exports.

    python make_modelopt.py SOURCE EXPORTS

SOURCE is the unquantized checkpoint; EXPORTS holds fp8, fp8_kv8, nvfp4 and
fp8_pb_wo, what nvidia-modelopt 0.47 exported from it on an H100. One layer's q, k, v
and down projections are kept whole, so that shared scales and cut blocks are
there (of fp8_kv8, k and v), with the SHA-256 of torch's dequantized float32 values of each.
The weights were trained for this purpose and have no other owner.
"""
import hashlib
import json
import pathlib
import shutil
import sys

import torch
from safetensors.torch import load_file, save_file

MODULES = ["model.layers.0." + m for m in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.down_proj")]
E2M1 = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6])


def keep(tensors, modules):
    return {k: v for k, v in tensors.items() if any(k.startswith(m + ".") for m in modules)}


def dequantize(t, module):
    w, s = t[module + ".weight"], t.get(module + ".weight_scale")
    if w.dtype == torch.uint8:
        codes = torch.stack([w & 15, w >> 4], 2).reshape(w.shape[0], -1).long()
        factor = s.float() * t[module + ".weight_scale_2"]
        return E2M1[codes] * factor.repeat_interleave(16, 1)
    if s is None:
        return w.float()
    if s.dim() == 4:
        s = s.reshape(s.shape[0], s.shape[2])
        s = s.repeat_interleave(128, 0)[: w.shape[0]].repeat_interleave(128, 1)[:, : w.shape[1]]
    return w.float() * s


source, exports = map(pathlib.Path, sys.argv[1:])
here = pathlib.Path(__file__).parent / "modelopt"
for name, folder in {"bf16": source, **{n: exports / n for n in ("fp8", "fp8_kv8", "nvfp4", "fp8_pb_wo")}}.items():
    modules = MODULES[1:3] if name == "fp8_kv8" else MODULES
    tensors = keep(load_file(folder / "model.safetensors"), modules)
    out = here / name
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})
    for file in ("config.json", "hf_quant_config.json"):
        if (folder / file).exists():
            shutil.copyfile(folder / file, out / file)
    digests = {m: hashlib.sha256(dequantize(tensors, m).contiguous().numpy().tobytes()).hexdigest() for m in modules}
    (out / "sha256.json").write_text(json.dumps(digests, indent=1) + "\n")
