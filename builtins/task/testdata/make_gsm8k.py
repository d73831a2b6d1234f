"""GSM8K's prompts as lm-evaluation-harness makes them for TensorRT-LLM.

    python make_gsm8k.py FOLDER > hashes.json

FOLDER holds train.jsonl and test.jsonl. The task is lm-eval's own gsm8k, its
dataset_path patched to a local folder as TensorRT-LLM's LmEvalEvaluator does,
and TensorRT-LLM's _adjust_config (few-shot seed, shuffle of every split)
applied before lm_eval.evaluate. A model that answers nothing records what it is
asked. gsm8k_hashes.json
holds two of these files, "small" of gsm8k/ here and "full" of all of GSM8K
(7,473 and 1,319 documents), made with lm-eval 0.4.13 and datasets 5.2.
"""

import hashlib
import importlib.metadata
import json
import logging
import os
import sys
import tempfile
from pathlib import Path

os.environ["HF_DATASETS_OFFLINE"] = os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HOME"] = tempfile.mkdtemp()
logging.disable(logging.WARNING)

import lm_eval
import lm_eval.api.task
import lm_eval.tasks
import pyarrow as pa
import pyarrow.parquet as pq
from lm_eval import evaluator
from lm_eval.api.model import LM

CARD = """---
configs:
- config_name: main
  data_files:
  - split: train
    path: main/train-*
  - split: test
    path: main/test-*
---
"""


class Recorder(LM):
    """Records prompts. A conversation becomes text in a form of its own."""

    tokenizer_name = chat_template_name = "recorder"

    def __init__(self):
        super().__init__()
        self.asked = []

    def generate_until(self, requests, **_):
        self.asked += requests
        return ["" for _ in requests]

    def loglikelihood(self, requests, **_):
        raise NotImplementedError

    loglikelihood_rolling = loglikelihood

    def apply_chat_template(self, chat_history, add_generation_prompt=True, **_):
        assert add_generation_prompt
        return "".join(f"<|{m['role']}|>{m['content']}" for m in chat_history)

    def chat_template(self, *_):
        return "recorder"


def hugging_face_layout(folder):
    """The files as in the openai/gsm8k repository."""
    out = Path(tempfile.mkdtemp())
    (out / "main").mkdir()
    (out / "README.md").write_text(CARD)
    for split in ("train", "test"):
        rows = [json.loads(line) for line in (folder / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()]
        table = pa.table({k: [r[k] for r in rows] for k in ("question", "answer")})
        pq.write_table(table, out / "main" / f"{split}-00000-of-00001.parquet")
    return out


def load(dataset_path):
    """TensorRT-LLM's LmEvalEvaluator._patch_lm_eval and get_task_dict."""
    original = lm_eval.api.task.TaskConfig.__post_init__

    def patched(config, *args, **kwargs):
        config.dataset_path = str(dataset_path)
        original(config, *args, **kwargs)

    lm_eval.api.task.TaskConfig.__post_init__ = patched
    try:
        return lm_eval.tasks.get_task_dict("gsm8k", lm_eval.tasks.TaskManager())
    finally:
        lm_eval.api.task.TaskConfig.__post_init__ = original


def adjust(task_dict, seed):
    """TensorRT-LLM's _adjust_config."""
    for task in task_dict.values():
        task.set_fewshot_seed(seed=seed)
        for split in task.dataset.keys():
            task.dataset[split] = task.dataset[split].shuffle(seed)
    return task_dict


def ask(dataset_path, seed=0, limit=None, **chat):
    recorder = Recorder()
    evaluator.evaluate(lm=recorder, task_dict=adjust(load(dataset_path), seed), limit=limit, bootstrap_iters=0, **chat)
    return sorted(recorder.asked, key=lambda r: r.doc_id)


def main():
    folder = Path(sys.argv[1])
    dataset_path = hugging_face_layout(folder)
    rows = [json.loads(line)["question"] for line in (folder / "test.jsonl").read_text(encoding="utf-8").splitlines()]
    out = {"lm_eval": importlib.metadata.version("lm_eval"), "datasets": importlib.metadata.version("datasets"), "runs": []}
    for options in (
        {}, {"seed": 1}, {"limit": 7}, {"apply_chat_template": True},
        {"apply_chat_template": True, "fewshot_as_multiturn": True, "system_instruction": "Think."},
    ):
        asked = ask(dataset_path, **options)
        whole = hashlib.sha256()
        for request in asked:
            whole.update(request.args[0].encode() + b"\0")
        out["runs"].append({
            "options": options, "count": len(asked), "sha256": whole.hexdigest(),
            "rows": [rows.index(request.doc["question"]) for request in asked],
            "prompts": [hashlib.sha256(request.args[0].encode()).hexdigest()[:8] for request in asked],
            "first": asked[0].args[0] if len(rows) < 100 else None,
            "until": asked[0].args[1]["until"], "max_gen_toks": asked[0].args[1].get("max_gen_toks"),
        })
    json.dump(out, sys.stdout)
    print()


if __name__ == "__main__":
    main()
