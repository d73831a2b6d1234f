"""Times a kernel beside another one."""

import random
import time
from dataclasses import dataclass

from jupyter_kernels import Kernel, start

# Round trips: what is timed, of which cell, and the mark.
TRIPS = (
    ("1+1: execute_request to reply and idle", "one", lambda kernel, cell: kernel.run(cell), 0.2),
    ("completion", "complete", lambda kernel, cell: kernel.ask(lambda to: to.complete(cell)), 0.15),
    ("inspection", "inspect", lambda kernel, cell: kernel.ask(lambda to: to.inspect(cell)), 0.15),
)
INTERRUPT = "interrupt of an endless loop"
INTERRUPT_MARK = 0.1
THROUGH = ", through jupyter_client"
NOTHING = {"blank": ": a kernel that does nothing", "blank-two": ": a kernel that does nothing, in two processes"}
ALIVE = 500  # functions, and as many variables, in a long session
FLAT = 1.2  # times as long with much alive as with nothing, at most


@dataclass
class Beside:
    """Measures "ours" beside a peer, in turn, both among programs that are installed.

    Among them may be those of NOTHING, which do nothing, and "full", ours with
    much alive. marked: whether the ratios have marks. few, some, many: how often
    what takes seconds, tenths and milliseconds is measured.
    """

    programs: dict
    peer: str
    marked: bool
    few: int
    some: int
    many: int

    def starts(self):
        for name in self.programs:  # once for the disk cache
            start(name).close()
        return [
            self.result("start to kernel_info_reply", self.pairs(self.few, to_info), 0.05),
            self.result("start to the reply to 1+1", self.pairs(self.few, self.to_first_cell), 0.1),
        ]

    def prepared(self) -> dict[str, Kernel]:
        kernels = {name: start(name) for name in self.programs}
        for name, kernel in kernels.items():
            kernel.run(self.programs[name].cells["prepare"])
            for _ in range(10):
                kernel.run(self.programs[name].cells["one"])
        return kernels

    def at_the_sockets(self, kernels):
        """What round trips take of the kernels themselves; and of ours when much is alive."""
        for kernel in kernels.values():
            kernel.reconnect(bare=True)
        results = self.round_trips(kernels, "")
        for kernel in kernels.values():
            kernel.reconnect()
        return results

    def through_jupyter_client(self, kernels):
        """The same as front ends in Python have it, how much of that is their own, and what takes long anyway."""
        results = self.round_trips({name: kernel for name, kernel in kernels.items() if name != "full"}, THROUGH)
        both = {name: kernels[name] for name in ("ours", self.peer)}
        results.append(self.row("100 000 lines printed", self.timed(both, lambda k, p: k.run(p.cells["lines"]), self.few), 0.3))
        results.append(self.messages(both))
        results.append(self.row("restart", self.timed(both, lambda k, p: k.restart(), self.few), 0.1))
        return results

    def round_trips(self, kernels, how):
        results = []
        for what, cell, trip, target in TRIPS:
            if not self.programs[self.peer].cells[cell]:
                continue
            time = self.timed(kernels, lambda k, p: trip(k, p.cells[cell]), self.many)
            results += self.rows(what + how, time, target)
            if "full" in time:
                alive = self.result(f"{what}, {ALIVE} functions and variables alive", zip(time["full"], time["ours"]), FLAT)
                results.append({**alive, "beside": "none alive"})
        if self.programs[self.peer].cells["interrupted"]:
            without = {name: kernel for name, kernel in kernels.items() if name != "full"}
            results += self.rows(INTERRUPT + how, self.timed(without, interrupted, self.some), INTERRUPT_MARK)
        return results

    def rows(self, what, time, target):
        """Ours beside the peer; and nothing beside it: what is between them is ours alone."""
        controls = [self.result(what + title, zip(time[name], time[self.peer]), None) for name, title in NOTHING.items() if name in time]
        return [self.row(what, time, target), *controls]

    def row(self, what, time, target):
        return self.result(what, zip(time["ours"], time[self.peer]), target)

    def result(self, what, pairs, target):
        ours, peer = zip(*pairs)
        return {
            "what": what, "unit": "ms", "target": target if self.marked else None, "beside": self.peer,
            "ours": [1000 * x for x in ours], "peer": [1000 * x for x in peer],
        }

    def timed(self, kernels, trip, n) -> dict[str, list[float]]:
        """n times of each, in turn, after one for what is loaded at first use.

        In an order that changes, because what ran before leaves more or less of the caches.
        """
        time = {name: [] for name in kernels}
        order = random.Random(0)
        for _ in range(n + 1):
            for name in order.sample(list(kernels), len(kernels)):
                time[name].append(trip(kernels[name], self.programs[name]))
        return {name: all[1:] for name, all in time.items()}

    def pairs(self, n, f) -> list[tuple[float, float]]:
        """f of ours and of the peer, in turn."""
        return [tuple(f(name) for name in ("ours", self.peer)) for _ in range(n)]

    def to_first_cell(self, name) -> float:
        """Time to the reply to a cell that is sent at once, before anything is known of the kernel."""
        kernel = Kernel(name)
        try:
            kernel.ask(lambda to: to.execute(self.programs[name].cells["one"]))
            return time.perf_counter() - kernel.began
        finally:
            kernel.close()

    def messages(self, kernels):
        """How many messages carry the lines, which servers limit to a thousand a second."""
        count = {}
        for name, kernel in kernels.items():
            _, _, seen = kernel.execute(self.programs[name].cells["lines"])
            count[name] = [float(sum(kind == "stream" for kind, _ in seen))]
        return {"what": "messages for 100 000 lines", "unit": "", "target": None, "beside": self.peer,
                "ours": count["ours"], "peer": count[self.peer]}

    def loop(self, kernels):
        both = {name: kernels[name] for name in ("ours", self.peer)}
        return self.row("loop of 10 million, as a cell", self.timed(both, lambda k, p: k.run(p.cells["loop"]), self.few), 1)

    def idle_memory(self, limit=None):
        """limit: MiB that ours may take."""
        def idle(name):
            kernel = start(name)
            try:
                kernel.run(self.programs[name].cells["one"])
                time.sleep(1)
                return kernel.memory()
            finally:
                kernel.close()

        ours, peer = zip(*self.pairs(min(self.few, 5), idle))
        return {"what": "idle memory of all processes (PSS)", "unit": "MiB", "beside": self.peer, "ours": list(ours), "peer": list(peer),
                **({"limit": limit} if limit else {"target": None})}


def to_info(name) -> float:
    kernel = Kernel(name)
    try:
        return kernel.info()
    finally:
        kernel.close()


def interrupted(kernel, program) -> float:
    took, status = kernel.interrupt(program.cells["endless"], program.begins)
    if status != program.cells["interrupted"]:
        raise RuntimeError(f"a cell that was interrupted replied {status}")
    return took
