"""Judges measurements against their marks, and writes docs/speed.md.

A result is a dict: what was measured, its unit, "ours" and "peer" (values of
pairs measured one after the other; peer may be empty), beside whom, and one of
"target", the greatest ratio, or "limit", the greatest value of ours, or
neither. A result in words has strings for ours and peer, and a "promise".
"""

import math
import statistics

from beside import NOTHING, THROUGH

# Rows of the table of kernels: what is measured beside each of them.
TABLE = {
    "start to kernel_info_reply": "start to kernel_info_reply",
    "trivial cell": "1+1: execute_request to reply and idle" + THROUGH,
    "100 000 lines printed": "100 000 lines printed",
    "messages for them": "messages for 100 000 lines",
    "loop of 10 million, with its messages": "loop of 10 million, as a cell",
    "completion": "completion" + THROUGH,
    "inspection": "inspection" + THROUGH,
    "restart": "restart",
    "idle memory": "idle memory of all processes (PSS)",
    "panic in a goroutine": "panic in a goroutine",
    "os.Exit in a cell": "os.Exit in a cell",
    "endless loop + interrupt": "endless loop + interrupt",
    "its time": "interrupt of an endless loop" + THROUGH,
    "Run All, first cell fails": "Run All, first cell fails",
}
KERNELS = {"ipykernel": "ipykernel {}", "ipykernel-6.17": "ipykernel 6.17.0", "gophernotes": "gophernotes 0.7.5", "gonb": "gonb 0.11.3"}


def ratios(result) -> list[float]:
    return [ours / peer for ours, peer in zip(result["ours"], result["peer"])]


def interval(values) -> tuple[float, float]:
    """Of the median, 95 %, from order statistics; of fewer than six values their range."""
    values = sorted(values)
    n, k = len(values), 0
    # Leaving out k at either end misses the median when k or fewer are on one side of it.
    while n >= 6 and 2 * sum(math.comb(n, i) for i in range(k + 2)) <= 0.05 * 2**n:
        k += 1
    return values[k], values[n - 1 - k]


def judged(result) -> dict[str, str]:
    """A result as a row of text."""
    row = {"what": result["what"], "beside": result["beside"], "n": "", "ratio": "", "interval": "", "mark": "", "verdict": "", "peer": ""}
    if "promise" in result:
        kept = result["ours"] == result["promise"]
        return {**row, "ours": result["ours"], "peer": result["peer"], "mark": result["promise"], "verdict": verdict(kept)}
    row["ours"] = amount(statistics.median(result["ours"]), result["unit"])
    row["n"] = str(len(result["ours"]))
    of = result["ours"]
    if result["peer"]:
        row["peer"] = amount(statistics.median(result["peer"]), result["unit"])
        of = ratios(result)
        row["ratio"] = f"{statistics.median(of):.3f}"
    if "limit" in result:
        of = result["ours"]
        row["mark"] = f"<= {amount(result['limit'], result['unit'])}"
        row["verdict"] = verdict(statistics.median(of) <= result["limit"])
    elif result["target"] is not None:
        row["mark"] = f"<= {result['target']:.3g}"
        row["verdict"] = verdict(statistics.median(of) <= result["target"])
    if len(of) > 1:
        row["interval"] = "{:.3g} to {:.3g}".format(*interval(of))
    return row


def verdict(met) -> str:
    return "MET" if met else "NOT MET"


def amount(value, unit) -> str:
    return f"{value:.3g} {unit}".rstrip() if abs(value) < 1000 else f"{value:.0f} {unit}".rstrip()


def write_speed(path, machine, rows, unmeasured):
    """The kernels side by side, every row that has a mark, and what could not be measured."""
    facts = "".join(f"- {name}: {value}\n" for name, value in machine.items())
    kernel_table = table(["", "adkernel", *(title.format(machine["ipykernel"].split()[0]) for title in KERNELS.values())], beside_kernels(rows))
    mark_table = table(
        ["measured", "ours", "beside", "its", "ratio", "interval", "n", "mark", ""],
        ([r["what"], r["ours"], r["beside"], r["peer"], r["ratio"], r["interval"], r["n"], r["mark"], r["verdict"].lower()]
         for r in rows if r["mark"]))
    controls = table(
        ["round trip", "beside", "its", *(head for title in NOTHING.values() for head in (title.removeprefix(": "), "ratio")), "mark of ours"],
        controls_of(rows))
    missing = "".join(f"\nNot measured: {reason}\n" for reason in unmeasured)
    path.write_text(f"""# Speed

Written by `make bench`, which measures adkernel and its neighbours in turn, in one run.

{facts}
## Kernels

{kernel_table}
Through jupyter_client, each kernel in turn with adkernel, whose column is beside the first. The two of ipykernel are the current one, and the one of
Debian 12, from whose times the marks were first taken. gophernotes is built with Go 1.21, the last that it can read.

## Marks

Medians; of the programs that evaluators run, from the loop to the native calls, the best of several times. A ratio is the median
of ours divided by the peer's, pair by pair, with its 95 % interval from order statistics (of fewer than six pairs: their range).
Where a mark has a unit it is one of our own value. Round trips are timed twice: at the sockets, by a client that signs, sends,
receives and decodes (`internal/python/bare_client.py`), and through jupyter_client, as front ends in Python have them.

{mark_table}{missing}
## What is left of a mark

What a round trip takes of the front end and of the sockets is the same for every kernel, and the faster a machine is, the more of it is that: a kernel that
does nothing (`internal/blankkernel`), measured in turn with the others, takes this much, and this much when it asks a second process that does nothing, as a
kernel must that outlives its cells. The rest, up to the mark, is what a kernel may take itself.

{controls}""")


def controls_of(rows):
    """What kernels that do nothing take, of each round trip that has a mark."""
    found = {(row["beside"], row["what"]): row for row in rows}
    for (beside, what), row in found.items():
        controls = [found.get((beside, what + title)) for title in NOTHING.values()]
        if row["mark"] and all(controls):
            yield [what, beside, row["peer"], *(text for c in controls for text in (c["ours"], f"{c['ratio']} ({c['interval']})")), row["mark"]]


def beside_kernels(rows):
    """Ours as measured beside the first, then each of the others."""
    found = {(row["beside"], row["what"]): row for row in rows}
    measured = {row["beside"] for row in rows}
    for title, what in TABLE.items():
        ours = next((found[peer, what]["ours"] for peer in KERNELS if (peer, what) in found), "")
        cells = (found[peer, what]["peer"] if (peer, what) in found else "none" if peer in measured else "not measured" for peer in KERNELS)
        yield [title, ours, *cells]


def table(head, rows) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
