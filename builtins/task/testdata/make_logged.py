"""Writes logged/: what lm-evaluation-harness (0.4.13) logs and reports of tasks of many kinds, judged by its own code.

    python make_logged.py     (in an environment with lm_eval; nothing is downloaded)

The model is a list of outputs that each document brings along, so that filters and metrics meet the odd ones.
"""
import json
import pathlib
import shutil
import tempfile

import lm_eval
import yaml
from lm_eval.api.model import LM
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager

here = pathlib.Path(__file__).parent / "logged"


class Scripted(LM):
    def generate_until(self, requests):
        asked = {}
        out = []
        for r in requests:
            n = asked[r.doc_id] = asked.get(r.doc_id, -1) + 1
            out.append(r.doc["outputs"][n % len(r.doc["outputs"])])
        return out

    def loglikelihood(self, requests):
        return [(r.doc["lls"][r.idx], r.doc["lls"][r.idx] == max(r.doc["lls"])) for r in requests]

    def loglikelihood_rolling(self, requests):
        raise NotImplementedError


def regex(pattern, **more):
    return {"function": "regex", "regex_pattern": pattern, **more}


FIRST = {"function": "take_first"}
GENERATE = {"output_type": "generate_until", "generation_kwargs": {"until": ["\n\n"], "do_sample": False, "temperature": 0.0}}
IGNORING = {"metric": "exact_match", "aggregation": "mean", "higher_is_better": True, "ignore_case": True, "ignore_punctuation": False,
            "regexes_to_ignore": [",", "\\$", "(?s).*#### ", "\\.$"]}
EXACT = {"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}

WORKED = [
    {"question": "2 * 21?", "answer": "2 * 21 = 42\n#### 42", "outputs": ["2 * 21 = 42\n#### 42"]},
    {"question": "1000 + 1?", "answer": "#### 1,001", "outputs": ["It is 1001."]},
    {"question": "5 - 7?", "answer": "#### -2", "outputs": ["#### -2.\nQuestion"]},
    {"question": "price?", "answer": "#### 18", "outputs": ["so $18 and 20 cents"]},
    {"question": "Arabic digits?", "answer": "#### 3", "outputs": ["#### ٣ or ½"]},
    {"question": "nothing?", "answer": "#### 0", "outputs": [""]},
    {"question": "two?", "answer": "#### 7", "outputs": ["#### 6 then #### 7"]},
]
WORDS = [
    {"question": "Capital?", "answer": "Paris", "outputs": ["The answer is Paris."]},
    {"question": "Capital??", "answer": "Rome", "outputs": ["the answer is: rome \n"]},
    {"question": "None?", "answer": "[invalid]", "outputs": ["I do not know"]},
    {"question": "Größe?", "answer": "groß", "outputs": ["The answer is  GROß."]},
    {"question": "Istanbul?", "answer": "i̇stanbul", "outputs": ["The answer is İstanbul."]},
    {"question": "Two?", "answer": "b", "outputs": ["The answer is a. The answer is b."]},
]
LETTERS = [
    {"question": "Sky?", "choices": ["blue", "green"], "answer": "(A)", "outputs": ["It is (A)."]},
    {"question": "Grass?", "choices": ["blue", "green"], "answer": "(B)", "outputs": ["It is Green!"]},
    {"question": "Sun?", "choices": ["Guilty", "Guilty of Romance"], "answer": "(B)", "outputs": ["guilty of romance, I think"]},
    {"question": "Moon?", "choices": ["x.", "y"], "answer": "(B)", "outputs": ["Answer: B"]},
    {"question": "Sea?", "choices": ["x.", "y"], "answer": "(A)", "outputs": ["???"]},
    {"question": "Nothing of it?", "choices": ["...", "y"], "answer": "(B)", "outputs": ["answer :\n B, or : A"]},
    {"question": "Twice?", "choices": ["one", "One!", "a [b] (c)-d"], "answer": "(B)", "outputs": ["ONE; a b cd"]},
    {"question": "As it is?", "choices": ["a [b] (c)-d\n e", "a"], "answer": "(A)", "outputs": ["a [b] (c)-d\n e"]},
    {"question": "Istanbul?", "choices": ["İstanbul ", "ÉTÉ_x", "«guillemets»"], "answer": "(A)", "outputs": ["été_X, İSTANBUL"]},
    {"question": "Both ways?", "choices": ["red", "blue"], "answer": "(B)", "outputs": ["(A) or (B): red"]},
    {"question": "Space?", "choices": ["", "blue"], "answer": "(B)", "outputs": ["blue: A"]},
    {"question": "The answer?", "choices": ["the sea", "sea"], "answer": "(B)", "outputs": ["The the sea"]},
    {"question": "Empty?", "choices": ["p", "q"], "answer": "(B)", "outputs": [""]},
]
ANY = [
    {"question": "A colour?", "answers": ["Red", "Blue's"], "outputs": ["blue's"]},
    {"question": "A \"word\"?", "answers": ["it's \"quoted\"", "plain"], "outputs": ["it's \"quoted\"!"]},
    {"question": "A line?", "answers": ["a\tb\\n", "é\u200b"], "outputs": ["É\u200b"]},
    {"question": "Wrong?", "answers": ["x"], "outputs": ["y"]},
]
GOLDS = [
    {"question": "Even?", "choices": ["one", "two", "four"], "golds": [1, 2], "lls": [-3.0, -2.5, -2.0]},
    {"question": "Odd?", "choices": ["one", "two", "three"], "golds": [0, 2], "lls": [-3.0, -1.5, -2.0]},
    {"question": "Norm?", "choices": ["a", "bbbbbbbb", "c"], "golds": [1], "lls": [-2.0, -4.0, -3.0]},
    {"question": "Both?", "choices": ["yes", "no", "never"], "golds": [0, 1], "lls": [-1.0, -2.0, -1.5]},
]
RANKED = {"output_type": "multiple_choice", "doc_to_choice": "choices", "doc_to_target": "golds",
          "metric_list": [{"metric": m, "aggregation": "mean", "higher_is_better": True} for m in ("acc", "acc_norm")]}
TASKS = {
    "worked": (WORKED, {**GENERATE, "doc_to_target": "{{answer}}", "metric_list": [IGNORING], "filter_list": [
        {"name": "strict-match", "filter": [regex(r"#### (\-?[0-9\.\,]+)"), FIRST]},
        {"name": "flexible-extract", "filter": [regex(r"(-?[$0-9.,]{2,})|(-?[0-9]+)", group_select=-1), FIRST]},
        {"name": "words", "filter": [regex(r"####\s*([\w½.-]+?)\b"), FIRST]},
    ]}),
    "cot": (WORDS, {**GENERATE, "doc_to_target": "{{answer}}", "metric_list": [{**EXACT, "ignore_punctuation": True}], "filter_list": [
        {"name": "get-answer", "filter": [regex(r"(?<=[tT]he answer is)[\s:]+(.*?)(?=\.|\s*$)"), {"function": "lowercase"}, {"function": "remove_whitespace"}, FIRST]},
        {"name": "shout", "filter": [{"function": "uppercase"}, regex(r"(?i)(?P<last>[\w-]+)\W*\Z", group_select=-1, fallback="NONE"), {"function": "lowercase"}, FIRST]},
    ]}),
    "mapped": (WORDS, {**GENERATE, "doc_to_target": "{{answer}}", "metric_list": [EXACT], "filter_list": [
        {"name": "map", "filter": [regex(r"(Paris|rome|a\.)"), {"function": "map", "mapping_dict": {"Paris": "Paris", "rome": "Rome", "a.": "b"}, "default_value": "[invalid]"}, FIRST]},
    ]}),
    "letters": (LETTERS, {**GENERATE, "doc_to_target": "{{answer}}", "metric_list": [EXACT], "filter_list": [
        {"name": "flexible-extract", "filter": [{"function": "multi_choice_regex", "group_select": -1, "ignore_case": True, "ignore_punctuation": True, "regex_pattern": r"(\([A-Z]\))"}, FIRST]},
        {"name": "strict", "filter": [{"function": "multi_choice_regex", "fallback": "none", "regex_pattern": r"is \(([A-Z])\)|is ([A-Z]):"}, FIRST]},
        {"name": "articles", "filter": [{"function": "multi_choice_regex", "ignore_case": True, "regexes_to_ignore": [r"[Tt]he\s+", "\\d"]}, FIRST]},
    ]}),
    "vote": ([{**d, "outputs": [d["outputs"][0], "#### 42", "#### 42"]} for d in WORKED], {**GENERATE, "repeats": 3, "doc_to_target": "{{answer}}", "metric_list": [IGNORING], "filter_list": [
        {"name": "maj@3", "filter": [{"function": "take_first_k", "k": 3}, regex(r"#### (\-?[0-9\.\,]+)"), {"function": "majority_vote"}, FIRST]},
        {"name": "first", "filter": [{"function": "take_first_k", "k": 1}, regex(r"#### (\-?[0-9\.\,]+)"), {"function": "majority_vote"}, FIRST]},
    ]}),
    "caseless": (WORDS, {**GENERATE, "doc_to_target": "the answer is {{answer}}", "metric_list": [{**EXACT, "ignore_case": True, "ignore_punctuation": True, "ignore_numbers": True}]}),
    "anyof": (ANY, {**GENERATE, "doc_to_target": "answers", "metric_list": [{**EXACT, "ignore_case": True, "ignore_punctuation": True}]}),
    "golds": (GOLDS, RANKED),
}

shutil.rmtree(here, ignore_errors=True)
with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    for name, (docs, config) in TASKS.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(d) + "\n" for d in docs))
        (folder / f"{name}.yaml").write_text(yaml.safe_dump({
            "task": name, "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": str(folder / f"{name}.jsonl")}},
            "test_split": "test", "doc_to_text": "Question: {{question}}\nAnswer:", **config}))
    tracker = EvaluationTracker(output_path=str(folder / "out"))
    results = lm_eval.simple_evaluate(model=Scripted(), tasks=list(TASKS), task_manager=TaskManager(include_path=str(folder), include_defaults=False),
                                      log_samples=True, bootstrap_iters=0, verbosity="WARNING")
    samples = results.pop("samples")
    tracker.general_config_tracker.model_name = tracker.general_config_tracker.model_name_sanitized = "scripted"
    tracker.save_results_aggregated(results=results, samples=samples)
    for name, of in samples.items():
        tracker.save_results_samples(task_name=name, samples=of)
    here.mkdir(exist_ok=True)
    for path in sorted((folder / "out" / "scripted").iterdir()):
        text = path.read_text().replace(str(folder), "FOLDER")
        if path.name.startswith("results"):
            kept = json.loads(text)
            text = json.dumps({k: kept[k] for k in ("results", "configs", "higher_is_better", "n-samples", "config", "model_name", "lm_eval_version") if k in kept}, indent=1) + "\n"
        (here / path.name.replace(tracker.date_id, "2026-11-27T00-00-00.000000")).write_text(text)
