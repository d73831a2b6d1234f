"""Writes cases.json: what Python's re.findall and re.sub make of texts.

    python make_cases.py     (Python 3.11; any from 3.11 on will do)
"""
import json
import pathlib
import random
import re

PATTERNS = [
    # of lm-evaluation-harness's tasks
    r"#### (\-?[0-9\.\,]+)", r"(-?[$0-9.,]{2,})|(-?[0-9]+)", r"(?<=the answer is )(.*)(?=.)", r"(?<=The answer is )(.*)(?=\.)", r"answer is \(?([ABCDEFGHIJ])\)?",
    r"((?<=The answer is )(.*)(?=.)|(?<=answer: )(.*)(?=.)|(?<=The final answer: )(.*)(?=.))", r"\b([A-J])\b", r"(?i)Answer[ \t]*:[ \t]*([A-D])", r"(\([A-Z]\))",
    r"The best answer is ([A-D])", r"(?:.*#### )(-?[0-9.,]+)", r"\\boxed\{([^{}]*)\}", r"^\s*(\d+)\s*$", r"```(?:\w+)?\n?([\s\S]*?)\n?```", r",", r"\$", r"(?s).*#### ", r"\.$",
    r"\['(.*?)'\]", r"^(.*?)(?=\n\n|$)", r":[\s]*(A|B|C)", r"[^\w\s]", r"\W+", r"[\W]", r"\d+\Z", r"(?P<sign>-)?(?P<digits>\d+)", r"(a)|(b)|(c)", r"(\w)\1", r"x*", r"()", r"[^\S\n]+",
    r"[]a]+", r"[^]a]+", r"[[a]+", r"a{,2}b", r"a{2}", r"(?m)^.$", r"(?s:.)x", r"\bé\b", r"\B.\B", r"[\b]", r"[a\-z]", r"\u00e9", r"\U0001f600", r"(?#note)a", r"(?>a+)b", r"[\d.]+", r"\D+", r"[^\D]",
    r"(?i)straße", r"\x41", r"\é", r"\-\_\ ", r"(?<!\d)\d{2}(?!\d)", r"(?i:A)b", r"(a?)*?b", r"(?:(a)|b)*", r"a|", r"(?u)\w+", r"[+--]", r"\s$", r"\S+", r"\w+", r"\w", r"\s+",
    r"(\w)\1+", r"(a)\1{2}", r"(.)(.)\2*?\1?",
]
TEXTS = [
    "", "#### 42", "2 * 21 = 42\n#### 1,042.\n", "so $18 and 20 cents", "-5 or ٣٤ or ½ or ²", "the answer is (A).", "The answer is Paris. The answer is Rome.\n", "answer: B\n\nQuestion", "ANSWER:\tc",
    "(A) or (B)?", "\\boxed{12} \\boxed{}", "```python\nprint(1)\n```", " 7 ", "7\n", "aab bba", "xaxx", "a]b[c", "aaab", "x\ny\n", "é née caf\u0301e", "a\x1cb\x1fc\x85d\u00a0e\u2003f\u180eg", "a-z_ b", "\U0001f600\U0001f601",
    "STRASSE straße STRAẞE", "\b\x08", "12 345 67", "ab AB aB", "A|B", "Ünïcödé_wörds 123", "['x'] ['y', 'z']", "##### -1,000.50.", "a\tb\u2028c", "+,-", "½", "a\u0301", "İı", "line one\n\nline two",
]


def random_pattern(r):
    atoms = ["a", "b", ".", r"\d", r"\w", r"\s", r"\W", r"\S", r"\b", "^", "$", "[ab]", "[^a]", r"[\w.]", r"[^\s,]", "(a)", "(b|c)", "(?:a|b)", "(?=b)", "(?<=a)", "1", "-", r"\.", ",", "\n"]
    out = "".join(r.choice(atoms) + r.choice(["", "", "", "*", "+", "?", "{1,2}", "*?", "+?"]) for _ in range(r.randint(1, 5)))
    return out if r.random() < 0.7 else f"({out})"


def main():
    r = random.Random(1)
    cases = []
    pairs = [(p, t) for p in PATTERNS for t in TEXTS]
    while len(pairs) < len(PATTERNS) * len(TEXTS) + 3000:
        pairs.append((random_pattern(r), "".join(r.choice("aabbc1 -.,\n_é½\x1c") for _ in range(r.randint(0, 9)))))
    for pattern, text in pairs:
        try:
            compiled = re.compile(pattern)
        except re.error:
            continue
        found = [list(m) if isinstance(m, tuple) else [m] for m in compiled.findall(text)]
        cases.append([pattern, text, found, compiled.sub("", text)])
    path = pathlib.Path(__file__).parent / "cases.json"
    path.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
    print(len(cases), "cases")


main()
