"""The tour in JupyterLab: opened, run by Run All, saved and checked.

    ADKERNEL_BIN=bin/adkernel .venv/bin/python internal/python/lab_tour.py [SCREENSHOTS]

Every cell must have run without an error, with its cards and figures.
Screenshots of the whole page by parts, light and dark, go to the folder
SCREENSHOTS when it is given. CHROMIUM names the browser.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "kernel" / "testdata"))
from lab_e2e import expect, jupyterlab, passed  # noqa: E402

TOUR = ROOT / "notebooks" / "tour.ipynb"
EXECUTION = 1_200_000  # milliseconds, of the whole tour on a machine that is busy with other things
VEGA = "application/vnd.vegalite.v5+json"


def main():
    with jupyterlab("tour", 1300, 1400) as (notebooks, lab):
        notebook = notebooks / "tour.ipynb"
        notebook.write_text(json.dumps(without_outputs(json.loads(TOUR.read_text()))))
        lab.open(notebook.name)
        lab.run_all()
        lab.wait_until("busy")
        lab.wait_until("idle", EXECUTION)
        lab.save()
        check(json.loads(notebook.read_text()))
        assert (notebooks / "fp8-drop.ipynb").exists()
        passed("Run All executes the tour and leaves its reproducer")
        if lab.screenshots:
            picture(lab, "light")
            lab.use_dark_theme()
            lab.open(notebook.name)  # figures take the theme when they are drawn
            picture(lab, "dark")


def without_outputs(notebook):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    return notebook


def check(notebook):
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    outputs = [output for cell in cells for output in cell["outputs"]]
    errors = [output for output in outputs if output["output_type"] == "error"]
    assert not errors, errors
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    figures = [output for output in outputs if VEGA in output.get("data", {})]
    assert len(figures) >= 3 and all("image/png" in figure["data"] for figure in figures)
    cards = [output for output in outputs if "text/html" in output.get("data", {})]
    assert len(cards) >= 8 and all(card["data"].get("text/plain") for card in cards)


def picture(lab, theme):
    """Screenshots of the notebook from its top to its end."""
    panel = lab.page.locator(f"{lab.PANEL} .jp-WindowedPanel-outer")
    panel.evaluate("e => e.scrollTo(0, 0)")
    for part in range(40):
        lab.page.wait_for_timeout(700)  # figures are drawn when they come into view
        lab.screenshot(f"tour_{theme}_{part:02}")
        at_end = panel.evaluate("e => { const before = e.scrollTop; e.scrollBy(0, e.clientHeight - 80); return e.scrollTop === before }")
        if at_end:
            return


if __name__ == "__main__":
    main()
