"""Compares data frames of a million rows with pandas and DuckDB."""

import subprocess
import sys

SHAPES = {
    "group": "group by two keys, mean", "median": "group by two keys, median", "join": "join on two keys",
    "sort": "sort by a number", "sort3": "sort by three keys", "pivot": "pivot, mean", "where": "filter",
    "csv": "read CSV", "jsonl": "read JSON lines", "parquet": "read Parquet",
}
# The shapes that have a target: at least as fast as either peer.
TARGETS = {"group": 1, "join": 1, "sort": 1, "pivot": 1}


def measure_frame(adkernel, root, folder, quick):
    """Frames of a million rows, beside pandas and DuckDB."""
    binary = folder / "frame.test"
    subprocess.run(["go", "test", "-c", "-o", str(binary), "./builtins/frame"], cwd=root, check=True)
    pattern = "^BenchmarkMillionRows$" if quick else "MillionRows"
    times = {}
    for _ in range(1 if quick else 2):
        benchmark = [str(binary), "-test.run", "^$", "-test.bench", pattern, "-test.benchtime", "300ms"]
        ours = subprocess.run(benchmark, cwd=folder, check=True, capture_output=True, text=True, timeout=300).stdout
        for name, *row in beside_peers(root, ours, last="pivot" if quick else ""):
            times.setdefault(name, []).append(row)
    results = []
    for name, rows in times.items():
        ours, *peers = zip(*rows)
        for peer, theirs in zip(("pandas", "DuckDB"), peers):
            results.append({
                "what": f"1 M rows: {SHAPES[name]}", "unit": "ms", "target": TARGETS.get(name), "beside": peer,
                "ours": list(ours), "peer": list(theirs),
            })
    return results


def beside_peers(root, benchmarks, last):
    """Rows (name, ours, pandas, DuckDB) in milliseconds, up to the shape last."""
    script = root / "builtins" / "frame" / "testdata" / "bench_peers.py"
    peers = subprocess.Popen([sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    peers.stdin.write(benchmarks)
    peers.stdin.close()
    rows = []
    try:
        for line in peers.stdout:
            name, *numbers = line.split()
            if name in SHAPES and len(numbers) == 5:
                rows.append((name, *map(float, numbers[:3])))
            if name == last:
                break
    finally:
        peers.kill()
        peers.wait()
    if not rows:
        raise RuntimeError(f"{script} printed no row that could be read")
    return rows
