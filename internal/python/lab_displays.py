"""Displays, magics and input in JupyterLab, as a person sees them.

    ADKERNEL_BIN=bin/adkernel .venv/bin/python internal/python/lab_displays.py [SCREENSHOTS]

Screenshots, light and dark, go to the folder SCREENSHOTS when it is given.
CHROMIUM names the browser.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "kernel" / "testdata"))
from lab_e2e import expect, jupyterlab, notebook, passed  # noqa: E402

CELLS = [
    'type score struct {\n\tSubject string\n\tcorrect, total int\n\trate float64\n}\nscores := []score{{"algebra", 31, 50, .62}, {"anatomy", 40, 50, .8}}\nscores',
    'import ("errors"; "fmt"; "io/fs")\nfmt.Errorf("reading the config: %w", &fs.PathError{Op: "open", Path: "/x", Err: errors.New("no such file")})',
    'Display(HTML("<b>bold</b> and <i>italic</i>", "bold and italic"))\nDisplay(Markdown("**Markdown**, with $x^2$"))',
    'for i := range Progress(3) { _ = i }\nbar := ProgressBar(8, "evaluating")\nbar.Add(5)',
    "len?",
    "!echo from the shell; ls /nowhere",
    "%whos",
    'name := Input("Name: ")\n"Hello, " + name',
    'fmt.Println("gone")\nClearOutput(true)\nfmt.Println("stays")',
    "%tiem 1",
    "type card struct{ Name string }\nfunc (c card) HTML() string { return `<div style=\"border: 1px solid currentColor; padding: 4px\">` + c.Name + `</div>` }\ncard{\"shows itself\"}",
]
TABLE, ERROR, RICH, PROGRESS, PAGE, SHELL, NAMES, INPUT, CLEARED, UNKNOWN, OWN = range(len(CELLS))


def main():
    with jupyterlab("displays", 1100, 2000) as (notebooks, lab):
        (notebooks / "displays.ipynb").write_text(json.dumps(notebook(CELLS)))
        lab.open("displays.ipynb")
        check(lab)


def check(lab):
    for i in range(len(CELLS)):
        lab.run(i)
        if i == INPUT:
            field = lab.cell(INPUT).locator(".jp-Stdin-input")
            field.fill("Ada")
            field.press("Enter")
        lab.wait_until("idle")
    expect(lab.cell(TABLE).locator("table")).to_be_visible()
    expect(lab.cell(TABLE).locator("tbody tr")).to_have_count(2)
    expect(lab.cell(TABLE)).to_contain_text("correct")
    passed("a slice of structs is a table")
    expect(lab.cell(ERROR).locator("summary")).to_contain_text("reading the config")
    passed("an error unfolds to its causes")
    expect(lab.cell(RICH).locator(".jp-OutputArea-output b")).to_have_text("bold")
    expect(lab.cell(RICH).locator(".jp-OutputArea-output strong")).to_have_text("Markdown")
    passed("HTML and Markdown are drawn")
    expect(lab.cell(PROGRESS).locator("progress")).to_have_count(2)
    expect(lab.cell(PROGRESS)).to_contain_text("3 of 3 in")
    passed("progress bars")
    expect(lab.cell(PAGE).locator(".jp-OutputArea-output")).to_contain_text("len")
    passed("documentation is shown below the cell")
    expect(lab.cell(SHELL)).to_contain_text("from the shell")
    expect(lab.cell(SHELL)).to_contain_text("exit status 2")
    passed("a command of the shell, with its errors and its status")
    expect(lab.cell(INPUT)).to_contain_text("Hello, Ada")
    passed("input is asked for")
    expect(lab.output(CLEARED)).to_have_text("stays\n")
    passed("output is cleared")
    expect(lab.output(UNKNOWN)).to_contain_text("did you mean %time?")
    passed("an unknown magic names the nearest")
    expect(lab.output(OWN).locator("div")).to_have_text("shows itself")
    passed("a type of a cell shows itself")
    picture(lab, "light")
    if lab.screenshots:
        lab.use_dark_theme()
        picture(lab, "dark")


def picture(lab, theme):
    for part, i in enumerate((TABLE, INPUT)):
        lab.cell(i).scroll_into_view_if_needed()
        lab.page.wait_for_timeout(500)
        lab.screenshot(f"displays_{theme}_{part}")


if __name__ == "__main__":
    main()
