"""A constraint remembered: its states as numbers, so that a whole batch looks up what may follow in one go."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tunewright.contracts import Constraint, ConstraintState

Numbers = NDArray[np.int64]
FORBIDDEN = -1
UNKNOWN = -2


class ConstraintTable:
    """Masks and successors of the states that have been met, by number.

    Args:
        constraint: whose states these are; only asked for what isn't known yet.
        size: number of symbols.

    Attributes:
        states: by number.
        masks: what may come in each state, (states, size).
        resting: whether something is just complete in each state, (states,).
    """

    def __init__(self, constraint: Constraint, size: int) -> None:
        self.constraint, self.size = constraint, size
        self.states: list[ConstraintState] = []
        self.masks: NDArray[np.bool_] = np.ones((64, size), dtype=np.bool_)
        self.resting: NDArray[np.bool_] = np.zeros(64, dtype=np.bool_)
        self._numbers: dict[ConstraintState, int] = {}
        self._following: NDArray[np.int32] = np.full((64, size), UNKNOWN, dtype=np.int32)
        self._distances: Numbers = np.full(64, UNKNOWN)
        self._further: dict[int, Numbers] = {}
        self._corrected: dict[tuple[int, int], int] = {}

    def number(self, state: ConstraintState) -> int:
        """The number of a state, a new one for a new state."""
        found = self._numbers.get(state)
        return self._add(state) if found is None else found

    def advance(self, numbers: Numbers, symbols: Numbers) -> Numbers:
        """The states after these symbols, :data:`FORBIDDEN` where one may not come: (rows,), (rows,) -> (rows,)."""
        following = self._following[numbers, symbols].astype(np.int64)
        for row in (following == UNKNOWN).nonzero()[0].tolist():
            following[row] = self._advance(int(numbers[row]), int(symbols[row]))
        return following

    def meant(self, rested: Numbers, symbols: Numbers) -> Numbers:
        """Where rows go on after symbols that could not come: (rows,), (rows,) -> (rows,)."""
        pairs = zip(rested.tolist(), symbols.tolist(), strict=True)
        return numbers([self._meant(number, symbol) for number, symbol in pairs])

    def distances(self, numbers: Numbers) -> Numbers:
        """Fewest symbols from each of these states to the end: (rows,) -> (rows,)."""
        distances: Numbers = self._distances[numbers]
        for row in (distances == UNKNOWN).nonzero()[0].tolist():
            number = int(numbers[row])
            distances[row] = self._distances[number] = self.constraint.distance(self.states[number])
        return distances

    def closing(self, number: int, remaining: int) -> NDArray[np.bool_]:
        """The symbols after which ``remaining`` more are enough to come to the end; those that come closest to it, if
        there are none: shape (size,).
        """
        if number not in self._further:
            self._further[number] = self._distances_further(number)
        distances = self._further[number]
        mask: NDArray[np.bool_] = distances <= max(remaining, int(distances.min()))
        return mask

    def as_constraint(self) -> NumberedConstraint:
        """The same constraint with its states as numbers, so that nothing is asked twice."""
        return NumberedConstraint(self)

    def _advance(self, number: int, symbol: int) -> int:
        """The state after one symbol, asked for if it isn't known."""
        after = int(self._following[number, symbol])
        if after == UNKNOWN:
            after = self.number(self.constraint.advance(self.states[number], symbol))
            self._following[number, symbol] = after
        return after

    def _meant(self, number: int, symbol: int) -> int:
        if (number, symbol) not in self._corrected:
            after = self.constraint.meant(self.states[number], symbol)
            self._corrected[number, symbol] = self.number(after)
        return self._corrected[number, symbol]

    def _distances_further(self, number: int) -> Numbers:
        """The distance to the end after each symbol; the largest number after one that may not come, (size,)."""
        state, constraint = self.states[number], self.constraint
        found = np.full(self.size, np.iinfo(np.int64).max)
        # What comes after is not numbered: most of it is never met.
        for symbol in np.flatnonzero(self.masks[number]).tolist():
            found[symbol] = constraint.distance(constraint.advance(state, symbol))
        return found

    def _add(self, state: ConstraintState) -> int:
        number = len(self.states)
        if number == len(self.resting):
            self._grow()
        self.states.append(state)
        self._numbers[state] = number
        mask = self.constraint.allowed(state)
        if mask is not None:
            self.masks[number] = mask.numpy()
            self._following[number, ~self.masks[number]] = FORBIDDEN
        self.resting[number] = self.constraint.resting(state)
        return number

    def _grow(self) -> None:
        """Room for twice as many states."""
        more = len(self.resting)
        self.resting = np.concatenate([self.resting, np.zeros(more, dtype=np.bool_)])
        self._distances = np.concatenate([self._distances, np.full(more, UNKNOWN)])
        self.masks = np.concatenate([self.masks, np.ones((more, self.size), dtype=np.bool_)])
        unknown = np.full((more, self.size), UNKNOWN, dtype=np.int32)
        self._following = np.concatenate([self._following, unknown])


class NumberedConstraint:
    """A table as a constraint: its states are numbers, its answers remembered."""

    def __init__(self, table: ConstraintTable) -> None:
        self.table, self.prompt = table, table.constraint.prompt

    def start(self) -> int:
        return self.table.number(self.table.constraint.start())

    def allowed(self, state: int) -> Tensor:
        return torch.from_numpy(self.table.masks[state])

    def advance(self, state: int, symbol: int) -> int:
        return int(self.table.advance(numbers([state]), numbers([symbol]))[0])

    def resting(self, state: int) -> bool:
        return bool(self.table.resting[state])

    def meant(self, rested: int, symbol: int) -> int:
        return int(self.table.meant(numbers([rested]), numbers([symbol]))[0])

    def distance(self, state: int) -> int:
        return int(self.table.distances(numbers([state]))[0])


def numbers(values: Sequence[int]) -> Numbers:
    """Whole numbers as an array, shape (values,)."""
    return np.array(values, dtype=np.int64)
