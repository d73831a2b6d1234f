"""Programs and small cells under the exact evaluator, beside yaegi, ipykernel and compiled Go."""

import json
import subprocess

from jupyter_kernels import install, start
from kernel_cells import pair

# What a row has beside our evaluator, how it is called, and the ratio that is
# allowed: that of yaegi with our front end is the row's own target.
PEERS = {"yaegi": ("yaegi", None), "raw": ("yaegi itself", 1), "ipykernel": ("ipykernel", None), "compiled": ("compiled Go", None)}


def measure_evaluator(adkernel, root, folder, quick):
    """Evaluators: loops, calls, maps, native code, small cells, memory."""
    table = folder / "evaluators.json"
    command = ["go", "run", "./internal/evalbench", "-json", str(table)] + (["-quick"] if quick else [])
    subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)
    rows = json.loads(table.read_text())

    install(folder, pair(adkernel))
    kernel = start("ipykernel")
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
        for peer, (beside, target) in PEERS.items():
            if row.get(peer):
                if peer == "yaegi" and row.get("target"):
                    target = 1 / row["target"]
                results.append({
                    "what": row["name"], "unit": unit, "target": target, "beside": beside,
                    "ours": [scale * row["exact"]], "peer": [scale * row[peer]],
                })
    return results
