"""What the stub computes: the row after a prefix is 0 but for one token, the
sum of the prefix modulo the vocabulary, which has 1 + the prefix's length."""
import json
import os

import torch


class Result:
    """executor.GenerationResult and llmapi.RequestOutput, as far as they are read."""

    def __init__(self, args, prompt, params):
        with open(os.path.join(args.given["model"], "config.json"), encoding="utf-8") as f:
            config = json.load(f)
        self.vocab, self.end = config["vocab_size"], config["eos_token_id"] if params.end_id is None else params.end_id
        self.args, self.prompt, self.params = args, prompt, params
        self.context_logits, self.outputs = None, []

    def result(self, timeout=None):
        p, prefix, rows = self.params, list(self.prompt), []
        tokens, finish = [], "length"
        while len(tokens) < p.max_tokens:
            rows.append(row(prefix, self.vocab))
            if os.environ.get("STUB_WRONG") == self.args.given.get("backend"):
                rows[-1][(int(rows[-1].argmax()) + 1) % self.vocab] += 1
            token = int(rows[-1].argmax())
            if token == self.end:
                tokens.append(token)  # the sampler appends before it compares
                finish = "stop"
                break
            if token in (p.stop_token_ids or []):
                finish = "stop"
                break
            tokens.append(token)
            prefix.append(token)
        generation = torch.stack(rows).unsqueeze(0)[0] if p.return_generation_logits and self.args.given.get("gather_generation_logits") else None
        if p.return_context_logits:
            context = torch.stack([row(self.prompt[:n + 1], self.vocab) for n in range(len(self.prompt))])
            if self.args.kv_cache_config["enable_block_reuse"] or os.environ.get("STUB_SHORT_CONTEXT"):
                context = context[-1:]
            if os.environ.get("STUB_PADDED"):
                context = torch.nn.functional.pad(context, (0, 24))
            self.context_logits = context
        # Stop texts are compared by their tokens, which these outputs do not have.
        self.outputs = [Completion(tokens, "timeout" if os.environ.get("STUB_TIMEOUT") else finish, generation, self.args.tokenizer)]
        return self


class Completion:
    def __init__(self, token_ids, finish_reason, generation_logits, tokenizer):
        self.token_ids, self.finish_reason, self.generation_logits = token_ids, finish_reason, generation_logits
        self.text = tokenizer.decode(token_ids, skip_special_tokens=True)


def row(prefix, vocab):
    out = torch.zeros(vocab, dtype=torch.bfloat16 if os.environ.get("STUB_BF16") else torch.float32)
    out[sum(prefix) % vocab] = 1 + len(prefix)
    return out
