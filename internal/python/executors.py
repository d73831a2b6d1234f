"""The programs that execute notebooks without a browser, with our kernel:
nbclient, nbconvert, papermill, nbval; and "adkernel run" beside them.

    ADKERNEL_BIN=bin/adkernel .venv/bin/python internal/python/executors.py

One notebook is executed by each, and the outputs must be the same.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import nbclient
import nbformat
from papermill.execute import execute_notebook
from papermill.translators import Translator, papermill_translators

from kernelspec import write_adkernel

KERNEL = "adkernel-executed"
TIMEOUT = 300

CELLS = [
    ('import "fmt"\nn := 3\nname := "a"', ["parameters"]),
    ("x := n * 2\nfmt.Println(name, x)\nx + 1", []),
    ('import ("fmt"; "os")\nfmt.Println("out")\nfmt.Fprintln(os.Stderr, "err")\nfmt.Print("10 %\\r20 %\\n")', []),
    ("func half(n int) int { return 1 / n }\nhalf(0)", ["raises-exception"]),
    ('Display(HTML("<b>x</b>", "x"))\nh := NewDisplay(1)\nh.Update(2)', []),
    ('fmt.Println("gone")\nClearOutput(true)\nfmt.Println("stays")', []),
    ("!echo {x}", []),
    ("half?", []),
    ('type point struct{ X, Y int }\n[]point{{1, 2}, {3, 4}}', []),
    ("for i := range Progress(3) { _ = i }", []),
]


class GoTranslator(Translator):
    """How papermill writes parameters into a notebook of Go."""

    @classmethod
    def translate_none(cls, val):
        return "nil"

    @classmethod
    def translate_str(cls, val):
        return json.dumps(val)

    @classmethod
    def translate_list(cls, val):
        return "[]any{" + ", ".join(map(cls.translate, val)) + "}"

    @classmethod
    def translate_dict(cls, val):
        return "map[string]any{" + ", ".join(f"{json.dumps(k)}: {cls.translate(v)}" for k, v in val.items()) + "}"

    @classmethod
    def comment(cls, cmt_str):
        return "// " + cmt_str


def setUpModule():
    global folder
    folder = Path(tempfile.mkdtemp())
    write_adkernel(folder, KERNEL, os.environ["ADKERNEL_BIN"])
    os.environ.update(JUPYTER_PATH=str(folder), XDG_DATA_HOME=str(folder), PYTHONWARNINGS="ignore")
    nbformat.write(notebook(), folder / "nb.ipynb")
    papermill_translators.register("go", GoTranslator)


def tearDownModule():
    shutil.rmtree(folder, ignore_errors=True)


def notebook():
    nb = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": KERNEL, "language": "go", "display_name": "Go"}})
    for i, (source, tags) in enumerate(CELLS):
        cell = nbformat.v4.new_code_cell(source, id=f"cell-{i}")
        if tags:
            cell.metadata["tags"] = tags
        nb.cells.append(cell)
    return nb


def outputs(nb):
    """Outputs and counts of the cells, without what differs from run to run."""
    found = []
    for cell in nb.cells:
        if cell.metadata.get("tags") == ["injected-parameters"]:
            continue
        of_cell = json.loads(json.dumps(cell.outputs))
        for output in of_cell:
            output.pop("transient", None)
            for mime, data in output.get("data", {}).items():
                if isinstance(data, str) and "3 of 3 in" in data:
                    output["data"][mime] = data.split(" in ")[0]
        found.append(joined(of_cell))
    return found


def joined(of_cell):
    """Text of one stream in one output, in the order in which streams began."""
    streams, rest = {}, []
    for output in of_cell:
        if output["output_type"] == "stream" and output["name"] in streams:
            streams[output["name"]]["text"] += output["text"]
            continue
        if output["output_type"] == "stream":
            streams[output["name"]] = output
        rest.append(output)
    return rest


def command(*arguments):
    return subprocess.run(list(map(str, arguments)), cwd=folder, capture_output=True, text=True, timeout=TIMEOUT)


class Executors(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        nb = notebook()
        nbclient.NotebookClient(nb, kernel_name=KERNEL, timeout=TIMEOUT).execute()
        cls.by_nbclient = nb

    def test_nbclient(self):
        cells = self.by_nbclient.cells
        self.assertEqual([c.execution_count for c in cells], list(range(1, len(cells) + 1)))
        self.assertEqual(cells[3].outputs[0]["ename"], "Panic")
        self.assertEqual([o.get("text") for o in cells[5].outputs], ["stays\n"])
        self.assertIn("text/html", cells[8].outputs[0]["data"])
        self.assertEqual(self.by_nbclient.metadata.language_info["file_extension"], ".go")

    def test_adkernel_run_saves_the_same(self):
        done = command(os.environ["ADKERNEL_BIN"], "run", folder / "nb.ipynb", "-o", folder / "ours.ipynb")
        self.assertEqual(done.returncode, 0, done.stderr)
        ours = nbformat.read(folder / "ours.ipynb", as_version=4)
        nbformat.validate(ours)
        expected = outputs(self.by_nbclient)
        # nbclient keeps carriage returns that JupyterLab and we resolve, and no pages.
        expected[2] = json.loads(json.dumps(expected[2]).replace("10 %\\r20 %", "20 %"))
        got = outputs(ours)
        self.assertEqual(len(got[7]), 1, "a page is kept, as in JupyterLab")
        got[7] = expected[7] = []
        self.assertEqual(got, expected)

    def test_nbconvert_executes_and_converts(self):
        done = command(sys.executable, "-m", "nbconvert", "--execute", "--to", "notebook", "--output", "converted.ipynb", folder / "nb.ipynb")
        self.assertEqual(done.returncode, 0, done.stderr)
        converted = nbformat.read(folder / "converted.ipynb", as_version=4)
        self.assertEqual(outputs(converted), outputs(self.by_nbclient))
        for format, suffix in (("html", ".html"), ("markdown", ".md"), ("script", ".go")):
            done = command(sys.executable, "-m", "nbconvert", "--to", format, "--output", "page", folder / "converted.ipynb")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue((folder / ("page" + suffix)).exists(), format)

    def test_papermill_sets_parameters(self):
        nb = notebook()
        del nb.cells[3]  # papermill ends in the error of a cell whatever its tags are
        nbformat.write(nb, folder / "template.ipynb")
        result = execute_notebook(folder / "template.ipynb", folder / "parametrized.ipynb", parameters={"n": 5, "name": "it's"}, kernel_name=KERNEL, progress_bar=False)
        sources = [c.source for c in result.cells]
        self.assertIn("n = 5", sources[1])
        self.assertEqual(result.cells[2].outputs[0]["text"], "it's 10\n")

    def test_adkernel_run_sets_them_alike(self):
        done = command(os.environ["ADKERNEL_BIN"], "run", folder / "nb.ipynb", "-o", folder / "ours2.ipynb", "-p", "n=5", "-p", "name=it's")
        self.assertEqual(done.returncode, 0, done.stderr)
        ours = nbformat.read(folder / "ours2.ipynb", as_version=4)
        self.assertEqual(ours.cells[1].metadata["tags"], ["injected-parameters"])
        self.assertEqual(ours.cells[2].outputs[0]["text"], "it's 10\n")

    def test_nbval_finds_nothing_and_a_change(self):
        nb = self.by_nbclient.copy()
        nb.cells = [c for i, c in enumerate(nb.cells) if i not in (3, 4, 5, 7, 9)]  # nbval knows no updates, no cleared output, no pages; a time differs
        nbformat.write(nb, folder / "validated.ipynb")
        check = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-kernel-name", KERNEL]
        done = command(*check, folder / "validated.ipynb")
        self.assertEqual(done.returncode, 0, done.stdout)
        nb.cells[1].outputs[0]["text"] = "changed\n"
        nbformat.write(nb, folder / "changed.ipynb")
        done = command(*check, folder / "changed.ipynb")
        self.assertEqual(done.returncode, 1, done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
