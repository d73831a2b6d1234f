"""Measures how busy the openai engine keeps a server, beside the server's own benchmark client."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import psutil

CONCURRENCY = 16
METRIC = re.compile(r"([\d.e+-]+) (req/s|cpu-s/req)")
TARGET = 1 / 0.95  # of the time, and so of what the server spends: a throughput of at least 0.95 of the client's


def measure_openai(adkernel, root, folder, quick):
    """The openai engine's throughput at equal concurrency, beside vLLM's benchmark client."""
    python = root / ".venv-vllm" / "bin" / "python"
    prompts = folder / "server-prompts.jsonl"
    count, rounds = (180, 3) if quick else (360, 7)
    with prompts.open("w") as out:
        subprocess.run([adkernel, "prompts", "mmlu", "--dataset", root / "notebooks/demo/task", "--samples", str(count)],
                       stdout=out, check=True)
    binary = folder / "openai.test"
    subprocess.run(["go", "test", "-c", "-o", str(binary), "./builtins/engine/openai"], cwd=root, check=True)
    model = root / "notebooks/demo/dense"
    if quick or not python.exists():
        return beside_threads(adkernel, root, binary, model, prompts, rounds)
    return beside_vllm(root, python, binary, model, prompts, count, rounds, folder)


def beside_vllm(root, python, binary, model, prompts, count, rounds, folder):
    work = folder / "vllm"
    work.mkdir()
    port, scripts = free_port(), Path(__file__).parent
    url = f"http://127.0.0.1:{port}"
    with (work / "log").open("w") as log:
        server = subprocess.Popen([python, scripts / "vllm_serve.py", model, work, str(port), "demo"], stdout=log, stderr=log, start_new_session=True)
        client = None
        try:
            wait_for(url + "/health", server, 900)
            client = subprocess.Popen(
                [python, scripts / "vllm_bench.py", url, "demo", work / "model", prompts, str(CONCURRENCY), work],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                env={**os.environ, "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "HOME": str(work)})
            return [
                row for what, top in (("vLLM, texts alone", 0), ("vLLM, with 20 log-probabilities", 20))
                for row in alternate(what, "vLLM's benchmark client", rounds, server.pid, count, lambda: ours(root, binary, url, prompts, top), lambda: theirs(client, top))
            ]
        finally:
            for process in (client, server):
                if process:
                    process.kill()
                    process.wait()
            end_group(server)


def beside_threads(adkernel, root, binary, model, prompts, rounds):
    """Without vLLM: adkernel serve, and a client that does nothing but ask."""
    server = subprocess.Popen([adkernel, "serve", model, "--name", "demo", "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        url = re.search(r"http://[\w.:]+", server.stdout.readline())[0]
        bodies = [json.dumps({"model": "demo", "prompt": json.loads(line)["prompt"], "max_tokens": 2, "temperature": 0, "logprobs": 20})
                  for line in prompts.read_text().splitlines()]
        return alternate("adkernel serve, with 20 log-probabilities", "Python's http.client in threads", rounds, server.pid, len(bodies),
                         lambda: ours(root, binary, url, prompts, 20), lambda: asked_by_threads(url, bodies))
    finally:
        server.terminate()
        server.wait(timeout=30)


def alternate(what, beside, rounds, server, count, ours, peer):
    """Rows of the table: seconds for a thousand requests, each side in turn, a first round unmeasured; and the processor time of
    the clients, which a server on the same processors does not get, and of the server, whose mark what else runs moves least."""
    kinds = ("seconds", "client", "server")
    taken = {kind: {"ours": [], "peer": []} for kind in kinds}
    for i in range(rounds + 1):
        order = [("ours", ours), ("peer", peer)]
        for side, measure in order if i % 2 == 0 else reversed(order):
            before = processor_time(server)
            measured = measure()
            spent = (processor_time(server) - before) / count
            if i > 0:
                for kind, value in zip(kinds, (1 / measured["rate"], measured["cpu"], spent)):
                    taken[kind][side].append(1000 * value)
    row = {"unit": "s", "beside": beside, "n": rounds}
    return [
        {**row, "what": f"1 000 requests at concurrency {CONCURRENCY}: {what}", "target": TARGET, **taken["seconds"]},
        {**row, "what": f"{what}: processor time of the client", "target": 1, **taken["client"]},
        {**row, "what": f"{what}: processor time of the server", "target": TARGET, **taken["server"]},
    ]


def processor_time(pid) -> float:
    """Seconds that a process and its children have taken."""
    server = psutil.Process(pid)
    times = [process.cpu_times() for process in (server, *server.children(recursive=True))]
    return sum(t.user + t.system for t in times)


def ours(root, binary, url, prompts, top):
    """Requests a second of the engine's Generate, and seconds of processor time for each."""
    environment = {**os.environ, "ADKERNEL_BENCH_URL": url + "/v1", "ADKERNEL_BENCH_PROMPTS": str(prompts),
                   "ADKERNEL_BENCH_CONCURRENCY": str(CONCURRENCY), "ADKERNEL_BENCH_LOGPROBS": str(top)}
    out = subprocess.run([binary, "-test.run", "^$", "-test.bench", "^BenchmarkServer$", "-test.benchtime", "1x"],
                         cwd=root / "builtins/engine/openai", env=environment, capture_output=True, text=True, timeout=600)
    found = {unit: float(value) for value, unit in METRIC.findall(out.stdout)}
    if out.returncode != 0 or len(found) < 2:
        raise RuntimeError(f"the benchmark of the engine says:\n{out.stdout[-2000:]}{out.stderr[-2000:]}")
    return {"rate": found["req/s"], "cpu": found["cpu-s/req"]}


def theirs(client, top):
    client.stdin.write(f"{top}\n")
    client.stdin.flush()
    line = client.stdout.readline()
    if not line:
        raise RuntimeError("vLLM's benchmark client ended")
    return json.loads(line)


def asked_by_threads(url, bodies):
    host = url.removeprefix("http://")
    local = threading.local()

    def ask(body):
        if not hasattr(local, "connection"):
            local.connection = HTTPConnection(host, timeout=300)
        local.connection.request("POST", "/v1/completions", body, {"Content-Type": "application/json"})
        answer = local.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {text[:300]}")
        json.loads(text)

    began, processor = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        list(pool.map(ask, bodies))
    return {"rate": len(bodies) / (time.perf_counter() - began), "cpu": (time.process_time() - processor) / len(bodies)}


def wait_for(url, process, seconds):
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with status {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    raise RuntimeError(f"the server is not ready after {seconds} s")


def end_group(process):
    """The processes that vLLM started."""
    try:
        os.killpg(process.pid, 9)
    except ProcessLookupError:
        pass


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


if __name__ == "__main__":
    import tempfile

    here = Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory() as work:
        for row in measure_openai(here / "bin" / "adkernel", here, Path(work), "quick" in sys.argv[1:]):
            print(json.dumps(row))
