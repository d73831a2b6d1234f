"""A program without a model: its logits are sums of token ids, and its
settings say at which point it fails, and how."""
import array
import gc
import os
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # of channel, which knows of what else
import channel

VOCAB = 16


def load(link, spec):
    settings = spec["settings"]
    link.doing("loading weights: 40 %")
    if settings.get("package"):
        channel.require(settings["package"])
    if settings.get("refuse"):
        raise channel.Refusal(settings["refuse"])
    if settings.get("raise"):
        raise ValueError(settings["raise"])
    if settings.get("exit") is not None:
        print("going down\nthe last words", flush=True)
        os._exit(settings["exit"])
    if settings.get("hang"):
        time.sleep(600)
    return Sums(settings, link)


class Sums:
    def __init__(self, settings, link):
        self.settings, self.answered, self.loaded = settings, 0, [[] for _ in range(100)]
        link.log(f"pid {os.getpid()}")
        link.log(f"sees {os.environ.get('CUDA_VISIBLE_DEVICES')}")
        if settings.get("child"):
            link.log(f"child {subprocess.Popen(['sleep', '600']).pid}")

    def info(self):
        return {"version": "1", "arch": "Sums", "dtype": "float32", "quant": "", "vocab": VOCAB, "settings": {"a": "1"}}

    def pieces(self):
        return [chr(ord("a") + i) for i in range(VOCAB)]

    def on_encode(self, link, request, payload):
        if self.settings.get("slow_to_encode"):
            link.log("encoding begins")
            time.sleep(600)
        every = [[ord(c) - ord("a") for c in text] for text in request["texts"]]
        data = array.array(channel.INT32, [i for one in every for i in one])
        link.send("encoded", data.tobytes(), counts=[len(one) for one in every])

    def on_decode(self, link, request, payload):
        link.send("decoded", texts=["".join(chr(ord("a") + i) for i in one) for one in channel.cut(payload, request["counts"])])

    def on_generate(self, link, request, payload):
        loaded = {id(one) for one in self.loaded}
        link.log(f"collections look at {sum(id(one) in loaded for one in gc.get_objects())} of what was loaded")
        tokens = channel.cut(payload, [r["count"] for r in request["requests"]])
        for one, prompt in zip(request["requests"], tokens):
            link.flush()
            if self.answered == self.settings.get("kill_at"):
                os.kill(os.getpid(), signal.SIGKILL)
            if self.answered == self.settings.get("refuse_at"):
                raise channel.Refusal("out of memory on cuda:0 with a single prompt")
            if self.answered == self.settings.get("garbage_at"):
                link._out.write(b"Fatal: CUDA error\n")
                link._out.flush()
            if self.answered == self.settings.get("stall_at"):
                time.sleep(600)
            rows = []
            if one.get("prompt_logits"):
                rows += [[float(sum(prompt[:n + 1]) + v) for v in range(VOCAB)] for n in range(len(prompt))]
            if one.get("logits"):
                rows += [[float(sum(prompt) + v) for v in range(VOCAB)]]
            if self.answered == self.settings.get("short_at"):
                rows = rows[1:]
            data = array.array("f", [x for row in rows for x in row])
            promised = len(prompt) if one.get("prompt_logits") else 0
            link.send("response", data.tobytes(), response={
                "id": one["id"], "tokens": [sum(prompt) % VOCAB], "text": "x", "finish": "length",
                "rows": len(rows) - promised if rows else 0, "prompt_rows": promised})
            self.answered += 1
        link.send("done")


channel.serve(load)
