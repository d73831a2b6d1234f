"""Checks of quantization.py: python check_quantization.py FOLDER."""
import json
import os
import sys
import tempfile

sys.path.insert(0, sys.argv[1])
from quantization import name_of

for declared, want in [
    (None, ""),
    ({}, ""),
    ({"quant_method": "fp8", "weight_block_size": [128, 128]}, "FP8_BLOCK"),
    ({"quant_method": "fp8"}, "FP8"),
    ({"quant_method": "modelopt", "quant_algo": "NVFP4"}, "NVFP4"),
    ({"quant_method": "modelopt", "quant_algo": "FP8_PB_WO"}, "FP8_BLOCK"),
    ({"quant_method": "modelopt", "kv_cache_scheme": {"num_bits": 8}}, ""),
    ({"quant_method": "awq", "bits": 4}, "AWQ"),
]:
    assert name_of("a hub's/name", declared) == want, (declared, want)


class Declared:
    def to_dict(self):
        return {"quant_method": "fp8", "weight_block_size": [128, 128]}


assert name_of("a hub's/name", Declared()) == "FP8_BLOCK"

with tempfile.TemporaryDirectory() as model:
    path = os.path.join(model, "hf_quant_config.json")
    for quantization, want in [({"quant_algo": "FP8"}, "FP8"), ({"quant_algo": "fp8_block_scales"}, "FP8_BLOCK"), ({"quant_algo": None, "kv_cache_quant_algo": "FP8"}, "")]:
        with open(path, "w") as file:
            json.dump({"producer": {"name": "modelopt"}, "quantization": quantization}, file)
        assert name_of(model, {"quant_method": "fp8", "weight_block_size": [128, 128]}) == want, (quantization, want)
    with open(path, "w") as file:
        file.write("{")
    assert name_of(model, {"quant_method": "fp8"}) == "FP8"
