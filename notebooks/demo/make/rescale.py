"""Gives a trained checkpoint's channels the spread of magnitudes that large models have: rescale.py MODEL.safetensors (in place).

Training leaves a tiny model's weights with nearly equal block maxima, so a quantizer that reads its neighbour's scale does almost no harm.
Every factor here is a power of two and is undone exactly by the next layer (up_proj's rows against down_proj's columns, v_proj's rows against
o_proj's columns), so the model computes the same numbers, bit for bit in bf16, and its blocks of 128 channels differ as those of large models do.
"""
import re, sys
import torch
from safetensors.torch import load_file, save_file

UP = (0, -1, 1, -1, 1)  # log2 of the factor of each block of 128 rows of up_proj
HEAD = (1, -1)          # of each KV head's rows of v_proj


def main(path, head_dim=32):
    t = load_file(path)
    for name in list(t):
        if name.endswith("up_proj.weight"):
            n = t[name].shape[0]
            f = torch.exp2(torch.tensor([UP[i // 128 % len(UP)] for i in range(n)], dtype=torch.float32)).to(torch.bfloat16)
            t[name] = t[name] * f[:, None]
            down = name.replace("up_proj", "down_proj")
            t[down] = t[down] / f[None, :]
        elif m := re.fullmatch(r"(.*)v_proj\.weight", name):
            kv = t[name].shape[0] // head_dim
            f = torch.exp2(torch.tensor([HEAD[i // head_dim % len(HEAD)] for i in range(kv * head_dim)], dtype=torch.float32)).to(torch.bfloat16)
            t[name] = t[name] * f[:, None]
            if (bias := m[1] + "v_proj.bias") in t:
                t[bias] = t[bias] * f
            out = m[1] + "o_proj.weight"
            group = t[out].shape[1] // (kv * head_dim)  # query heads a KV head
            wide = f.view(kv, 1, head_dim).expand(kv, group, head_dim).reshape(-1)
            t[out] = t[out] / wide[None, :]
    save_file({k: v.contiguous() for k, v in t.items()}, path, metadata={"format": "pt"})


main(sys.argv[1])
