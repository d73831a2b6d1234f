"""Checks what generate.py takes for the likeliest token: python check_choice.py FOLDER..."""
import sys

sys.path[:0] = sys.argv[1:]
import torch

from generate import likeliest

nan, inf = float("nan"), float("inf")
rows = [
    [0.5, 2, 1, -1],  # the greatest
    [3, 7, 7, 1],  # of equal ones the first
    [nan, 1, nan, 2],  # NaN is never chosen
    [nan, inf, nan, 0],
    [-inf, -inf, nan, -5],
    [-inf, -inf, -inf, -inf],
    [nan, nan, nan, nan],  # nothing is left to choose from
]
want = [1, 1, 3, 1, 3, 0, 0]
for device in ["cpu"] + ["cuda"] * torch.cuda.is_available():
    assert likeliest(torch.tensor(rows, device=device)) == want, device
    assert likeliest(torch.tensor(rows[:2], device=device)) == want[:2], f"{device}, no NaN"
    wide = torch.tensor(rows, device=device).repeat(1, 2)
    assert likeliest(wide[:, :4]) == want, f"{device}, a part of something wider"
