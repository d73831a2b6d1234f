"""Checks quantized.py's arithmetic on small arrays: python check_quantized.py FOLDER...

The products of codes are compared with torch._scaled_mm itself, on a GPU where
there is one and else on the processor, whose implementation is slow.
"""
import sys

sys.path[:0] = sys.argv[1:]
import torch

import quantized

torch.manual_seed(0)
device = "cuda" if torch.cuda.is_available() else "cpu"
x = (torch.randn(16, 64) * 40).to(quantized.E4M3)
w = (torch.randn(32, 64) * 40).to(quantized.E4M3)
a, b = torch.tensor(0.03), torch.tensor(0.002)
real = torch._scaled_mm(x.to(device), w.to(device).t(), scale_a=a.to(device), scale_b=b.to(device), out_dtype=torch.bfloat16).cpu()
ours = quantized.product(x, w, a, b, torch.bfloat16)
assert (real.float() - ours.float()).abs().max() <= real.float().abs().max() * 2**-7, "one rounding to bfloat16 apart at most"

grid = torch.tensor([0, .5, 1, 1.5, 2, 3, 4, 6])
values = torch.linspace(-7, 7, 5601)
got = quantized.to_e2m1(values)
near = (values.abs()[:, None] - grid).abs()
assert torch.equal((values.abs() - got.abs()).abs(), near.min(1).values), "the nearest"
ties = torch.tensor([.25, .75, 1.25, 1.75, 2.5, 3.5, 5.0])
assert torch.equal(quantized.to_e2m1(ties), torch.tensor([0, 1, 1, 2, 2, 4, 4.0])), "ties to the even code"
assert torch.equal(quantized.to_e2m1(-ties), -torch.tensor([0, 1, 1, 2, 2, 4, 4.0]))
assert quantized.to_e2m1(torch.tensor([float("nan")])).isnan().all(), "NaN stays"

# Dequantization, element by element.
codes = torch.randint(0, 256, (4, 16), dtype=torch.uint8)
scales = torch.tensor([[1.5, 2], [.5, 448], [1, 1], [2, .25]]).to(quantized.E4M3)
layer = quantized.Layer("m", {"weight": codes, "weight_scale": scales, "weight_scale_2": torch.tensor(.125), "input_scale": torch.tensor(.01)}, torch.float32)
for n in range(4):
    for k in range(32):
        nibble = int(codes[n, k // 2]) >> (4 * (k % 2)) & 15
        want = float(quantized.E2M1[nibble]) * float(scales[n, k // 16]) * .125
        assert float(layer.weight[n, k]) == want, (n, k)
blocks = quantized.Layer("m", {"weight": torch.ones(200, 130).to(quantized.E4M3), "weight_scale_inv": torch.tensor([[1.0, 2], [3, 4]])}, torch.float32)
assert [float(blocks.weight[n, k]) for n, k in ((0, 0), (127, 127), (127, 128), (128, 0), (199, 129))] == [1, 1, 2, 3, 4]

# A fake cast beyond 448 times the scale is NaN, the kernel clamps.
one = quantized.Layer("m", {"weight": torch.ones(16, 16).to(quantized.E4M3), "weight_scale": torch.tensor(1.0), "input_scale": torch.tensor(1.0)}, torch.float32)
far = torch.full((1, 16), 500.0)
assert one(far).isnan().all()
one.fused = True
assert torch.equal(one(far), torch.full((1, 16), 448.0 * 16))
