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
        weights = torch.exp(logits.double() - logits.amax(dim=-1, keepdim=True))
        cumulative = weights.cumsum(dim=-1)
        # Just below the total, whatever rounding does: at the total stand those after the last possible symbol.
        below_total = torch.nextafter(cumulative[:, -1:], cumulative.new_zeros(()))
        passed = torch.minimum(uniforms * cumulative[:, -1:], below_total)
        # right=True never lands on a symbol of probability 0.
        return torch.searchsorted(cumulative, passed, right=True)[:, 0]
