"""Which symbols followed which contexts in a text: the counts behind n-grams and copying.

A context is a node of a tree: the root is the empty context, and a child has one older symbol than its parent. The
nodes of one depth are kept as one level of sorted arrays, so that many contexts are looked up at once, whatever their
length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunewright.errors import InputError

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def contexts_of(ids: Integers, depth: int) -> Integers:
    """The newest symbols at each position, its own first: (..., time) -> (..., time, depth); -1 before the first."""
    places = np.arange(ids.shape[-1])[:, None] - np.arange(depth)
    return np.where(places >= 0, ids[..., np.maximum(places, 0)], -1)


def replaced(symbols: Integers, rows: Integers, source: Integers, source_rows: Integers, nothing: int) -> Integers:
    """What rows hold, their newest symbol last, with ``rows`` replaced by ``source_rows`` of another such array.

    Args:
        symbols: (batch, time); ``source`` may have another time.
        nothing: put before the first symbol of the shorter ones.
    """
    longest = max(symbols.shape[1], source.shape[1])
    wide, others = (
        np.pad(part, ((0, 0), (longest - part.shape[1], 0)), constant_values=nothing) for part in (symbols, source)
    )
    wide[rows] = others[source_rows]
    return wide


@dataclass(frozen=True, slots=True)
class Level:
    """All contexts of one length. Node ``n`` was followed by ``symbols[starts[n] : starts[n + 1]]``, each so many
    times as ``counts`` tells.

    Attributes:
        keys: parent times number of symbols, plus the oldest symbol, of each node; ascending.
    """

    keys: Integers
    starts: Integers
    symbols: Integers
    counts: Integers


@dataclass(frozen=True, slots=True)
class Others:
    """What the other groups of a text tell of each of its positions at one level; each of shape (positions,).

    Attributes:
        contexts: how often its context occurs in other groups.
        targets: how often its context is followed there by its symbol.
        types: by how many different symbols its context is followed there.
    """

    contexts: Integers
    targets: Integers
    types: Integers


class ContextTree:
    """Counts of what followed every context of up to ``depth`` symbols, each piece between two boundaries.

    No context reaches back beyond the boundary before its piece.

    Args:
        pieces: ids of each piece, without boundaries.
        boundary: ids between two pieces.
        size: number of symbols.
        depth: symbols of the longest context.

    Raises:
        InputError: there are no pieces.
    """

    def __init__(self, pieces: Sequence[Integers], boundary: Sequence[int], size: int, depth: int) -> None:
        if not pieces:
            raise InputError("there are no pieces to count symbols in")
        self.size, self.depth = size, depth
        narrow = np.min_scalar_type(-size)  # millions of symbols stay here, each with all that came before it
        whole = [np.array([*boundary, *piece, *boundary], dtype=narrow) for piece in pieces]
        free = len(boundary)
        self.targets = np.concatenate([ids[free:] for ids in whole])
        self.contexts = np.concatenate([contexts_of(ids[:-1], depth)[free - 1 :] for ids in whole])
        self.piece_of = np.repeat(np.arange(len(whole)), [len(ids) - free for ids in whole])
        self.levels = list(self._count())

    def _count(self) -> Iterator[Level]:
        nodes = np.zeros(len(self.targets), dtype=np.int64)
        keys = np.zeros(1, dtype=np.int64)
        for depth in range(self.depth + 1):
            known = nodes >= 0
            if depth:
                symbols = self.contexts[:, depth - 1]
                known &= symbols >= 0
                keys, own = np.unique((nodes * self.size + symbols)[known], return_inverse=True)
                nodes = np.full_like(nodes, -1)
                nodes[known] = own
            pairs, counts = np.unique((nodes * self.size + self.targets)[known], return_counts=True)
            starts = np.searchsorted(pairs, np.arange(len(keys) + 1) * self.size)
            yield Level(keys, starts, pairs % self.size, counts)

    def find(self, contexts: Integers) -> Iterator[tuple[Level, Integers]]:
        """The node of every context at each level from the root on, -1 where it never occurred.

        Args:
            contexts: newest symbol first, -1 for none, (positions, depth).
        """
        nodes = np.zeros(len(contexts), dtype=np.int64)
        yield self.levels[0], nodes
        for level, symbols in zip(self.levels[1:], contexts.T, strict=False):
            keys = nodes * self.size + symbols
            places = np.minimum(np.searchsorted(level.keys, keys), max(0, len(level.keys) - 1))
            known = (nodes >= 0) & (symbols >= 0)
            if len(level.keys):
                known &= level.keys[places] == keys
            nodes = np.where(known, places, -1)
            yield level, nodes

    def followers(self, level: Level, nodes: Integers) -> Floats:
        """How often each symbol followed these nodes: (positions,) -> (positions, size)."""
        lengths = level.starts[nodes + 1] - level.starts[nodes]
        rows = np.repeat(np.arange(len(nodes)), lengths)
        entries = np.arange(len(rows)) + np.repeat(level.starts[nodes] - np.cumsum(lengths) + lengths, lengths)
        counts = np.zeros((len(nodes), self.size))
        counts[rows, level.symbols[entries]] = level.counts[entries]
        return counts

    def without_own(self, groups: Integers) -> Iterator[Others]:
        """What the tree would count had it been built without the group of each position, from the root on.

        Args:
            groups: number of the group of each position of the tree's own text.
        """
        spread = int(groups.max()) + 1
        for _, nodes in self.find(self.contexts):
            known = nodes >= 0
            own_nodes, own_groups = nodes[known], groups[known]
            followed = own_nodes * self.size + self.targets[known]
            here, there = own_nodes * spread + own_groups, followed * spread + own_groups
            contexts = _tally(own_nodes, own_nodes) - _tally(here, here)
            targets = _tally(followed, followed) - _tally(there, there)
            _, one_of_each = np.unique(followed, return_index=True)
            _, one_of_own = np.unique(there, return_index=True)
            lost = here[one_of_own[targets[one_of_own] == 0]]
            types = _tally(own_nodes[one_of_each], own_nodes) - _tally(lost, here)
            yield Others(*(_placed(part, known) for part in (contexts, targets, types)))


def _tally(sample: Integers, values: Integers) -> Integers:
    """How often each value occurs in the sample."""
    ordered = np.sort(sample)
    return np.searchsorted(ordered, values, "right") - np.searchsorted(ordered, values, "left")


def _placed(values: Integers, known: NDArray[np.bool_]) -> Integers:
    whole = np.zeros(len(known), dtype=np.int64)
    whole[known] = values
    return whole
