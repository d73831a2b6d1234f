"""Serves a checkpoint with vLLM on processors, for tests and measurements.

    .venv-vllm/bin/python internal/python/vllm_serve.py MODEL FOLDER PORT NAME

make vllm installs what it needs. The server is ready when /health answers, and
its first request takes as long again as all that went before. FOLDER holds what
vLLM writes, and a view of the checkpoint with the tokenizer_config.json that
vLLM wants beside a tokenizer.json.
"""

import json
import os
import sys
from pathlib import Path


def main():
    model, folder, port, name = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3], sys.argv[4]
    os.environ.update({
        "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB
        "VLLM_HOST_IP": "127.0.0.1",
        "HOME": str(folder),  # caches
    })
    # The package's own command does not start: it asks for the version of a
    # distribution called vllm, and this one is called vllm-cpu.
    os.execv(sys.executable, [
        sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(view(model, folder / "model")),
        "--served-model-name", name, "--host", "127.0.0.1", "--port", port,
        "--dtype", "float32", "--max-model-len", "1024", "--enforce-eager", "--no-enable-prefix-caching",
    ])


def view(model: Path, folder: Path) -> Path:
    """The checkpoint in a folder of links, with a tokenizer_config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in model.iterdir():
        link = folder / path.name
        if not link.exists():
            link.symlink_to(path)
    config = folder / "tokenizer_config.json"
    if not config.exists():
        tokens = {t["id"]: t["content"] for t in json.loads((model / "tokenizer.json").read_text())["added_tokens"]}
        ids = json.loads((model / "config.json").read_text())
        config.write_text(json.dumps({
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": tokens[ids["bos_token_id"]], "eos_token": tokens[ids["eos_token_id"]],
        }))
    return folder


if __name__ == "__main__":
    main()
