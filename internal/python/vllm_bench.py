"""vLLM's own benchmark client, one measurement for every line of standard input.

    .venv-vllm/bin/python internal/python/vllm_bench.py URL NAME TOKENIZER PROMPTS CONCURRENCY FOLDER

A line says how many log-probabilities are asked for. What is printed for it is
the requests a second that `vllm bench serve` reports, as JSON.
"""

import argparse
import contextlib
import json
import sys

from vllm.benchmarks.serve import add_cli_args, main as bench_serve


def main():
    url, name, tokenizer, prompts, concurrency, folder = sys.argv[1:]
    count = sum(1 for _ in open(prompts))
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
        add_cli_args(parser)
        with contextlib.redirect_stdout(sys.stderr):
            result = bench_serve(parser.parse_args(arguments))
        if result["completed"] != count:
            raise SystemExit(f"{result['completed']} of {count} requests were answered")
        print(json.dumps(result["request_throughput"]), flush=True)


if __name__ == "__main__":
    main()
