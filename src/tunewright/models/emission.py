"""What a step's output is. One objective, one likelihood and one step loop serve every emission."""

from __future__ import annotations

import numpy as np
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
        # By NumPy, whose operations on small arrays take less time to begin; its sums alone are slow.
        values = logits.double().numpy(force=True)
        weights = np.exp(values - values.max(axis=1, keepdims=True))
        cumulative = torch.from_numpy(weights).cumsum(dim=1).numpy()
        total = cumulative[:, -1:]
        # Just below the total, whatever rounding does: at the total stand those after the last possible symbol.
        passed = np.minimum(uniforms.numpy(force=True) * total, np.nextafter(total, 0.0))
        # The first beyond it, so never a symbol of probability 0.
        return torch.from_numpy((cumulative > passed).argmax(axis=1)).to(logits.device)
