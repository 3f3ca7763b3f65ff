from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.decoding.automata import BAR, END, LINE, MEANT, SIZE, SPELLINGS, Bars
from tunewright.decoding.table import ConstraintTable, numbers
from tunewright.decoding.template import Template


class Counting(Bars):
    """Counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def advance(self, state: tuple[int, bool], symbol: int) -> tuple[int, bool] | None:
        self.asked += 1
        return super().advance(state, symbol)


def test_masks_successors_and_rests_are_those_of_the_constraint() -> None:
    table, bars = ConstraintTable(Bars(), SIZE), Bars()
    found, nothing_far = [table.start()[0]], 0
    for number in found:  # grows while it is read
        state = table.states[number]
        assert table.mask(number, 0).tolist() == bars.allowed(state).tolist()
        assert table.resting[number] == bars.resting(state)
        legal = np.flatnonzero(table.mask(number, 0))
        rows = np.full(len(legal), number)
        after, far = table.advance(rows, rows * 0, legal)
        assert set(far.tolist()) <= {nothing_far}
        assert [table.states[one] for one in after] == [bars.advance(state, symbol) for symbol in legal.tolist()]
        assert table.distances(after, far).tolist() == [bars.distance(table.states[one]) for one in after]
        found += [one for one in after.tolist() if one not in found]
    assert len({table.states[one] for one in found}) == len(found) == 6


def test_a_state_has_one_number() -> None:
    table = ConstraintTable(Bars(), SIZE)
    assert table.number((3, False)) == table.number((3, False)) != table.number((2, False))


def test_what_is_known_is_not_asked_again() -> None:
    bars = Counting()
    table = ConstraintTable(bars, SIZE)
    near, far = table.start()
    rows, fars = numbers([near] * 40), numbers([far] * 40)
    symbols = numbers([1, 2, 3, 1] * 10)
    first = table.advance(rows, fars, symbols)[0]
    asked = bars.asked
    assert table.advance(rows, fars, symbols)[0].tolist() == first.tolist()
    assert bars.asked == asked > 0


def test_what_was_meant_is_another_state() -> None:
    table = ConstraintTable(Bars(), SIZE)
    near, far = table.number((BAR, False))
    meant, _ = table.meant(numbers([near, near]), numbers([far, far]), numbers([MEANT, 5]))
    assert [table.states[number] for number in meant] == [(BAR, True), (BAR, False)]


@pytest.mark.parametrize(
    ("room", "remaining", "expected"),
    [
        (BAR, 9, {1, 2, 3}),
        (BAR, 2, {1, 2, 3}),
        (BAR, 1, {1, 2, 3}),  # none comes to the end in time: those that come closest
        (3, 2, {1, 2, 3}),
        (3, 1, {3}),
        (0, 3, {LINE, END}),
        (0, 2, {END}),
        (0, 0, {END}),
    ],
)
def test_symbols_that_come_to_the_end_in_time(room: int, remaining: int, expected: set[int]) -> None:
    table = ConstraintTable(Bars(), SIZE)
    near, far = table.number((room, False))
    before = table.mask(near, far).tolist()
    assert set(np.flatnonzero(table.closing(near, far, remaining)).tolist()) == expected
    assert table.mask(near, far).tolist() == before


def test_a_table_grows_without_forgetting() -> None:
    size = 300
    table = ConstraintTable(Line(size), 3)
    state, far = (numbers([one]) for one in table.number(0))
    seen = []
    for _ in range(size):
        seen.append(int(state[0]))
        state, far = table.advance(state, far, numbers([1]))
    assert len(set(seen)) == size
    assert [table.states[number] for number in seen] == list(range(size))
    assert all(table.mask(number, 0).tolist() == [number % 2 == 0, True, False] for number in seen)
    assert [bool(table.resting[number]) for number in seen] == [number % 5 == 0 for number in range(size)]


class Line(Bars):
    """A long row of states, each with a mask of its own."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.length = size

    def allowed(self, state: int) -> torch.Tensor:  # type: ignore[override]
        return torch.tensor([state % 2 == 0, True, False])

    def advance(self, state: int, symbol: int) -> int:  # type: ignore[override]
        return state + 1

    def resting(self, state: int) -> bool:  # type: ignore[override]
        return state % 5 == 0


def test_where_anything_may_come_the_mask_says_so() -> None:
    free = Template([], SPELLINGS, (END,))
    table = ConstraintTable(free, SIZE)
    assert table.mask(*table.start()).all()


def test_a_table_is_a_constraint_itself() -> None:
    bars = Bars((1, 3))
    numbered = ConstraintTable(bars, SIZE).as_constraint()
    assert numbered.prompt == (1, 3)
    own: Any = bars.start()
    state: Any = numbered.start()
    for symbol in (LINE, 2, 2, LINE, 1):
        assert numbered.allowed(state).tolist() == bars.allowed(own).tolist()
        assert numbered.resting(state) == bars.resting(own)
        assert numbered.distance(state) == bars.distance(own)
        own, state = bars.advance(own, symbol), numbered.advance(state, symbol)
    start = numbered.table.number((BAR, False))
    assert numbered.meant(start, MEANT) == numbered.table.number((BAR, True))
