"""Attention scores divided by the head's size instead of its root."""


def patch(model):
    for layer in model.model.layers:
        layer.self_attn.scaling = 1 / layer.self_attn.head_dim
