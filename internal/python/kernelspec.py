"""Kernelspecs of programs under test, in a data directory that nothing else on the machine sees."""

import json
from pathlib import Path

ADKERNEL = {"display_name": "Go", "language": "go", "interrupt_mode": "signal"}


def write_kernelspec(data, name, argv, **rest):
    """Below data, which JUPYTER_PATH is to name. rest are the other fields of kernel.json."""
    folder = Path(data) / "kernels" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kernel.json").write_text(json.dumps({"argv": list(map(str, argv)), **rest}))


def write_adkernel(data, name, program):
    write_kernelspec(data, name, [program, "kernel", "{connection_file}"], **ADKERNEL)
