"""Checks with Jupyter's own nbformat: that each notebook is valid, and that it
is written byte for byte as nbformat would write it.

Usage: python check_nbformat.py [NOTEBOOK...], without arguments those beside this file.
"""

import glob
import os
import sys

import nbformat

paths = sys.argv[1:] or sorted(glob.glob(os.path.join(os.path.dirname(__file__), "*.ipynb")))
failed = 0
for path in paths:
    with open(path, encoding="utf-8", newline="") as f:
        content = f.read()
    try:
        notebook = nbformat.reads(content, as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
    except Exception as e:
        print(f"{path}: not valid: {e}")
        failed += 1
        continue
    if nbformat.writes(notebook) + "\n" != content:
        print(f"{path}: nbformat would write other bytes")
        failed += 1
print(f"nbformat: {len(paths) - failed} of {len(paths)} notebooks are valid and byte for byte what nbformat writes")
sys.exit(failed > 0)
