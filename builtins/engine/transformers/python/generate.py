"""Greedy and sampled generation in batches.

Prompts that begin alike share the computation of that beginning. Within a
batch prompts are padded on the left, so that every last token is in the last
column. A greedy choice among equal logits is the lowest id and NaN is never
chosen, on every device.
"""
import copy
import inspect
import time

from channel import Refusal
from plan import batches, groups
from tokens import first_stop

# Logits of whole prompts that are held at a time, in values.
MOST_PROMPT_LOGITS = 1 << 28


class Generator:
    def __init__(self, model, tokens, stops, limits, channel, compiled=False):
        import torch

        self.torch = torch
        self.model, self.tokens, self.stops, self.limits, self.channel = model, tokens, stops, limits, channel
        self.device = model.get_input_embeddings().weight.device
        self.accepts = set(inspect.signature(model.forward).parameters)
        self.forward = torch.compile(model.forward, dynamic=True) if compiled else model.__call__
        self.most = limits["max_batch_size"]
        self.shares = None  # whether the cache can be shared; known after the first pass
        self.computed = 0.0  # seconds in forward passes

    def answer(self, requests, tokens):
        """Sends a response for each request; tokens are the prompts."""
        for request, prompt in zip(requests, tokens):
            if len(prompt) + request["max_tokens"] > self.limits["max_seq_len"]:
                raise Refusal(f"request {request['id']}: {len(prompt)} prompt tokens and {request['max_tokens']} more exceed max_seq_len {self.limits['max_seq_len']}: truncate the prompt")
        whole = [i for i, r in enumerate(requests) if r.get("prompt_logits")]
        rest = [i for i, r in enumerate(requests) if not r.get("prompt_logits")]
        plan = groups(rest, tokens) if self.limits["prefix_cache"] else []
        alone = [i for shared, members in plan if shared == 0 for i in members] if plan else rest
        work = [(shared, members) for shared, members in plan if shared > 0] + [(0, alone), (0, whole)]
        for shared, members in work:
            if not members:
                continue
            prefix = self._prefix(tokens[members[0]][:shared]) if shared else None
            if prefix is None:
                shared = 0
            most_tokens = self.limits["max_num_tokens"]
            if members is whole:
                most_tokens = min(most_tokens, max(1, MOST_PROMPT_LOGITS // self.model.get_output_embeddings().weight.shape[0]))
            todo = batches(members, lambda i: len(tokens[i]) - shared, self.most, most_tokens)
            while todo:
                batch = todo.pop(0)
                if len(batch) > self.most:
                    todo[:0] = [batch[:self.most], batch[self.most:]]
                    continue
                left = self._try(batch, requests, tokens, shared, prefix)
                if left:
                    half = (len(left) + 1) // 2
                    todo[:0] = [part for part in (left[:half], left[half:]) if part]

    def _try(self, batch, requests, tokens, shared, prefix):
        """Answers a batch. When memory does not suffice, halves the size of
        batches and returns what is not answered yet."""
        from model import first_line, out_of_memory

        sequences = [Sequence(i, requests[i], tokens[i], self.stops) for i in batch]
        try:
            self._answer(sequences, shared, prefix)
            return []
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            reason = first_line(error)
        # Outside of the handler: the exception holds on to the tensors.
        if self.device.type == "cuda":
            self.torch.cuda.empty_cache()
        left = [s.index for s in sequences if not s.sent]
        if len(batch) == 1:
            raise Refusal(f"out of memory on {self.device} with a single prompt of {len(tokens[batch[0]])} tokens: {reason}; use another GPU, a smaller dtype or shorter prompts")
        self.most = max(1, len(batch) // 2)
        note = f"out of memory with {len(batch)} prompts at a time: going on with {self.most}"
        self.channel.log(f"{note} ({reason})")
        self.channel.doing(note)
        return left

    def _prefix(self, tokens):
        """The cache after the tokens that a group begins with; None where this
        model's cache cannot be shared, or memory does not suffice."""
        from model import out_of_memory

        if self.shares is False:
            return None
        ids = self._ids([tokens], len(tokens))
        try:
            mask = self.torch.ones_like(ids)
            cache = self._run(ids, mask, places(mask), None, keep=1).past_key_values
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            return None
        if self.shares is None:
            self.shares = plain(cache)
            if not self.shares:
                self.channel.log("prompts that begin alike are computed one by one: this model's cache cannot be shared")
        return cache if self.shares else None

    def _ids(self, prompts, longest):
        """Arrays of token ids as [B, longest], padded on the left."""
        import numpy

        rows = numpy.zeros((len(prompts), longest), numpy.int64)
        for row, tokens in zip(rows, prompts):
            row[longest - len(tokens):] = tokens
        return self.torch.from_numpy(rows).to(self.device)

    def _run(self, ids, mask, positions, cache, keep):
        """A forward pass over ids [B, S] at positions [B, S]; mask [B, past + S]
        is 0 for padding."""
        given = {"attention_mask": mask, "position_ids": positions, "past_key_values": cache, "use_cache": True, "logits_to_keep": keep}
        began = time.perf_counter()
        out = self.forward(input_ids=ids, **{k: v for k, v in given.items() if k in self.accepts})
        if self.device.type == "cuda":
            self.torch.cuda.synchronize(self.device)  # what follows waits for the result in any case
        self.computed += time.perf_counter() - began
        return out

    def _answer(self, sequences, shared, prefix):
        torch = self.torch
        suffixes = [s.prompt[shared:] for s in sequences]
        longest = max(map(len, suffixes))
        ids = self._ids(suffixes, longest)
        # 1 in the columns of the prefix and, behind the padding, of the suffix.
        padding = torch.tensor([[longest - len(t)] for t in suffixes], device=self.device)
        columns = torch.arange(shared + longest, device=self.device)
        mask = ((columns < shared) | (columns >= shared + padding)).long()
        cache = None
        if prefix is not None:
            cache = repeated(prefix, len(sequences))
        whole = any(s.request.get("prompt_logits") for s in sequences)
        positions = places(mask)[:, shared:]
        out = self._run(ids, mask, positions, cache, keep=0 if whole else 1)
        for b, s in enumerate(sequences):
            if s.request.get("prompt_logits"):
                s.prompt_rows = floats(out.logits[b, longest - len(s.prompt):])
        logits, cache = out.logits[:, -1].float(), out.past_key_values
        del out
        if any(s.request.get("logits") for s in sequences):
            rows = floats(logits)
            for b, s in enumerate(sequences):
                if s.request.get("logits"):
                    s.row = rows[b]
        live = sequences
        while True:
            self._extend(live, logits)
            still = [b for b, s in enumerate(live) if not s.finish]
            self._send([s for s in live if s.finish and not s.sent])
            if not still:
                return
            # Finished sequences are carried along until half of them have:
            # cutting them out copies the cache.
            if 2 * len(still) <= len(live) and plain(cache):
                keep = torch.tensor(still, device=self.device)
                cache.batch_select_indices(keep)
                live, mask, positions = [live[b] for b in still], mask[keep], positions[keep]
            last = torch.tensor([[s.tokens[-1] if s.tokens else 0] for s in live], device=self.device)
            mask = torch.cat([mask, torch.ones_like(mask[:, :1])], dim=1)
            positions = positions[:, -1:] + 1
            out = self._run(last, mask, positions, cache, keep=1)
            logits, cache = out.logits[:, -1].float(), out.past_key_values

    def _extend(self, live, logits):
        """Chooses the next token of every sequence that goes on."""
        best, drawn = likeliest(logits), None
        for b, s in enumerate(live):
            if s.finish:
                continue
            if s.request["max_tokens"] == 0:
                s.finish = "length"
                continue
            token = best[b]
            if s.generator is not None:
                drawn = without_nan(logits).cpu() if drawn is None else drawn
                token = s.draw(drawn[b])
            s.extend(token, self.tokens)

    def _send(self, finished):
        """Sends the responses of sequences that have ended."""
        frames = []
        for s in finished:
            rows = [memoryview(part).cast("B") for part in (s.prompt_rows, s.row) if part is not None]
            text = s.text if s.text is not None else self.tokens.decode(s.tokens)
            frames.append(("response", rows[0] if len(rows) == 1 else b"".join(rows), {"response": {
                "id": s.request["id"], "tokens": s.tokens, "text": text, "finish": s.finish,
                "prompt_rows": 0 if s.prompt_rows is None else len(s.prompt_rows), "rows": 0 if s.row is None else 1}}))
        if frames:
            self.channel.send_all(frames)
        for s in finished:
            s.sent, s.row, s.prompt_rows = True, None, None


class Sequence:
    """One request as it grows."""

    def __init__(self, index, request, prompt, stops):
        import torch

        self.index, self.request, self.prompt = index, request, prompt
        self.stops = stops if request["stop"] is None else set(request["stop"])
        self.tokens, self.finish, self.text, self.sent = [], "", None, False
        self.row = self.prompt_rows = self.generator = None
        if request["sampling"]["temperature"] > 0:
            self.generator = torch.Generator().manual_seed(request["sampling"]["seed"] % 2**63)

    def extend(self, token, tokenizer):
        if token in self.stops:
            self.finish = "stop"
            return
        self.tokens.append(token)
        texts = self.request.get("stop_texts")
        if texts:
            text = tokenizer.decode(self.tokens)
            at = first_stop(text, texts)
            if at >= 0:
                self.text, self.finish = text[:at], "stop"
                return
        if len(self.tokens) == self.request["max_tokens"]:
            self.finish = "length"

    def draw(self, logits):
        """Draws from the tokens that top_k and top_p leave, on the processor:
        the draw depends on the seed and the logits, not on the batch."""
        import torch

        sampling = self.request["sampling"]
        logits, ids = (logits.double() / sampling["temperature"]).sort(descending=True, stable=True)
        if sampling["top_k"] > 0:
            logits, ids = logits[:sampling["top_k"]], ids[:sampling["top_k"]]
        p = logits.softmax(0)
        if 0 < sampling["top_p"] < 1:
            # A token stays while those before it do not reach the share.
            p = torch.where(p.cumsum(0) - p < sampling["top_p"], p, 0.0)
        return ids[torch.multinomial(p, 1, generator=self.generator)].item()


def places(mask):
    """The positions of tokens [B, S] of which mask says which are padding."""
    return (mask.cumsum(1) - 1).clamp(min=0)


def likeliest(logits):
    """The ids of the greatest logits of rows [B, vocab]; of equal ones the first."""
    # NumPy works in this thread; torch would wait for others to be given a processor.
    values = logits.detach().numpy() if logits.device.type == "cpu" else logits
    best = values.argmax(1)
    greatest = values[range(len(best)), best]
    if (greatest != greatest).any():  # NaN, which argmax takes for the greatest
        best = without_nan(logits).argmax(1)
    return best.tolist()


def without_nan(logits):
    import torch

    return torch.where(logits.isnan(), -torch.inf, logits)


def floats(tensor):
    """A tensor as NumPy's float32, little endian."""
    return tensor.detach().float().contiguous().cpu().numpy().astype("<f4", copy=False)


def repeated(cache, n):
    """The plain cache of one sequence as that of n which begin like it. Nothing
    is copied: what extends a cache puts a new tensor in place of the old one."""
    new = copy.copy(cache)
    new.layers = [copy.copy(layer) for layer in cache.layers]
    for layer in new.layers:
        layer.keys, layer.values = (t.expand(n, -1, -1, -1) for t in (layer.keys, layer.values))
    return new


def plain(cache):
    """Whether a cache holds keys and values of every token, and nothing else."""
    from transformers.cache_utils import DynamicCache, DynamicLayer

    return type(cache) is DynamicCache and all(type(layer) is DynamicLayer for layer in cache.layers)
