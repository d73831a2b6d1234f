"""Tries what ends kernels: what is left afterwards, in words."""

import time

from jupyter_kernels import Died, install, start

# The same in both languages: a variable, a panic where nobody recovers, an
# exit, an endless loop, a cell that fails and one that would go on.
CELLS = {
    "ours": {
        "keep": "kept := 41", "kept": "kept + 1",
        "panic": 'import "time"\ngo func() { panic("on a goroutine") }()\ntime.Sleep(300 * time.Millisecond)',
        "exit": 'import "os"\nos.Exit(3)',
        "endless": "for {\n}",
        "fails": 'panic("first")',
    },
    "peer": {
        "keep": "kept = 41", "kept": "kept + 1",
        "panic": "import threading, time\nthreading.Thread(target=lambda: 1/0).start()\ntime.sleep(.3)",
        "exit": "import os\nos._exit(3)",
        "endless": "while True:\n    pass",
        "fails": "1/0",
    },
}
KEPT = "survives, state kept"


def measure_faults(adkernel, root, folder, quick):
    """What panics, exits and interrupts leave behind."""
    install(adkernel, folder)
    rows = []
    for what, attempt, promise in (
        ("panic in a goroutine", lambda k, c: after(k, c, "panic"), KEPT),
        ("os.Exit in a cell", lambda k, c: after(k, c, "exit"), KEPT),
        ("endless loop + interrupt", interrupted, KEPT),
        ("Run All, first cell fails", run_all, "the rest aborted"),
    ):
        ours, peer = (attempted(name, attempt) for name in CELLS)
        rows.append({"what": what, "ours": ours, "peer": peer, "promise": promise, "beside": "ipykernel"})
    return rows


def attempted(name, attempt) -> str:
    kernel = start(name)
    try:
        kernel.run(CELLS[name]["keep"])
        return attempt(kernel, CELLS[name])
    except Died:
        return "dies"
    finally:
        kernel.close()


def after(kernel, cells, fault) -> str:
    kernel.execute(cells[fault], timeout=20)
    time.sleep(0.5)
    return "survives, " + state(kernel, cells)


def interrupted(kernel, cells) -> str:
    _, status = kernel.interrupt(cells["endless"])
    return f"survives, {state(kernel, cells)}" if status == "error" else f"goes on ({status})"


def state(kernel, cells) -> str:
    return "state kept" if kernel.text(cells["kept"]) == "42" else "state lost"


def run_all(kernel, cells) -> str:
    """Cells that are sent at once, as front ends do."""
    requests = [kernel.client.execute(code) for code in (cells["fails"], cells["kept"], cells["kept"])]
    _, *rest = [kernel.finish(request, time.perf_counter())[1]["status"] for request in requests]
    return {"aborted": "the rest aborted", "ok": "the rest runs"}.get(rest[0], rest[0]) if len(set(rest)) == 1 else str(rest)
