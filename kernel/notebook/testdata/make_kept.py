"""Writes kept.ipynb with nbformat: what a notebook may hold beside what this package names."""

import os

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

notebook = new_notebook(
    metadata={
        "kernelspec": {"display_name": "Go (adkernel)", "language": "go", "name": "adkernel"},
        "widgets": {"state": {}, "version": 1.5, "ids": [1, [2, []]]},
        "größe": "é\u2028\u0001\x7f</script>",
        "Z": None, "a": True, "big": 12345678901234567890123,
    },
    cells=[
        new_markdown_cell("![pixel](attachment:pixel.png)\n", id="text",
                          attachments={"pixel.png": {"image/png": PIXEL}}),
        new_raw_cell("raw\r\ntext", id="raw", metadata={"format": "text/x-rst", "tags": ["x"]}),
        new_code_cell("f()", id="code", execution_count=3, metadata={"jupyter": {"source_hidden": True}}, outputs=[
            new_output("stream", name="stderr", text="a\nb\x1cc"),
            new_output("display_data", data={
                "text/plain": "two\nlines", "image/png": PIXEL, "image/svg+xml": "<svg>\n</svg>",
                "application/javascript": "1\n2", "application/json": {"rows": ["a\n", 1e-07]},
                "application/vnd.vegalite.v5+json": [], "application/x-tex": "a\nb",
            }, metadata={"isolated": True}),
            new_output("execute_result", data={"text/plain": ""}, execution_count=3),
            new_output("error", ename="Panic", evalue="x", traceback=["\x1b[31mPanic\x1b[0m: x\n", ""]),
        ]),
        new_code_cell("", id="empty"),
    ],
)
nbformat.validate(notebook)
nbformat.write(notebook, os.path.join(os.path.dirname(__file__), "kept.ipynb"))
