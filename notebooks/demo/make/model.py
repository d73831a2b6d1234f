"""The demo's two architectures in plain PyTorch, with simulated quantization for training, and their export to Hugging Face's layout.

Dense: LlamaForCausalLM. MoE: Qwen2MoeForCausalLM (routed experts and a gated shared expert). Both are small enough to write out, which
keeps every linear layer in reach of the simulated quantization that makes tiny weights survive NVFP4, as large models do.
"""
import json, os
import torch, torch.nn as nn, torch.nn.functional as F

DENSE = dict(vocab_size=512, hidden_size=192, intermediate_size=576, num_hidden_layers=4, num_attention_heads=6, num_key_value_heads=2,
             head_dim=32, rope_theta=10000.0, rms_norm_eps=1e-5, experts=0)
MOE = dict(vocab_size=512, hidden_size=128, moe_intermediate_size=64, shared_expert_intermediate_size=128, num_hidden_layers=3, num_attention_heads=4,
           num_key_value_heads=2, head_dim=32, rope_theta=10000.0, rms_norm_eps=1e-5, experts=8, num_experts_per_tok=2)

E2M1 = (0., .5, 1., 1.5, 2., 3., 4., 6.)


def e4m3(x):
    return x.clamp(-448, 448).to(torch.float8_e4m3fn).to(x.dtype)


def e2m1(x):
    a = x.abs()
    q = sum((hi - lo) * (a > (lo + hi) / 2) for lo, hi in zip(E2M1, E2M1[1:]))
    return q * x.sign()


def simulate(x, mode):
    """x after quantization and dequantization; the gradient passes straight through."""
    y = x.float()
    if mode == "fp8":
        s = (y.abs().amax() / 448).clamp(min=1e-12)
        q = e4m3(y / s) * s
    else:  # nvfp4: blocks of 16 along the last dimension
        b = y.reshape(*y.shape[:-1], -1, 16)
        g = (y.abs().amax() / 2688).clamp(min=1e-12)
        s = e4m3((b.abs().amax(-1, keepdim=True) / (6 * g)).clamp(2 ** -9, 448)) * g
        q = (e2m1(b / s) * s).reshape(y.shape)
    return x + (q.to(x.dtype) - x).detach()


class Linear(nn.Linear):
    mode = "none"  # of every layer: "none", "fp8" or "nvfp4"

    def forward(self, x):
        w = self.weight
        if Linear.mode != "none":
            x, w = simulate(x, Linear.mode), simulate(w, Linear.mode)
        return F.linear(x, w, self.bias)


class Norm(nn.Module):
    def __init__(self, n, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(n)), eps

    def forward(self, x):
        y = x.float()
        return (self.weight.float() * (y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + self.eps))).to(x.dtype)


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c, h, d = c, c["hidden_size"], c["head_dim"]
        bias = c["experts"] > 0  # Qwen's q, k and v have biases, Llama's have none
        self.q_proj = Linear(h, c["num_attention_heads"] * d, bias=bias)
        self.k_proj = Linear(h, c["num_key_value_heads"] * d, bias=bias)
        self.v_proj = Linear(h, c["num_key_value_heads"] * d, bias=bias)
        self.o_proj = Linear(c["num_attention_heads"] * d, h, bias=False)

    def forward(self, x, cos, sin):
        b, t, _ = x.shape
        d = self.c["head_dim"]
        q, k, v = (p(x).view(b, t, -1, d).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
        turn = lambda z: z * cos + torch.cat((-z[..., d // 2:], z[..., :d // 2]), -1) * sin
        q, k = turn(q), turn(k)
        k, v = (z.repeat_interleave(q.shape[1] // z.shape[1], 1) for z in (k, v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=d ** -.5)
        return self.o_proj(y.transpose(1, 2).reshape(b, t, -1))


class MLP(nn.Module):
    def __init__(self, h, n):
        super().__init__()
        self.gate_proj, self.up_proj, self.down_proj = Linear(h, n, bias=False), Linear(h, n, bias=False), Linear(n, h, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Experts(nn.Module):
    """All experts on all tokens, weighted by the router: wasteful and simple, right for eight tiny experts."""
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.gate = nn.Linear(c["hidden_size"], c["experts"], bias=False)
        self.experts = nn.ModuleList(MLP(c["hidden_size"], c["moe_intermediate_size"]) for _ in range(c["experts"]))
        self.shared_expert = MLP(c["hidden_size"], c["shared_expert_intermediate_size"])
        self.shared_expert_gate = nn.Linear(c["hidden_size"], 1, bias=False)
        self.balance = 0.

    def forward(self, x):
        p = F.softmax(self.gate(x).float(), -1)
        w, i = p.topk(self.c["num_experts_per_tok"], -1)
        w = w / w.sum(-1, keepdim=True)
        full = torch.zeros_like(p).scatter(-1, i, w)
        self.balance = self.c["experts"] * ((full > 0).float().mean((0, 1)) * p.mean((0, 1))).sum()
        routed = sum(full[..., e, None].to(x.dtype) * expert(x) for e, expert in enumerate(self.experts))
        shared = torch.sigmoid(self.shared_expert_gate(x)) * self.shared_expert(x)
        return routed + shared


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.input_layernorm, self.post_attention_layernorm = Norm(c["hidden_size"], c["rms_norm_eps"]), Norm(c["hidden_size"], c["rms_norm_eps"])
        self.self_attn = Attention(c)
        self.mlp = Experts(c) if c["experts"] else MLP(c["hidden_size"], c["intermediate_size"])

    def forward(self, x, cos, sin):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        return x + self.mlp(self.post_attention_layernorm(x))


class Model(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.embed_tokens = nn.Embedding(c["vocab_size"], c["hidden_size"])
        self.layers = nn.ModuleList(Layer(c) for _ in range(c["num_hidden_layers"]))
        self.norm = Norm(c["hidden_size"], c["rms_norm_eps"])
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=.02)

    def forward(self, ids):
        d = self.c["head_dim"]
        a = torch.outer(torch.arange(ids.shape[1], device=ids.device).float(), self.c["rope_theta"] ** (-torch.arange(0, d, 2, device=ids.device).float() / d))
        a = torch.cat((a, a), -1)
        x = self.embed_tokens(ids)
        cos, sin = a.cos().to(x.dtype), a.sin().to(x.dtype)
        for layer in self.layers:
            x = layer(x, cos, sin)
        return F.linear(self.norm(x), self.embed_tokens.weight)  # the head is tied

    def balance(self):
        return sum(layer.mlp.balance for layer in self.layers) if self.c["experts"] else 0.

    def config(self):
        c = {k: v for k, v in self.c.items() if k != "experts"}
        shared = dict(dtype="bfloat16", hidden_act="silu", tie_word_embeddings=True, max_position_embeddings=2048, bos_token_id=0, eos_token_id=1,
                      pad_token_id=2, attention_dropout=0.0, initializer_range=0.02, use_cache=True)
        c["rope_parameters"] = {"rope_theta": c.pop("rope_theta"), "rope_type": "default"}
        if not self.c["experts"]:
            return dict(architectures=["LlamaForCausalLM"], model_type="llama", attention_bias=False, mlp_bias=False, **c, **shared)
        return dict(architectures=["Qwen2MoeForCausalLM"], model_type="qwen2_moe", intermediate_size=256, num_experts=self.c["experts"], norm_topk_prob=True, decoder_sparse_step=1,
                    mlp_only_layers=[], qkv_bias=True, use_sliding_window=False, output_router_logits=False, router_aux_loss_coef=0.001, **c, **shared)

    def save(self, folder):
        from safetensors.torch import save_file
        os.makedirs(folder, exist_ok=True)
        tensors = {"model." + k: v.detach().to("cpu", torch.bfloat16).contiguous() for k, v in self.state_dict().items()}
        save_file(tensors, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
        with open(os.path.join(folder, "config.json"), "w") as f:
            json.dump(self.config(), f, indent=2, sort_keys=True)
            f.write("\n")
