"""The pictures of the README: parts of the tour, as it is committed, in JupyterLab.

    ADKERNEL_BIN=bin/adkernel .venv/bin/python internal/python/lab_pictures.py

Beside them goes a hash of what the pictured cells show, by which a test of
internal/notebooktest tells that they have aged. CHROMIUM names the browser.
"""

import hashlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "kernel" / "testdata"))
from lab_e2e import jupyterlab  # noqa: E402

TOUR = ROOT / "notebooks" / "tour.ipynb"
PICTURES = ROOT / "notebooks" / "pictures"
WIDTH = 1100
STATUS_BAR = 30  # below what is shown

# Of each picture: the source of its first and of its last cell, and the heading
# before which it ends, if not with that cell.
PARTS = {
    "tour": ("cmp := Compare(test, reference)", "PlotSubjects(cmp)", None),
    "diagnosis": ("Diagnose(cmp)", "Diagnose(cmp)", "What the outputs look like"),
}


def main():
    cells = json.loads(TOUR.read_text())["cells"]
    with jupyterlab("pictures", WIDTH, 4000) as (notebooks, lab):
        (notebooks / TOUR.name).write_text(TOUR.read_text())
        lab.open(TOUR.name)
        lab.page.keyboard.press("Control+b")  # no list of files beside it
        for name, (first, last, before) in PARTS.items():
            first, last = index(cells, first), index(cells, last)
            lab.page.set_viewport_size({"width": WIDTH, "height": 4000})
            show(lab, first)
            end = bottom(lab, last, before)
            lab.page.set_viewport_size({"width": WIDTH, "height": int(end) + STATUS_BAR})
            show(lab, first)
            lab.page.screenshot(path=PICTURES / f"{name}.png")
            print("wrote", PICTURES / f"{name}.png")
    (PICTURES / "shown.json").write_text(json.dumps({name: shown(cells, *part[:2]) for name, part in PARTS.items()}, indent=1) + "\n")


def index(cells, beginning):
    return next(i for i, cell in enumerate(cells) if "".join(cell["source"]).startswith(beginning))


def shown(cells, first, last):
    """A hash of the text of the outputs of the cells from first to last."""
    h = hashlib.sha256()
    for cell in cells[index(cells, first):index(cells, last) + 1]:
        for output in cell.get("outputs", []):
            h.update("".join(output.get("data", {}).get("text/plain", [])).encode() + b"\0")
    return h.hexdigest()


def show(lab, i):
    """Scrolls until the cell is the first on the page."""
    for _ in range(3):  # cells above get their height when they are drawn
        lab.cell(i).evaluate("e => e.scrollIntoView({block: 'start'})")
        lab.page.wait_for_timeout(1500)


def bottom(lab, i, before):
    """Where the cell ends on the page, or the heading within it begins."""
    if before:
        return lab.cell(i).get_by_text(before).first.evaluate("e => e.getBoundingClientRect().top") - 8
    return lab.cell(i).evaluate("e => e.getBoundingClientRect().bottom")


if __name__ == "__main__":
    main()
