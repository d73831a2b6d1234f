"""lm-evaluation-harness, unmodified, evaluates the demo checkpoint over adkernel serve.

    ADKERNEL_BIN=bin/adkernel .venv-lmeval/bin/python internal/python/lmeval_serve.py [SAMPLES]

A generate_until task of two tokens must give the answers of adkernel's own run,
question by question, and a multiple_choice task the log-likelihoods of that
run's logits within 1e-4. Then what lm-eval wrote goes the other way: its files
are imported and compared with that run, and their prompts are asked by adkernel
itself, choices of several tokens ranked by their likelihood, and outputs judged by
lm-eval's filters. Exits with 1 where something differs.
"""

import json
import math
import os
import re
import struct
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODEL, DATASET = ROOT / "notebooks/demo/dense", ROOT / "notebooks/demo/task"
ADKERNEL = str(Path(os.environ.get("ADKERNEL_BIN", ROOT / "bin/adkernel")).resolve())
LETTERS = "ABCD"
TOLERANCE = 1e-4

TASKS = {
    "demo_generate": """
output_type: generate_until
doc_to_text: "{{prompt}}"
doc_to_target: "{{ref}}"
generation_kwargs: {until: ["</s>"], max_gen_toks: 2, temperature: 0, do_sample: false}
filter_list: [{name: letter, filter: [{function: regex, regex_pattern: '^\\s*([A-D])'}, {function: take_first}]}]
metric_list: [{metric: exact_match}]
""",
    # Longer outputs, in which filters look for the answer in several ways.
    "demo_filtered": """
output_type: generate_until
doc_to_text: "{{prompt}}"
doc_to_target: "{{ref}}"
generation_kwargs: {until: ["</s>"], max_gen_toks: 12, temperature: 0, do_sample: false}
filter_list:
  - {name: lowered, filter: [{function: lowercase}, {function: remove_whitespace}, {function: regex, regex_pattern: '^(\\w)\\b'}, {function: take_first}]}
  - {name: last, filter: [{function: regex, regex_pattern: '(?<!\\w)([A-D])(?=\\W|$)', group_select: -1, fallback: "?"}, {function: take_first}]}
metric_list: [{metric: exact_match, ignore_case: true, ignore_punctuation: true}]
""",
    # Any of several answers is right.
    "demo_either": """
output_type: generate_until
doc_to_text: "{{prompt}}"
doc_to_target: !function options.either
generation_kwargs: {until: ["</s>"], max_gen_toks: 2, temperature: 0, do_sample: false}
metric_list: [{metric: exact_match, ignore_case: true, regexes_to_ignore: ['\\s+']}]
""",
    "demo_choice": """
output_type: multiple_choice
doc_to_text: "{{prompt}}"
doc_to_choice: ["A", "B", "C", "D"]
doc_to_target: "{{ref}}"
metric_list: [{metric: acc}, {metric: acc_norm}]
""",
    # Any of several choices is right.
    "demo_golds": """
output_type: multiple_choice
doc_to_text: "{{prompt}}"
doc_to_choice: ["A", "B", "C", "D"]
doc_to_target: !function options.golds
metric_list: [{metric: acc}, {metric: acc_norm}]
""",
    # Choices of several tokens, whose likeliest is another one for its length.
    "demo_words": """
output_type: multiple_choice
doc_to_text: "{{prompt}}"
doc_to_choice: ["A", "Because of B", "C is it", "D or nothing"]
doc_to_target: "{{['A', 'B', 'C', 'D'].index(ref)}}"
metric_list: [{metric: acc}, {metric: acc_norm}]
""",
    # Choices that begin with a space of their own, which counts in their length.
    "demo_spaced": """
output_type: multiple_choice
doc_to_text: "{{prompt}}"
doc_to_choice: [" A", " it is B", " C", " D or so"]
doc_to_target: "{{['A', 'B', 'C', 'D'].index(ref)}}"
target_delimiter: ""
metric_list: [{metric: acc}, {metric: acc_norm}, {metric: acc_bytes}]
""",
    # As winogrande asks: one text behind each of two prompts.
    "demo_options": """
output_type: multiple_choice
doc_to_text: !function options.right
doc_to_choice: !function options.prompts
doc_to_target: "is the answer."
metric_list: [{metric: acc}]
""",
    # As lambada asks: whether greedy decoding says what follows.
    "demo_last": """
output_type: loglikelihood
doc_to_text: "{{prompt}}"
doc_to_target: " {{ref}}"
metric_list: [{metric: perplexity, aggregation: perplexity, higher_is_better: false}, {metric: acc}]
""",
}

OPTIONS = """
def right(doc):
    return doc["index"] % 2


def prompts(doc):
    other = "ABCD"[("ABCD".index(doc["ref"]) + 1) % 4]
    pair = [doc["ref"], other] if right(doc) == 0 else [other, doc["ref"]]
    return [doc["prompt"] + " " + letter for letter in pair]


def either(doc):
    return [doc["ref"].lower(), "abcd"[doc["index"] % 4]]


def golds(doc):
    return sorted({"ABCD".index(doc["ref"]), doc["index"] % 4})
"""


def main() -> int:
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 90
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        questions = write_prompts(folder, samples)
        run = own_run(folder, samples)
        server, url = serve()
        try:
            results = evaluate(folder, url)
            letters = [letter_token(url, letter) for letter in LETTERS]
        finally:
            server.terminate()
            server.wait(timeout=30)
        failures = compare_answers(questions, run, results["demo_generate"])
        failures += compare_likelihoods(run, results["demo_choice"], letters)
        failures += compare_imports(folder, run, results)
        failures += compare_rankings(folder, results)
        failures += compare_filters(folder, results)
    print(f"{len(questions)} questions, {failures} differences")
    return 1 if failures else 0


def write_prompts(folder, samples):
    """The prompts as a data set for lm-eval, in the order of the run."""
    out = subprocess.run([ADKERNEL, "prompts", "mmlu", "--dataset", DATASET, "--samples", str(samples)],
                         check=True, stdout=subprocess.PIPE, text=True).stdout
    (folder / "prompts.jsonl").write_text(out)
    (folder / "options.py").write_text(OPTIONS)
    for name, text in TASKS.items():
        (folder / f"{name}.yaml").write_text(
            f"task: {name}\ndataset_path: json\ndataset_kwargs: {{data_files: {folder / 'prompts.jsonl'}}}\n"
            f"test_split: train\n{text}metadata: {{version: 1.0}}\n")
    return [json.loads(line) for line in out.splitlines()]


def own_run(folder, samples):
    """adkernel's own run: its records by index, with the rows of logits."""
    records = launch(folder / "run", {"kind": "mmlu", "dataset": str(DATASET), "samples": samples})
    columns = json.loads((folder / "run/logits/header.json").read_text())["cols"]
    rows = (folder / "run/logits/rows.f32").read_bytes()
    for record in records.values():
        record["logits"] = struct.unpack_from(f"<{columns}f", rows, 4 * columns * record["row"])
    return records


def launch(run, task):
    """The records of a run of the demo checkpoint, by index."""
    spec = run.with_suffix(".yaml")
    spec.write_text(json.dumps({"deployment": {"model": str(MODEL)}, "task": task}))  # JSON is YAML
    adkernel("launch", "--json", "-o", run, spec)
    return records(run)


def records(run):
    lines = (run / "samples.jsonl").read_text().splitlines()
    return {record["index"]: record for record in map(json.loads, lines)}


def adkernel(*arguments):
    """What a command of adkernel prints as JSON."""
    done = subprocess.run([ADKERNEL, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode not in (0, 5):  # 5: a comparison of few samples, which is all that is asked here
        raise RuntimeError(f"adkernel {' '.join(map(str, arguments))} ended with status {done.returncode}:\n{done.stderr[-4000:]}")
    return json.loads(done.stdout)


def serve():
    server = subprocess.Popen([ADKERNEL, "serve", MODEL, "--name", "demo", "--port", "0"], stdout=subprocess.PIPE, text=True)
    line = server.stdout.readline()
    found = re.search(r"http://\S+", line)
    if not found:
        server.kill()
        raise RuntimeError(f"adkernel serve said {line!r}")
    return server, found[0]


def evaluate(folder, url):
    """lm-eval's logged samples by task, in the order of the documents."""
    arguments = f"model=demo,base_url={url}/completions,tokenizer={MODEL},add_bos_token=True,num_concurrent=4,max_retries=1"
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(folder / "cache"), "OPENAI_API_KEY": "none"}
    done = subprocess.run(
        [sys.executable, "-m", "lm_eval", "run", "--model", "local-completions", "--model_args", arguments,
         "--tasks", ",".join(TASKS), "--include_path", folder, "--log_samples", "--output_path", folder / "out"],
        env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"lm_eval ended with status {done.returncode}:\n{done.stdout[-4000:]}")
    results = {}
    for name in TASKS:
        [path] = (folder / "out").rglob(f"samples_{name}_*.jsonl")
        samples = [json.loads(line) for line in path.read_text().splitlines()]
        results[name] = sorted(samples, key=lambda s: s["doc_id"])
    return results


def letter_token(url, letter) -> int:
    """The token of an answer behind "Answer:"."""
    def tokens(text):
        body = json.dumps({"prompt": text, "add_special_tokens": False}).encode()
        request = urllib.request.Request(url.removesuffix("/v1") + "/tokenize", body, {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request))["tokens"]
    prefix, whole = tokens("Answer:"), tokens("Answer: " + letter)
    assert whole[:-1] == prefix, (prefix, whole)
    return whole[-1]


def compare_answers(questions, run, samples) -> int:
    failures = 0
    for i, (question, sample) in enumerate(zip(questions, samples, strict=True)):
        theirs, ours = sample["resps"][0][0], run[i]
        right = theirs.strip().startswith(question["ref"])
        if theirs != ours["output"] or right != ours["correct"]:
            failures += 1
            print(f"question {i}: lm-eval {theirs!r}, adkernel {ours['output']!r} (right answer {question['ref']})")
    return failures


def compare_likelihoods(run, samples, letters) -> int:
    failures, widest = 0, 0.0
    for i, sample in enumerate(samples):
        row = run[i]["logits"]
        top = max(row)
        normal = top + math.log(sum(math.exp(x - top) for x in row))
        for letter, token, response in zip(LETTERS, letters, sample["resps"], strict=True):
            difference = abs(float(response[0][0]) - (row[token] - normal))
            widest = max(widest, difference)
            greedy = str(response[0][1]) == "True"
            if not difference <= TOLERANCE or greedy != (row[token] == top):
                failures += 1
                print(f"question {i}, {letter}: lm-eval {response[0]}, adkernel {row[token] - normal}")
    print(f"largest difference of a log-likelihood: {widest:.2e}")
    return failures


def compare_imports(folder, run, results) -> int:
    """lm-eval's own files as runs, compared with ours by adkernel."""
    failures = 0
    [scores] = (folder / "out").rglob("results_*.json")
    for task, metric in [("demo_generate", "exact_match"), ("demo_choice", "acc"), ("demo_choice", "acc_norm"),
                         ("demo_words", "acc_norm"), ("demo_spaced", "acc_norm"), ("demo_spaced", "acc_bytes"), ("demo_options", "acc"), ("demo_last", "acc")]:
        [samples] = (folder / "out").rglob(f"samples_{task}_*.jsonl")
        imported = folder / f"{task}-{metric}"
        said = adkernel("import", "--json", "--metric", metric, "-o", imported, samples, scores)
        expected = round(json.loads(scores.read_text())["results"][task][metric + (",letter" if metric == "exact_match" else ",none")] * len(run))
        if said["correct"] != expected:
            failures += 1
            print(f"{task}: {said['correct']} right when imported, {expected} by lm-eval's {metric}")
        for i, record in records(imported).items():
            if record["correct"] != (results[task][i][metric] == 1.0):
                failures += 1
                print(f"{task}, question {i}: imported as {record['correct']}, lm-eval's {metric} is {results[task][i][metric]}")
        if task not in ("demo_generate", "demo_choice") or metric == "acc_norm":  # which judges otherwise than the run, and is refused
            continue
        if task == "demo_generate":
            c = adkernel("compare", "--json", imported, folder / "run")
            flips = c["losses"] + c["gains"]
            failures += flips + (c["n"] != len(run))
            print(f"{task}, {metric}: imported and compared, n {c['n']}, {flips} flips")
            continue
        # Ranked letters are another measure than generated ones, though the margins of the right ones are the same.
        refused = subprocess.run([ADKERNEL, "compare", imported, folder / "run"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        widest = max(abs(record["margin"] - run[i]["margin"]) for i, record in records(imported).items())
        failures += (widest > TOLERANCE) + (refused.returncode != 2 or "two measures" not in refused.stderr)
        print(f"{task}, {metric}: imported, largest difference of a margin {widest:.1e}")
    return failures


def compare_filters(folder, results) -> int:
    """The prompts of lm-eval's samples, answered by adkernel itself and judged by lm-eval's filters."""
    failures = 0
    for task, filters in {"demo_generate": ["letter"], "demo_filtered": ["lowered", "last"], "demo_either": ["none"]}.items():
        [samples] = (folder / "out").rglob(f"samples_{task}_*.jsonl")
        for name in filters:
            ours, right, others = launch(folder / f"filtered-{task}-{name}", {"kind": "lm-eval", "dataset": str(samples), "filter": name}), 0, 0
            for sample in results[task]:
                if sample["filter"] != name:
                    continue
                record = ours[sample["doc_id"]]
                found = [v["answer"] for v in record["verdicts"] if v["filter"] == name]
                right += record["correct"]
                if record["output"] != sample["resps"][0][0] or found != sample["filtered_resps"] or record["correct"] != (sample["exact_match"] == 1.0):
                    others += 1
                    print(f"{task}, question {sample['doc_id']}: lm-eval {sample['resps']}, {sample['filtered_resps']}, adkernel {record}")
            failures += others
            print(f"{task}, judged by the filter {name}: {right} of {len(ours)} right, {others} other answers or verdicts")
    return failures


RANKED = {"demo_choice": ["acc", "acc_norm"], "demo_golds": ["acc", "acc_norm"], "demo_words": ["acc", "acc_norm"], "demo_spaced": ["acc", "acc_norm", "acc_bytes"],
          "demo_options": ["acc"], "demo_last": ["acc"]}


def compare_rankings(folder, results) -> int:
    """The prompts of lm-eval's samples, asked and ranked by adkernel itself."""
    failures = 0
    for task, metrics in RANKED.items():
        [samples] = (folder / "out").rglob(f"samples_{task}_*.jsonl")
        widest, others = 0.0, 0
        by_metric = {metric: launch(folder / f"ranked-{task}-{metric}", {"kind": "lm-eval", "dataset": str(samples), "metric": metric})
                     for metric in metrics}
        for i, sample in enumerate(results[task]):
            for choice, response in zip(by_metric["acc"][i]["choices"], sample["resps"], strict=True):
                widest = max(widest, abs(choice["loglikelihood"] - float(response[0][0])))
                failures += choice.get("greedy", False) != (str(response[0][1]) == "True")
            for metric, ranked in by_metric.items():
                if ranked[i]["correct"] != (sample[metric] == 1.0):
                    others += 1
                    print(f"{task}, question {i}: {metric} is {sample[metric]}, adkernel ranks {ranked[i]['choices']}")
        failures += others + (widest > TOLERANCE)
        print(f"{task}, ranked by adkernel: {others} other verdicts, largest difference of a log-likelihood {widest:.1e}")
    return failures


if __name__ == "__main__":
    sys.exit(main())
