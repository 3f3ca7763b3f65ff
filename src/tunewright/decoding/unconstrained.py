"""No constraint at all: after a prompt, anything may come."""

from __future__ import annotations

from torch import Tensor

from tunewright.contracts import Constraint


class Unconstrained(Constraint):
    """The constraint that forbids nothing and knows of no end.

    Args:
        prompt: symbols that have come before the start.
    """

    def __init__(self, prompt: tuple[int, ...] = ()) -> None:
        self.prompt = prompt

    def start(self, chance: float | None = None) -> int:
        return 0

    def allowed(self, state: int) -> Tensor | None:
        return None

    def advance(self, state: int, symbol: int) -> int:
        return state

    def resting(self, state: int) -> bool:
        return False

    def meant(self, rested: int, symbol: int) -> int:
        return rested

    def distance(self, state: int) -> int:
        return 0
