"""Builds MMLU's prompts with pandas and NumPy themselves and records their hashes.

    python make_mmlu_hashes.py MMLU_DIR

MMLU_DIR holds dev/ and test/ of https://people.eecs.berkeley.edu/~hendrycks/data.tar.
Writes mmlu_hashes.json beside this file, with the hashes of MMLU_DIR and of the
subset in mmlu/. Written from the documented behaviour of TensorRT-LLM's evaluator
(tensorrt_llm/evaluate/mmlu.py). Made with pandas 3.1.1 and NumPy 2.4.6.
"""
import hashlib
import json
import math
import pathlib
import sys

import numpy as np
import pandas as pd

HERE = pathlib.Path(__file__).parent
LETTERS = "ABCD"


def example(frame, row, with_answer):
    last = frame.shape[1] - 1
    text = frame.iloc[row, 0]
    for i in range(1, last):
        text += "\n{}. {}".format(LETTERS[i - 1], frame.iloc[row, i])
    text += "\nAnswer:"
    if with_answer:
        text += " {}\n\n".format(frame.iloc[row, last])
    return text


def questions(directory, subjects, samples):
    np.random.seed(0)
    for subject in subjects:
        dev = pd.read_csv(directory / "dev" / f"{subject}_dev.csv", header=None)
        shots = "The following are multiple choice questions (with answers) about {}.\n\n".format(
            "".join(" " + word for word in subject.split("_")))
        for row in range(5):
            shots += example(dev, row, True)
        test = pd.read_csv(directory / "test" / f"{subject}_test.csv", header=None)
        if samples is not None:
            count = math.ceil(samples / len(subjects))
            if count < test.shape[0]:
                test = test.sample(count)
        for row in range(test.shape[0]):
            yield subject, int(test.index[row]), shots + example(test, row, False), test.iloc[row, test.shape[1] - 1]


def record(directory, samples):
    # MMLU's 57 subjects stand in the evaluator's dictionary in the order of
    # their names, as a folder of other subjects does.
    subjects = sorted(p.name.removesuffix("_test.csv") for p in (directory / "test").glob("*_test.csv"))
    whole = hashlib.sha256()
    each = {s: hashlib.sha256() for s in subjects}
    count = 0
    for subject, index, prompt, ref in questions(directory, subjects, samples):
        whole.update(prompt.encode() + b"\0")
        each[subject].update(f"{index}\0{prompt}\0{ref}\0".encode())
        count += 1
    return {"samples": samples or 0, "questions": count, "hash": whole.hexdigest(),
            "subjects": {s: h.hexdigest() for s, h in each.items()}}


if __name__ == "__main__":
    result = {
        "pandas": pd.__version__,
        "numpy": np.__version__,
        "whole": [record(pathlib.Path(sys.argv[1]), n) for n in (None, 100, 4096)],
        "subset": [record(HERE / "mmlu", n) for n in (None, 7, 90, 1000)],
    }
    (HERE / "mmlu_hashes.json").write_text(json.dumps(result, indent=1) + "\n")
