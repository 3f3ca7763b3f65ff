from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunewright.music.reader import read_tune
from tunewright.music.shapes import ENOUGH, Shape, Shapes

AABB: Shape = ((8, True), (8, True))
AAB: Shape = ((8, True), (16, False))
ABB: Shape = ((4, False), (8, True))
JIGS = "X:1\nT:a\nM:6/8\nL:1/8\nK:D\n"
LINE = "ABc def|" * 3 + "ABc def"


def tune(*parts: str) -> str:
    return JIGS + "\n".join(parts)


def of(*texts: str) -> Shapes:
    return Shapes.of([read_tune(text) for text in texts])


def test_parts_are_counted_by_meter() -> None:
    two = tune(f"|:{LINE}|\n{LINE}:|", f"|:{LINE}|\n{LINE}:|")
    other = tune(f"|:{LINE}:|", f"{LINE}|\n{LINE}|]")
    reel = two.replace("6/8", "C").replace("ABc def", "ABcd efga")
    found = of(two, two, two, other, other, reel, reel)
    eights = ((8, True), (8, True))
    assert found.counts == {"6/8": {eights: 3, ((4, True), (8, False)): 2}, "C": {eights: 2}}


def test_how_many_parts_end_on_the_tonic() -> None:
    at_home = tune(f"|:{LINE}|ABc d3:|")
    assert of(at_home, at_home, tune(f"|:{LINE}:|", f"|:{LINE}|ABc d3:|")).on_tonic == 0.75
    assert of().on_tonic == 0


def test_what_only_one_tune_has_is_left_out() -> None:
    assert not of(tune(f"|:{LINE}:|"), tune(f"{LINE}|]"))


@pytest.mark.parametrize(
    ("music", "bars"),
    [
        ((f"|:d|{LINE}|\n{LINE}:|",), 4),
        ((f"|:{LINE}|ABc def|\n{LINE}|ABc def:|",), 5),
        ((f"|:{LINE}|\nABc def|ABc def|\n{LINE}:|",), 0),
        ((f"|:{LINE}:|", f"{LINE}|]"), 0),
    ],
)
def test_bars_in_a_line(music: tuple[str, ...], bars: int) -> None:
    assert of(tune(*music)).line == bars


def shapes() -> Shapes:
    return Shapes({"6/8": {AABB: 3 * ENOUGH, AAB: ENOUGH}, "4/4": {AABB: 1, ABB: 1}}, 4, 0.75)


def test_each_is_drawn_as_often_as_it_occurs() -> None:
    drawn = Counter(shapes().draw("6/8", (number + 0.5) / 4000) for number in range(4000))
    assert drawn == {(AABB, True): 2250, (AABB, False): 750, (AAB, True): 750, (AAB, False): 250}
    assert shapes().draw("6/8", 0) == (AABB, True)
    assert shapes().draw("6/8", 1 - 1e-12) == (AAB, False)


@pytest.mark.parametrize("meter", ["4/4", "9/8"])
def test_where_a_meter_has_few_those_of_all_are_drawn(meter: str) -> None:
    assert {shapes().draw(meter, number / 1000)[0] for number in range(1000)} == {AABB, AAB, ABB}


@given(st.floats(0, 1, exclude_max=True))
def test_any_chance_draws_something_known(chance: float) -> None:
    assert shapes().draw("6/8", chance)[0] in (AABB, AAB)


@pytest.mark.parametrize(
    ("repeats", "bars", "left"),
    [
        ((), 0, {AABB, AAB, ABB}),
        ((True, True), 0, {AABB}),
        ((True, True), 16, {AABB}),
        ((), 24, {AAB}),
        ((True, True), 24, set()),
        ((True,), 0, set()),
    ],
)
def test_those_that_are_as_it_is_wished(repeats: tuple[bool, ...], bars: int, left: set[Shape]) -> None:
    alike = shapes().like(repeats, bars)
    assert {shape for own in alike.counts.values() for shape in own} == left
    assert bool(alike) == bool(left)
    assert alike.line == 4


def test_the_longest_has_the_most_bars() -> None:
    assert shapes().longest == AAB


def test_they_are_kept_as_json() -> None:
    told = json.loads(json.dumps(shapes().to_dict()))
    assert told == {
        "line": 4,
        "on_tonic": 0.75,
        "counts": {"6/8": {"8: 8:": 3 * ENOUGH, "8: 16": ENOUGH}, "4/4": {"8: 8:": 1, "4 8:": 1}},
    }
    again = Shapes.from_dict(told)
    assert again.on_tonic == 0.75
    assert again.counts == shapes().counts
    assert again.line == 4
