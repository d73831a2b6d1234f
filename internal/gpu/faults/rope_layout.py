"""The conversion between RoPE's two layouts of a head, done once too often."""


def patch(model):
    size = model.config.head_dim
    for layer in model.model.layers:
        for projection in (layer.self_attn.q_proj, layer.self_attn.k_proj):
            rows = projection.weight.data
            halves = rows.reshape(-1, 2, size // 2, rows.shape[1])
            projection.weight.data = halves.transpose(1, 2).reshape(rows.shape).contiguous()
