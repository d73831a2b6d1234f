"""Measures adkernel beside its neighbours and prints one table of ratios.

    ADKERNEL_BIN=bin/adkernel .venv/bin/python internal/python/bench.py

Every row alternates the two sides within this run, because machines differ and
are busy at times: read the ratios, not the times. QUICK=1 takes about a minute
and a half, the whole about eight on two quiet processors. The table is written to
build/bench.json as well.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from measure_demo import measure_demo
from measure_evaluator import measure_evaluator
from measure_frame import measure_frame
from measure_kernel import measure_kernel
from measure_memory import measure_memory
from measure_openai import measure_openai
from measure_scale import measure_scale

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ("measured", "ours", "peer", "ratio", "target", "", "n", "beside")


def main() -> int:
    quick = os.environ.get("QUICK", "") not in ("", "0")
    adkernel = Path(os.environ.get("ADKERNEL_BIN", ROOT / "bin" / "adkernel")).resolve()
    load = os.getloadavg()[0]
    print(f"{platform.machine()}, {os.cpu_count()} processors, load average {load:.1f}, Go experiments: {experiments()}", flush=True)
    if load > 0.5:
        print("other programs are running: ratios below are coarse", flush=True)

    results, unmeasured = [], []
    with tempfile.TemporaryDirectory() as folder:
        for measure in (measure_kernel, measure_evaluator, measure_memory, measure_frame, measure_scale, measure_demo, measure_openai):
            print(f"... {measure.__doc__.splitlines()[0]}", flush=True)
            try:
                results += measure(adkernel, ROOT, Path(folder), quick)
            except Exception as error:  # one measurement must not cost the others
                unmeasured.append(f"{measure.__name__.removeprefix('measure_')}: {error}")

    print_table([row(r) for r in results])
    for reason in unmeasured:
        print("not measured:", reason)
    write_json(results, unmeasured, quick)
    missed = [r for r in results if met(r) is False]
    print(f"{sum(met(r) is True for r in results)} targets met, {len(missed)} not met, {len(unmeasured)} not measured")
    return 0  # a measurement, not a test: busy machines miss targets


def experiments() -> str:
    """What GOEXPERIMENT the benchmarks are built with; without simd they say little."""
    out = subprocess.run(["go", "env", "GOEXPERIMENT"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return out.strip() or "none"


def ratio(result) -> float:
    """Ours divided by the peer's, the median of pairs measured one after the other."""
    return statistics.median(ours / peer for ours, peer in zip(result["ours"], result["peer"]))


def met(result) -> bool | None:
    if result["target"] is None:
        return None
    return ratio(result) <= result["target"]


def row(result) -> tuple[str, ...]:
    verdict = {True: "met", False: "NOT MET", None: ""}[met(result)]
    target = "" if result["target"] is None else f"<= {result['target']:.3g}"
    return (
        result["what"],
        f"{statistics.median(result['ours']):.3g} {result['unit']}",
        f"{statistics.median(result['peer']):.3g} {result['unit']}",
        f"{ratio(result):.3f}",
        target,
        verdict,
        str(result["n"]),
        result["beside"],
    )


def print_table(rows):
    widths = [max(len(r[i]) for r in [COLUMNS, *rows]) for i in range(len(COLUMNS))]
    right = {1, 2, 3, 6}
    for r in [COLUMNS, tuple("-" * w for w in widths), *rows]:
        cells = (cell.rjust(w) if i in right else cell.ljust(w) for i, (cell, w) in enumerate(zip(r, widths)))
        print("  ".join(cells).rstrip())


def write_json(results, unmeasured, quick):
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    document = {
        "when": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": {"arch": platform.machine(), "processors": os.cpu_count(), "load": os.getloadavg()},
        "quick": quick,
        "goexperiment": experiments(),
        "results": [{**r, "ratio": ratio(r), "met": met(r)} for r in results],
        "not_measured": unmeasured,
    }
    (build / "bench.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
