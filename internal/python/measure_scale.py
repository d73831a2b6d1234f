"""Measures what grows: a thousand runs in one folder, and all of MMLU with a large vocabulary."""

import re
import subprocess

ROW = re.compile(r"^Benchmark\w+?(?:-\d+)?\s+\d+\s+(.*)$", re.MULTILINE)
METRIC = re.compile(r"([\d.]+) (\S+)")
LOGITS_MB = 2 * 14042 * 152_000 * 4 / 2**20  # of the two runs that are compared
MEMORY_MB = 25  # to pair 14 042 samples, which are read one at a time; of the logits one row
KEPT_B = 256  # of a sample, by a comparison and its two runs


def measure_scale(adkernel, root, folder, quick):
    """A thousand runs; 14 042 samples with 152 000 logits each."""
    runs = build(root, folder, "run")
    listed, read = [], []
    for _ in range(2 if quick else 5):  # the two in turn, since machines are busy at times
        listed.append(measured(runs, "OverviewOfThousandRuns", "300ms")["ns/op"] / 1e6)
        read.append(measured(runs, "ReadThousandStates", "300ms")["ns/op"] / 1e6)
    results = [{
        "what": "Runs() over 1 000 runs", "unit": "ms", "target": 1.1, "beside": "reading state.json of each",
        "ours": listed, "peer": read,
    }]
    if quick:
        return results
    compare = build(root, folder, "compare")
    for name, what in (("CompareWholeMMLU", "Compare"), ("InspectOneOfWholeMMLU", "one row")):
        metrics = measured(compare, name, "1x")
        results.append({
            "what": f"14 042 x 152 000: {what}, memory", "unit": "MB", "limit": MEMORY_MB, "beside": "the logits of both runs",
            "ours": [metrics["peak-MB"]], "peer": [LOGITS_MB],
        })
        if kept := metrics.get("B-kept/sample"):
            results.append({"what": "14 042 x 152 000: kept of a sample", "unit": "B", "limit": KEPT_B, "beside": "", "ours": [kept], "peer": []})
    return results


def build(root, folder, package):
    binary = folder / f"{package}.test"
    subprocess.run(["go", "test", "-c", "-o", str(binary), f"./builtins/{package}"], cwd=root, check=True)
    return binary


def measured(binary, name, duration):
    """The metrics of a benchmark, by unit."""
    arguments = [str(binary), "-test.run", "^$", "-test.bench", f"^Benchmark{name}$", "-test.benchtime", duration]
    out = subprocess.run(arguments, cwd=binary.parent, check=True, capture_output=True, text=True, timeout=600).stdout
    row = ROW.search(out)
    if not row:
        raise RuntimeError(f"{binary.name} printed no row of {name}:\n{out}")
    return {unit: float(value) for value, unit in METRIC.findall(row[1])}
