"""Times pandas and DuckDB on the shapes of bench_test.go.

    go test -run '^$' -bench MillionRows ./builtins/frame | .venv/bin/python builtins/frame/testdata/bench_peers.py

prints milliseconds, the best of several runs, and beside them those of the Go
benchmarks read from standard input, with the ratios.
"""

import json
import os
import re
import sys
import tempfile
import time

import duckdb
import numpy as np
import pandas as pd


def evaluations() -> pd.DataFrame:
    runs, samples, subjects = 16, 62_500, 57
    random = np.random.default_rng(1)
    at = random.permutation(runs * samples)
    sample = at % samples
    return pd.DataFrame({
        "run": pd.Categorical.from_codes(at // samples, [f"run_{i:02}" for i in range(runs)]),
        "subject": pd.Categorical.from_codes(sample % subjects, [f"subject_{i:02}" for i in range(subjects)]),
        "sample": sample,
        "correct": random.random(len(at)) < 0.7,
        "nll": random.exponential(size=len(at)),
    })


def best(run, times=5) -> float:
    durations = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        durations.append(time.perf_counter() - start)
    return min(durations) * 1000


def main():
    e = evaluations()
    m = e[["run", "sample", "nll"]].sort_values("sample").rename(columns={"nll": "margin"})
    db = duckdb.connect()
    # DuckDB gets plain strings: it dictionary-codes them itself.
    plain = e.assign(run=e.run.astype(str), subject=e.subject.astype(str))
    plain_m = m.assign(run=m.run.astype(str))
    db.execute("create table e as select * from plain")
    db.execute("create table m as select * from plain_m")
    del plain, plain_m
    folder = tempfile.mkdtemp()
    csv, jsonl, parquet = (os.path.join(folder, "evaluations." + x) for x in ("csv", "jsonl", "parquet"))
    e.to_csv(csv, index=False)
    e.to_json(jsonl, orient="records", lines=True)
    e.to_parquet(parquet)

    def sql(query):
        return lambda: db.sql(query).to_arrow_table()

    by = ["run", "subject"]
    shapes = {
        "group": (
            lambda: e.groupby(by, observed=True).agg(n=("nll", "size"), accuracy=("correct", "mean"), nll=("nll", "mean")),
            sql("select run, subject, count(*), avg(correct::int), avg(nll) from e group by all order by all"),
        ),
        "median": (
            lambda: e.groupby(by, observed=True)["nll"].median(),
            sql("select run, subject, median(nll) from e group by all order by all"),
        ),
        "join": (
            lambda: e.merge(m, on=["run", "sample"]),
            sql("select e.*, m.margin from e join m using (run, sample)"),
        ),
        "sort": (lambda: e.sort_values("nll", ascending=False, kind="stable"), sql("select * from e order by nll desc")),
        "sort3": (lambda: e.sort_values(by + ["nll"]), sql("select * from e order by run, subject, nll")),
        "pivot": (
            lambda: e.pivot_table(index="subject", columns="run", values="correct", observed=True),
            sql("pivot e on run using avg(correct::int) group by subject"),
        ),
        "where": (
            lambda: e[(e.nll > 2) & ~e.correct & (e.subject != "subject_00")],
            sql("select * from e where nll > 2 and not correct and subject != 'subject_00'"),
        ),
        "csv": (lambda: pd.read_csv(csv), sql(f"select * from read_csv('{csv}')")),
        "jsonl": (
            lambda: [json.loads(line) for line in open(jsonl, encoding="utf-8")],
            sql(f"select * from read_json('{jsonl}')"),
        ),
        "parquet": (lambda: pd.read_parquet(parquet), sql(f"select * from '{parquet}'")),
    }

    ours = {}
    if not sys.stdin.isatty():
        for line in sys.stdin:
            if found := re.match(r"Benchmark\w+/(\w+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op", line):
                ours[found[1]] = float(found[2]) / 1e6

    print(f"{'1 M rows, ms':14}{'frame':>9}{'pandas':>9}{'duckdb':>9}{'pandas/frame':>14}{'duckdb/frame':>14}")
    for name, (pandas_run, duckdb_run) in shapes.items():
        peers = best(pandas_run), best(duckdb_run)
        line = f"{name:14}"
        if name in ours:
            line += f"{ours[name]:9.1f}{peers[0]:9.1f}{peers[1]:9.1f}"
            line += f"{peers[0] / ours[name]:14.1f}{peers[1] / ours[name]:14.1f}"
        else:
            line += f"{'':9}{peers[0]:9.1f}{peers[1]:9.1f}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
