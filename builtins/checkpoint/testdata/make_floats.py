"""Writes floats.json: what ml_dtypes and torch make of every 16-bit input.

Run with Python 3, torch, ml_dtypes and numpy:  python make_floats.py
Decoding tables are stored in full, encodings as SHA-256 of the codes of all
inputs in order: every bfloat16, and every 65521st float32 bit pattern.
"""
import hashlib
import json

import ml_dtypes
import numpy as np
import torch


def table(values):
    return ["nan" if np.isnan(v) else str(v) for v in values.astype(np.float64)]


def digest(codes):
    """Every NaN counts as the positive quiet one: its payload is not specified."""
    return hashlib.sha256(np.ascontiguousarray(codes).tobytes()).hexdigest()


def canonical(codes, is_nan, nan):
    codes = codes.copy()
    codes[is_nan] = nan
    return codes


bytes_ = np.arange(256, dtype=np.uint8)
bf16 = np.arange(65536, dtype=np.uint16).view(ml_dtypes.bfloat16).astype(np.float32)
sparse = np.arange(0, 2**32, 65521, dtype=np.uint64).astype(np.uint32).view(np.float32)

out = {
    "e4m3": table(bytes_.view(ml_dtypes.float8_e4m3fn)),
    "e5m2": table(bytes_.view(ml_dtypes.float8_e5m2)),
    "e2m1": table(np.arange(16, dtype=np.uint8).view(ml_dtypes.float4_e2m1fn)),
    "f16": digest(canonical(np.arange(65536, dtype=np.uint16).view(np.float16).astype(np.float32).view(np.uint32),
                            np.isnan(np.arange(65536, dtype=np.uint16).view(np.float16)), 0x7FC00000)),
}
for name, x in {"bf16": bf16, "sparse": sparse}.items():
    nan = np.isnan(x)
    # torch 2.13 saturates on the CPU; ml_dtypes casts as older releases and CUDA do.
    unclamped = x.astype(ml_dtypes.float8_e4m3fn).view(np.uint8)
    clamped = torch.from_numpy(x).clamp(-448, 448).to(torch.float8_e4m3fn).view(torch.uint8).numpy()
    finite_e2m1 = x.astype(ml_dtypes.float4_e2m1fn).view(np.uint8)
    out[f"{name}_to_e4m3_unclamped"] = digest(canonical(unclamped, (unclamped & 0x7F) == 0x7F, 0x7F))
    out[f"{name}_to_e4m3"] = digest(canonical(clamped, nan, 0x7F))
    out[f"{name}_to_e2m1"] = digest(canonical(finite_e2m1, nan, 7))
    out[f"{name}_to_f16"] = digest(canonical(x.astype(np.float16).view(np.uint16), nan, 0x7E00))
    out[f"{name}_to_bf16"] = digest(canonical(x.astype(ml_dtypes.bfloat16).view(np.uint16), nan, 0x7FC0))

with open("floats.json", "w") as f:
    json.dump(out, f, indent=1)
    f.write("\n")
