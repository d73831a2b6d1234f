"""Judges measurements against their marks, and writes docs/speed.md.

A result is a dict: what was measured, its unit, "ours" and "peer" (values of
pairs measured one after the other; peer may be empty), beside whom, and one of
"target", the greatest ratio, or "limit", the greatest value of ours, or
neither. A result in words has strings for ours and peer, and a "promise".
"""

import math
import statistics

from measure_kernel import NOTHING

# Columns of kernels that are not run here, as an earlier measurement on another
# machine, with two noisy processors, left them.
EARLIER = ("gophernotes", "gonb", "ipykernel 6.17")
TABLE = (
    ("start to kernel_info_reply", "start to kernel_info_reply", "349 ms", "30 ms", "613 ms"),
    ("trivial cell", "1+1: execute_request to reply and idle, through jupyter_client", "2.7 ms", "202 ms", "8-11 ms"),
    ("100 000 lines printed", "100 000 lines printed", "1183 ms", "741 ms", "448 ms"),
    ("messages for them", "messages for 100 000 lines", "4249", "1287", "3"),
    ("loop of 10 million", "loop", "188 ms", "238 ms, with its build", "668 ms"),
    ("completion", "completion, through jupyter_client", "0.7 ms", "118 ms", "8 ms"),
    ("inspection", "inspection, through jupyter_client", "none", "102 ms", "4 ms"),
    ("idle memory", "idle memory of all processes (PSS)", "31 MiB", "259 MiB", "68 MiB"),
    ("panic in a goroutine", "panic in a goroutine", "dies", "survives, no state ever", "survives, state kept"),
    ("os.Exit in a cell", "os.Exit in a cell", "dies", "survives", "dies"),
    ("endless loop + interrupt", "endless loop + interrupt", "dies", "survives, no state", "survives, state kept"),
    ("its time", "interrupt of an endless loop, through jupyter_client", "", "10 ms", "90 ms"),
    ("Run All, first cell fails", "Run All, first cell fails", "the rest runs", "the rest runs", "the rest aborted"),
)


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
    kernels = {}
    for row in rows:
        if row["beside"] == "ipykernel":
            kernels.setdefault(row["what"], row)
    facts = "".join(f"- {name}: {value}\n" for name, value in machine.items())
    kernel_table = table(
        ["", "adkernel", "ipykernel " + machine["ipykernel"].split()[0], *(f"{name} ¹" for name in EARLIER)],
        ([title, kernels[what]["ours"], kernels[what]["peer"], *earlier] for title, what, *earlier in TABLE))
    mark_table = table(
        ["measured", "ours", "beside", "its", "ratio", "interval", "n", "mark", ""],
        ([r["what"], r["ours"], r["beside"], r["peer"], r["ratio"], r["interval"], r["n"], r["mark"], r["verdict"].lower()]
         for r in rows if r["mark"]))
    limits = {r["what"]: r["mark"] for r in rows if r["mark"]}
    controls = table(
        ["round trip", "a kernel that does nothing", "of ipykernel's", "interval", "mark of ours"],
        ([what, r["ours"], r["ratio"], r["interval"], limits[what]]
         for r in rows if r["what"].endswith(NOTHING) for what in [r["what"].removesuffix(NOTHING)]))
    missing = "".join(f"\nNot measured: {reason}\n" for reason in unmeasured)
    path.write_text(f"""# Speed

Written by `make bench`, which measures adkernel and its neighbours in turn, in one run.

{facts}
## Kernels

{kernel_table}
¹ Measured earlier on another machine with two noisy processors, not in this run.

## Marks

Medians; of the programs that evaluators run, from the loop to the native calls, the best of several times. A ratio is the median
of ours divided by the peer's, pair by pair, with its 95 % interval from order statistics (of fewer than six pairs: their range).
Where a mark has a unit it is one of our own value. Round trips are timed twice: at the sockets, by a client that signs, sends,
receives and decodes (`internal/python/bare_client.py`), and through jupyter_client, as front ends in Python have them.

{mark_table}{missing}
## What is left of a mark

What a round trip takes of the front end and of the sockets is the same for every kernel, and the faster a machine is, the more of it is that: a kernel that
does nothing (`internal/blankkernel`), measured in turn with the others, takes this much. The rest, up to the mark, is what a kernel may take itself.

{controls}""")


def table(head, rows) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
