"""Kernels, ours and others, driven through jupyter_client as front ends drive them."""

import os
import subprocess
import time
from pathlib import Path

from bare_client import BareClient
from jupyter_client.manager import KernelManager
from kernelspec import write_kernelspec

TIMEOUT = 60  # seconds for one reply


def install(folder, programs):
    """Kernelspecs of programs, by name, that nothing else on the machine sees."""
    for name, program in programs.items():
        env = {"PATH": f"{program.path}{os.pathsep}{os.environ['PATH']}"} if program.path else {}
        write_kernelspec(folder / "jupyter", name, program.argv, display_name=name, language="", interrupt_mode="signal", env=env)
    os.environ.update({
        "JUPYTER_PATH": str(folder / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
        "XDG_DATA_HOME": str(folder / "data"),  # where adkernel keeps its history
    })


class Died(Exception):
    """The kernel's process ended."""


class Kernel:
    """A kernel that runs, and a front end that talks to it. Times are in seconds."""

    def __init__(self, name):
        self.manager = KernelManager(kernel_name=name)
        self.began = time.perf_counter()
        self.manager.start_kernel(stderr=subprocess.DEVNULL)
        self.connect()

    def connect(self, bare=False):
        """bare: by a client that takes as little as it can of what is timed."""
        self.client = BareClient(self.manager.get_connection_info()) if bare else self.manager.client()
        self.client.start_channels()

    def reconnect(self, bare=False):
        self.client.stop_channels()
        self.connect(bare)
        self.ready()

    def info(self) -> float:
        """Time from the process's start until kernel_info_reply is here."""
        self.client.kernel_info()
        self.client.get_shell_msg(timeout=TIMEOUT)
        return time.perf_counter() - self.began

    def ready(self) -> "Kernel":
        self.client.wait_for_ready(timeout=TIMEOUT)
        return self

    def run(self, code) -> float:
        """Time until the reply to a cell that succeeds and the idle after it are here."""
        took, reply, _ = self.execute(code)
        if reply["status"] != "ok":
            raise RuntimeError(f"{code}: {reply}")
        return took

    def execute(self, code, timeout=TIMEOUT):
        """Time, the reply's content, and the iopub messages of a cell, each (type, content)."""
        begin = time.perf_counter()
        return self.finish(self.client.execute(code), begin, timeout)

    def finish(self, request, begin, timeout=TIMEOUT):
        """What execute returns, for a cell that was sent."""
        seen = []
        while True:
            message = self.next(self.client.get_iopub_msg, request, timeout)
            seen.append((message["msg_type"], message["content"]))
            if seen[-1] == ("status", {"execution_state": "idle"}):
                break
        reply = self.next(self.client.get_shell_msg, request, timeout)
        return time.perf_counter() - begin, reply["content"], seen

    def next(self, get, request, timeout):
        """The next message that answers request; raises Died when there will be none."""
        end = time.monotonic() + timeout
        while True:
            try:
                message = get(timeout=min(1, timeout))
            except Exception:  # queue.Empty, under one name or another
                if not self.manager.is_alive():
                    raise Died from None
                if time.monotonic() > end:
                    raise TimeoutError(f"no answer within {timeout} s") from None
                continue
            if message["parent_header"].get("msg_id") == request:
                return message

    def ask(self, request) -> float:
        """Time until the shell's reply to what request sends is here."""
        begin = time.perf_counter()
        self.next(self.client.get_shell_msg, request(self.client), TIMEOUT)
        return time.perf_counter() - begin

    def text(self, code) -> str | None:
        """What a cell prints and shows as its result; None when it fails."""
        _, reply, seen = self.execute(code)
        if reply["status"] != "ok":
            return None
        return "".join(c["data"]["text/plain"] if kind == "execute_result" else c["text"]
                       for kind, c in seen if kind in ("execute_result", "stream"))

    def interrupt(self, loop, begins=0.1) -> tuple[float, str]:
        """Time from an interrupt of a cell that loops until its reply and idle are here, and the reply's status.

        begins: seconds until the cell has surely begun to loop.
        """
        request = self.client.execute(loop)
        self.next(self.client.get_iopub_msg, request, TIMEOUT)  # busy
        time.sleep(begins)
        begin = time.perf_counter()
        self.manager.interrupt_kernel()
        took, reply, _ = self.finish(request, begin)
        return took, reply["status"]

    def restart(self) -> float:
        """Time from shutdown_request until the new process has answered kernel_info_request.

        As jupyter_client restarts a kernel, without the tenth of a second at
        which it looks whether the process has ended.
        """
        begin = time.perf_counter()
        process = self.manager.provisioner.process
        self.client.shutdown(restart=True)
        process.wait(timeout=TIMEOUT)
        self.client.stop_channels()
        self.manager.start_kernel(stderr=subprocess.DEVNULL)
        self.connect()
        self.info()
        return time.perf_counter() - begin

    def memory(self) -> float:
        """Proportional set size (smaps_rollup) of the kernel and all that it started, in MiB."""
        return sum(map(pss, family(self.manager.provisioner.pid))) / 1024

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def start(name) -> Kernel:
    return Kernel(name).ready()


def family(pid) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in file.read_text().split():
            found += family(int(child))
    return found


def pss(pid) -> int:
    """Proportional set size of a process in KiB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise RuntimeError(f"process {pid} has no Pss")
