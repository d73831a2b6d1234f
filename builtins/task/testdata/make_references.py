"""Writes generators.json and gsm8k_verdicts.json beside this file, with NumPy, Python and lm-eval 0.4.13."""

import json
import random
from pathlib import Path

import numpy as np
import yaml
from importlib.resources import files
from lm_eval.api.metrics import exact_match_hf_evaluate
from lm_eval.filters.extraction import RegexFilter

HERE = Path(__file__).parent


def generators():
    for seed in (0, 1, 2, 42, 1234, 2**31, 2**32 - 1):
        r = random.Random(seed)
        entry = {"seed": seed, "permutation": np.random.default_rng(seed).permutation(40).tolist()}
        entry["sample"], entry["small"], entry["large"] = r.sample(range(7473), 5), r.sample(range(20), 6), r.sample(range(100), 9)
        shuffled = list(range(10))
        r.shuffle(shuffled)
        yield entry | {"shuffle": shuffled}


OUTPUTS = [
    " 5 + 4 = 9\n#### 9", "#### 9", "####9", "#### 9.", "#### 9.0", "#### 9,", "#### $9", "#### -9", "#### - 9", "The answer is 9", "The answer is $9.",
    "#### 1,234", "1234", "$1,234.50", "#### 1,234.50", "9 apples and 3 pears", "", "none", "#### nine", "#### 8\n#### 9", "9\n\n10.", "It is 9..", "...", "-9",
    "1.9e3", "9%", "#### 9 apples", "#### ", "#### 9\n", "١٢", "####  9", "x = 9;", "9-", "--9", "4/9", "$", "$$", "#### 9.\nmore 7", "A: 9\u2028", "\u00a09\u00a0",
]
REFERENCES = ["Janet sells 16 - 3 - 4 = <<16-3-4=9>>9 duck eggs a day.\n#### 9", "#### 1,234", "#### -9", "x\n#### 1234.50"]


def verdicts():
    task = yaml.load((files("lm_eval") / "tasks/gsm8k/gsm8k.yaml").read_text(), Loader=yaml.SafeLoader)
    metric = {k: v for k, v in task["metric_list"][0].items() if k in ("ignore_case", "ignore_punctuation", "regexes_to_ignore")}
    filters = {}
    for entry in task["filter_list"]:
        arguments = {k: v for k, v in entry["filter"][0].items() if k != "function"}
        filters[entry["name"]] = RegexFilter(**arguments)
    for ref in REFERENCES:
        for output in OUTPUTS:
            entry = {"ref": ref, "output": output}
            for name, key in (("strict-match", "strict"), ("flexible-extract", "flexible")):
                answer = filters[name].apply([[output]], [{}])[0][0]
                entry[key] = answer
                score = exact_match_hf_evaluate([answer], [ref], **metric)["exact_match"]
                entry[key + "Correct"] = bool(score)
            yield entry


def write(name, entries):
    (HERE / name).write_text("[\n" + ",\n".join(json.dumps(e, ensure_ascii=False) for e in entries) + "\n]\n", encoding="utf-8")


write("generators.json", generators())
write("gsm8k_verdicts.json", verdicts())
