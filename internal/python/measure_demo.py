"""Times the demo's evaluation beside transformers on the same files."""

import json
import os
import subprocess
import time
from pathlib import Path

THREADS = 2
BATCH = 32  # prompts; larger batches are no faster for transformers on two threads


def measure_demo(adkernel, root, folder, quick):
    """The demo's evaluation end to end, beside transformers."""
    python = root / ".venv-neighbours" / "bin" / "python"
    if not python.exists():
        raise RuntimeError("transformers is not installed: make neighbours")
    questions, rounds = (180, 1) if quick else (900, 3)
    model, dataset = root / "notebooks/demo/dense", root / "notebooks/demo/task"
    prompts = folder / "prompts.jsonl"
    with prompts.open("w") as out:
        subprocess.run(
            [adkernel, "prompts", "mmlu", "--dataset", dataset, "--samples", str(questions)], stdout=out, check=True)

    ours, peer, accuracies = [], [], set()
    for i in range(rounds):
        seconds, right = evaluate(adkernel, model, dataset, questions, folder / f"run-{i}")
        ours.append(seconds)
        seconds, expected = evaluate_with_transformers(python, model, prompts)
        peer.append(seconds)
        accuracies.add((right, expected))
    right, expected = accuracies.pop()
    return [{
        "what": f"demo, {questions} questions, bf16, {THREADS} threads ({right} right, transformers {expected})",
        "unit": "s", "target": 1, "beside": "transformers", "ours": ours, "peer": peer,
    }]


def evaluate(adkernel, model, dataset, questions, run) -> tuple[float, int]:
    """Seconds of the whole command, process start included, and right answers."""
    spec = run.with_suffix(".yaml")
    spec.write_text(json.dumps({  # JSON is YAML
        "deployment": {"model": str(model)},
        "task": {"kind": "mmlu", "dataset": str(dataset), "samples": questions},
    }))
    environment = {**os.environ, "GOMAXPROCS": str(THREADS)}
    begin = time.perf_counter()
    out = subprocess.run(
        [adkernel, "launch", "--json", "-o", run, spec], env=environment, check=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=300).stdout
    seconds = time.perf_counter() - begin
    return seconds, json.loads(out)["correct"]


def evaluate_with_transformers(python, model, prompts) -> tuple[float, int]:
    """Seconds from before the model is loaded (imports are not counted) and right answers."""
    script = Path(__file__).with_name("evaluate_transformers.py")
    process = subprocess.run(
        [python, script, model, prompts, str(BATCH), str(THREADS)], env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True, text=True, timeout=600)
    if process.returncode != 0:
        raise RuntimeError(f"{script.name} ended with status {process.returncode}: {process.stderr[-400:]}")
    answer = json.loads(process.stdout.splitlines()[-1])
    return answer["seconds"], answer["right"]
