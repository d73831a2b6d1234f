"""Reads the Parquet file that `go test ./builtins/frame -run WriteParquet -parquet FILE`
wrote, with pyarrow and with pandas, and fails when a value differs.

    .venv/bin/python builtins/frame/testdata/check_parquet.py FILE
"""

import math
import sys

import pandas as pd
import pyarrow.parquet as pq

EXPECTED = {
    "subject": ["law", None, "Ärzte", ""],
    "nll": [1.5, None, math.nan, math.inf],
    "index": [1, None, -(2**63), 2**63 - 1],
    "correct": [True, None, False, True],
    "a": ["last", "column", "by", "place"],
}


def same(a, b):
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a):
        return math.isnan(b)
    return a == b and type(a) is type(b)


def main(path):
    table = pq.read_table(path)
    assert table.column_names == list(EXPECTED), table.column_names
    for name, expected in EXPECTED.items():
        values = table[name].to_pylist()
        assert len(values) == len(expected) and all(map(same, values, expected)), (name, values)
    frame = pd.read_parquet(path)
    assert frame["subject"].isna().tolist() == [False, True, False, False]
    assert frame["index"].isna().sum() == 1 and frame["a"].tolist() == EXPECTED["a"]
    print(f"pyarrow and pandas read {path} as written: {table.num_rows} rows, {table.num_columns} columns")


if __name__ == "__main__":
    main(sys.argv[1])
