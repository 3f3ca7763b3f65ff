"""A text that is given in part: fixed stretches, and lines that the model goes on with until they end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tunewright.contracts import Constraint

State = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Fixed:
    """Symbols that must come."""

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Open:
    """Anything, up to and with the symbol that ends the line; ``forbidden`` symbols would end the piece too early."""

    end: int
    forbidden: tuple[int, ...] = ()


class Template(Constraint):
    """The constraint that a beginning sets: stretches in order, then anything.

    Args:
        stretches: what is given and what is left open.
        size: number of symbols.
        prompt: symbols before the first stretch.

    A state is (number of the stretch, symbols of it that have come).
    """

    def __init__(self, stretches: Sequence[Fixed | Open], size: int, prompt: tuple[int, ...] = ()) -> None:
        self.prompt = prompt
        self.stretches = [stretch for stretch in stretches if not isinstance(stretch, Fixed) or stretch.ids]
        self.size = size
        self._masks: dict[State, Tensor] = {}

    def start(self, chance: float | None = None) -> State:
        return (0, 0)

    def allowed(self, state: State) -> Tensor | None:
        return None if state[0] == len(self.stretches) else self._mask_of(state)

    def advance(self, state: State, symbol: int) -> State | None:
        number, at = state
        if number == len(self.stretches):
            return state
        if not self._mask_of(state)[symbol]:
            return None
        stretch = self.stretches[number]
        if isinstance(stretch, Fixed):
            return (number, at + 1) if at + 1 < len(stretch.ids) else (number + 1, 0)
        # Whether the line is still empty matters (it may not end at once); how long it is does not.
        return (number + 1, 0) if symbol == stretch.end else (number, 1)

    def resting(self, state: State) -> bool:
        return state[1] == 0

    def meant(self, rested: State, symbol: int) -> State:
        return rested

    def distance(self, state: State) -> int:
        return 0

    def _mask_of(self, state: State) -> Tensor:
        if state not in self._masks:
            self._masks[state] = self._mask(state)
        return self._masks[state]

    def _mask(self, state: State) -> Tensor:
        number, at = state
        stretch = self.stretches[number]
        if isinstance(stretch, Fixed):
            mask = torch.zeros(self.size, dtype=torch.bool)
            mask[stretch.ids[at]] = True
            return mask
        mask = torch.ones(self.size, dtype=torch.bool)
        mask[list(stretch.forbidden)] = False
        if at == 0:
            mask[stretch.end] = False
        return mask
