"""Interpolated Witten-Bell n-grams: what a table of counts foresees.

After Witten & Bell 1991 (their method C), in the interpolated form of Chen & Goodman 1999: a context that occurred
``c`` times, followed by ``t`` different symbols, trusts its own counts with weight ``c / (c + t)`` and leaves the rest
to the context without its oldest symbol; the empty context leaves it to all symbols alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tunewright.models.context_tree import ContextTree, Floats, Integers, contexts_of, replaced
from tunewright.models.emission import Categorical


class NGram:
    """A sequence model that knows the last ``order - 1`` symbols; fitted by counting.

    Args:
        tree: counts of contexts, at least ``order - 1`` symbols deep.
        order: symbols of an n-gram, the foreseen one included.

    Memory: the last symbols, newest last, (batch, at most order - 1).
    """

    def __init__(self, tree: ContextTree, order: int = 5) -> None:
        self.tree, self.order = tree, order
        self.emission = Categorical()

    @classmethod
    def fit(cls, pieces: Sequence[Integers], boundary: Sequence[int], size: int, order: int = 5) -> NGram:
        """Counts the n-grams of pieces, each between two boundaries; arguments as for :class:`ContextTree`."""
        return cls(ContextTree(pieces, boundary, size, order - 1), order)

    def __call__(self, inputs: Tensor, memory: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Ids (batch, time) -> natural logarithms of probabilities (batch, time, size), in double precision."""
        ids = inputs if memory is None else torch.cat([memory, inputs], dim=1)
        contexts = contexts_of(ids.numpy(), self.order - 1)[:, ids.shape[1] - inputs.shape[1] :]
        probabilities = self.probabilities(contexts.reshape(inputs.numel(), self.order - 1))
        logits = torch.from_numpy(np.log(probabilities)).view(*inputs.shape, -1)
        return logits, ids[:, max(0, ids.shape[1] - self.order + 1) :]

    def select(self, memory: Tensor, rows: Tensor) -> Tensor:
        """The memory of these rows."""
        return memory[rows]

    def empty(self, rows: int) -> Tensor:
        """The memory of rows that have read nothing."""
        return torch.zeros(rows, 0, dtype=torch.long)

    def assign(self, memory: Tensor, rows: Tensor, source: Tensor, source_rows: Tensor) -> Tensor:
        """A new memory, with ``rows`` replaced by ``source_rows`` of another one."""
        return torch.from_numpy(replaced(memory.numpy(), rows.numpy(), source.numpy(), source_rows.numpy(), -1))

    def for_inference(self) -> NGram:
        """Itself."""
        return self

    def probabilities(self, contexts: Integers) -> Floats:
        """What may follow these contexts: newest symbol first, (positions, order - 1) -> (positions, size)."""
        found = np.full((len(contexts), self.tree.size), 1 / self.tree.size)
        for level, nodes in self.tree.find(contexts[:, : self.order - 1]):
            seen = nodes >= 0
            counts = self.tree.followers(level, nodes[seen])
            types = (counts > 0).sum(axis=1, keepdims=True)
            found[seen] = witten_bell(counts, counts.sum(axis=1, keepdims=True), types, found[seen])
        return found


def witten_bell(counts: Any, total: Any, types: Any, shorter: Any) -> Any:
    """Probability of symbols after a context, elementwise.

    Args:
        counts: how often the symbol followed the context.
        total: how often anything did; with no occurrence at all, the result means nothing.
        types: how many different symbols did.
        shorter: probability of the symbol after the context without its oldest symbol.
    """
    return (counts + types * shorter) / (total + types)
