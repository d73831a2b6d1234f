"""The model's own tokenizer, as transformers loads it."""
import array
import functools
import json
import os

from channel import INT32, Refusal, cut


class Tokens:
    def __init__(self, model, trust_remote_code=False):
        from transformers import AutoTokenizer, PreTrainedTokenizerFast

        if not any(os.path.exists(os.path.join(model, name)) for name in ("tokenizer.json", "tokenizer.model", "vocab.json", "tokenizer_config.json")):
            raise Refusal(f"{model} holds no tokenizer: want tokenizer.json beside the weights")
        # Without a configuration that names a class, transformers 5 takes the
        # architecture's and puts its own splitting of words in the place of the
        # file's; the file is what the model was trained with.
        loader = AutoTokenizer if named_class(model) or not os.path.exists(os.path.join(model, "tokenizer.json")) else PreTrainedTokenizerFast
        options = {"trust_remote_code": trust_remote_code} if loader is AutoTokenizer else {}
        self.hf = loader.from_pretrained(model, local_files_only=True, **options)
        # Answers are alike, most of them: the letters of a choice.
        self._text = functools.lru_cache(4096)(lambda tokens: self.hf.decode(list(tokens), skip_special_tokens=True))

    def pieces(self, count):
        """The text of every id below count; special tokens have none."""
        fast = getattr(self.hf, "backend_tokenizer", None)
        if fast is not None:
            return fast.decode_batch([[i] for i in range(count)], skip_special_tokens=True)
        return [self.decode([i]) for i in range(count)]

    def decode(self, tokens):
        return self._text(tuple(tokens))

    def on_encode(self, channel, request, payload):
        encoded = self.hf(request["texts"], add_special_tokens=request["special"], verbose=False)["input_ids"] if request["texts"] else []
        every = array.array(INT32)
        for tokens in encoded:
            every.extend(tokens)
        channel.send("encoded", every.tobytes(), counts=[len(tokens) for tokens in encoded])

    def on_decode(self, channel, request, payload):
        channel.send("decoded", texts=[self.decode(tokens) for tokens in cut(payload, request["counts"] or [])])


def generation_config(model):
    """generation_config.json as transformers reads it, or None where there is none."""
    from transformers import GenerationConfig

    path = os.path.join(model, "generation_config.json")
    if not os.path.exists(path):
        return None
    try:
        return GenerationConfig.from_pretrained(model, local_files_only=True)
    except (OSError, ValueError) as error:
        raise Refusal(f"{path} cannot be read: {str(error).strip().splitlines()[0]}") from None


def id_set(end):
    """The ids of an eos_token_id, which is one, a list, or None."""
    if end is None:
        return set()
    return set(end) if isinstance(end, (list, tuple)) else {end}


def first_stop(text, stops):
    """Where the first of the stop texts begins in text; -1 if none does."""
    return min((at for at in map(text.find, stops or ()) if at >= 0), default=-1)


def named_class(model):
    """The tokenizer's class, as tokenizer_config.json names it, or None."""
    try:
        with open(os.path.join(model, "tokenizer_config.json"), encoding="utf-8") as f:
            return json.load(f).get("tokenizer_class")
    except FileNotFoundError:
        return None
