"""Tries what ends kernels: what is left afterwards, in words."""

import time

from jupyter_kernels import Died, install, start
from kernel_cells import pair

KEPT = "survives, state kept"


def measure_faults(adkernel, root, folder, quick):
    """What panics, exits and interrupts leave behind."""
    programs = pair(adkernel)
    install(folder, programs)
    return faults(programs, "ipykernel")


def faults(programs, peer):
    """Rows of ours, whose promise it is, and of the peer."""
    rows = []
    for what, attempt, promise in (
        ("panic in a goroutine", lambda k, p: after(k, p, "panic"), KEPT),
        ("os.Exit in a cell", lambda k, p: after(k, p, "exit"), KEPT),
        ("endless loop + interrupt", interrupted, KEPT),
        ("Run All, first cell fails", run_all, "the rest aborted"),
    ):
        ours, theirs = (attempted(name, programs[name], attempt) for name in ("ours", peer))
        rows.append({"what": what, "ours": ours, "peer": theirs, "promise": promise, "beside": peer})
    return rows


def attempted(name, program, attempt) -> str:
    kernel = start(name)
    try:
        for cell in program.cells["keep"]:
            kernel.run(cell)
        return attempt(kernel, program)
    except Died:
        return "dies"
    finally:
        kernel.close()


def after(kernel, program, fault) -> str:
    kernel.execute(program.cells[fault], timeout=20)
    time.sleep(0.5)
    return "survives, " + state(kernel, program)


def interrupted(kernel, program) -> str:
    _, status = kernel.interrupt(program.cells["endless"], program.begins)
    return f"survives, {state(kernel, program)}" if status == program.cells["interrupted"] else f"goes on ({status})"


def state(kernel, program) -> str:
    return "state kept" if kernel.text(program.cells["kept"]) == "42" else "state lost"


def run_all(kernel, program) -> str:
    """Cells that are sent at once, as front ends do."""
    cells = program.cells
    requests = [kernel.client.execute(code) for code in (cells["fails"], cells["kept"], cells["kept"])]
    _, *rest = [kernel.finish(request, time.perf_counter())[1]["status"] for request in requests]
    return {"aborted": "the rest aborted", "ok": "the rest runs"}.get(rest[0], rest[0]) if len(set(rest)) == 1 else str(rest)
