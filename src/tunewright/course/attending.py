"""What the heads of a trained transformer look at."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from tunewright.models.attention import Attention
from tunewright.models.transformer import Transformer


@torch.no_grad()
def attention_weights(model: Transformer, ids: Tensor) -> Tensor:
    """The attention weights of each block, none of them dropped, (blocks, heads, time, time).

    Args:
        ids: one sequence no longer than the model's context, (time,).
    """
    caught: list[Tensor] = []

    def catch(attention: Attention, given: tuple[Any, ...]) -> None:
        features, _, _, hidden = given
        parts = attention.entry(features).view(1, len(ids), 3, attention.heads, attention.head_size)
        queries, keys, _ = parts.permute(2, 0, 3, 1, 4)
        caught.append(attention.weights(queries / math.sqrt(attention.head_size), keys, hidden)[0])

    hooks = [module.register_forward_pre_hook(catch) for module in model.modules() if isinstance(module, Attention)]
    try:
        model(ids.unsqueeze(0))
    finally:
        for hook in hooks:
            hook.remove()
    return torch.stack(caught)
