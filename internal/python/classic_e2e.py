"""The kernel in the classic notebook (nbclassic), driven through a browser as a person would.

    ADKERNEL_BIN=bin/adkernel .venv/bin/python internal/python/classic_e2e.py [SCREENSHOTS]

Screenshots go to the folder SCREENSHOTS when it is given. CHROMIUM names the browser.
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "kernel" / "testdata"))
from lab_e2e import TOKEN, expect, front_end, notebook, passed  # noqa: E402

CELLS = [
    'scores := NewFrame(Strings("subject", []string{"law", "physics"}), Floats("accuracy", []float64{0.5, 0.75}))\nscores',
    'test, base, task := Case("fp8-drop")\ntask.Samples = 4\ncmp := Compare(Run(test, task), Run(base, task))\nPlotSubjects(cmp)',
    "for range Progress([]int{1, 2, 3}) {\n}",
    "",
    'name := Input("who? ")\nname',
    "xs := []int{1}\nxs[3]",
    "for {\n}",
    'fmt.Println("aborted with the cell before")',
    "?scores.Where",
]
FRAME, PLOT, PROGRESS, TYPED, ASKING, PANIC, ENDLESS, AFTER, HELP = range(len(CELLS))


def main():
    with front_end(Classic, "classic", 1000, 1300) as (notebooks, page):
        path = notebooks / "classic.ipynb"
        path.write_text(json.dumps(notebook(CELLS)))
        page.open("classic.ipynb")
        check(page, path)


def check(page, path):
    for i in (FRAME, PLOT, PROGRESS):
        page.run(i)
    expect(page.output(FRAME).locator("table")).to_contain_text("physics")
    picture = page.cell(PLOT).locator("img, svg").last
    expect(picture).to_be_visible()
    expect(page.output(PROGRESS).locator("progress")).to_have_attribute("value", "3")
    expect(page.output(PROGRESS)).to_contain_text("3 of 3")
    passed("a frame is a table, a plot a picture, and a loop shows its progress")

    keys = page.page.keyboard
    page.edit(TYPED)
    keys.type("scores.So")
    keys.press("Tab")
    expect(page.editor(TYPED)).to_have_text(re.compile(r"scores\.Sort"))
    keys.type("(")
    keys.press("Shift+Tab")
    expect(page.page.locator("#tooltip")).to_contain_text(".Sort(names ...string)")
    page.screenshot("tooltip")
    keys.press("Escape")
    passed("Tab completes by types, and Shift-Tab shows the signature")

    page.run(ASKING)
    answer = page.cell(ASKING).locator("input.raw_input")
    answer.fill("me")
    answer.press("Enter")
    expect(page.cell(ASKING).locator(".output_result")).to_have_text(re.compile(r"^\s*me\s*$"))
    passed("a cell asks and gets its answer")

    page.run(PANIC)
    expect(page.output(PANIC)).to_contain_text("index out of range [3] with length 1")
    expect(page.output(PANIC)).to_contain_text("xs = [1]")
    page.run(ENDLESS)
    page.run(AFTER)
    expect(page.prompt(AFTER)).to_contain_text("[*]")
    # The answer to what was sent behind that cell: it has come to the kernel before the interrupt does.
    page.page.evaluate("() => new Promise(answered => Jupyter.notebook.kernel.complete('x', 1, answered))")
    page.page.locator("[data-jupyter-action='jupyter-notebook:interrupt-kernel']").first.click()
    expect(page.output(ENDLESS)).to_contain_text("KeyboardInterrupt")
    expect(page.prompt(AFTER)).not_to_contain_text("[*]")
    expect(page.cell(AFTER).locator(".output_text")).to_have_count(0)
    passed("a panic shows its line and values, and an interrupt ends the endless cell and what waits behind it")

    page.run(HELP)
    expect(page.page.locator("#pager")).to_contain_text("Where returns")
    page.screenshot("pager")
    passed("what is asked for with ? opens in the pager")

    page.save()
    saved = json.loads(path.read_text())
    assert saved["metadata"]["language_info"]["file_extension"] == ".go", saved["metadata"]
    assert "physics" in "".join(saved["cells"][FRAME]["outputs"][0]["data"]["text/plain"]), saved["cells"][FRAME]
    passed("the notebook is saved with its outputs and its language")


class Classic:
    """The page, in terms of what a person does and sees."""

    APPLICATION = ("nbclassic",)

    def __init__(self, page, url, screenshots):
        self.page, self.url, self.screenshots = page, url, screenshots

    def open(self, name):
        self.page.goto(f"{self.url}/notebooks/{name}?token={TOKEN}")
        self.page.locator("#kernel_indicator_icon.kernel_idle_icon").wait_for()

    def cell(self, i):
        return self.page.locator(".code_cell").nth(i)

    def editor(self, i):
        return self.cell(i).locator(".CodeMirror-code")

    def output(self, i):
        return self.cell(i).locator(".output_subarea").first

    def prompt(self, i):
        return self.cell(i).locator(".input_prompt")

    def edit(self, i):
        self.cell(i).locator(".CodeMirror-lines").click()

    def run(self, i):
        self.edit(i)
        self.page.keyboard.press("Control+Enter")

    def save(self):
        self.page.keyboard.press("Control+s")
        expect(self.page.locator(".autosave_status")).not_to_contain_text("unsaved")

    def screenshot(self, name):
        if self.screenshots:
            self.page.screenshot(path=self.screenshots / f"classic_{name}.png")


if __name__ == "__main__":
    main()
