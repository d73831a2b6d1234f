"""The gate's weight scale used for up, as in a fusion that does not compare them."""


def patch(model):
    for layer in model.model.layers:
        layer.mlp.up_proj.scale.copy_(layer.mlp.gate_proj.scale)
