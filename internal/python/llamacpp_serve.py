"""Serves a model with llama.cpp's own server on processors, for tests.

    .venv-llamacpp/bin/python internal/python/llamacpp_serve.py MODEL FOLDER PORT NAME [PARAMETER=VALUE ...]

make llamacpp installs what it needs: xllamacpp, whose wheel has llama.cpp's
server compiled in. MODEL is a GGUF file, or the folder of a checkpoint of the
llama architecture, which is written as F32 into FOLDER/model.gguf. Parameters
are those of llama.cpp's common_params, such as n_parallel=2 or sampling.dry_multiplier=0.8.
The server is ready when /health answers.
"""

import functools
import json
import signal
import sys
import threading
from pathlib import Path

import xllamacpp


def main():
    model, folder, port, name = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    if model.is_dir():
        model = written(model, folder / "model.gguf")
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = {name}
    params.hostnames, params.port = ["127.0.0.1"], port
    params.n_ctx, params.n_parallel = 4096, 4  # of all slots, which share it
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    for argument in sys.argv[5:]:
        names, value = argument.split("=", 1)
        *path, last = names.split(".")
        setattr(functools.reduce(getattr, path, params), last, json.loads(value))
    server = xllamacpp.Server(params)
    print("serving", model, "at", server.listening_address, flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.Event().wait()


# How llama.cpp calls the tensors of a layer.
LAYER = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def written(checkpoint: Path, path: Path) -> Path:
    """The checkpoint as a GGUF file: float32, the tokenizer a byte-level BPE that splits as SmolLM's does."""
    import gguf

    config = json.loads((checkpoint / "config.json").read_text())
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    path.parent.mkdir(parents=True, exist_ok=True)
    w = gguf.GGUFWriter(path, "llama")
    w.add_context_length(config["max_position_embeddings"])
    w.add_embedding_length(config["hidden_size"])
    w.add_block_count(config["num_hidden_layers"])
    w.add_feed_forward_length(config["intermediate_size"])
    w.add_head_count(heads)
    w.add_head_count_kv(kv_heads)
    w.add_rope_dimension_count(config["head_dim"])
    w.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    w.add_layer_norm_rms_eps(config["rms_norm_eps"])
    w.add_vocab_size(config["vocab_size"])
    add_tokenizer(w, gguf, json.loads((checkpoint / "tokenizer.json").read_text()), config)
    for name, tensor in tensors(checkpoint / "model.safetensors"):
        if name.endswith("q_proj.weight"):
            tensor = interleaved(tensor, heads)
        elif name.endswith("k_proj.weight"):
            tensor = interleaved(tensor, kv_heads)
        w.add_tensor(renamed(name), tensor)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    return path


def add_tokenizer(w, gguf, tokenizer: dict, config: dict):
    vocabulary = {t: i for t, i in tokenizer["model"]["vocab"].items()}
    special = {t["content"]: t["id"] for t in tokenizer["added_tokens"]}
    by_id = {i: t for t, i in (vocabulary | special).items()}
    tokens = [by_id[i] for i in range(config["vocab_size"])]
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("smollm")
    w.add_token_list(tokens)
    w.add_token_types([gguf.TokenType.CONTROL if t in special else gguf.TokenType.NORMAL for t in tokens])
    w.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in tokenizer["model"]["merges"]])
    w.add_bos_token_id(config["bos_token_id"])
    w.add_eos_token_id(config["eos_token_id"])
    w.add_add_bos_token(True)


def tensors(path: Path):
    """Names and float32 arrays of a bfloat16 safetensors file."""
    import numpy

    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    for name, t in json.loads(data[8:8 + size]).items():
        if name == "__metadata__":
            continue
        if t["dtype"] != "BF16":
            sys.exit(f"{path}: {name} is {t['dtype']}: want BF16")
        begin, end = t["data_offsets"]
        half = numpy.frombuffer(data[8 + size + begin:8 + size + end], "<u2")
        yield name, (half.astype("<u4") << 16).view("<f4").reshape(t["shape"])


def interleaved(tensor, heads: int):
    """Rows as llama.cpp's rotary embedding wants them: the pairs of a head side by side, not its halves one after the other."""
    rows, columns = tensor.shape
    return tensor.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def renamed(name: str) -> str:
    parts = name.removeprefix("model.").removesuffix(".weight").split(".")
    if parts[0] == "layers":
        return f"blk.{parts[1]}.{LAYER['.'.join(parts[2:])]}.weight"
    return {"embed_tokens": "token_embd", "norm": "output_norm", "lm_head": "output"}[parts[0]] + ".weight"


if __name__ == "__main__":
    main()
