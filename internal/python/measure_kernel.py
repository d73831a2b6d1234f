"""Times a kernel beside ipykernel."""

import random
import subprocess
import time

from jupyter_kernels import Kernel, install, start

# Of one thing in both languages: cells that print, loop for ever, are half typed.
CELLS = {
    "ours": {
        "lines": 'import "fmt"\nfor i := range 100_000 {\n\tfmt.Println(i)\n}',
        "endless": "for {\n}",
        "prepare": 'import "strings"\nwords := strings.Fields("a b c")',
        "complete": "strings.Has",
        "inspect": "strings.Fields",
    },
    "peer": {
        "lines": "for i in range(100_000):\n    print(i)",
        "endless": "while True:\n    pass",
        "prepare": 'import shutil\nwords = "a b c".split()',
        "complete": "shutil.cop",
        "inspect": "shutil.copytree",
    },
}
PAIR = tuple(CELLS)
CELLS["blank"] = CELLS["ours"]
IDLE = 60  # MiB that kernel and worker may take, idle
ALIVE = 500  # functions, and as many variables, in a long session
FLAT = 1.2  # times as long as with nothing alive, at most
FUNCTION = "func f{0}(n int, s string) (string, error) {{\n\tfor i := range n {{\n\t\ts += string(rune('a' + i%26))\n\t}}\n\treturn s, nil\n}}\nv{0} := f{0}"

# Round trips: what is timed, and the mark.
TRIPS = (
    ("1+1: execute_request to reply and idle", lambda k, c: k.run("1+1"), 0.2),
    ("completion", lambda k, c: k.ask(lambda to: to.complete(c["complete"])), 0.15),
    ("inspection", lambda k, c: k.ask(lambda to: to.inspect(c["inspect"])), 0.15),
)
INTERRUPT = "interrupt of an endless loop"
INTERRUPT_MARK = 0.1
THROUGH = ", through jupyter_client"
NOTHING = ": a kernel that does nothing"


def measure_kernel(adkernel, root, folder, quick):
    """Kernel: start, cells, output, completion, inspection, interrupt, restart, memory."""
    blank = folder / "blankkernel"
    subprocess.run(["go", "build", "-o", blank, "./internal/blankkernel"], cwd=root, check=True)
    install(adkernel, folder, blank=blank)
    for name in CELLS:  # once for the disk cache
        start(name).close()
    few, some, many = (3, 5, 50) if quick else (11, 15, 300)
    results = [
        result("start to kernel_info_reply", pairs(few, to_info), 0.05),
        result("start to the reply to 1+1", pairs(few, to_first_cell), 0.1),
        idle_memory(few),
    ]
    kernels = {name: start(name) for name in CELLS}
    full = start("ours")
    try:
        for name, kernel in [*kernels.items(), ("ours", full)]:
            kernel.run(CELLS[name]["prepare"])
            for _ in range(10):
                kernel.run("1+1")
        for i in range(ALIVE):
            full.run(FUNCTION.format(i))

        results += at_the_sockets({**kernels, "full": full}, some, many)
        results += through_jupyter_client(kernels, few, some, many)
    finally:
        for kernel in (*kernels.values(), full):
            kernel.close()
    return results


def at_the_sockets(kernels, some, many):
    """What round trips take of the kernels themselves; and of ours when much is alive."""
    for kernel in kernels.values():
        kernel.reconnect(bare=True)
    results = []
    for what, trip, target in TRIPS:
        time = timed(kernels, trip, many)
        results += beside_nothing(what, time, target)
        alive = result(f"{what}, {ALIVE} functions and variables alive", zip(time["full"], time["ours"]), FLAT)
        results.append({**alive, "beside": "none alive"})
    without = {name: kernel for name, kernel in kernels.items() if name != "full"}
    results += beside_nothing(INTERRUPT, timed(without, interrupted, some), INTERRUPT_MARK)
    for kernel in kernels.values():
        kernel.reconnect()
    return results


def beside_nothing(what, time, target):
    """Ours, and a kernel that does nothing, each beside the peer: what is between them is ours alone."""
    return [result(what, zip(time["ours"], time["peer"]), target), result(f"{what}{NOTHING}", zip(time["blank"], time["peer"]), None)]


def through_jupyter_client(kernels, few, some, many):
    """The same as front ends in Python have it, how much of that is their own, and what takes long anyway."""
    results = []

    def add(what, time, target):
        results.append(result(what, zip(time["ours"], time["peer"]), target))

    for what, trip, target in TRIPS:
        results += beside_nothing(what + THROUGH, timed(kernels, trip, many), target)
    results += beside_nothing(INTERRUPT + THROUGH, timed(kernels, interrupted, some), INTERRUPT_MARK)
    pair = {name: kernels[name] for name in PAIR}
    add("100 000 lines printed", timed(pair, lambda k, c: k.run(c["lines"]), few), 0.3)
    results.append(messages(kernels))
    add("restart", timed(pair, lambda k, c: k.restart(), few), 0.1)
    return results


def timed(kernels, trip, n) -> dict[str, list[float]]:
    """n times of each, in turn, after one for what is loaded at first use.

    In an order that changes, because what ran before leaves more or less of the caches.
    """
    time = {name: [] for name in kernels}
    order = random.Random(0)
    for _ in range(n + 1):
        for name in order.sample(list(kernels), len(kernels)):
            time[name].append(trip(kernels[name], CELLS.get(name, CELLS["ours"])))
    return {name: all[1:] for name, all in time.items()}


def pairs(n, f) -> list[tuple[float, float]]:
    """f of ours and of the peer, in turn."""
    return [tuple(f(name) for name in PAIR) for _ in range(n)]


def to_info(name) -> float:
    kernel = Kernel(name)
    try:
        return kernel.info()
    finally:
        kernel.close()


def to_first_cell(name) -> float:
    """Time to the reply to a cell that is sent at once, before anything is known of the kernel."""
    kernel = Kernel(name)
    try:
        kernel.ask(lambda to: to.execute("1+1"))
        return time.perf_counter() - kernel.began
    finally:
        kernel.close()


def messages(kernels):
    """How many messages carry the lines, which servers limit to a thousand a second."""
    count = {}
    for name in PAIR:
        _, _, seen = kernels[name].execute(CELLS[name]["lines"])
        count[name] = [float(sum(kind == "stream" for kind, _ in seen))]
    return {
        "what": "messages for 100 000 lines", "unit": "", "target": None, "beside": "ipykernel",
        "ours": count["ours"], "peer": count["peer"],
    }


def interrupted(kernel, cells) -> float:
    took, status = kernel.interrupt(cells["endless"])
    if status != "error":
        raise RuntimeError(f"a cell that was interrupted replied {status}")
    return took


def idle_memory(n):
    def idle(name):
        kernel = start(name)
        try:
            kernel.run("1+1")
            time.sleep(1)
            return kernel.memory()
        finally:
            kernel.close()

    ours, peer = zip(*pairs(min(n, 5), idle))
    return {
        "what": "idle memory of all processes (PSS)", "unit": "MiB", "limit": IDLE, "beside": "ipykernel",
        "ours": list(ours), "peer": list(peer),
    }


def result(what, pairs, target):
    ours, peer = zip(*pairs)
    return {
        "what": what, "unit": "ms", "target": target, "beside": "ipykernel",
        "ours": [1000 * x for x in ours], "peer": [1000 * x for x in peer],
    }
