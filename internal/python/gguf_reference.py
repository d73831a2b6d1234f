"""An imported GGUF model beside transformers' own loading of the same file.

    ADKERNEL_BIN=bin/adkernel .venv-neighbours/bin/python internal/python/gguf_reference.py FILE.gguf

adkernel import-gguf writes a checkpoint, adkernel serve serves it in float32;
transformers reads the file with gguf_file= (it needs the package gguf). Token
ids, greedy texts and log-probabilities of the prompts must be the same: the
latter within 1e-3, for sums of float32 in another order. Exits with 1 where
they are not.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

ROOT = Path(__file__).resolve().parents[2]
ADKERNEL = str(Path(os.environ.get("ADKERNEL_BIN", ROOT / "bin/adkernel")).resolve())
TOLERANCE = 1e-3
PROMPTS = [
    "The capital of France is",
    "def fibonacci(n):\n    ",
    "Q: What is 17 + 25?\nA:",
    "Once upon a time, in 1984, there were 3 cats; they\u2019d said \u00abna\u00efve\u00bb \u6771\u4eac \U0001f600.",
    "<|im_start|>user\nName a colour.<|im_end|>\n<|im_start|>assistant\n",
]


def main() -> int:
    path = Path(sys.argv[1]).resolve()
    if not torch.cuda.is_available():
        # Where the CUDA driver is missing, asking for the current stream ends the process.
        torch.cuda.is_current_stream_capturing = lambda: False
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()
    failures, widest = 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "model"
        subprocess.run([ADKERNEL, "import-gguf", path, "-o", checkpoint], check=True, stdout=subprocess.DEVNULL)
        server = subprocess.Popen([ADKERNEL, "serve", checkpoint, "--name", "m", "--port", "0"], stdout=subprocess.PIPE, text=True)
        try:
            url = re.search(r"http://\S+", server.stdout.readline())[0]
            for prompt in PROMPTS:
                ids = tokenizer(prompt, add_special_tokens=False)["input_ids"]
                arguments = {"model": "m", "prompt": prompt, "add_special_tokens": False, "echo": True, "logprobs": 0, "max_tokens": 16,
                             "temperature": 0, "return_token_ids": True}
                request = urllib.request.Request(url + "/completions", json.dumps(arguments).encode(), {"Content-Type": "application/json"})
                ours = json.load(urllib.request.urlopen(request, timeout=600))["choices"][0]
                with torch.inference_mode():
                    theirs = model.generate(torch.tensor([ids]), max_new_tokens=16, do_sample=False)[0].tolist()
                    rows = torch.log_softmax(model(torch.tensor([theirs])).logits[0].double(), -1)
                expected = [rows[i, token].item() for i, token in enumerate(theirs[1:])]
                got = ours["logprobs"]["token_logprobs"][1:]
                difference = max(abs(a - b) for a, b in zip(got, expected))
                widest = max(widest, difference)
                same = ours["prompt_token_ids"] == ids and ours["token_ids"] == theirs[len(ids):]
                print(f"{len(ids)} + {len(theirs) - len(ids)} tokens, same ids: {same}, largest difference {difference:.1e}: {ours['text'][len(prompt):]!r}")
                failures += not (same and difference <= TOLERANCE)
        finally:
            server.terminate()
            server.wait(timeout=30)
    print(f"{len(PROMPTS)} prompts, {failures} differ; largest difference of a log-probability {widest:.1e}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
