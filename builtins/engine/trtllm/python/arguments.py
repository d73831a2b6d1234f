"""Settings as TensorRT-LLM's LLM API takes them. Nothing here needs it installed."""
import difflib

from channel import Refusal

# Transforms of AutoDeploy's published versions (the keys of transforms in
# tensorrt_llm/_torch/auto_deploy/config/default.yaml): what the installed
# version has not, another one has.
TRANSFORMS = set("""
build_model export_to_gm cleanup_noop_slice cleanup_noop_add cleanup_input_constraints
match_moe_pattern match_dense_moe_pattern match_bmm_moe_pattern match_repeat_kv match_eager_attention match_sdpa_to_torch_attention
match_grouped_attention match_grouped_attention_with_repeat_kv match_grouped_attention_without_repeat_kv match_attention_layout match_rope_pattern match_rope_layout match_rmsnorm_pattern match_l2norm_pattern
match_moe_routing_pattern match_swiglu_pattern match_nvfp4_swiglu_pattern match_finegrained_fp8_swiglu_pattern eliminate_redundant_transposes
quantize_int4_linear_from_config quantize_int4_gptq_linear_from_config quantize_fp8_linear_from_config quantize_nvfp4_linear_from_config
quantize_finegrained_fp8_linear_from_config quantize_finegrained_fp8_moe quantize_fp8_bmm_from_config quantize_fp8_from_graph
detect_hidden_states_for_capture quantize_nvfp4_from_graph quantize_fp8_moe quantize_nvfp4_moe quantize_mxfp4_moe
detect_sharding sharding_transform_executor apply_sharding_hints strip_sharding_hints load_weights move_inputs_to_device
fuse_gemms_mixed_children fuse_gemms fuse_fp4_gemms fuse_fp8_gemms fuse_silu_mul fuse_fp8_linear fuse_trtllm_attn_quant_fp8 fuse_nvfp4_linear
fuse_relu2_quant_nvfp4 fuse_nvfp4_swiglu fuse_finegrained_fp8_swiglu fuse_finegrained_fp8_linear fuse_moe fuse_fp8_moe fuse_finegrained_fp8_moe
fuse_nvfp4_moe fuse_allreduce_residual_rmsnorm fuse_rmsnorm fuse_gdn_gating fuse_l2norm fuse_swiglu fuse_add_rms_norm fuse_rmsnorm_quant_fp8
fuse_rope_into_trtllm_attention fuse_rope_into_trtllm_mla optimize_rope fuse_fp8_prequant_shared fuse_fp8_act_quant_cse
fuse_fp8_linear_allreduce_add fuse_causal_conv_activation fuse_gated_rmsnorm fuse_mamba_a_log gather_logits_before_lm_head
insert_cached_attention insert_cached_mla_attention insert_cached_ssm_attention insert_cached_causal_conv insert_cached_delta_rule
insert_cached_gated_delta_rule insert_cached_residual_add initialize_cache resize_kv_cache
multi_stream_moe multi_stream_mla_attn multi_stream_gemm compile_model
""".split())
# How alike names are at least: to be proposed (difflib's own), and for one to be
# taken for the other misspelt, which differs in a letter or two.
ALIKE, MISSPELT = 0.6, 0.85


def for_pytorch(given):
    """The PyTorch backend calls the number of ranks tensor_parallel_size."""
    out = dict(given)
    if "world_size" in out:
        ranks = out.pop("world_size")
        if out.setdefault("tensor_parallel_size", ranks) != ranks:
            raise Refusal(f"world_size is {ranks} and tensor_parallel_size {out['tensor_parallel_size']}: set one of them")
    return out


def check_settings(backend, version, given, known):
    """Refuses names that the installed version does not have."""
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise Refusal(f"{backend} of TensorRT-LLM {version} has no setting {name}{hint}")
        if name in ("model", "tokenizer", "backend"):
            raise Refusal(f"{name} cannot be set here: the deployment names it")


def check_transforms(given, known, channel):
    """Refuses transforms that the installed version does not have. One of another
    version is off where it is not, so that switching it off is no mistake, and has
    no effect; but one that is misspelt stays on."""
    transforms = given.get("transforms")
    if not transforms or known is None:
        return given
    kept, gone = {}, []
    for name, settings in transforms.items():
        if name in known:
            kept[name] = settings
            continue
        off = settings == {"enabled": False}
        near = difflib.get_close_matches(name, known, 1, MISSPELT if off else ALIKE)
        if off and (name in TRANSFORMS or not near):
            gone.append(name)
        else:
            hint = f"; did you mean {near[0]}?" if near else ""
            raise Refusal(f"transforms.{name}: the installed AutoDeploy has no such transform{hint}")
    if gone:
        channel.log(f"the installed AutoDeploy does not have, and so does not run: {', '.join(sorted(gone))}")
    return {**given, "transforms": kept}


def given_switches(given, defaults):
    """What the installed version does by default with the transforms that are
    switched on or off: defaults.transforms.NAME.enabled."""
    transforms = given.get("transforms") or {}
    switched = [name for name, settings in transforms.items() if isinstance(settings, dict) and "enabled" in settings]
    return {f"defaults.transforms.{name}.enabled": str((defaults[name] or {}).get("enabled", True)) for name in switched if name in (defaults or {})}


def flatten(nested, prefix=""):
    """Joins nested keys with dots."""
    out = {}
    for name, value in nested.items():
        if isinstance(value, dict) and value:
            out.update(flatten(value, f"{prefix}{name}."))
        else:
            out[prefix + str(name)] = value
    return out
