"""What a step's output is. One objective, one likelihood and one step loop serve every emission."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


class Categorical:
    """One symbol out of ``size``, by the softmax of its logits."""

    uniforms_per_draw = 1

    def nll(self, logits: Tensor, target: Tensor) -> Tensor:
        """Negative log-likelihood in nats: logits (..., size), ids (...) -> (...)."""
        flat = functional.cross_entropy(logits.flatten(0, -2), target.flatten(), reduction="none")
        return flat.view(target.shape)

    def draw(self, logits: Tensor, uniforms: Tensor) -> Tensor:
        """The symbol at which the distribution function passes the uniform: (batch, size), (batch, 1) -> (batch,).

        In double precision, so that equal logits and uniforms give the same symbol on every machine.
        """
        cumulative = torch.softmax(logits.double(), dim=-1).cumsum(dim=-1)
        # Scaled by the total, which rounding leaves just off 1; right=True never lands on a symbol of probability 0.
        drawn = torch.searchsorted(cumulative, uniforms.double() * cumulative[:, -1:], right=True).squeeze(1)
        last_possible = logits.shape[-1] - 1 - torch.isfinite(logits).flip(-1).int().argmax(dim=-1)
        return torch.minimum(drawn, last_possible)
