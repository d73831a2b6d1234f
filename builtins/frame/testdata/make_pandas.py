"""Makes testdata/pandas: tables with nulls, and what pandas and pyarrow make of them.

    .venv/bin/python builtins/frame/testdata/make_pandas.py
"""

import pathlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

OUT = pathlib.Path(__file__).parent / "pandas"


def samples() -> pd.DataFrame:
    random = np.random.default_rng(7)
    n = 240
    f = pd.DataFrame({
        "run": random.choice(["base", "fp8", "nvfp4"], n),
        "subject": random.choice(["law", "physics", "high school, math", 'the "other"', "Ärzte"], n),
        "index": random.integers(0, 60, n),
        "correct": pd.array(random.random(n) < 0.7, dtype="boolean"),
        "tokens": pd.array(random.integers(-50, 2000, n), dtype="Int64"),
        "nll": np.round(random.normal(1, 3, n), 3),
        "margin": random.exponential(1e-3, n),
    })
    for column in ["correct", "tokens", "nll", "margin"]:
        f.loc[random.random(n) < 0.1, column] = pd.NA if column in ("correct", "tokens") else np.nan
    f.loc[(f.run == "fp8") & (f.subject == "law"), ["tokens", "nll"]] = [pd.NA, np.nan]  # a group of nulls alone
    return f


def write(frame: pd.DataFrame, name: str):
    frame.to_csv(OUT / name, index=False, lineterminator="\n")


def main():
    OUT.mkdir(exist_ok=True)
    f = samples()
    write(f, "samples.csv")

    g = f.groupby(["run", "subject"], as_index=False)
    write(g.agg(
        n=("run", "size"),
        accuracy=("correct", "mean"), right=("correct", "sum"),
        tokens=("tokens", "sum"), most=("tokens", "max"),
        mean=("nll", "mean"), std=("nll", "std"), least=("nll", "min"),
        median=("nll", "median"), q90=("nll", lambda v: v.quantile(0.9)),
        first=("tokens", "first"), unique=("tokens", "nunique"),
    ), "group.csv")

    for name, by, ascending in [
        ("sort_nll.csv", ["nll"], [True]), ("sort_tokens_descending.csv", ["tokens"], [False]),
        ("sort_mixed.csv", ["subject", "correct", "nll"], [True, False, False]),
    ]:
        # pandas compares strings by code point, as bytes of UTF-8 compare
        write(f.sort_values(by, ascending=ascending, kind="stable", na_position="last"), name)

    right = f[["run", "index", "nll", "tokens"]].iloc[::3].head(60).replace({"run": {"nvfp4": "gptq"}})
    write(right, "right.csv")
    for how in ["inner", "left", "outer"]:
        write(f.merge(right, on=["run", "index"], how=how, suffixes=("", "_right")), f"join_{how}.csv")

    pivot = f.pivot_table(index="subject", columns="run", values="nll", aggfunc="mean").reset_index()
    write(pivot, "pivot.csv")

    numbers = f[["index", "tokens", "nll", "margin"]].astype(float)
    described = numbers.describe().T.reset_index(names="column")
    described.columns = ["column", "count", "mean", "std", "min", "q25", "median", "q75", "max"]
    write(described, "describe.csv")

    q = [0, 0.001, 0.1, 1 / 3, 0.5, 0.77, 0.99, 1]
    write(pd.DataFrame({"q": q, **{c: np.nanquantile(numbers[c], q) for c in numbers}}), "quantiles.csv")

    table = pa.table({
        "subject": pa.array(["law", None, "Ärzte", "law"]).dictionary_encode(),
        "text": pa.array(["", "line\nbreak", None, "x"]),
        "nll": pa.array([1.5, None, float("nan"), float("inf")]),
        "single": pa.array([0.1, 2.0, None, -3.5], pa.float32()),
        "index": pa.array([1, None, -(2**63), 2**63 - 1], pa.int64()),
        "small": pa.array([1, 2, None, 255], pa.uint8()),
        "wide": pa.array([1, 2, None, 2**32 - 1], pa.uint32()),
        "correct": pa.array([True, None, False, True]),
        "nothing": pa.nulls(4),
    })
    pq.write_table(table, OUT / "pyarrow.parquet", row_group_size=3)
    pq.write_table(pa.table({"ids": [[1, 2]]}), OUT / "list.parquet")
    pq.write_table(pa.table({"at": pa.array([0], pa.timestamp("us"))}), OUT / "timestamp.parquet")


if __name__ == "__main__":
    main()
