"""Measures what grows: a thousand runs in one folder, and all of MMLU with a large vocabulary."""

import re
import subprocess

METRIC = re.compile(r"^Benchmark(\w+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op(?:.*?([\d.]+) peak-MB)?", re.MULTILINE)
LOGITS_MB = 2 * 14042 * 152_000 * 4 / 2**20  # of the two runs that are compared
MEMORY_MB = 100  # for the records of 2 x 14 042 samples; the logits add one row at a time


def measure_scale(adkernel, root, folder, quick):
    """A thousand runs; 14 042 samples with 152 000 logits each."""
    runs = build(root, folder, "run")
    listed, read = [], []
    for _ in range(2 if quick else 5):  # the two in turn, since machines are busy at times
        listed += [ns / 1e6 for _, ns, _ in measured(runs, "OverviewOfThousandRuns", "300ms")]
        read += [ns / 1e6 for _, ns, _ in measured(runs, "ReadThousandStates", "300ms")]
    results = [{
        "what": "Runs() over 1 000 runs", "unit": "ms", "target": 1.1, "beside": "reading state.json of each",
        "ours": listed, "peer": read,
    }]
    if quick:
        return results
    compare = build(root, folder, "compare")
    for name, what in (("CompareWholeMMLU", "Compare"), ("InspectOneOfWholeMMLU", "one row")):
        peaks = [peak for _, _, peak in measured(compare, name, "1x")]
        results.append({
            "what": f"14 042 x 152 000: {what}, memory", "unit": "MB", "limit": MEMORY_MB, "beside": "the logits of both runs",
            "ours": peaks, "peer": [LOGITS_MB] * len(peaks),
        })
    return results


def build(root, folder, package):
    binary = folder / f"{package}.test"
    subprocess.run(["go", "test", "-c", "-o", str(binary), f"./builtins/{package}"], cwd=root, check=True)
    return binary


def measured(binary, name, duration):
    """Rows (name, nanoseconds, peak MB or None)."""
    arguments = [str(binary), "-test.run", "^$", "-test.bench", f"^Benchmark{name}$", "-test.benchtime", duration]
    out = subprocess.run(arguments, cwd=binary.parent, check=True, capture_output=True, text=True, timeout=600).stdout
    rows = [(name, float(ns), float(peak) if peak else None) for name, ns, peak in METRIC.findall(out)]
    if not rows:
        raise RuntimeError(f"{binary.name} printed no row of {name}:\n{out}")
    return rows
