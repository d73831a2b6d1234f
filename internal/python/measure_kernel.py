"""Times a kernel beside ipykernel, through jupyter_client."""

import json
import os
import statistics
import sys
import time

from jupyter_client.manager import KernelManager

TIMEOUT = 60  # seconds for one reply


def measure_kernel(adkernel, root, folder, quick):
    """Kernel start and round trip, beside ipykernel."""
    install(folder, "ours", [str(adkernel), "kernel", "{connection_file}"], "message")
    install(folder, "peer", [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "signal")
    os.environ.update({
        "JUPYTER_PATH": str(folder / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
        "XDG_DATA_HOME": str(folder / "data"),  # where adkernel keeps its history
    })
    pairs, cells = (3, 50) if quick else (9, 200)
    for name in ("ours", "peer"):  # once for the disk cache
        start(name)[0].close()
    starts = [(start_and_stop("ours"), start_and_stop("peer")) for _ in range(pairs)]

    ours, peer = start("ours")[0], start("peer")[0]
    try:
        for kernel in (ours, peer):
            for _ in range(5):
                kernel.run("1+1")
        trips = [(ours.run("1+1"), peer.run("1+1")) for _ in range(cells)]
    finally:
        ours.close()
        peer.close()
    return [
        result("kernel start to kernel_info_reply", starts, 0.1, "ipykernel"),
        result("1+1: execute_request to reply and idle", trips, 0.3, "ipykernel"),
    ]


def result(what, pairs, target, beside):
    ours, peer = zip(*pairs)
    return {
        "what": what, "unit": "ms", "target": target, "beside": beside, "n": len(pairs),
        "ours": [1000 * x for x in ours], "peer": [1000 * x for x in peer],
    }


def install(folder, name, argv, interrupt_mode):
    directory = folder / "jupyter" / "kernels" / name
    directory.mkdir(parents=True)
    spec = {"argv": argv, "display_name": name, "language": name, "interrupt_mode": interrupt_mode}
    (directory / "kernel.json").write_text(json.dumps(spec))


class Kernel:
    def __init__(self, manager, client):
        self.manager, self.client = manager, client

    def run(self, code) -> float:
        """Seconds until both the reply and the idle status of a cell are here."""
        begin = time.perf_counter()
        request = self.client.execute(code)
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                break
        reply = self.client.get_shell_msg(timeout=TIMEOUT)
        took = time.perf_counter() - begin
        if reply["content"]["status"] != "ok":
            raise RuntimeError(f"{code}: {reply['content']}")
        return took

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def start(name) -> tuple[Kernel, float]:
    """A kernel, and the seconds from its start to its kernel_info_reply."""
    manager = KernelManager(kernel_name=name)
    begin = time.perf_counter()
    manager.start_kernel(stderr=open(os.devnull, "w"))
    client = manager.client()
    client.start_channels()
    client.kernel_info()
    client.get_shell_msg(timeout=TIMEOUT)
    took = time.perf_counter() - begin
    client.wait_for_ready(timeout=TIMEOUT)
    return Kernel(manager, client), took


def start_and_stop(name) -> float:
    kernel, took = start(name)
    kernel.close()
    return took
