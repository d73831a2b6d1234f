"""Records how pandas reads small CSV files, and how NumPy permutes.

Writes csv_cases.json beside this file. Made with pandas 3.1.1, NumPy 2.4.6.

    python make_csv_cases.py
"""
import io
import json
import pathlib
import random
import re

import numpy as np
import pandas as pd

HERE = pathlib.Path(__file__).parent

NUMBERS = ["0", "1", "-3", "+7", "007", "12 ", " 5", "\t4", "1234567890123", "2147483648", "9007199254740993",
           "9223372036854775807", "-9223372036854775807"]
HUGE = ["9223372036854775808", "18446744073709551615", "99999999999999999999", "-9223372036854775809",
        "99999999999999999999.5", "+18446744073709551616"]
FLOATS = ["0.20", ".5", "5.", "1e5", "1E-7", "-0.0", "1e400", "1e-400", "1e22", "1e23", "1.10", "100.0", "3.14159",
          "0.30000000000000004", "0.1234567890123456789", "123456789.123456789123", "4.9e-324", "inf", "-Infinity",
          "+inf", "1e16", "9999999999999998", "0.0001", "0.00001", "179769313486231570e291", "5e+3", " 2.5 ",
          "00000000000000000000000.5", "0.00000000000000000012345", "1e-310", "6.02214076e23"]
MISSING = ["", "NA", "nan", "None", "null", "N/A", "<NA>", "#N/A", "-1.#IND", "NULL", "NaN", "n/a"]
BOOLEANS = ["True", "False", "TRUE", "false", "tRue"]
TEXTS = ["a", "A", "x y", "5%", "1_000", "0x10", "1e", "5e+", ".", "-", "+", "--1", "na", " NA", "True ", "yes", "1,000",
         "\"q\"", "two\nlines", "1 2", "1.2.3", "e5", "5 e3", "infinite", "\u00e9", "\u0665", "1\u00a0", "$5", "1/2"]


def column(rng):
    pools = rng.choice([
        [NUMBERS], [NUMBERS, MISSING], [FLOATS], [FLOATS, NUMBERS], [FLOATS, NUMBERS, MISSING], [BOOLEANS],
        [BOOLEANS, MISSING], [MISSING], [NUMBERS, HUGE], [HUGE, MISSING, NUMBERS], [HUGE, FLOATS], [HUGE, TEXTS, MISSING],
        [NUMBERS, TEXTS], [TEXTS, MISSING], [BOOLEANS, TEXTS], [BOOLEANS, NUMBERS], [FLOATS, TEXTS],
    ])
    return [rng.choice(rng.choice(pools)) for _ in range(rng.randrange(1, 6))]


def quote(cell, rng):
    if cell == "" or any(c in cell for c in ",\"\n\r") or rng.random() < 0.2:
        return '"' + cell.replace('"', '""') + '"'
    return cell


def decimal(rng):
    digits = "".join(rng.choice("0123456789") for _ in range(rng.randrange(1, 20)))
    point = rng.randrange(0, len(digits) + 1)
    text = digits[:point] + "." + digits[point:]
    if rng.random() < 0.4:
        text += "e" + str(rng.randrange(-330, 320))
    return rng.choice(["", "", "-"]) + text


def read(text):
    """The cells as "{}".format prints them, and which are str; None on error."""
    try:
        df = pd.read_csv(io.BytesIO(text.encode()), header=None)
    except (pd.errors.ParserError, pd.errors.EmptyDataError):
        return None
    rows = range(df.shape[0])
    return {"cells": [["{}".format(v) for v in (df.iloc[r, c] for c in range(df.shape[1]))] for r in rows],
            "text": [[isinstance(df.iloc[r, c], str) for c in range(df.shape[1])] for r in rows]}


rng = random.Random(0)
files = []
for _ in range(400):
    columns = [column(rng)]
    rows = len(columns[0])
    while rng.random() < 0.5:
        more = column(rng)
        columns.append((more * rows)[:rows])
    files.append("\n".join(",".join(quote(c[r], rng) for c in columns) for r in range(rows)) + rng.choice(["", "\n"]))
for _ in range(300):  # the shape of files rather than of cells
    files.append("".join(rng.choice('aab1,,,"" \t\n\n\r') for _ in range(rng.randrange(1, 14))))
files += ["\ufeffa,b\n1,2\n", "\ufeff\"a\",b\n", "\r\n\r\na,1\r\nb,2\r\n", "a\rb\rc", '"a""b",c\n', '"a"b,c\n', 'a"b,c\n', '"a\r\nb",c\n']
files.append("\n".join(decimal(rng) for _ in range(400)))

# Files whose rows differ in length are padded by pandas and refused here. Left
# out: a blank line ended by a lone \r eats a comma that follows (a fault of
# pandas; such a row has no question and is refused here).
cases = []
for text in files:
    if re.search(r"(^|[\n\r])[ \t]*\r,", text):
        continue
    want = read(text)
    cases.append({"csv": text, "want": want})

np.random.seed(0)
permutations = [{"n": n, "first": np.random.permutation(n)[:12].tolist()} for n in [1, 2, 3, 10, 100, 173, 1000, 1534, 5, 70000, 2]]

(HERE / "csv_cases.json").write_text(json.dumps(
    {"pandas": pd.__version__, "numpy": np.__version__, "cases": cases, "permutations": permutations},
    ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
