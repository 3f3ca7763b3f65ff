"""From every place of the composing language there is a way to its end.

**Signs.** :class:`BarRules` knows a tune as a row of *places*, one after each complete sign or note. All places that
can be reached from the beginning are listed, and the ways between them are walked back from the end: with any division
of the tune, and with a few forms; and for all plans that count bars at once, to the next bar line or part's end, after
which fewer bars are to come. That this is enough for characters follows from how they are spelled: what a character may
do depends on the place's *menu* alone, all texts of which are known; a beginning that is offered is the beginning of
one of these texts, so it can always be made a whole one (which ``test_every_beginning_...`` looks at in all menus); and
a whole one leads to the next place. Of pitches only their kind matters there: plain, altered, rest. One thing lies
between signs and characters: at the beginning of a line a letter and a colon would be a field;
``test_limited_pitches_...`` looks at that by characters.

**Characters.** For 2/4 all states are listed one character at a time, as they are drawn, and looked at one by one.
"""

from __future__ import annotations

import random
from collections import Counter
from itertools import product
from typing import Any

import pytest

from tests.decoding.languages import (
    LONGEST_WAY_AHEAD,
    METERS,
    bars,
    characters,
    dialect,
    grammar,
    header,
    measure,
    places,
)
from tunewright.decoding.bar_grammar import BarGrammar, State
from tunewright.decoding.bar_rules import BarRules
from tunewright.decoding.measure import Pitches
from tunewright.decoding.places import BAR, NOTE, Lengths, Place
from tunewright.decoding.plan import Form, Free, Length, Plan
from tunewright.decoding.way_out import NO_WAY, WayOut
from tunewright.music.dialect import Dialect

PLANS: dict[str, Plan] = {
    "AABB": Form(((2, True), (2, True))),
    "ABB": Form(((1, False), (2, True))),
    "A of any length": Form(((0, False), (0, True))),
    "3 bars": Length.of(3),
}
SPARE: dict[str, Any] = {"lengths": ("", "2", "3"), "broken": (), "accidentals": ()}
ALPHABET = "C^z'/2346>()|:[]1 -\n\0!KD"


def dead_places(meter: str, own: Dialect, plan: Plan) -> tuple[int, list[Place]]:
    """How many places there are, and those without a way to the end."""
    found = places(grammar(meter, own).rules, measure(meter, own), plan)
    assert found.ends
    return len(found.nodes), [place._replace(measure=None) for place in found.dead()]  # type: ignore[arg-type]


HOUSE_OR_RAW = pytest.mark.parametrize("house", [True, False], ids=["house", "raw"])


def whole_and_spare(quick: set[str]) -> pytest.MarkDecorator:
    """Meters with the whole dialect and a spare one; what is quick is looked at every time."""
    found = []
    for meter, changes in product(METERS, ({}, SPARE)):
        name = f"{meter}{'-spare' if changes else ''}"
        found.append(pytest.param(meter, changes, id=name, marks=[] if name in quick else pytest.mark.slow))
    return pytest.mark.parametrize(("meter", "changes"), found)


@HOUSE_OR_RAW
@whole_and_spare({"2/4-spare", "3/4-spare", "4/4-spare", "6/8-spare", "9/8-spare"})
def test_with_any_division_no_place_is_a_dead_end(meter: str, changes: dict[str, Any], house: bool) -> None:
    count, dead = dead_places(meter, dialect(house, **changes), Free())
    assert count > 50
    assert dead == []


@HOUSE_OR_RAW
@whole_and_spare({"2/4-spare", "3/4-spare", "6/8-spare"})
def test_nor_is_any_under_a_plan_that_counts_bars(meter: str, changes: dict[str, Any], house: bool) -> None:
    own = dialect(house, **changes)
    found = bars(grammar(meter, own).rules, measure(meter, own))
    assert len(found.nodes) > 1000
    assert found.dead() == []


@HOUSE_OR_RAW
@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("meter", ["2/4", "6/8"])
def test_nor_is_any_in_these_forms(meter: str, plan: str, house: bool) -> None:
    assert dead_places(meter, dialect(house, **SPARE), PLANS[plan])[1] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"lengths": ("",)}, {"lengths": ("", "3"), "tuplets": (2, 3, 4, 5)}, {"endings": ""}, {"ties": False},
        {"bar_lines": ("||", "|]")}, {"rests": ("z", "x")}, {"endings": "|1 "}, {"opens_repeats": True},
        {"lengths": ("", "7", "/"), "broken": ("<", ">")}, {"tuplets": (), "key_changes": ()}, {"line_mark": "!"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("house", [True, False], ids=["house", "raw"])
def test_nor_in_other_dialects(changes: dict[str, Any], house: bool) -> None:
    for plan in (Free(), Form(((2, True), (1, False)))):
        own = dialect(house, **{**SPARE, **changes})
        assert dead_places("3/8", own, plan)[1] == []


def test_what_a_run_can_spell_is_no_dead_end() -> None:
    """A run that never ended a part otherwise than with ``:|`` may not know the letter ``]``."""
    own = dialect(lengths=("",), endings="[1 ").within("ABCDEFGabcdefg|: \n0123456789()")
    assert dead_places("2/4", own, Free())[1] == []


# That this would find a fault


def any_length(rules: BarRules, place: Place, length: int) -> bool:
    return length <= place.room


def tied_to_nothing(rules: BarRules, place: Place) -> bool:
    return not place.left


def after_any_bar(rules: BarRules, place: Place) -> bool:
    return place.spot in (BAR, NOTE)


@pytest.mark.parametrize(
    ("name", "fault", "changes"),
    [
        ("fits", any_length, {"lengths": ("", "3/2")}),
        ("_ties", tied_to_nothing, {}),
        ("_forks", after_any_bar, {}),
    ],
)
def test_planted_faults_are_found(
    monkeypatch: pytest.MonkeyPatch, name: str, fault: Any, changes: dict[str, Any]
) -> None:
    own = dialect(**{**SPARE, "tuplets": (), **changes})

    def dead() -> tuple[int, int]:
        counting = bars(grammar("2/4", own).rules, measure("2/4", own)).dead()
        return len(dead_places("2/4", own, Free())[1]), len(counting)

    assert dead() == (0, 0)
    monkeypatch.setattr(BarRules, name, fault)
    assert all(dead())


# Characters


@pytest.mark.parametrize("house", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["house", "raw"])
def test_every_beginning_that_is_offered_is_one_of_a_text(house: bool) -> None:
    """In every menu: nothing but beginnings of its texts is offered, and all of them are."""
    own = dialect(house)
    rules = grammar("2/4", own).rules
    seen = set()
    for place in places(rules, measure("2/4", own), Free()).nodes:
        menu = rules.menu(place)
        if menu in seen:
            continue
        seen.add(menu)
        every: list[tuple[Any, frozenset[str]]] = [(menu.after_sign, menu.signs), (menu.after_pitch, menu.pitches)]
        every += [(lengths.after, lengths.single | lengths.broken) for lengths in (menu.notes, menu.rests)]
        for ways, texts in every:
            assert {begun + char for begun, chars in ways.items() for char in chars} == {
                text[:end] for text in texts for end in range(1, len(text) + 1)
            }
        assert bool(menu.pitches) == bool(menu.notes) or menu.rests
        assert menu.rests or not menu.pitches & {*"zx"}
        assert menu.pitches or menu.notes == Lengths()
    assert len(seen) > 20


def first_state(language: BarGrammar, meter: str) -> Any:
    return language.walk(language.start(), header(meter))


CHARACTER_LANGUAGES = [
    pytest.param(True, Free(), {"lengths": ("", "2")}, id="house-free-spare"),
    pytest.param(True, Free(), {}, id="house-free", marks=pytest.mark.slow),
    pytest.param(False, Free(), {"lengths": ("", "2"), "broken": ()}, id="raw-free-spare"),
    pytest.param(False, Free(), {}, id="raw-free", marks=pytest.mark.slow),
    pytest.param(True, PLANS["ABB"], {"lengths": ("", "2"), "broken": ()}, id="house-ABB-spare"),
    pytest.param(True, PLANS["ABB"], {}, id="house-ABB", marks=pytest.mark.slow),
    pytest.param(False, PLANS["ABB"], {}, id="raw-ABB", marks=pytest.mark.slow),
    pytest.param(True, Length.of(2), {}, id="house-2 bars", marks=pytest.mark.slow),
    pytest.param(False, Length.of(2), {"lengths": ("", "2")}, id="raw-2 bars", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("house", "plan", "changes"), CHARACTER_LANGUAGES)
def test_no_state_is_a_dead_end_and_the_way_out_is_known(house: bool, plan: Plan, changes: dict[str, Any]) -> None:
    """The way out is never told too short, and hardly ever too long; some character always shortens it."""
    own = dialect(house, **{"lengths": ("", "2", "/", "3/2"), **changes})
    language = grammar("2/4", own, plan)
    found = characters(language, first_state(language, "2/4"), ALPHABET)
    way_out, longer = WayOut(language), Counter[int]()
    for state, shortest, following in zip(found.nodes, found.to_end(), found.following, strict=True):
        assert shortest is not None, state
        told = way_out.characters(state)
        longer[told - shortest] += 1
        assert bool(following) == (not language.ended(state))
        assert not following or min(way_out.characters(found.nodes[other]) for other in following) < told
    assert set(longer) <= set(range(LONGEST_WAY_AHEAD + 1))
    assert longer[0] > 0.9 * longer.total() > 1000


@pytest.mark.parametrize("house", [True, False], ids=["house", "raw"])
@pytest.mark.parametrize("meter", ["2/4", "6/8"])
def test_the_characters_that_may_come_are_those_that_lead_on(meter: str, house: bool) -> None:
    """Over the whole alphabet, in states of random tunes and of their headers."""
    chance, language = random.Random(3), grammar(meter, dialect(house))
    alphabet = [chr(code) for code in range(128)] + ["é", "♯"]
    way_out = WayOut(language)
    seen = set()
    for number in range(25):
        state: Any = language.start()
        for count in range(400):
            if language.ended(state):
                break
            legal = language.characters(state)
            if state not in seen:
                seen.add(state)
                assert legal == {char for char in alphabet if language.step(state, char) is not None}
            ways: dict[str, Any] = {char: language.step(state, char) for char in sorted(legal)}
            if count > 10 * number:
                shortest = min(map(way_out.characters, ways.values()))
                ways = {char: after for char, after in ways.items() if way_out.characters(after) == shortest}
            state = ways[chance.choice(list(ways))]
        assert language.ended(state)
        assert language.characters(state) == frozenset()
    assert len(seen) > 300


def test_the_way_out_begins_in_the_header() -> None:
    language = grammar("6/8")
    state: Any = language.start()
    way_out, text = WayOut(language), ""
    expected = way_out.characters(state)
    while not language.ended(state):
        ways: dict[str, Any] = {char: language.step(state, char) for char in sorted(language.characters(state))}
        char = min(ways, key=lambda one: way_out.characters(ways[one]))
        state, text = ways[char], text + char
    assert expected - LONGEST_WAY_AHEAD <= len(text) <= expected
    assert text.startswith(header("6/8"))


@pytest.mark.parametrize("plan", [Length.of(256), Form(((1, False),) * 26)])
def test_the_way_out_of_the_longest_tunes(plan: Plan) -> None:
    language = grammar("4/4", dialect(**SPARE), plan=plan)
    start = first_state(language, "4/4")
    told: int = WayOut(language).characters(start)
    assert 26 * 5 < told < NO_WAY
    assert WayOut(language).characters(language.start()) == told + len(header("4/4"))


def test_a_prompt_that_is_given_is_on_the_way() -> None:
    opening = "|:DE FG|AB"
    language = grammar("2/4", opening=opening)
    state: Any = first_state(language, "2/4")
    way_out = WayOut(language)
    for char in opening:
        before, state = way_out.characters(state), language.step(state, char)
        assert way_out.characters(state) == before - 1


@pytest.mark.parametrize("house", [True, False], ids=["house", "raw"])
@pytest.mark.parametrize("meter", ["1/8", "3/8"])
@pytest.mark.parametrize(
    "limits",
    [Pitches(None, 69, 69), Pitches(None, 68, 68), Pitches(None, 62, 64, diatonic=True)],
    ids=["one letter", "one with an accidental", "a scale"],
)
@pytest.mark.parametrize("plan", [Free(), Form(((1, True), (2, True)))], ids=["free", "AABB"])
def test_limited_pitches_are_no_dead_ends(meter: str, limits: Pitches, plan: Plan, house: bool) -> None:
    """Nor is a bar of one letter at the beginning of a line: a colon after it would make it a field."""
    language = grammar(meter, dialect(house, lengths=("", "2", "3")), plan, pitches=limits)
    start = first_state(language, meter)
    assert isinstance(start, State)
    found = characters(language, start, "ABDEFG" + ALPHABET)
    assert len(found.nodes) > 20
    assert found.dead() == []
    way_out = WayOut(language)
    for state, shortest in zip(found.nodes, found.to_end(), strict=True):
        assert shortest is not None
        assert shortest <= way_out.characters(state) <= shortest + LONGEST_WAY_AHEAD
