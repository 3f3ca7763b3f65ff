"""A constraint remembered: its states as numbers, so that a whole batch looks up what may follow in one go.

What is near of a state and what is far are numbered apart, and meet only where the constraint says so. Some constraints
come back to the same states again and again, others hardly ever: a table that is full is left for a new one, which
begins with the states that are still needed.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tunewright.contracts import Constraint, ConstraintState

Numbers = NDArray[np.int64]
Pair = tuple[int, int]
"""Numbers of what is near and what is far."""
FORBIDDEN = -1
UNKNOWN = -2
MOST_NUMBERS = 2**24
"""Successors that a table holds before it is full: 64 MiB."""


class ConstraintTable:
    """Masks and successors of the states that have been met, by number; each found when it is first asked for.

    Args:
        constraint: whose states these are; only asked for what isn't known yet.
        size: number of symbols.

    Attributes:
        states: what is near, by number.
        resting: whether something is just complete in each, (states,).
    """

    def __init__(self, constraint: Constraint, size: int) -> None:
        self.constraint, self.size = constraint, size
        self.states: list[ConstraintState] = []
        self.resting: NDArray[np.bool_] = np.zeros(64, dtype=np.bool_)
        self._numbers: dict[ConstraintState, int] = {}
        self._following: NDArray[np.int32] = np.full((64, size), UNKNOWN, dtype=np.int32)
        self._crosses: NDArray[np.bool_] = np.zeros(64, dtype=np.bool_)
        self._fars: list[Hashable] = []
        self._far_numbers: dict[Hashable, int] = {}
        self._joined: dict[Pair, Pair] = {}
        self._meant: dict[tuple[int, int], int] = {}
        self._distances: dict[Pair, int] = {}
        self._further: dict[Pair, Numbers] = {}
        self._masks: dict[Pair, NDArray[np.bool_]] = {}

    @property
    def is_full(self) -> bool:
        """Whether it holds as much as it should."""
        return len(self.states) * self.size >= MOST_NUMBERS

    def moved(self, near: Numbers, far: Numbers, table: ConstraintTable) -> tuple[Numbers, Numbers]:
        """The numbers that these states have in another table of the same constraint: all of shape (rows,)."""
        states = zip(near.tolist(), far.tolist(), strict=True)
        pairs = [(table._near(self.states[one]), table._far(self._fars[other])) for one, other in states]
        return numbers([near for near, _ in pairs]), numbers([far for _, far in pairs])

    def start(self, chance: float | None = None) -> Pair:
        """Where this chance begins."""
        return self.number(self.constraint.start(chance))

    def number(self, state: ConstraintState) -> Pair:
        """The numbers of a state, new ones for what is new."""
        near, far = self.constraint.split(state)
        return self._near(near), self._far(far)

    def state(self, near: int, far: int) -> ConstraintState:
        """The state with these numbers."""
        return self.constraint.join(self.states[near], self._fars[far])

    def allowed(self, near: Numbers, far: Numbers) -> NDArray[np.bool_]:
        """What may come in these states: (rows,), (rows,) -> (rows, size)."""
        return np.stack([self.mask(*pair) for pair in zip(near.tolist(), far.tolist(), strict=True)])

    def mask(self, near: int, far: int) -> NDArray[np.bool_]:
        """What may come in a state, (size,)."""
        if (near, far) not in self._masks:
            mask = self.constraint.allowed(self.state(near, far))
            self._masks[near, far] = np.ones(self.size, dtype=np.bool_) if mask is None else mask.numpy()
        return self._masks[near, far]

    def advance(self, near: Numbers, far: Numbers, symbols: Numbers) -> tuple[Numbers, Numbers]:
        """The states after these symbols, near ones :data:`FORBIDDEN` where one may not come; all of shape (rows,)."""
        after = self._following[near, symbols].astype(np.int64)
        for row in (after == UNKNOWN).nonzero()[0].tolist():
            after[row] = self._advance(int(near[row]), int(symbols[row]))
        return self._meet(after, far)

    def meant(self, near: Numbers, far: Numbers, symbols: Numbers) -> tuple[Numbers, Numbers]:
        """Where rows that had rested in these states go on after symbols that could not come; all of shape (rows,)."""
        pairs = zip(near.tolist(), symbols.tolist(), strict=True)
        return self._meet(numbers([self._find_meant(*pair) for pair in pairs]), far)

    def regrets(self, before: int, after: int, ids: Numbers) -> bool:
        """Whether what is complete when one number of what is far has become another had better be drawn again.

        Args:
            ids: symbols before the last one, shape (symbols,).
        """
        return self.constraint.regrets(self._fars[before], self._fars[after], ids.tolist())

    def distances(self, near: Numbers, far: Numbers) -> Numbers:
        """Fewest symbols from each of these states to the end: (rows,), (rows,) -> (rows,)."""
        pairs = zip(near.tolist(), far.tolist(), strict=True)
        return numbers([self._distance(pair) for pair in pairs])

    def closing(self, near: int, far: int, remaining: int) -> NDArray[np.bool_]:
        """The symbols after which ``remaining`` more are enough to come to the end; those that come closest to it, if
        there are none: shape (size,).
        """
        if (near, far) not in self._further:
            farthest = self.constraint.farthest(self.state(near, far))
            if farthest is not None and farthest <= remaining:
                return self.mask(near, far)
            self._further[near, far] = self._distances_further(near, far)
        distances = self._further[near, far]
        mask: NDArray[np.bool_] = distances <= max(remaining, int(distances.min()))
        return mask

    def as_constraint(self) -> NumberedConstraint:
        """The same constraint with its states as numbers, so that nothing is asked twice."""
        return NumberedConstraint(self)

    def _near(self, state: ConstraintState) -> int:
        found = self._numbers.get(state)
        return self._add(state) if found is None else found

    def _far(self, far: Hashable) -> int:
        if far not in self._far_numbers:
            self._far_numbers[far] = len(self._fars)
            self._fars.append(far)
        return self._far_numbers[far]

    def _advance(self, near: int, symbol: int) -> int:
        state = self.constraint.advance(self.states[near], symbol)
        after = FORBIDDEN if state is None else self._near(state)
        self._following[near, symbol] = after
        return after

    def _find_meant(self, near: int, symbol: int) -> int:
        if (near, symbol) not in self._meant:
            self._meant[near, symbol] = self._near(self.constraint.meant(self.states[near], symbol))
        return self._meant[near, symbol]

    def _meet(self, near: Numbers, far: Numbers) -> tuple[Numbers, Numbers]:
        """Joins what is near and what is far where they must be."""
        rows = (self._crosses[near] & (near >= 0)).nonzero()[0]
        if not len(rows):
            return near, far
        pairs = [self._join(pair) for pair in zip(near[rows].tolist(), far[rows].tolist(), strict=True)]
        far = far.copy()
        near[rows], far[rows] = np.array(pairs, dtype=np.int64).T
        return near, far

    def _join(self, pair: Pair) -> Pair:
        if pair not in self._joined:
            state = self.state(*pair)
            self._joined[pair] = (FORBIDDEN, pair[1]) if state is None else self.number(state)
        return self._joined[pair]

    def _distance(self, pair: Pair) -> int:
        if pair not in self._distances:
            self._distances[pair] = self.constraint.distance(self.state(*pair))
        return self._distances[pair]

    def _distances_further(self, near: int, far: int) -> Numbers:
        """The distance to the end after each symbol; the largest number after one that may not come, (size,)."""
        state, constraint = self.state(near, far), self.constraint
        found = np.full(self.size, np.iinfo(np.int64).max)
        # What comes after is not numbered: most of it is never met.
        for symbol in np.flatnonzero(self.mask(near, far)).tolist():
            found[symbol] = constraint.distance(constraint.advance(state, symbol))
        return found

    def _add(self, state: ConstraintState) -> int:
        number = len(self.states)
        if number == len(self.resting):
            self._grow()
        self.states.append(state)
        self._numbers[state] = number
        self._crosses[number] = self.constraint.crosses(state)
        # One that crosses is joined before anything is asked of it.
        self.resting[number] = not self._crosses[number] and self.constraint.resting(state)
        return number

    def _grow(self) -> None:
        """Room for twice as many states."""
        more = len(self.resting)
        self.resting = np.concatenate([self.resting, np.zeros(more, dtype=np.bool_)])
        self._crosses = np.concatenate([self._crosses, np.zeros(more, dtype=np.bool_)])
        unknown = np.full((more, self.size), UNKNOWN, dtype=np.int32)
        self._following = np.concatenate([self._following, unknown])


class NumberedConstraint(Constraint):
    """A table as a constraint: its states are numbers, its answers remembered."""

    def __init__(self, table: ConstraintTable) -> None:
        self.table, self.prompt = table, table.constraint.prompt

    def start(self, chance: float | None = None) -> Pair:
        return self.table.start(chance)

    def allowed(self, state: Pair) -> Tensor:
        return torch.from_numpy(self.table.mask(*state))

    def advance(self, state: Pair, symbol: int) -> Pair | None:
        after = _only(self.table.advance(*_rows(state), numbers([symbol])))
        return after if after[0] >= 0 else None

    def resting(self, state: Pair) -> bool:
        return bool(self.table.resting[state[0]])

    def meant(self, rested: Pair, symbol: int) -> Pair:
        return _only(self.table.meant(*_rows(rested), numbers([symbol])))

    def distance(self, state: Pair) -> int:
        return int(self.table.distances(*_rows(state))[0])


def numbers(values: Sequence[int]) -> Numbers:
    """Whole numbers as an array, shape (values,)."""
    return np.array(values, dtype=np.int64)


def _rows(state: Pair) -> tuple[Numbers, Numbers]:
    return numbers([state[0]]), numbers([state[1]])


def _only(rows: tuple[Numbers, Numbers]) -> Pair:
    return int(rows[0][0]), int(rows[1][0])
