"""Routed and shared experts each summed over two ranks, and their sum once
more: what one process shows of it is an output twice too large."""


def patch(model):
    for layer in model.model.layers:
        layer.mlp.register_forward_hook(lambda module, inputs, output: (2 * output[0], *output[1:]) if isinstance(output, tuple) else 2 * output)
