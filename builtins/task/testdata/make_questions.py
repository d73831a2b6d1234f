"""Writes parquet/*.parquet: files of questions as pandas, pyarrow and datasets make them.

    python make_questions.py     (pyarrow 21, pandas 2, datasets 4; any will do)
"""
import datetime
import pathlib

import datasets
import pandas
import pyarrow
import pyarrow.parquet

here = pathlib.Path(__file__).parent / "parquet"

# As cais/mmlu has them: the answer is the place of a class, the choices a list.
datasets.Dataset.from_dict(
    {
        "question": ["1 + 1?", "Capital of France?", "Größte Zahl?"],
        "subject": ["sums", "places", "sums"],
        "choices": [["1", "2", "3"], ["Rome", "Paris"], ["1", "10"]],
        "answer": [1, 1, 1],
    },
    features=datasets.Features(
        question=datasets.Value("string"),
        subject=datasets.Value("string"),
        choices=datasets.Sequence(datasets.Value("string")),
        answer=datasets.ClassLabel(names=["A", "B", "C", "D"]),
    ),
).to_parquet(here / "mmlu.parquet")

# Dictionary-coded texts in several row groups, the choices in columns of their own,
# a choice and a subject missing, and columns that JSON has no form for.
table = pyarrow.table(
    {
        "question": pyarrow.array(["1 + 1?", "Capital of France?", "Größte Zahl?"]).dictionary_encode(),
        "subject": pyarrow.array(["sums", None, "sums"]).dictionary_encode(),
        "A": pyarrow.array(["1", "Rome", "1"]),
        "B": pyarrow.array(["2", "Paris", "10"]),
        "C": pyarrow.array(["3", None, None]),
        "answer": pyarrow.array(["B", "Paris", "B"]).dictionary_encode(),
        "asked": pyarrow.array([datetime.date(2026, 1, 1)] * 3),
        "image": pyarrow.array([{"bytes": b"\xff\xd8", "path": None}] * 3),
        "meta": pyarrow.array([{"source": "x", "tags": ["a", None]}, None, {"source": None, "tags": []}]),
        "score": pyarrow.array([0.5, float("nan"), None]),
    }
)
pyarrow.parquet.write_table(table, here / "columns.parquet", row_group_size=2, compression="zstd", data_page_version="2.0")

# pandas makes floats of whole numbers where one is missing.
pandas.DataFrame({"question": ["6 * 7?", "1 / 2?", "none?"], "answer": [42, 0.5, None]}).to_parquet(here / "numbers.parquet")
