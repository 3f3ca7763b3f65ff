"""Small models and a small constraint, for the step loop: bars of four beats over nine symbols."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from tunewright.contracts import Constraint
from tunewright.models.emission import Categorical

SIZE = 9
LINE, MEANT, END = 0, 6, 8
BEATS = (1, 2, 3)
BAR = 4
SPELLINGS = ["0", "1", "\n", "3", "4", "5", "6", "7", ""]
"""Of the symbols, where a constraint asks for them; the third ends a line."""
State = tuple[int, bool]
"""Beats missing from the bar, -1 after the end; whether the tune ends with this bar."""


class Bars(Constraint):
    """1, 2 and 3 are notes of so many beats, 0 a bar line after four of them, 8 the end in its place; 4 and 5 may never
    come, nor may 6, but it tells that the end was meant.
    """

    def __init__(self, prompt: tuple[int, ...] = ()) -> None:
        self.prompt = prompt

    def start(self, chance: float | None = None) -> State:
        state = (BAR, False)
        for symbol in self.prompt:
            after = self.advance(state, symbol)
            assert after is not None
            state = after
        return state

    def allowed(self, state: State) -> Tensor:
        room, closing = state
        mask = torch.zeros(SIZE, dtype=torch.bool)
        for beats in BEATS:
            mask[beats] = beats <= room
        mask[LINE] = room == 0 and not closing
        mask[END] = room == 0
        return mask

    def advance(self, state: State, symbol: int) -> State | None:
        if not self.allowed(state)[symbol]:
            return None
        room, closing = state
        if symbol == END:
            return (-1, False)
        return (BAR, False) if symbol == LINE else (room - symbol, closing)

    def resting(self, state: State) -> bool:
        return state[0] == BAR

    def meant(self, rested: State, symbol: int) -> State:
        return (rested[0], True) if symbol == MEANT else rested

    def distance(self, state: State) -> int:
        room = state[0]
        return 0 if room < 0 else 1 + (room > 0) + (room > BEATS[-1])

    def holds(self, ids: tuple[int, ...]) -> bool:
        """Whether these symbols and the end after them are a tune."""
        state: State = (BAR, False)
        for symbol in (*ids, END):
            after = self.advance(state, symbol)
            if after is None:
                return False
            state = after
        return state[0] < 0


class Historian:
    """A model that remembers all it has read, and whose every prediction depends on it. Keeps what it was asked.

    Memory: what each row has read, from the first symbol.
    """

    emission = Categorical()

    def __init__(self, sharpness: float = 2.0) -> None:
        self.sharpness = sharpness
        self.asked: set[tuple[int, ...]] = set()

    def __call__(self, inputs: Tensor, memory: list[tuple[int, ...]]) -> tuple[Tensor, list[tuple[int, ...]]]:
        after = [(*before, *own) for before, own in zip(memory, inputs.tolist(), strict=True)]
        self.asked |= set(after)
        logits = torch.stack([self.logits(history) for history in after]) if after else torch.zeros(0, SIZE)
        return logits[:, None], after

    def logits(self, history: tuple[int, ...]) -> Tensor:
        past = 0
        for symbol in history:
            past = (past * 10 + symbol + 1) % 7919
        return self.sharpness * torch.sin((past + 1) * torch.arange(1.0, SIZE + 1, dtype=torch.float64) * 12.9898)

    def select(self, memory: list[tuple[int, ...]], rows: Tensor) -> list[tuple[int, ...]]:
        return [memory[row] for row in rows.tolist()]

    def empty(self, rows: int) -> list[tuple[int, ...]]:
        return [()] * rows

    def assign(
        self, memory: list[tuple[int, ...]], rows: Tensor, source: list[tuple[int, ...]], source_rows: Tensor
    ) -> list[tuple[int, ...]]:
        after = list(memory)
        for row, other in zip(rows.tolist(), source_rows.tolist(), strict=True):
            after[row] = source[other]
        return after

    def for_inference(self) -> Any:
        return self


class Certain(Historian):
    """A model that is certain: the next symbol is one more than the last."""

    def logits(self, history: tuple[int, ...]) -> Tensor:
        return self.towards((history[-1] + 1) % SIZE)

    def towards(self, symbol: int) -> Tensor:
        return 40 * torch.nn.functional.one_hot(torch.tensor(symbol), SIZE).double()


class Scripted(Certain):
    """A model that is certain of a script, whatever it reads."""

    def __init__(self, *script: int) -> None:
        super().__init__()
        self.script = script

    def logits(self, history: tuple[int, ...]) -> Tensor:
        return self.towards(self.script[(len(history) - 1) % len(self.script)])


class Indifferent:
    """A model with one distribution, whatever it reads; it remembers nothing."""

    emission = Categorical()

    def __init__(self, probabilities: list[float]) -> None:
        self.probabilities = torch.tensor(probabilities, dtype=torch.float64)

    def __call__(self, inputs: Tensor, memory: None = None) -> tuple[Tensor, None]:
        return self.probabilities.log().expand(*inputs.shape, SIZE), None

    def select(self, memory: None, rows: Tensor) -> None:
        return None

    def empty(self, rows: int) -> None:
        return None

    def assign(self, memory: None, rows: Tensor, source: None, source_rows: Tensor) -> None:
        return None

    def for_inference(self) -> Indifferent:
        return self
