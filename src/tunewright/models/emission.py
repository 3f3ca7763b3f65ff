"""What a step's output is. One objective, one likelihood and one step loop serve every emission."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

FEW = 8
"""Rows below which NumPy's sums are faster."""


class Categorical:
    """One symbol out of ``size``, by the softmax of its logits."""

    uniforms_per_draw = 1

    def nll(self, logits: Tensor, target: Tensor) -> Tensor:
        """Negative log-likelihood in nats: logits (..., size), ids (...) -> (...)."""
        flat = functional.cross_entropy(logits.flatten(0, -2), target.flatten(), reduction="none")
        return flat.view(target.shape)

    def nll_of_all(self, logits: Tensor) -> Tensor:
        """Negative log-likelihood in nats of a target spread over all symbols alike: (..., size) -> (...)."""
        return -functional.log_softmax(logits, dim=-1).mean(dim=-1)

    def likeliest(self, logits: Tensor) -> Tensor:
        """The symbol of the greatest logit, the first of several: (..., size) -> (...)."""
        return logits.argmax(dim=-1)

    def draw(self, logits: Tensor, uniforms: Tensor) -> Tensor:
        """The symbol at which the distribution function passes the uniform: (batch, size), (batch, 1) -> (batch,).

        In double precision, so that equal logits and uniforms give the same symbol on every machine.
        """
        # By NumPy, whose operations on small arrays take less time to begin; but many sums take it longer.
        values = logits.numpy(force=True).astype(np.float64)
        values -= values.max(axis=1, keepdims=True)
        weights = np.exp(values, out=values)
        cumulative = weights.cumsum(axis=1) if len(weights) < FEW else torch.from_numpy(weights).cumsum(dim=1).numpy()
        total = cumulative[:, -1:]
        # Just below the total, whatever rounding does: at the total stand those after the last possible symbol.
        passed = np.minimum(uniforms.numpy(force=True) * total, np.nextafter(total, 0.0))
        # The first beyond it, so never a symbol of probability 0.
        return torch.from_numpy((cumulative > passed).argmax(axis=1)).to(logits.device)
