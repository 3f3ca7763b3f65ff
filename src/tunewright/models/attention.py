"""Causal self-attention that knows where symbols stand by their distances alone, in two ways.

Scaled dot-product attention of several heads after Vaswani et al. 2017, over a window and what is remembered from
before it. A long window is heard in blocks of queries, each with none of the keys that come after it: nearly half of
all pairs are never compared. In training only what goes into a block is kept, and its scores are computed once more on
the way back (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"). So memory grows with the window's
length, not with its square.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from tunewright.models.dropout import dropout

Positions = Literal["relative", "rotary"]
SLOWEST = 10_000
"""The slowest rotary positions take so many times as long to turn as the fastest."""
BLOCKS = {"cpu": 128}
"""Queries that are heard at a time, by kind of device: on a CPU their scores fit its cache."""
BLOCK = 1024
"""The same on all other devices, which work on much at once."""


class Attention(nn.Module, ABC):
    """Attention of one block.

    Args:
        hidden_size: features of the stream, a multiple of ``heads``.
        heads: how many.
        longest_distance: the largest distance that is told apart from larger ones.
        dropout: share of the attention weights dropped.
    """

    def __init__(self, hidden_size: int, heads: int, longest_distance: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.head_size = heads, hidden_size // heads
        self.longest_distance, self.dropout = longest_distance, dropout
        self.entry = nn.Linear(hidden_size, 3 * hidden_size)
        self.leave = nn.Linear(hidden_size, hidden_size)

    def forward(
        self, features: Tensor, keys: Tensor, values: Tensor, hidden: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """What a window hears of itself and of what came before.

        Args:
            features: (batch, time, hidden_size).
            keys: from before the window, (batch, heads, remembered, head_size).
            values: the same.
            hidden: True where a symbol may not look, besides at what comes after it, (batch or 1, 1, time,
                remembered + time); None where it may look at all that came before.

        Returns:
            Features of the input's shape, and keys and values with the window's own at their end.
        """
        batch, time, _ = features.shape
        parts = self.entry(features).view(batch, time, 3, self.heads, self.head_size)
        queries, own_keys, own_values = parts.permute(2, 0, 3, 1, 4)
        keys, values = torch.cat([keys, own_keys], dim=2), torch.cat([values, own_values], dim=2)
        heard = self._hear(queries / math.sqrt(self.head_size), keys, values, hidden)
        return self.leave(heard.transpose(1, 2).reshape(features.shape)), keys, values

    def weights(self, queries: Tensor, keys: Tensor, hidden: Tensor | None) -> Tensor:
        """Attention weights, none of them dropped, (batch, heads, time, all).

        Args:
            queries: as for ``scores``.
            keys: the same.
            hidden: as for ``forward``.
        """
        time = queries.shape[2]
        scores = self.scores(queries, keys)
        with torch.no_grad():  # the softmax lets no gradient through here: no need to mask it once more
            if time > 1:
                later = torch.ones(time, time, dtype=torch.bool, device=scores.device).triu(1)
                scores[..., -time:].masked_fill_(later, float("-inf"))
            if hidden is not None:
                scores.masked_fill_(hidden, float("-inf"))
        return scores.softmax(dim=-1)

    def _hear(self, queries: Tensor, keys: Tensor, values: Tensor, hidden: Tensor | None) -> Tensor:
        """What a window hears, (batch, heads, time, head_size), block by block."""
        size = BLOCKS.get(queries.device.type, BLOCK)
        time, remembered = queries.shape[2], keys.shape[2] - queries.shape[2]
        if time <= size:
            return self._hear_block(queries, keys, values, hidden)
        heard = []
        for first in range(0, time, size):
            end = min(first + size, time)
            seen = remembered + end
            given = queries[:, :, first:end], keys[:, :, :seen], values[:, :, :seen]
            unseen = None if hidden is None else hidden[:, :, first:end, :seen]
            heard.append(checkpoint(self._hear_block, *given, unseen, use_reentrant=False))
        return torch.cat(heard, dim=2)

    def _hear_block(self, queries: Tensor, keys: Tensor, values: Tensor, hidden: Tensor | None) -> Tensor:
        """What a block of queries hears."""
        return dropout(self.weights(queries, keys, hidden), self.dropout, self.training) @ values

    @abstractmethod
    def scores(self, queries: Tensor, keys: Tensor) -> Tensor:
        """How much each query asks for each key, before the softmax; of keys that come after it, anything.

        Args:
            queries: scaled, (batch, heads, time, head_size).
            keys: the last ``time`` of them stand where the queries do, (batch, heads, all, head_size).

        Returns:
            A new tensor, (batch, heads, time, all).
        """
        ...


class RelativeAttention(Attention):
    """A learned vector for each distance and head, compared with the query beside the key (Huang et al. 2018).

    Distances beyond the longest share its vector (Shaw et al. 2018). At the start the vectors are the sinusoids of
    Vaswani et al. 2017, so that what is found out about one distance holds for its neighbours: begun at random, each is
    learned by itself, and several times as slowly.
    """

    def __init__(self, hidden_size: int, heads: int, longest_distance: int, dropout: float) -> None:
        super().__init__(hidden_size, heads, longest_distance, dropout)
        self.distances = nn.Parameter(sinusoids(longest_distance + 1, self.head_size).repeat(heads, 1, 1))

    def scores(self, queries: Tensor, keys: Tensor) -> Tensor:
        # One product is added to the other where it lies: the sum is never a third tensor.
        relative = self.relative(queries, keys.shape[2]).flatten(0, 1)
        sums = torch.baddbmm(relative, queries.flatten(0, 1), keys.flatten(0, 1).transpose(1, 2))
        return sums.view(*queries.shape[:3], keys.shape[2])

    def relative(self, queries: Tensor, count: int) -> Tensor:
        """Logits of distances to so many keys, without a vector for each pair ever being held (Huang et al. 2018,
        section 3.4.1): (batch, heads, time, head_size) -> (batch, heads, time, count).
        """
        batch, heads, time, _ = queries.shape
        # Columns tell distances, from ``count`` down to 0. Read on in rows that are one column shorter, each query's
        # distances begin one place further to the left than those of the query before, and so stand at their keys.
        columns = torch.arange(count, -1, -1, device=queries.device).clamp(max=self.longest_distance)
        if time < self.head_size:  # fewer logits than features to be put in order
            by_distance = (queries @ self.distances[:, : count + 1].transpose(1, 2)).index_select(3, columns)
        else:
            by_distance = queries @ self.distances.index_select(1, columns).transpose(1, 2)
        skewed = by_distance.view(batch, heads, count + 1, time)[:, :, 1:]
        return skewed.view(batch, heads, time, count)


class RotaryAttention(Attention):
    """Queries and keys turned by angles that grow with their place, so that their products tell distances (Su et al.
    2021). Keys are remembered unturned: only where they stand to the queries matters.
    """

    speeds: Tensor

    def __init__(self, hidden_size: int, heads: int, longest_distance: int, dropout: float) -> None:
        super().__init__(hidden_size, heads, longest_distance, dropout)
        self.register_buffer("speeds", _speeds(self.head_size // 2), persistent=False)

    def scores(self, queries: Tensor, keys: Tensor) -> Tensor:
        places = torch.arange(keys.shape[2], device=keys.device)
        turned = turn(queries, places[-queries.shape[2] :], self.speeds)
        return turned @ turn(keys, places, self.speeds).transpose(2, 3)


def sinusoids(count: int, size: int) -> Tensor:
    """Sines and cosines of the numbers from 0 on, at speeds from 1 radian a step down, (count, size)."""
    half = math.ceil(size / 2)
    angles = torch.arange(count).unsqueeze(1) * _speeds(half)
    return torch.cat([angles.sin(), angles.cos()], dim=1)[:, :size]


def _speeds(count: int) -> Tensor:
    """Radians a step, from 1 down, (count,)."""
    return SLOWEST ** -(torch.arange(count) / count)


def turn(vectors: Tensor, places: Tensor, speeds: Tensor) -> Tensor:
    """Turns pairs of features, one from each half.

    Args:
        vectors: (..., places, head_size).
        places: where each stands, (places,).
        speeds: radians a place, of each pair, (head_size / 2,).
    """
    angles = places.unsqueeze(-1) * speeds
    cosines, sines = angles.cos(), angles.sin()
    first, second = vectors.chunk(2, dim=-1)
    return torch.cat([first * cosines - second * sines, first * sines + second * cosines], dim=-1)


ATTENTIONS: dict[Positions, type[Attention]] = {"relative": RelativeAttention, "rotary": RotaryAttention}
