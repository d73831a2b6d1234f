"""What strains a kernel in JupyterLab: two tabs on it, 100 000 lines, a page loaded again, its worker killed.

    ADKERNEL_BIN=bin/adkernel .venv/bin/python internal/python/lab_sessions.py [SCREENSHOTS]

Screenshots go to the folder SCREENSHOTS when it is given. CHROMIUM names the
browser.
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "kernel" / "testdata"))
from lab_e2e import TOKEN, expect, jupyterlab, notebook, passed  # noqa: E402

LINES = 100_000
CELLS = [
    "x := 40",
    "x + 2",
    "for {\n\tx++\n}",
    f'import "fmt"\n\nfor i := range {LINES} {{\n\tfmt.Println("line", i)\n}}',
    '"still here"',
    'import (\n\t"os"\n\t"syscall"\n)\n\nsyscall.Kill(os.Getpid(), syscall.SIGKILL)',
    "func twice(n int) int { return 2 * n }",
    "twice(21)",
    "",
]
DEFINES, USES, ENDLESS, FLOOD, AFTER, KILL, FUNCTION, CALL, TYPED = range(len(CELLS))


def main():
    with jupyterlab("sessions", 1100, 1200, tabs=2) as (notebooks, first, second):
        path = notebooks / "sessions.ipynb"
        path.write_text(json.dumps(notebook(CELLS)))
        first.open(path.name)
        second.open(path.name, workspace="second")
        two_tabs(first, second)
        second.page.close()
        many_lines(first, path)
        loaded_again(first)
        killed_worker(first)


def two_tabs(first, second):
    assert kernels(first) == kernels(second) and len(kernels(first)) == 1, (kernels(first), kernels(second))
    first.run(DEFINES)
    first.wait_until("idle")
    second.run(USES)
    expect(second.output(USES)).to_have_text(re.compile(r"^\s*42\s*$"))
    expect(first.cell(USES).locator(".jp-OutputArea-output")).to_have_count(0)
    passed("two tabs share a kernel, and each shows what it asked for")

    first.run(ENDLESS)
    first.wait_until("busy")
    second.wait_until("busy")
    second.press_toolbar("interrupt")
    expect(first.output(ENDLESS)).to_contain_text("KeyboardInterrupt")
    first.wait_until("idle")
    second.wait_until("idle")
    second.run(USES)
    expect(second.output(USES)).not_to_have_text(re.compile(r"^\s*42\s*$"))
    passed("one tab interrupts the cell of the other, and what it computed is there")


def kernels(lab):
    """IDs of the server's kernels, as the page sees them."""
    answer = lab.page.request.get(f"{lab.url}/api/kernels?token={TOKEN}")
    return [k["id"] for k in answer.json()]


def many_lines(lab, path):
    lab.run(FLOOD)
    lab.wait_until("idle")
    lab.run(AFTER)
    expect(lab.output(AFTER)).to_contain_text("still here")
    lab.save()
    saved = json.loads(path.read_text())
    text = "".join("".join(o["text"]) for o in saved["cells"][FLOOD]["outputs"])
    assert text == "".join(f"line {i}\n" for i in range(LINES)), f"{len(text)} characters, ending in {text[-100:]!r}"
    passed(f"{LINES} lines are shown and saved, all of them, and the next cell answers")


def loaded_again(lab):
    lab.run(ENDLESS)
    lab.wait_until("busy")
    lab.save()
    lab.page.reload()
    lab.page.locator(lab.PANEL).wait_for()
    lab.wait_until("busy")
    lab.edit(TYPED)
    lab.page.keyboard.type("strings.HasPre")
    lab.page.keyboard.press("Tab")
    expect(lab.completions().first).to_contain_text("HasPrefix")
    lab.page.keyboard.press("Escape")
    lab.press_toolbar("interrupt")
    lab.wait_until("idle")
    lab.run(DEFINES)
    lab.wait_until("idle")
    passed("a page that is loaded again while a cell runs is busy, completes and interrupts")


def killed_worker(lab):
    lab.run(FUNCTION)
    lab.wait_until("idle")
    lab.run(KILL)
    expect(lab.output(KILL)).to_contain_text("WorkerDied")
    lab.screenshot("killed")
    lab.run(CALL)
    expect(lab.cell(CALL).locator(".jp-OutputArea-executeResult")).to_contain_text("42")
    passed("a cell that kills its worker names what was lost, and functions live on")


if __name__ == "__main__":
    main()
