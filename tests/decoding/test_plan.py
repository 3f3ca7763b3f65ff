from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.decoding.languages import dialect, grammar, header, spellings
from tunewright.decoding.plan import CLOSE, KEEP, MAY, Drawn, Form, Free, Length, Outlook, Plan
from tunewright.decoding.spelled import PlannedGrammar, SpelledGrammar
from tunewright.decoding.table import ConstraintTable
from tunewright.decoding.way_out import WayOut
from tunewright.music.forms import sections_of
from tunewright.music.reader import read_tune
from tunewright.music.shapes import Shape, Shapes

SHAPES = st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=4).map(tuple)


def through_bars(plan: Plan, bars: int) -> list[str]:
    """What each of so many bars is to its part."""
    told = []
    for _ in range(bars):
        told.append(plan.now.last)
        plan = plan.bar()
    return told


@given(SHAPES)
def test_a_form_counts_its_parts_down(shape: Shape) -> None:
    plan: Plan = Form(shape)
    for bars, repeated in shape:
        assert plan.now[1:4] == (repeated, False, True)
        assert through_bars(plan, bars) == [KEEP] * (bars - 1) + [CLOSE]
        for _ in range(bars - 1):
            plan = plan.bar()
        plan = plan.close()
    assert plan.now[2:4] == (True, False)


@given(st.integers(1, 12), st.data())
def test_both_endings_have_equally_many_bars(bars: int, data: st.DataObject) -> None:
    before = data.draw(st.integers(0, bars - 1))
    plans: tuple[Plan, ...] = (Form(((bars, True),), line=4), Length(bars, 1))
    for plan in plans:
        for _ in range(before):
            plan = plan.bar()
        first = plan.fork()
        ending = bars - before
        whole: Plan = first
        for _ in range(ending - 1):
            whole = whole.bar()
        second = whole.second()
        if isinstance(plan, Form):
            assert through_bars(first, ending) == [KEEP] * (ending - 1) + [CLOSE]
            assert second.now == plan.now
        assert through_bars(second, ending) == [KEEP] * (ending - 1) + [CLOSE]
        for _ in range(ending - 1):
            second = second.bar()
        assert second.close().now.ends


def test_lines_are_full() -> None:
    plan: Plan = Form(((10, True),), line=4)
    told = []
    for _ in range(10):
        told.append(plan.now.begins_line)
        plan = plan.bar()
    assert [number for number, begins in enumerate(told) if begins] == [4, 8]
    assert None not in told
    assert Form(((0, True),), line=4).now.begins_line is None
    assert Form(((8, True),)).now.begins_line is None


@pytest.mark.parametrize("bars", [4, 6, 7, 12])
def test_a_length_is_divided_in_phrases(bars: int) -> None:
    phrase = {4: 4, 6: 2, 7: 1, 12: 4}[bars]
    told = through_bars(Length.of(bars), bars)
    assert told[-1] == CLOSE
    assert [one == MAY for one in told[:-1]] == [number % phrase == 0 for number in range(1, bars)]


@given(SHAPES, st.integers(0, 4), st.lists(st.sampled_from(["bar", "fork", "second", "close"]), max_size=12))
def test_an_outlook_tells_what_comes_before_and_after_the_next_bar_line(
    shape: Shape, line: int, events: list[str]
) -> None:
    plan: Plan = Form(shape, line)
    for event in events:
        outlook = plan.outlook
        assert isinstance(outlook, Outlook)
        assert outlook.now == plan.now
        if plan.now.ends or (event == "bar" and plan.now.last == CLOSE):
            return
        if event == "second":
            plan = plan.fork()
            outlook = plan.outlook
        after = getattr(plan, event)()
        told = getattr(outlook, event)()
        assert told.told(plan) == after
        if event == "bar":
            assert told.now == after.now
        plan = after


# Near and far

OWN = dialect(lengths=("", "2", "3"), key_changes=(), title_characters="a")
FORMS = Shapes({"2/4": {((4, True), (2, False)): 3, ((1, False), (5, True)): 1}}, 2)
PLANS: dict[str, Plan] = {
    "free": Free(),
    "form": Form(((3, True), (2, False), (1, True)), line=2),
    "endings anywhere": Form(((0, True), (0, False))),
    "length": Length.of(6),
    "drawn": Drawn(FORMS, Free()),
}


TOKENS = ("A2", " d", "|]", "A|", "|\nB", ":|\n|:", "\n|:", "[1 ", ":|[2 ", "A2|d|", "K:D\n|:", "c:|", "||")


def constraints(plan: Plan, more: tuple[str, ...] = ()) -> tuple[PlannedGrammar, SpelledGrammar]:
    """The same language with plans kept apart, and in one; over characters and ``more`` symbols."""
    language = grammar("2/4", OWN, plan)
    vocabulary = spellings(more)
    common: Any = (vocabulary, (len(vocabulary) - 1,), WayOut(language).characters, language.start)
    return PlannedGrammar(language, *common), SpelledGrammar(language, *common)


@pytest.mark.parametrize("more", [(), TOKENS], ids=["characters", "tokens"])
@pytest.mark.parametrize("name", PLANS)
def test_kept_apart_or_not_all_is_the_same(name: str, more: tuple[str, ...]) -> None:
    """Walked through at random, the table knows what may come, how far the end is and where it rests; symbols may go on
    after a bar line.
    """
    apart, whole = constraints(PLANS[name], more)
    table, chance = ConstraintTable(apart, len(apart.spellings)), random.Random(5)
    numbered = table.as_constraint()
    for walk in range(40):
        start = chance.random()
        state: Any = numbered.start(start)
        plain = whole.start(start)
        for step in range(500):
            legal = whole.allowed(plain).tolist()
            assert numbered.allowed(state).tolist() == legal
            assert numbered.resting(state) == whole.resting(plain)
            if not any(legal):
                break
            assert numbered.distance(state) == whole.distance(plain)
            symbols = [symbol for symbol, may in enumerate(legal) if may]
            wrong = chance.choice([symbol for symbol, may in enumerate(legal) if not may])
            assert numbered.advance(state, wrong) is None
            after = {symbol: whole.advance(plain, symbol) for symbol in symbols}
            if step > 60:
                shortest = min(map(whole.distance, after.values()))
                symbols = [symbol for symbol in symbols if whole.distance(after[symbol]) == shortest]
            colon = whole.spellings.index(":")
            assert table.state(*numbered.meant(state, colon)) == whole.meant(plain, colon)
            symbol = chance.choice(symbols)
            state, plain = numbered.advance(state, symbol), after[symbol]
        assert not np.any(legal), walk


def test_bars_are_written_in_the_same_states_wherever_they_stand() -> None:
    """But for what matters to them: whether the next one begins a line, and whether the part ends."""
    constraint, _ = constraints(Form(((12, True), (12, True)), line=4))
    numbered = ConstraintTable(constraint, len(constraint.spellings)).as_constraint()
    state: Any = numbered.start()
    near = list[tuple[Any, ...]]()
    line = "A|A|A|A"
    for char in f"{header('2/4')}|:{line}|\n{line}|\n{line}:|\n|:{line}|\n{line}|\n{line}:|".replace("A", "A2B2"):
        if char == "A":
            near.append(())
        state = numbered.advance(state, constraint.spellings.index(char))
        if near:
            near[-1] += (state[0],)
    middle = [1, 2, 4, 5, 6, 8, 9, 12, 13, 14, 16, 17, 18, 20, 21]
    assert len({near[bar][:4] for bar in (5, 6, 9, 13, 14, 17, 18, 21)}) <= 4
    assert near[4] == near[16]
    assert near[6][:4] == near[18][:4] != near[7][:4]
    assert near[11][:4] == near[23][:4]
    assert len({near[bar] for bar in middle}) < 0.7 * len(middle)


def test_a_tune_has_the_form_that_was_drawn() -> None:
    """As musicians count it; each form as often as it occurs, and a line for every two bars."""
    apart, _ = constraints(PLANS["drawn"])
    chance, forms = random.Random(1), list[Shape]()
    for number in range(40):
        state, text = apart.start((number + 0.5) / 40), ""
        while (legal := apart.allowed(state)).any():
            symbols = legal.nonzero().flatten().tolist()
            after = {symbol: apart.advance(state, symbol) for symbol in symbols}
            if len(text) > len(header()) + 20:
                shortest = min(map(apart.distance, after.values()))
                symbols = [symbol for symbol in symbols if apart.distance(after[symbol]) <= shortest + 1]
            symbol = chance.choice(symbols)
            state, text = after[symbol], text + apart.spellings[symbol]
        tune = read_tune(text.rstrip("\0"))
        forms.append(tuple((section.bars, section.repeated) for section in sections_of(tune)))
    expected = {shape: 10 * count for shape, count in FORMS.counts["2/4"].items()}
    assert {shape: forms.count(shape) for shape in set(forms)} == expected


def test_a_form_tells_where_a_part_should_have_ended_on_the_tonic() -> None:
    plan = Form(((2, True), (1, False)), on_tonic=True)
    assert not plan.wanted_tonic(plan.bar())
    ending = plan.bar()
    assert ending.wanted_tonic(ending.close())
    assert ending.close().wanted_tonic(ending.close().close())
    assert not Form(((1, True),)).wanted_tonic(Form(()))
    assert not Length.of(2).wanted_tonic(Length.of(2).close())
    forked = ending.fork().second()
    assert forked.wanted_tonic(forked.close())


@pytest.mark.parametrize(("music", "regretted"), [("|:A4|d4", False), ("|:d4|A4", True)])
def test_a_part_that_does_not_end_on_the_tonic_is_regretted(music: str, regretted: bool) -> None:
    plan = Form(((1, True),), on_tonic=True)
    constraint, _ = constraints(plan)
    ids = [constraint.spellings.index(char) for char in header("2/4") + music]
    assert constraint.regrets(plan, plan.close(), ids) == regretted
    assert not constraint.regrets(plan, plan, ids)
    assert not constraint.regrets(Free(), Free(), ids)


def test_a_drawn_form_ends_on_the_tonic_as_often_as_the_collection_does() -> None:
    often = replace(FORMS, on_tonic=0.75)
    plans = [Drawn(often, Free()).drawn((number + 0.5) / 4000).begin("2/4") for number in range(4000)]
    assert sum(isinstance(plan, Form) and plan.on_tonic for plan in plans) == 3000


def test_where_nothing_is_drawn_any_form_will_do() -> None:
    assert Drawn(FORMS, Free()).begin("2/4") == Free()
    assert Drawn(FORMS, Free()).drawn(0.0).begin("2/4") == Form(((4, True), (2, False)), 2)
