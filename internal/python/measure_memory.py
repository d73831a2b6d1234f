"""Compares what reads a lot of memory once with the memory's bandwidth."""

import re
import subprocess

BENCHMARK = re.compile(r"^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+[\d.]+ ns/op\s+([\d.]+) MB/s", re.MULTILINE)


def measure_memory(adkernel, root, folder, quick):
    """Logit statistics and the audit, beside the memory's bandwidth."""
    rounds, duration = (1, "300ms") if quick else (3, "1s")
    checkpoint = build(root, folder, "checkpoint")
    logits = build(root, folder, "logits")
    samples = {}
    for _ in range(rounds):
        for binary, pattern in ((checkpoint, "^Benchmark(MemoryBandwidth|Audit)$"), (logits, "^Benchmark(Sum|Stats|KL)$")):
            for name, speed in run(binary, pattern, duration):
                samples.setdefault(name, []).append(speed)
    every = samples["MemoryBandwidth"]
    one = samples["Sum"]
    results = [
        result(f"audit of {name.removeprefix('Audit/')}, all processors", samples[name], every, "reading 256 MiB")
        for name in sorted(samples) if name.startswith("Audit/")
    ]
    results += [
        result(f"logits: {what}, one processor", samples[name], one, "summing the rows")
        for name, what in (("Stats", "statistics of rows"), ("KL", "divergence of rows"))
    ]
    return results


def result(what, ours, peer, beside):
    return {"what": what, "unit": "GB/s", "target": None, "beside": beside, "ours": ours, "peer": peer}


def build(root, folder, package):
    binary = folder / f"{package}.test"
    subprocess.run(["go", "test", "-c", "-o", str(binary), f"./builtins/{package}"], cwd=root, check=True)
    return binary


def run(binary, pattern, duration):
    """The benchmarks' names and GB/s."""
    arguments = [str(binary), "-test.run", "^$", "-test.bench", pattern, "-test.benchtime", duration]
    out = subprocess.run(arguments, cwd=binary.parent, check=True, capture_output=True, text=True, timeout=300).stdout
    return [(name, float(speed) / 1000) for name, speed in BENCHMARK.findall(out)]
