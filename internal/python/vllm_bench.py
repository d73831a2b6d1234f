"""vLLM's own benchmark client, one measurement for every line of standard input.

    .venv-vllm/bin/python internal/python/vllm_bench.py URL NAME TOKENIZER PROMPTS CONCURRENCY FOLDER

A line says how many log-probabilities are asked for. What is printed for it, as
JSON, is the requests a second that `vllm bench serve` reports, and the seconds
of processor time that this client took for each.
"""

import argparse
import contextlib
import json
import sys
import time

from vllm.benchmarks import serve


def main():
    url, name, tokenizer, prompts, concurrency, folder = sys.argv[1:]
    count = sum(1 for _ in open(prompts))
    benchmark = serve.benchmark
    spent = 0.0

    async def measured(*given, **named):
        nonlocal spent
        began = time.process_time()
        try:
            return await benchmark(*given, **named)
        finally:
            spent = time.process_time() - began

    serve.benchmark = measured  # what it does before and after is not asking
    for line in sys.stdin:
        arguments = [
            "--backend", "openai", "--base-url", url, "--endpoint", "/v1/completions", "--model", name, "--tokenizer", tokenizer,
            "--dataset-name", "custom", "--dataset-path", prompts, "--custom-output-len", "2", "--skip-chat-template", "--disable-shuffle",
            "--num-prompts", str(count), "--max-concurrency", concurrency, "--request-rate", "inf", "--temperature", "0",
            "--result-dir", folder, "--disable-tqdm",
        ]
        if int(line):
            arguments += ["--logprobs", str(int(line))]
        parser = argparse.ArgumentParser()
        serve.add_cli_args(parser)
        with contextlib.redirect_stdout(sys.stderr):
            result = serve.main(parser.parse_args(arguments))
        if result["completed"] != count:
            raise SystemExit(f"{result['completed']} of {count} requests were answered")
        print(json.dumps({"rate": result["request_throughput"], "cpu": spent / count}), flush=True)


if __name__ == "__main__":
    main()
