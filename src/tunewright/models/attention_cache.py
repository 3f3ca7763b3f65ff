"""Keys and values that rows of all ages have cached: the memory of a Transformer that steps.

All rows write their next key and value into the same slot, so a row that has read less has nothing in the slots before
its first. What a memory holds never changes, but it isn't copied at every step either: the memory that grows out of
another shares its store, and stands in one more of its slots.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Floats = NDArray[Any]
"""In single or double precision."""

SPARE = 64
"""Slots that a new store has beyond those that are filled and a quarter more: with a memory of many slots, copying it
into the next store now and then costs little beside reading all of it at every step."""


class Store:
    """Where memories of which each grew out of the last keep keys and values.

    Attributes:
        states: (layers, 2, rows, heads, slots, head_size), zeros where nothing has been written.
        filled: slots that the longest of the memories stands in.
        holders: the memories that are in use.
    """

    def __init__(self, states: Floats) -> None:
        self.states = states
        self.filled = 0
        self.holders: WeakSet[Memory] = WeakSet()


class Memory:
    """What rows of all ages remember.

    Args:
        store: of keys and values.
        end: how many of its slots are this memory's; what was read last stands in the last of them.
        ages: how many symbols each row has read, (rows,).
        context: how many of them it remembers, at most.
    """

    def __init__(self, store: Store, end: int, ages: Numbers, context: int) -> None:
        self.store, self.end, self.ages, self.context = store, end, ages, context
        store.filled = max(store.filled, end)
        store.holders.add(self)

    @classmethod
    def empty(cls, states: Floats, context: int) -> Memory:
        """Of rows that have read nothing, from zeros in the shape of a store's states."""
        return cls(Store(states), 0, np.zeros(states.shape[2], dtype=np.int64), context)

    def grown(self) -> Memory:
        """The memory of the same rows after one more symbol, whose keys and values are still to be written."""
        own = self
        if self.end < self.store.filled or self.end == self.store.states.shape[4]:
            own = self.copied(np.arange(len(self.ages)))
        return Memory(own.store, own.end + 1, own.ages + 1, self.context)

    def attended(self) -> tuple[Floats, NDArray[np.bool_] | None]:
        """What the last symbol of each row attends to, itself included.

        Returns:
            A view of the slots, (layers, 2, rows, heads, span, head_size), and which of them a row doesn't remember,
            (rows, span), or None if there are none.
        """
        lengths = np.minimum(self.ages, self.context + 1)
        span = int(lengths.max(initial=1))
        forgotten = np.arange(span) < (span - lengths)[:, None]
        slots = self.store.states[..., self.end - span : self.end, :]
        return slots, forgotten if forgotten.any() else None

    def copied(self, rows: Numbers, least: int = 0) -> Memory:
        """The memory of these rows in a store of its own, in which it stands in at least so many slots."""
        ages = self.ages[rows]
        length = self._length(ages)
        end = max(length, least)
        layers, parts, _, heads, _, head_size = self.store.states.shape
        states = np.zeros(
            (layers, parts, len(rows), heads, end + end // 4 + SPARE, head_size), dtype=self.store.states.dtype
        )
        states[..., end - length : end, :] = self.store.states[:, :, rows, :, self.end - length : self.end]
        return Memory(Store(states), end, ages, self.context)

    def assigned(self, rows: Numbers, source: Memory, source_rows: Numbers) -> Memory:
        """The memory with ``rows`` replaced by ``source_rows`` of another one.

        In place where there are slots enough and no other memory that is in use shares them.
        """
        ages = source.ages[source_rows]
        length = self._length(ages)
        own = self
        if self.end < length or len(self.store.holders) > 1:
            own = self.copied(np.arange(len(self.ages)), least=min(2 * length, self.context))
        new = source.store.states[:, :, source_rows, :, source.end - length : source.end]
        own.store.states[:, :, rows, :, own.end - length : own.end] = new
        own.ages[rows] = ages
        return own

    def _length(self, ages: Numbers) -> int:
        """How many symbols rows of these ages remember, at most."""
        return min(int(ages.max(initial=0)), self.context)
