"""Completion and inspection in JupyterLab, as a person who types sees them.

    ADKERNEL_BIN=bin/adkernel .venv/bin/python internal/python/lab_typing.py [SCREENSHOTS]

Screenshots, light and dark, go to the folder SCREENSHOTS when it is given.
CHROMIUM names the browser.
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "kernel" / "testdata"))
from lab_e2e import expect, jupyterlab, notebook, passed  # noqa: E402

CELLS = [
    'scores := NewFrame(Strings("subject", []string{"law", "physics"}), Floats("accuracy", []float64{0.5, 0.75}), Floats("accuracy_before", []float64{0.6, 0.7}))\nscores',
    "",
    "",
    "",
    "",
    "for {\n}",
]
FRAME, LITERAL, PREDICATE, PACKAGE, INSPECTED, ENDLESS = range(len(CELLS))


def main():
    with jupyterlab("typing", 1100, 1000) as (notebooks, lab):
        (notebooks / "typing.ipynb").write_text(json.dumps(notebook(CELLS)))
        lab.open("typing.ipynb")
        check(lab)


def check(lab):
    lab.run(FRAME)
    expect(lab.output(FRAME)).to_contain_text("physics")

    keys = lab.page.keyboard
    lab.edit(LITERAL)
    keys.type("Local{GP")
    keys.press("Tab")
    accept(lab, "GPUs: ")
    expect(lab.editor(LITERAL)).to_have_text("Local{GPUs: ")
    keys.type("2}")
    keys.press("Control+Enter")
    expect(lab.output(LITERAL)).to_contain_text("GPUs")
    expect(lab.output(LITERAL)).to_contain_text("2")
    passed("a field of a literal is completed, and the cell runs")

    lab.edit(PREDICATE)
    keys.type('"🙂"; scores.Where("acc')
    keys.press("Tab")
    expect(lab.completions()).to_have_count(2)
    lab.screenshot("typing_columns")
    accept(lab, "accuracy")
    expect(lab.editor(PREDICATE)).to_have_text('"🙂"; scores.Where("accuracy')
    keys.press("Control+a")
    keys.type('scores.Where("accuracy > 0.6").Len()')
    keys.press("Control+Enter")
    expect(lab.output(PREDICATE)).to_have_text(re.compile(r"^\s*1\s*$"))
    passed("a column is completed in a predicate, behind an emoji, and the cell runs")

    lab.edit(PACKAGE)
    keys.type("strconv.Quo")
    keys.press("Tab")
    accept(lab, "Quote")
    keys.type('("a")')
    keys.press("Control+Enter")
    expect(lab.cell(PACKAGE)).to_contain_text('imported "strconv"')
    expect(lab.cell(PACKAGE).locator(".jp-OutputArea-output").last).to_have_text(re.compile(r'^\s*"a"\s*$'))
    passed("a symbol of a package is completed, and the cell imports the package")

    inspect(lab, "Deployment{Backend: ", "field Backend string", '"transformers"')
    inspect(lab, "Deployment{", "type Deployment struct", "directory of a Hugging Face checkpoint")
    lab.screenshot("typing_type")
    inspect(lab, 'scores.GroupBy("subject").Agg(', "argument 1", "Agg returns one row for each group")
    inspect(lab, "NewFrame(", "func NewFrame(columns", "argument 1", "NewFrame makes a data frame of columns.", 'NewFrame(Strings("run"')
    lab.screenshot("typing_inspection")
    passed("Shift-Tab shows signature, argument, comment and example")

    keys.press("Escape")
    lab.run(ENDLESS)
    expect(lab.prompt(ENDLESS)).to_contain_text("*")
    lab.edit(INSPECTED)
    keys.press("Control+a")
    keys.type("scores.Des")
    keys.press("Tab")
    accept(lab, "Describe")
    inspect(lab, "scores.Describe(", "Describe returns one row for each column")
    expect(lab.prompt(ENDLESS)).to_contain_text("*")
    lab.press_toolbar("interrupt")
    expect(lab.prompt(ENDLESS)).not_to_contain_text("*")
    passed("what is typed is completed and described while a cell runs")

    if lab.screenshots:
        lab.page.keyboard.press("Escape")
        lab.use_dark_theme()
        inspect(lab, "NewFrame(", "NewFrame makes a data frame of columns.")
        lab.screenshot("typing_inspection_dark")
        keys.press("Escape")
        lab.edit(INSPECTED)
        keys.press("Control+a")
        keys.type('scores.Where("')
        keys.press("Tab")
        expect(lab.completions().first).to_contain_text("subject")
        lab.screenshot("typing_columns_dark")


def accept(lab, label):
    """Accepts the proposal by Tab where it is the only one, by Enter where it is the first."""
    item = lab.completions().first
    expect(item.locator(".jp-Completer-match")).to_have_text(label)
    lab.page.keyboard.press("Tab" if lab.completions().count() == 1 else "Enter")
    lab.page.locator(".jp-Completer:visible").wait_for(state="detached")


def inspect(lab, code, *texts):
    lab.page.keyboard.press("Escape")
    lab.edit(INSPECTED)
    lab.page.keyboard.press("Control+a")
    lab.page.keyboard.type(code)
    lab.page.keyboard.press("Shift+Tab")
    for text in texts:
        expect(lab.page.locator(".jp-Tooltip:visible")).to_contain_text(text)


if __name__ == "__main__":
    main()
