"""Values read one slot early from a cache that holds earlier tokens."""
import torch
from transformers.cache_utils import DynamicLayer


def patch(model):
    update = DynamicLayer.update

    def shifted(self, *args, **kwargs):
        past = self.get_seq_length()
        keys, values = update(self, *args, **kwargs)
        if past:
            values = torch.cat([values[..., :1, :], values[..., :-1, :]], dim=-2)
        return keys, values

    DynamicLayer.update = shifted
