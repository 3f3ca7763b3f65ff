from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from functools import partial
from math import prod
from typing import Any

import pytest
import torch

from tests.decoding.automata import (
    BAR,
    BEATS,
    END,
    LINE,
    MEANT,
    SIZE,
    SPELLINGS,
    Bars,
    Certain,
    Historian,
    Indifferent,
    Scripted,
    State,
)
from tunewright.decoding.drawing import Draw, Drawing, Finished
from tunewright.decoding.filters import greedy, temperature
from tunewright.decoding.generate import generate
from tunewright.decoding.table import ConstraintTable
from tunewright.decoding.template import Template
from tunewright.models.recurrent import GRU, LSTM

FREE = Template([], SPELLINGS, (END,))


def draw_all(
    model: Any, draws: Sequence[Draw], constraint: Any = FREE, width: int = 128, **options: Any
) -> dict[Draw, Finished]:
    drawing = Drawing(**{"boundary": (END,), "prompt": constraint.prompt, "longest": 60, **options})
    waiting = iter(draws)
    table = ConstraintTable(constraint, SIZE)
    return {one.draw: one for one in generate(model, table, drawing, lambda: next(waiting, None), width)}


def draw_one(model: Any, constraint: Any = FREE, **options: Any) -> Finished:
    return draw_all(model, [Draw(0)], constraint, **options)[Draw(0)]


@pytest.fixture(params=[LSTM, GRU])
def model(request: pytest.FixtureRequest) -> Any:
    torch.manual_seed(3)
    return request.param(SIZE, embedding_size=16, hidden_size=48, layers=2).for_inference()


@pytest.mark.parametrize("constraint", [FREE, Bars()], ids=["free", "bars"])
def test_a_piece_is_the_same_alone_and_in_company(model: Any, constraint: Any) -> None:
    draws = [Draw(piece, piece % 3) for piece in range(500)]
    together = draw_all(model, draws, constraint, width=500)
    assert set(together) == set(draws)
    assert len({one.ids for one in together.values()}) > 20
    assert draw_all(model, draws[::-1], constraint, width=37) == together  # rows are refilled at different times
    for draw in (draws[0], draws[207], draws[-1]):
        assert draw_all(model, [draw], constraint, width=1)[draw] == together[draw]


def test_seeds_and_attempts_differ(model: Any) -> None:
    draw, other = Draw(0), Draw(0, attempt=1)
    assert draw_all(model, [draw], seed=1)[draw].ids != draw_all(model, [draw], seed=2)[draw].ids
    both = draw_all(model, [draw, other])
    assert both[draw].ids != both[other].ids


def test_what_is_asked_for_later_is_drawn_too(model: Any) -> None:
    table = ConstraintTable(Bars(), SIZE)
    done: list[Finished] = []

    def following() -> Draw | None:
        """Three at first, and two more for each of the first four that are done."""
        allowed = 3 + 2 * min(len(done), 4)
        return next(pieces) if begun[0] < allowed and not begun.__setitem__(0, begun[0] + 1) else None

    begun, pieces = [0], map(Draw, itertools.count())
    for one in generate(model, table, Drawing((END,), longest=60), following, width=4):
        done.append(one)
    assert {one.draw.piece for one in done} == set(range(11))
    assert {one.draw: one for one in done} == draw_all(model, [Draw(piece) for piece in range(11)], Bars())


def test_nothing_wanted_draws_nothing(model: Any) -> None:
    assert draw_all(model, []) == {}


def test_from_boundary_to_boundary() -> None:
    finished = draw_one(Certain())
    assert (finished.ids, finished.complete, finished.drawn) == (tuple(range(8)), True, 9)


def test_a_boundary_of_two_symbols() -> None:
    template = Template([("55455", True)], SPELLINGS, (4, 5))
    finished = draw_one(Certain(), template, boundary=(4, 5))
    assert (finished.ids, finished.complete) == ((5, 5), True)


def test_a_boundary_of_two_symbols_may_begin_in_the_prompt_but_not_stand_there() -> None:
    assert draw_one(Scripted(5), Template([], SPELLINGS, (4, 5), prompt=(4, 5, 4)), boundary=(4, 5)).ids == (4, 5)
    inside = draw_one(Scripted(4, 4, 5), Template([], SPELLINGS, (4, 5), prompt=(4, 5)), boundary=(4, 5))
    assert (inside.ids, inside.complete) == ((4, 5, 4), True)


def test_too_long_is_told() -> None:
    finished = draw_one(Certain(), longest=4)
    assert (finished.ids, finished.complete) == ((0, 1, 2, 3), False)


def test_a_boundary_that_comes_last_of_all_is_seen() -> None:
    assert draw_one(Certain(), longest=9).complete


def test_a_template_fixes_what_it_gives_and_leaves_the_rest_open() -> None:
    template = Template([("670", True), ("5", False)], SPELLINGS, (END,))
    assert draw_one(Certain(), template, redraws=0).ids == (6, 7, 0, 1, 2, 5, 2, 3, 4, 5, 6, 7)


def test_greedy_takes_the_likeliest_path(model: Any) -> None:
    found = draw_one(model, filters=[greedy], longest=12)
    ids = [END]
    for _ in range(len(found.ids)):
        logits, _ = model(torch.tensor([ids]), model.empty(1))
        ids.append(int(logits[0, -1].argmax()))
    assert list(found.ids) == ids[1:]


@pytest.mark.parametrize("prompt", [(1,), (1, 3), (1, 3, LINE), (2, 2, LINE, 3)])
def test_a_prompt_is_read_and_gone_on_with(prompt: tuple[int, ...]) -> None:
    historian = Historian()
    draws = [Draw(piece) for piece in range(60)]
    found = draw_all(historian, draws, Bars(prompt), width=16)
    for finished in found.values():
        assert finished.complete
        assert finished.ids[: len(prompt)] == prompt
        assert Bars().holds(finished.ids)
    assert {asked[: len(prompt) + 1] for asked in historian.asked if len(asked) > len(prompt)} == {(END, *prompt)}
    assert len({finished.ids for finished in found.values()}) > 5


@pytest.mark.parametrize("redraws", [0, 1, 8, 100])
def test_every_sequence_is_of_the_constraint(redraws: int) -> None:
    for finished in draw_all(Historian(), [Draw(piece) for piece in range(150)], Bars(), redraws=redraws).values():
        assert finished.complete
        assert Bars().holds(finished.ids)
        assert finished.drawn >= len(finished.ids) + 1
        assert redraws or not finished.masked


def test_masking_draws_nothing_in_vain_and_redrawing_does() -> None:
    draws = [Draw(piece) for piece in range(100)]
    masked = draw_all(Historian(), draws, Bars(), redraws=0).values()
    redrawn = draw_all(Historian(), draws, Bars(), redraws=4).values()
    assert all(one.drawn == len(one.ids) + 1 for one in masked)
    assert sum(one.drawn for one in redrawn) > 2 * sum(len(one.ids) for one in redrawn)
    assert any(one.masked for one in redrawn)


def test_what_is_taken_back_is_forgotten() -> None:
    """The model is never asked to go on from what the constraint forbids or from what has been taken back."""
    historian = Historian()
    finished = draw_all(historian, [Draw(piece) for piece in range(80)], Bars(), width=13, redraws=5)
    for history in historian.asked:
        state: State | None = Bars().start()
        for symbol in history[1:]:
            assert state is not None
            state = Bars().advance(state, symbol)
        assert state is not None
    for one in finished.values():
        path = (END, *one.ids)
        assert all(path[: end + 1] in historian.asked for end in range(len(path)))


def first_bars(model: Any, redraws: int, count: int) -> Counter[tuple[int, ...]]:
    draws = [Draw(piece) for piece in range(count)]
    found = draw_all(model, draws, Bars(), width=500, redraws=redraws, seed=2, longest=400).values()
    return Counter(one.ids[: one.ids.index(LINE)] if LINE in one.ids else one.ids for one in found)


def test_redrawing_keeps_the_models_own_distribution_of_right_bars() -> None:
    """Chi squared of 4000 first bars: given that a bar is right, it is as likely as the model has it."""
    model = Indifferent([0.05, 0.1, 0.2, 0.3, 0.05, 0.05, 0, 0.05, 0.2])
    bars = [bar for length in range(1, BAR + 1) for bar in itertools.product(BEATS, repeat=length) if sum(bar) == BAR]
    weights = {bar: prod(float(model.probabilities[note]) for note in bar) for bar in bars}

    def distance(found: Counter[tuple[int, ...]]) -> float:
        assert set(found) <= set(bars)
        expected = {bar: 4000 * weight / sum(weights.values()) for bar, weight in weights.items()}
        return sum((found[bar] - wanted) ** 2 / wanted for bar, wanted in expected.items())

    assert distance(first_bars(model, redraws=10**6, count=4000)) < 24.3  # 7 bars, 6 degrees: 1 in 2000 beyond
    assert distance(first_bars(model, redraws=0, count=4000)) > 100  # a mask has another


def test_a_symbol_that_could_not_come_tells_what_was_meant() -> None:
    model = Scripted(1, 1, 1, 1, MEANT)
    for finished in draw_all(model, [Draw(piece) for piece in range(40)], Bars(), redraws=3).values():
        assert (finished.ids, finished.complete, finished.masked) == ((1, 1, 1, 1), True, 1)


@pytest.mark.parametrize("filters", [[], [partial(temperature, value=0.5)], [lambda logits: logits / 0.5]])
def test_forbidden_symbols_taken_away_one_by_one_or_masked_leave_the_same_chances(filters: list[Any]) -> None:
    """Chi squared of 4000 first notes: half of the probability is of what may not come there."""
    model = Indifferent([0.2, 0.1, 0.2, 0.2, 0.1, 0.05, 0.05, 0.05, 0.05])
    found = draw_all(model, [Draw(piece) for piece in range(4000)], Bars(), width=500, redraws=0, filters=filters)
    counts = Counter(one.ids[0] for one in found.values())
    weights = {note: float(model.probabilities[note]) ** (2 if filters else 1) for note in BEATS}
    expected = {note: 4000 * weight / sum(weights.values()) for note, weight in weights.items()}
    assert set(counts) == set(BEATS)
    assert sum((counts[note] - wanted) ** 2 / wanted for note, wanted in expected.items()) < 15.2  # 1 in 2000 beyond


def test_where_nearly_all_is_forbidden_what_is_left_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tunewright.decoding.choice.MOST_ASKED", 2)
    model = Indifferent([0.3, 1e-9, 1e-9, 1e-9, 0.3, 0.1, 0.1, 0.1, 0.1])
    for finished in draw_all(model, [Draw(piece) for piece in range(40)], Bars(), redraws=0).values():
        assert Bars().holds(finished.ids)


class Choosy(Bars):
    """The same bars, which had better not end with a 1. What is near is the bar, what is far is how many have come."""

    def start(self, chance: float | None = None) -> Any:
        return super().start(), 0

    def split(self, state: Any) -> Any:
        return state

    def join(self, near: Any, far: Any) -> Any:
        return (near[0], far + 1) if self.crosses(near) else (near, far)

    def crosses(self, near: Any) -> bool:
        return isinstance(near[0], tuple)

    def advance(self, state: Any, symbol: int) -> Any:
        after = super().advance(self._bar(state), symbol)
        return (after,) if after and symbol in (LINE, END) else after

    def allowed(self, state: Any) -> torch.Tensor:
        return super().allowed(self._bar(state))

    def distance(self, state: Any) -> int:
        return super().distance(self._bar(state))

    def _bar(self, state: Any) -> State:
        bar: State = state[0] if isinstance(state[0], tuple) else state
        return bar

    def regrets(self, before: Any, after: Any, ids: Sequence[int]) -> bool:
        assert after == before + 1
        return ids[-1] == 1


def test_what_is_regretted_is_drawn_again_but_not_masked() -> None:
    model = Indifferent([0.05, 0.4, 0.2, 0.1, 0, 0, 0, 0, 0.05])
    draws = [Draw(piece) for piece in range(200)]

    def ending_with_one(constraint: Bars, redraws: int) -> float:
        found = draw_all(model, draws, constraint, redraws=redraws).values()
        assert all(Bars().holds(one.ids) and not one.given_up for one in found)
        bars = [bar for one in found for bar in "".join(map(str, one.ids)).split(str(LINE))]
        return sum(bar.endswith("1") for bar in bars) / len(bars)

    assert ending_with_one(Bars(), 2000) > 0.45
    assert ending_with_one(Choosy(), 2000) < 0.02
    assert ending_with_one(Choosy(), 0) > 0.45  # a mask is of what is wrong alone


def test_an_attempt_that_remains_regretted_is_given_up_but_not_for_ever() -> None:
    model = Scripted(1, 1, 1, 1, END)
    draws = [Draw(0, attempt) for attempt in range(4)]
    found = draw_all(model, draws, Choosy(), redraws=3, patience=2)
    assert [found[draw].given_up for draw in draws] == [True, True, False, False]
    assert [found[draw].complete for draw in draws] == [False, False, True, True]
    assert {one.masked for one in found.values()} == {0}
    assert found[draws[2]].ids == (1, 1, 1, 1)


@pytest.mark.parametrize("constraint", [Bars(), Choosy()], ids=["bars", "choosy"])
def test_a_table_that_is_full_is_left_and_nothing_changes(model: Any, constraint: Any, monkeypatch: Any) -> None:
    draws = [Draw(piece) for piece in range(60)]
    expected = draw_all(model, draws, constraint, width=20, redraws=3)
    monkeypatch.setattr("tunewright.decoding.table.MOST_NUMBERS", 4 * SIZE)
    assert draw_all(model, draws, constraint, width=20, redraws=3) == expected


class Forgetful(Bars):
    """The same bars where nothing is meant by anything."""

    def meant(self, rested: tuple[int, bool], symbol: int) -> tuple[int, bool]:
        return rested


def test_without_a_meaning_that_symbol_is_only_forbidden() -> None:
    model = Scripted(1, 1, 1, 1, MEANT)
    found = draw_all(model, [Draw(piece) for piece in range(40)], Forgetful(), redraws=3).values()
    assert {len(one.ids) for one in found} > {4}


@pytest.mark.parametrize("redraws", [0, 8])
@pytest.mark.parametrize("longest", [3, 4, 5, 6, 7, 20, 61, 90])
def test_a_tune_is_closed_in_time(redraws: int, longest: int) -> None:
    """A model that never ends comes to its end within the longest length, and makes use of it."""
    model = Indifferent([0.25, 0.25, 0.25, 0.25, 0, 0, 0, 0, 1e-9])
    found = draw_all(model, [Draw(piece) for piece in range(60)], Bars(), redraws=redraws, longest=longest).values()
    for finished in found:
        assert finished.complete
        assert Bars().holds(finished.ids)
        assert len(finished.ids) + 1 <= longest
    assert max(len(one.ids) for one in found) + 1 > longest - 3


def test_where_no_end_is_within_reach_the_way_there_is_taken_as_far_as_it_goes() -> None:
    finished = draw_one(Indifferent([0.25, 0.25, 0.25, 0.25, 0, 0, 0, 0, 1e-9]), Bars(), longest=2)
    assert not finished.complete
    assert sum(finished.ids) == BAR
