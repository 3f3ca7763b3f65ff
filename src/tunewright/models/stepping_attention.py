"""Attention laid out anew for one step at a time, with sums that are exact in any order.

Keys and values are cached as whole numbers, queries and attention weights rounded to whole numbers when they meet them,
few enough levels for single (or double) precision to hold every sum. So what a row hears depends on nothing but what it
remembers: not on the rows beside it, nor on how many slots lie empty before its first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tunewright.models.attention_cache import Floats, Numbers
from tunewright.models.exact_product import EXACT, LEAST, Array, ExactLinear, Precision, fixed, rounded


@dataclass(frozen=True)
class Grid:
    """How finely attention rounds, so that all its sums stay exact.

    Attributes:
        kind: of float that holds its whole numbers, single or double precision.
        cached: levels of a feature of a cached key or value, to each side of 0.
        slots: keys that a symbol attends to, at most.
        head_size: features of a key.
    """

    kind: type[np.float32 | np.float64]
    cached: int
    slots: int
    head_size: int

    @property
    def exact(self) -> int:
        """Up to here, the floats hold every whole number."""
        return EXACT[torch.float32 if self.kind is np.float32 else torch.float64]

    @property
    def query(self) -> int:
        """Levels of a query that meets cached keys."""
        return self.exact // (self.cached * self.head_size)

    @property
    def relative(self) -> int:
        """Levels of a query and of the distances' vectors that it meets."""
        return math.isqrt(self.exact // self.head_size)

    @property
    def exponential(self) -> int:
        """Levels of an exponential, whose largest is 1."""
        return self.exact // self.slots

    @property
    def share(self) -> int:
        """Levels of all attention weights together, which may grow by half a level each when they are rounded."""
        return self.exact // self.cached - self.slots // 2 - 1


GRIDS: dict[Precision, tuple[type[np.float32 | np.float64], int]] = {
    "int8": (np.float32, 2**10),
    "float32": (np.float64, 2**22),
}
"""By precision: the grid's floats, and the levels of what is cached."""


class SteppingAttention:
    """Attention of one layer, one step.

    Args:
        attention: whose weights it takes.
        norm: before it.
        grid: on which it rounds.
    """

    def __init__(self, attention: Any, norm: nn.LayerNorm, grid: Grid, precision: Precision) -> None:
        self.heads, self.grid = attention.heads, grid
        # Queries come out as they go into the softmax: divided by the root of their length.
        sizes = attention.entry.weight.new_ones(3, attention.leave.in_features)
        sizes[0] /= math.sqrt(grid.head_size)
        weight, bias = attention.entry.weight * sizes.view(-1, 1), attention.entry.bias * sizes.view(-1)
        self.entry = ExactLinear(weight, bias, precision, norm)
        self.leave = ExactLinear(attention.leave.weight, attention.leave.bias, precision)
        # A norm's outputs are no longer than the root of their number; so keys and values can't get larger than this.
        bounds = self.entry.weight.norm(dim=1) * math.sqrt(self.entry.weight.shape[1]) + self.entry.bias.abs()
        _, keys, values = bounds.view(3, self.heads, grid.head_size).numpy()
        worth = np.stack([self.largest(keys), values]) / grid.cached
        self.worth: Floats = np.maximum(worth, LEAST).astype(grid.kind)[:, None]

    def __call__(self, features: Array, slots: Floats, ages: Numbers, forgotten: NDArray[np.bool_] | None) -> Array:
        """One step.

        Args:
            features: (batch, hidden_size), normalised.
            slots: keys and values, (2, batch, heads, span, head_size); the last slot is written.
            ages: how many symbols each row has read before, (batch,).
            forgotten: the slots that a row doesn't remember, (batch, span); None if there are none.

        Returns:
            What is added to the stream, (batch, hidden_size).
        """
        entered = self.entry(features).reshape(len(features), 3, self.heads, self.grid.head_size)
        queries, keys, values = entered.transpose(1, 0, 2, 3)
        queries, keys = self.placed(queries, ages), self.placed(keys, ages)
        own: Floats = np.stack([keys, values])
        own = np.rint(own / self.worth)
        slots[:, :, :, -1] = own.clip(-self.grid.cached, self.grid.cached)
        scores = self.scores(queries, slots[0])
        if forgotten is not None:
            np.copyto(scores, -np.inf, where=forgotten[:, None])
        shares = self._shares(scores)
        heard = _product(shares[:, :, None], slots[1])[:, :, 0]
        heard *= self.worth[1] / shares.sum(axis=2, keepdims=True)
        return self.leave(heard.reshape(features.shape).astype(np.float32))

    def scores(self, queries: Array, keys: Floats) -> Floats:
        """(batch, heads, head_size) and (batch, heads, span, head_size) -> (batch, heads, span)."""
        levels, worth = rounded(queries * self.worth[0], self.grid.query)
        scores = _product(levels[:, :, None], keys.swapaxes(2, 3))[:, :, 0]
        scores *= worth
        return scores

    def placed(self, vectors: Array, ages: Numbers) -> Array:
        """Queries or keys, (batch, heads, head_size), made to tell where they stand."""
        return vectors

    def largest(self, keys: Floats) -> Floats:
        """How large features of keys can get, (heads, head_size), once they are placed."""
        return keys

    def _shares(self, scores: Floats) -> Floats:
        """Attention weights as whole numbers, (batch, heads, span); ``scores`` are overwritten."""
        scores -= scores.max(axis=2, keepdims=True)
        np.exp(scores, out=scores)
        scores *= self.grid.exponential
        np.rint(scores, out=scores)
        scores *= self.grid.share / scores.sum(axis=2, keepdims=True)
        return np.rint(scores, out=scores)


class SteppingRelative(SteppingAttention):
    """With learned logits of distances."""

    def __init__(self, attention: Any, norm: nn.LayerNorm, grid: Grid, precision: Precision) -> None:
        super().__init__(attention, norm, grid, precision)
        farthest_first = torch.arange(grid.slots - 1, -1, -1).clamp(max=attention.longest_distance)
        levels, worth = rounded(fixed(attention.distances)[:, farthest_first].numpy(), grid.relative)
        self.vectors = np.ascontiguousarray(levels.astype(grid.kind).swapaxes(1, 2))
        self.vector_worth = worth.swapaxes(1, 2).astype(grid.kind)

    def scores(self, queries: Array, keys: Floats) -> Floats:
        scores, span = super().scores(queries, keys), keys.shape[2]
        levels, worth = rounded(queries.transpose(1, 0, 2).astype(self.grid.kind), self.grid.relative)
        of_distances = _product(levels, self.vectors[:, :, -span:])
        of_distances *= self.vector_worth[:, :, -span:]
        of_distances *= worth
        scores += of_distances.transpose(1, 0, 2)
        return scores


class SteppingRotary(SteppingAttention):
    """With queries and keys turned. A row's places are counted from its own beginning: only distances matter."""

    def __init__(self, attention: Any, norm: nn.LayerNorm, grid: Grid, precision: Precision) -> None:
        super().__init__(attention, norm, grid, precision)
        self.speeds = fixed(attention.speeds).numpy()
        self.turns = self._turns(2 * grid.slots)

    def placed(self, vectors: Array, ages: Numbers) -> Array:
        if (oldest := ages.max(initial=0)) >= self.turns.shape[1]:
            self.turns = self._turns(2 * int(oldest))
        cosines, sines = self.turns[:, ages, None]
        half = vectors.shape[2] // 2
        first, second = vectors[..., :half], vectors[..., half:]
        return np.concatenate([first * cosines - second * sines, first * sines + second * cosines], axis=2)

    def largest(self, keys: Floats) -> Floats:
        first, second = np.split(keys, 2, axis=1)
        return np.tile(np.hypot(first, second), 2)

    def _turns(self, places: int) -> Array:
        """Cosines and sines, (2, places, half of head_size)."""
        angles = np.arange(places)[:, None] * self.speeds
        return np.stack([np.cos(angles), np.sin(angles)]).astype(np.float32)


def _product(one: Floats, other: Floats) -> Floats:
    """Matrix product by PyTorch, which takes no more threads than it is told to: NumPy's libraries take all."""
    product: Floats = torch.matmul(torch.from_numpy(one), torch.from_numpy(other)).numpy()
    return product
