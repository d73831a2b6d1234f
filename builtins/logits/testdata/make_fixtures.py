"""Measures rows of logits with NumPy and SciPy.

Writes cases.json beside this file; rows are base64 of little-endian float32.
Made with NumPy 2.4.6 and SciPy 1.17.1.

    python make_fixtures.py
"""
import base64
import json
import pathlib

import numpy as np
from scipy.special import log_softmax
from scipy.stats import entropy

HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(0)


def pack(row):
    return base64.b64encode(np.asarray(row, "<f4").tobytes()).decode()


def number(x):
    """JSON has no NaN: a string stands for what is not finite."""
    return float(x) if np.isfinite(x) else str(float(x))


def broken(row, **values):
    row = row.copy()
    for name, places in values.items():
        row[places] = {"nan": np.nan, "inf": np.inf, "ninf": -np.inf}[name]
    return row


normal = rng.normal(-1, 3, 1200).astype("f4")
rows = {
    "normal": normal,
    "short": rng.normal(0, 1, 17).astype("f4"),
    "one": np.array([2.5], "f4"),
    "offset": (1000 + rng.normal(0, 0.01, 2048)).astype("f4"),
    "ties": rng.integers(-3, 4, 1500).astype("f4"),
    "constant": np.full(1024, -0.375, "f4"),
    "huge": (rng.normal(0, 1, 1100) * 1e30).astype("f4"),
    "largest": np.array([3.4e38, -3.4e38, 3.4e38, 1], "f4"),
    "tiny": (rng.normal(0, 1, 1030) * 1e-30).astype("f4"),
    "a NaN": broken(normal, nan=[7]),
    "NaN and infinities": broken(normal, nan=[0, 1024, 1199], inf=[5, 1023], ninf=[6, 1046, 1047]),
    "masked": broken(normal, ninf=slice(100, 1100)),
    "no finite": np.array([np.nan, np.inf, -np.inf, np.nan], "f4"),
    "empty": np.array([], "f4"),
}

cases = []
for name, row in rows.items():
    wide = row.astype("f8")
    finite = wide[np.isfinite(wide)]
    order = np.lexsort((np.arange(len(row)), -np.where(np.isnan(row), -np.inf, row)))
    top = [int(i) for i in order if not np.isnan(row[i])][:9]
    kept = np.where(np.isnan(wide) | (wide == np.inf), -np.inf, wide)
    with np.errstate(invalid="ignore"):
        logp = log_softmax(kept) if len(finite) else np.full(len(row), np.nan)
    cases.append({
        "name": name, "row": pack(row), "nan": int(np.isnan(row).sum()),
        "posinf": int((row == np.inf).sum()), "neginf": int((row == -np.inf).sum()),
        "min": number(finite.min() if len(finite) else np.nan), "max": number(finite.max() if len(finite) else np.nan),
        "mean": number(finite.mean() if len(finite) else np.nan),
        "rms": number(np.sqrt((finite**2).mean()) if len(finite) else np.nan),
        "top": top,
        "logp": [number(x) for x in logp[:20]],
    })

divergences = []
for name, p, q in [
    ("same", normal, normal),
    ("shifted", normal, normal + np.float32(64)),
    ("near", normal, (normal + rng.normal(0, 1e-3, normal.size)).astype("f4")),
    ("apart", normal, rng.normal(0, 3, normal.size).astype("f4")),
    ("sharp", (normal * 40).astype("f4"), normal),
    ("masked in p", broken(normal, ninf=slice(3, 300)), normal[::-1]),
    ("masked in both", broken(normal, ninf=slice(3, 300)), broken(normal[::-1], ninf=slice(7, 290))),
]:
    a, b = log_softmax(p.astype("f8")), log_softmax(q.astype("f8"))
    divergences.append({"name": name, "p": pack(p), "q": pack(q), "kl": float(entropy(np.exp(a), np.exp(b)))})

(HERE / "cases.json").write_text(json.dumps({"rows": cases, "divergences": divergences}, indent=1) + "\n")
