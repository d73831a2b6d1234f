"""The model's own tokenizer, as transformers loads it."""
import array
import os

from channel import INT32, Refusal, lists


class Tokens:
    def __init__(self, model, trust_remote_code=False):
        from transformers import AutoTokenizer

        if not any(os.path.exists(os.path.join(model, name)) for name in ("tokenizer.json", "tokenizer.model", "vocab.json", "tokenizer_config.json")):
            raise Refusal(f"{model} holds no tokenizer: want tokenizer.json beside the weights")
        self.hf = AutoTokenizer.from_pretrained(model, local_files_only=True, trust_remote_code=trust_remote_code)

    def pieces(self, count):
        """The text of every id below count; special tokens have none."""
        fast = getattr(self.hf, "backend_tokenizer", None)
        if fast is not None:
            return fast.decode_batch([[i] for i in range(count)], skip_special_tokens=True)
        return [self.decode([i]) for i in range(count)]

    def decode(self, tokens):
        return self.hf.decode(tokens, skip_special_tokens=True)

    def on_encode(self, channel, request, payload):
        encoded = self.hf(request["texts"], add_special_tokens=request["special"], verbose=False)["input_ids"] if request["texts"] else []
        every = array.array(INT32)
        for tokens in encoded:
            every.extend(tokens)
        channel.send("encoded", every.tobytes(), counts=[len(tokens) for tokens in encoded])

    def on_decode(self, channel, request, payload):
        channel.send("decoded", texts=[self.decode(tokens) for tokens in lists(payload, request["counts"] or [])])

    def on_chat(self, channel, request, payload):
        if not self.hf.chat_template:
            raise Refusal("the tokenizer has no chat template")
        text = self.hf.apply_chat_template(request["messages"], tokenize=False, add_generation_prompt=True, **(request["options"] or {}))
        channel.send("decoded", texts=[text])
