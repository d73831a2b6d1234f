"""Programs and small cells under the exact evaluator, beside yaegi, ipykernel and compiled Go."""

import json
import os
import subprocess
import sys

from measure_kernel import install, start


def measure_evaluator(adkernel, root, folder, quick):
    """Evaluators: loops, calls, maps, native code, small cells, memory."""
    table = folder / "evaluators.json"
    command = ["go", "run", "./internal/evalbench", "-json", str(table)] + (["-quick"] if quick else [])
    subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)
    rows = json.loads(table.read_text())

    install(folder, "python", [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "signal")
    os.environ.update({
        "JUPYTER_PATH": str(folder / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
    })
    kernel = start("python")[0]
    try:
        kernel.run("1+1")
        for row in rows:
            if row.get("compiled"):  # long enough for the messages around it not to count
                row["ipykernel"] = min(kernel.run(row["python"]) for _ in range(1 if quick else 3))
    finally:
        kernel.close()

    results = []
    for row in rows:
        scale, unit = (1000, "ms") if row["unit"] == "s" else (1, row["unit"])
        for peer in ("yaegi", "ipykernel", "compiled"):
            if row.get(peer):
                target = 1 / row["target"] if peer == "yaegi" and row.get("target") else None
                results.append({
                    "what": row["name"], "unit": unit, "target": target, "n": 1,
                    "beside": {"compiled": "compiled Go"}.get(peer, peer),
                    "ours": [scale * row["exact"]], "peer": [scale * row[peer]],
                })
    return results
