"""Measures adkernel beside its neighbours and prints one table of ratios.

    ADKERNEL_BIN=bin/adkernel .venv/bin/python internal/python/bench.py [name ...]

Every row alternates the two sides within this run, because machines differ and
are busy at times: read the ratios, not the times. QUICK=1 takes about four
minutes, the whole about twenty-five on two quiet processors; names (kernel, runs,
...) measure only those. The table is written to build/bench.json as well, and
by a whole run to docs/speed.md.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from measure_demo import measure_demo
from measure_evaluator import measure_evaluator
from measure_faults import measure_faults
from measure_frame import measure_frame
from measure_kernel import measure_kernel
from measure_memory import measure_memory
from measure_openai import measure_openai
from measure_peers import measure_peers
from measure_runs import measure_runs
from measure_scale import measure_scale
from speed import judged, write_speed

ROOT = Path(__file__).resolve().parents[2]
MEASURES = (
    measure_kernel, measure_faults, measure_peers, measure_evaluator, measure_runs, measure_scale, measure_demo, measure_openai, measure_memory,
    measure_frame,
)


def main() -> int:
    quick = os.environ.get("QUICK", "") not in ("", "0")
    adkernel = Path(os.environ.get("ADKERNEL_BIN", ROOT / "bin" / "adkernel")).resolve()
    wanted = sys.argv[1:]
    machine = about_machine(adkernel)
    print(", ".join(f"{k}: {v}" for k, v in machine.items()), flush=True)
    if os.getloadavg()[0] > 0.5:
        print("other programs are running: ratios below are coarse", flush=True)

    results, unmeasured = [], []
    for measure in MEASURES:
        name = measure.__name__.removeprefix("measure_")
        if wanted and name not in wanted:
            continue
        print(f"... {measure.__doc__.splitlines()[0]}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            try:
                results += measure(adkernel, ROOT, Path(folder), quick)
            except Exception as error:  # one measurement must not cost the others
                unmeasured.append(f"{name}: {error}")
    machine["load average at the end"] = f"{os.getloadavg()[0]:.1f}"

    rows = [judged(r) for r in results]
    print_table(rows)
    for reason in unmeasured:
        print("not measured:", reason)
    write_json(machine, results, rows, unmeasured, quick)
    if not quick and not wanted:
        write_speed(ROOT / "docs" / "speed.md", machine, rows, unmeasured)
    verdicts = [r["verdict"] for r in rows]
    print(f"{verdicts.count('MET')} marks met, {verdicts.count('NOT MET')} not met, {len(unmeasured)} not measured")
    return 0  # a measurement, not a test: busy machines miss marks


def about_machine(adkernel) -> dict[str, str]:
    def output(*command):
        return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()

    python = "import ipykernel, jupyter_client, platform; print(ipykernel.__version__, jupyter_client.__version__, platform.python_version())"
    ipykernel, client, version = output(sys.executable, "-c", python).split()
    program = output(str(adkernel), "--version").removeprefix("adkernel ")
    if "+" not in program:  # it was built without its commit
        program += f" ({output('git', 'rev-parse', '--short', 'HEAD')})"
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors ({processor()})",
        "adkernel": program,
        "Go": output("go", "env", "GOVERSION").removeprefix("go") + f", experiments: {output('go', 'env', 'GOEXPERIMENT') or 'none'}",
        "ipykernel": f"{ipykernel} (Python {version}, jupyter_client {client})",
        "load average at the start": f"{os.getloadavg()[0]:.1f}",
    }


def processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def print_table(rows):
    columns = {"what": "measured", "ours": "ours", "peer": "peer", "ratio": "ratio", "interval": "95 %", "mark": "mark", "verdict": "", "n": "n", "beside": "beside"}
    lines = [columns, {k: "-" * len(v) for k, v in columns.items()}, *rows]
    widths = {k: max(len(line[k]) for line in lines) for k in columns}
    lines[1] = {k: "-" * w for k, w in widths.items()}
    right = ("ours", "peer", "ratio", "n")
    for line in lines:
        print("  ".join(line[k].rjust(w) if k in right else line[k].ljust(w) for k, w in widths.items()).rstrip())


def write_json(machine, results, rows, unmeasured, quick):
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    document = {
        "machine": machine, "quick": quick, "not_measured": unmeasured,
        "results": [{**result, "shown": row} for result, row in zip(results, rows)],
    }
    (build / "bench.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
