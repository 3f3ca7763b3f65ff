"""Dropout (Srivastava et al. 2014) whose chance costs next to nothing on a CPU.

PyTorch draws a float for each feature there, which takes several times as long as a softmax over them. Here each takes
its share of whole numbers of 64 bits.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

LEVELS = 2**16
"""Shares are rounded to so many parts."""


def dropout(values: Tensor, share: float, training: bool) -> Tensor:
    """Values of which a share is 0 and the others are larger in proportion; while not training, all as they are."""
    if not training or not share:
        return values
    if values.device.type != "cpu":
        return functional.dropout(values, share)
    count = values.numel()
    words = torch.randint(-(2**63), 2**63 - 1, ((count + 3) // 4,))
    level = round(share * LEVELS)
    dropped = words.view(torch.int16)[:count].view(values.shape) < level - LEVELS // 2
    return values.masked_fill(dropped, 0).mul_(LEVELS / (LEVELS - level))
