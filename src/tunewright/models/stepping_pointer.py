"""A pointer laid out anew for one step at a time, with sums that are exact in any order.

Keys are kept and queries asked as whole numbers, and attention is counted in whole numbers too, few enough levels for
double precision to hold every sum: where a row points depends on nothing but what it has read.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tunewright.models.attention_cache import SPARE, Floats, Memory, Numbers
from tunewright.models.exact_product import Array, Precision, exact_product, fixed, rounded

LEVELS: dict[Precision, tuple[type[np.float32 | np.float64], int]] = {
    "int8": (np.float32, 2**8),
    "float32": (np.float64, 2**20),
}
"""By precision: what keeps keys, and the levels of their features and of those of queries."""
SHARE_LEVELS = 2**30
"""Of attention, whose largest is 1."""
ENDLESS = 2**20
"""Symbols that are remembered: whole pieces."""
LEAST = 1e-30
"""Below every probability that matters, and above 0."""


class SteppingPointer:
    """One step of a pointer.

    Args:
        pointer: whose weights it takes.
        read: of what stands above, from the vectors of the symbols that are pointed at, (outputs, features).
        embedding: these vectors, (symbols, features).
        precision: of all products.
    """

    def __init__(self, pointer: Any, read: torch.Tensor, embedding: torch.Tensor, precision: Precision) -> None:
        self.symbols, self.size = pointer.symbols, pointer.size
        self.kind, self.levels = LEVELS[precision]
        self.nothing = pointer.nothing.item()
        self.product = exact_product(fixed(read) @ fixed(embedding).T, precision)

    def __call__(self, queries: Array, keys: Array, symbols: Numbers, before: Memory) -> tuple[Array, Array, Memory]:
        """One step of all rows.

        Args:
            queries: already divided by the root of their size, (batch, size).
            keys: of what comes next, (batch, size).
            symbols: just read, (batch,).
            before: what the rows remember.

        Returns:
            What is added to the inputs of what stands above, (batch, outputs); how much of the attention each symbol
            gets, (batch, symbols); and the memory after this step.
        """
        memory = before.grown()
        slots, forgotten = memory.attended()
        kept: Floats = slots[0, 0, :, 0]
        levels, worth = rounded(keys, self.levels)
        kept[:, -1, : self.size], kept[:, -1, self.size] = levels, worth[:, 0]
        kept[:, -1, self.size + 1] = symbols
        shares = self._shares(queries, kept[:, :-1], forgotten)
        pointed = self._gathered(shares[:, :-1], kept[:, 1:, self.size + 1])
        pointed = (pointed / shares.sum(axis=1, keepdims=True)).astype(np.float32)
        read: Array = self.product(self.product.round_array(pointed.copy())).numpy()
        return read, pointed, memory

    def _shares(self, queries: Array, kept: Floats, forgotten: Any) -> Floats:
        """Attention to each earlier symbol and to nothing, in whole numbers: (batch, earlier + 1)."""
        levels, worth = rounded(queries.astype(self.kind), self.levels)
        scores = np.full((len(queries), kept.shape[1] + 1), self.nothing)
        own, asked = torch.from_numpy(kept[:, :, : self.size]), torch.from_numpy(levels)
        # By PyTorch, whose threads are the only ones: NumPy's products would take all cores for themselves. Keys on the
        # left would take six times as long.
        scores[:, :-1] = torch.bmm(asked.unsqueeze(1), own.transpose(1, 2)).squeeze(1).numpy()
        scores[:, :-1] *= kept[:, :, self.size]
        scores[:, :-1] *= worth
        if forgotten is not None:
            np.copyto(scores[:, :-1], -np.inf, where=forgotten[:, :-1])
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        scores *= SHARE_LEVELS
        return np.rint(scores, out=scores)

    def _gathered(self, shares: Floats, symbols: Floats) -> Floats:
        """Attention to each symbol wherever it stands, (batch, symbols)."""
        rows = np.arange(len(shares))[:, None] * self.symbols
        places = (rows + symbols.astype(np.int64)).ravel()
        counts = np.bincount(places, shares.ravel(), minlength=len(shares) * self.symbols)
        return counts.reshape(len(shares), self.symbols)

    def empty(self, rows: int) -> Memory:
        """The memory of rows that have read nothing."""
        return Memory.empty(np.zeros((1, 1, rows, 1, SPARE, self.size + 2), dtype=self.kind), ENDLESS)


def mixed(logits: Array, trust: Array, pointed: Array) -> Array:
    """Logarithms of the probabilities of a mixture, (batch, symbols).

    Args:
        logits: of the prediction without the pointer, (batch, symbols).
        trust: in the pointer, as a logit, (batch, 1).
        pointed: attention that each symbol gets, (batch, symbols).
    """
    own = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    share = 0.5 + 0.5 * np.tanh(0.5 * trust.astype(np.float64))
    own *= (1 - share * _exact_sum(pointed)) / _exact_sum(own)
    own += share * pointed
    result: Array = np.log(np.maximum(own, LEAST)).astype(np.float32)
    return result


def _exact_sum(values: Floats) -> Floats:
    """Sums of rows of values in [0, 1], (batch, 1), the same in any order."""
    sums: Floats = np.rint(values * float(SHARE_LEVELS)).sum(axis=1, keepdims=True) / SHARE_LEVELS
    return sums
