"""Makes the tiny random checkpoints that the tests compare with transformers.

    python make_fixtures.py            (torch and transformers, CPU)

Each folder holds a checkpoint in bfloat16 as save_pretrained writes it, its
tokenizer, and expected.json: for every prompt the logits of its last position in
float32, bfloat16 and float16 (eager attention) and the greedy continuation in float32.
"""
import json
import pathlib

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2MoeConfig, Qwen2MoeForCausalLM

# A CUDA build of torch crashes in this query on a machine without the driver.
torch.cuda.is_current_stream_capturing = lambda: False

HERE = pathlib.Path(__file__).parent
VOCAB = 272
COMMON = dict(
    vocab_size=VOCAB, bos_token_id=256, eos_token_id=257, pad_token_id=258, max_position_embeddings=256,
)
CASES = {
    "llama": (LlamaForCausalLM, LlamaConfig(
        hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        tie_word_embeddings=True, rms_norm_eps=1e-5, rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        **COMMON)),
    "llama-bias-llama3-rope": (LlamaForCausalLM, LlamaConfig(
        hidden_size=64, intermediate_size=80, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=24,
        attention_bias=True, mlp_bias=True, tie_word_embeddings=False, rms_norm_eps=1e-6,
        rope_parameters={"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0,
                         "high_freq_factor": 4.0, "original_max_position_embeddings": 64},
        **COMMON)),
    "qwen2-moe": (Qwen2MoeForCausalLM, Qwen2MoeConfig(
        hidden_size=48, intermediate_size=64, moe_intermediate_size=32, shared_expert_intermediate_size=48,
        num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, num_experts=6, num_experts_per_tok=2,
        norm_topk_prob=True, decoder_sparse_step=1, mlp_only_layers=[1], tie_word_embeddings=False, use_sliding_window=False,
        rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 2.0},
        **COMMON)),
}


def tokenizer():
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {token: i for i, token in enumerate(alphabet)}
    t = Tokenizer(models.BPE(vocab=vocab, merges=[]))
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    t.add_special_tokens(["<s>", "</s>", "<pad>"])
    return t


def randomize(model, generator):
    """Weights large enough that every part of the network moves the logits."""
    for name, p in model.named_parameters():
        if "norm" in name:
            p.data = 1 + 0.2 * torch.randn(p.shape, generator=generator)
        elif name.endswith("bias"):
            p.data = 0.1 * torch.randn(p.shape, generator=generator)
        else:
            p.data = torch.randn(p.shape, generator=generator) * 1.5 / p.shape[-1] ** 0.5


@torch.no_grad()
def last_logits(model, prompt):
    return model(input_ids=torch.tensor([prompt]), use_cache=False).logits[0, -1].float().tolist()


def main():
    torch.set_num_threads(1)
    for name, (cls, config) in CASES.items():
        generator = torch.Generator().manual_seed(7)
        config.dtype = "bfloat16"
        model = cls(config)
        randomize(model, generator)
        folder = HERE / name
        model.to(torch.bfloat16).save_pretrained(folder)
        tokenizer().save(str(folder / "tokenizer.json"))

        full = cls.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        brain = cls.from_pretrained(folder, dtype=torch.bfloat16, attn_implementation="eager").eval()
        half = cls.from_pretrained(folder, dtype=torch.float16, attn_implementation="eager").eval()
        expected = []
        for length in (1, 2, 17, 33, 70):
            prompt = torch.randint(0, 256, (length,), generator=generator).tolist()
            greedy = full.generate(torch.tensor([prompt]), attention_mask=torch.ones(1, length, dtype=torch.long),
                                   max_new_tokens=4, min_new_tokens=4, do_sample=False)
            expected.append({
                "prompt": prompt,
                "float32": last_logits(full, prompt),
                "bfloat16": last_logits(brain, prompt),
                "float16": last_logits(half, prompt),
                "greedy": greedy[0, length:].tolist(),
            })
        text = json.dumps({"transformers": transformers.__version__, "torch": torch.__version__, "prompts": expected})
        (folder / "expected.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
