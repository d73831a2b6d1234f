"""Answers multiple-choice prompts with transformers: the peer of measure_demo.py.

    python evaluate_transformers.py MODEL PROMPTS BATCH THREADS

Batches of prompts of similar length, logits of the last position only, one
forward pass a batch: the first token decides the answer, so none is generated.
Prints {"seconds", "right", "n"}; seconds begin before the model is loaded.
"""

import json
import sys
import time

import torch
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast


def main():
    model_path, prompts_path, batch, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    torch.set_num_threads(threads)
    if not torch.cuda.is_available():
        # Where the CUDA driver is missing, asking for the current stream ends the process.
        torch.cuda.is_current_stream_capturing = lambda: False
    with open(prompts_path, encoding="utf-8") as f:
        questions = [json.loads(line) for line in f]

    begin = time.perf_counter()
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=f"{model_path}/tokenizer.json")
    model = AutoModelForCausalLM.from_pretrained(model_path, dtype=torch.bfloat16).eval()
    tokens = [tokenizer(q["prompt"])["input_ids"] for q in questions]
    order = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
    right = 0
    with torch.inference_mode():
        for first in range(0, len(order), batch):
            indices = order[first:first + batch]
            longest = max(len(tokens[i]) for i in indices)
            # Padding on the left puts every last token in the last position.
            ids = torch.tensor([[0] * (longest - len(tokens[i])) + tokens[i] for i in indices])
            mask = torch.tensor([[0] * (longest - len(tokens[i])) + [1] * len(tokens[i]) for i in indices])
            positions = (mask.cumsum(1) - 1).clamp(min=0)
            logits = model(input_ids=ids, attention_mask=mask, position_ids=positions, logits_to_keep=1, use_cache=False).logits
            for i, token in zip(indices, logits[:, -1].argmax(-1).tolist()):
                right += tokenizer.decode([token]).strip() == questions[i]["ref"]
    print(json.dumps({"seconds": time.perf_counter() - begin, "right": right, "n": len(questions)}))


if __name__ == "__main__":
    main()
