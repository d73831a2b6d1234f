"""What a checkpoint's configuration says of its quantization."""
import json
import os

# Names of nvidia-modelopt beside those of the record.
BLOCKS = {"FP8_PB_WO", "FP8_BLOCK_SCALES"}


def name_of(model, declared):
    """FP8, FP8_BLOCK, NVFP4 or another algorithm's name, "" when unquantized:
    from the folder's hf_quant_config.json (nvidia-modelopt), which wins as in
    TensorRT-LLM, or else from declared, config.json's quantization_config."""
    if hasattr(declared, "to_dict"):
        declared = declared.to_dict()
    if not isinstance(declared, dict):
        declared = {}
    try:
        with open(os.path.join(model, "hf_quant_config.json"), encoding="utf-8") as file:
            declared = {"quant_method": "", **json.load(file)["quantization"]}
    except (OSError, ValueError, KeyError, TypeError):
        pass  # a model of the hub, or one of another quantizer
    name = str(declared.get("quant_algo") or "").upper()
    if not name and declared.get("quant_method") != "modelopt":  # which may quantize the KV cache alone
        name = str(declared.get("quant_method") or "").upper()
    if name in BLOCKS or name == "FP8" and declared.get("weight_block_size"):
        return "FP8_BLOCK"
    return name
