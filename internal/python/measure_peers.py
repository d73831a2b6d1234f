"""Times a kernel beside those whose times are the marks to beat, and tries what ends them."""

from pathlib import Path

from beside import Beside
from jupyter_kernels import install
from kernel_cells import adkernel as ours, controls, others
from measure_faults import faults

ROUNDS = {"ipykernel-6.17": 300, "gophernotes": 300, "gonb": 15}  # of what takes a millisecond where cells are not compiled


def measure_peers(adkernel, root, folder, quick):
    """Other kernels: ipykernel 6.17, gophernotes, gonb."""
    results, nothing = [], controls(root, folder)
    for peer, program in others(root).items():
        if not Path(program.argv[0]).exists():  # could not be installed here
            continue
        python = peer.startswith("ipykernel")
        programs = {"ours": ours(adkernel), peer: program, **(nothing if python else {})}
        install(folder, programs)
        few, some, many = (3, 3, min(50, ROUNDS[peer])) if quick else (5, 15, ROUNDS[peer])
        beside = Beside(programs, peer, python, few, some, many)
        results += [*beside.starts(), beside.idle_memory()]
        kernels = beside.prepared()
        try:
            if python:
                results += beside.at_the_sockets(kernels)
            results += beside.through_jupyter_client(kernels)
            results.append(beside.loop(kernels))
        finally:
            for kernel in kernels.values():
                kernel.close()
        results += faults(programs, peer)
    return results
