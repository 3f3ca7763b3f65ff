"""What may be drawn, as pure functions on logits: (batch, size) -> (batch, size). A logit of minus infinity is never
drawn.

Top-k after Fan et al. 2018, top-p (nucleus) after Holtzman et al. 2020, min-p after Nguyen et al. 2024.
"""

from __future__ import annotations

import torch
from torch import Tensor

NEVER = float("-inf")


def temperature(logits: Tensor, value: float) -> Tensor:
    """Divides logits by ``value`` > 0: below 1 the likely becomes likelier."""
    return logits / value


def top_k(logits: Tensor, value: int) -> Tensor:
    """Keeps the ``value`` likeliest symbols (and any as likely as the last of them)."""
    if value >= logits.shape[-1]:
        return logits
    threshold = logits.topk(value, dim=-1).values[..., -1:]
    return logits.masked_fill(logits < threshold, NEVER)


def top_p(logits: Tensor, value: float) -> Tensor:
    """Keeps the fewest likeliest symbols whose probabilities reach ``value``, at least one."""
    ordered, order = logits.sort(dim=-1, descending=True, stable=True)
    probabilities = ordered.softmax(dim=-1)
    # A symbol is out when those before it already reach the value.
    out = probabilities.cumsum(dim=-1) - probabilities >= value
    return logits.masked_fill(out.scatter(-1, order, out), NEVER)


def min_p(logits: Tensor, value: float) -> Tensor:
    """Keeps symbols at least ``value`` times as likely as the likeliest."""
    probabilities = logits.softmax(dim=-1)
    return logits.masked_fill(probabilities < value * probabilities.amax(dim=-1, keepdim=True), NEVER)


def greedy(logits: Tensor, value: bool = True) -> Tensor:
    """Keeps only the likeliest symbol (the first of equals)."""
    if not value:
        return logits
    best = logits.argmax(dim=-1, keepdim=True)
    return torch.full_like(logits, NEVER).scatter(-1, best, logits.gather(-1, best))
