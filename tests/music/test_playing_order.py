"""In what order the bars of a tune are played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.music.reading import tune_of
from tests.music.tunes import tunes
from tunewright.music.playing_order import MOST_PARTS, expand_parts, is_pickup, play_order, sections
from tunewright.music.reader import read_tune
from tunewright.music.tune import Bar, Key, Meter, Position


def letters_played(body: str, **fields: str) -> str:
    """The bars of a tune as played, each told by the letter of its first note."""
    tune = tune_of(body, **fields)
    return "".join(tune.bars[index].notes[0].pitches[0].step for index in play_order(tune))


@pytest.mark.parametrize(
    ("body", "played"),
    [
        ("C|D|", "CD"),
        ("|:C|D:|", "CDCD"),
        ("C|D:|E|", "CDCDE"),
        ("|:C:|:D:|", "CCDD"),
        ("|:C::D:|", "CCDD"),
        ("|:C:||:D:|", "CCDD"),
        ("|:C|D:|E|F:|G|", "CDCDEFEFG"),
        ("C||D:|", "CDCD"),
        ("C|]D:|", "CDCD"),
        ("C|:D:|", "CDD"),
        ("|:C|D|", "CD"),
        ("|:C|:D:|", "CDD"),
        ("C:|D||E:|", "CCDEE"),
        ("C:|D|]E:|", "CCDEE"),
        ("C:||:D||E:|", "CCDEDE"),
        ("C|\n|D:|", "CDCD"),
        ("C|\n::D:|", "CCDD"),
    ],
)
def test_repeats(body: str, played: str) -> None:
    assert letters_played(body) == played


@pytest.mark.parametrize(
    ("body", "played"),
    [
        ("|:C|1 D:|2 E|]", "CDCE"),
        ("|:C|1 D:|2 E:|F|", "CDCEF"),
        ("|:C|[1 D:|[2 E||F|G:|", "CDCEFGFG"),
        ("|:C|1 D|E:|2 F|G|:A:|", "CDECFGAA"),
        ("|:C|1 D|E:|2 F|G||A|", "CDECFGA"),
        ("|:C|1,3 D:|2 E:|4 F|]", "CDCECDCF"),
        ("|:C|[1,3D:|[2,4E:|F|", "CDCECDCEF"),
        ("|:C|1-2 D:|3 E|]", "CDCDCE"),
        ("C|1 D:|2 E||F|1 G:|2 A|]", "CDCEFGFA"),
        ("C|1 D:|2 E|1 F:|2 G|]", "CDCEFG"),
        ("|:C|1 D|2 E|]", "CDCE"),
        ("|:C|1 D:|E|", "CDCE"),
        ("C[1D:|[2E|]", "CDCE"),
        ("G|C|1D:|2E|]", "GCDGCE"),  # a pickup is repeated with its part
        ("G|:C|1D:|2E|]", "GCDCE"),  # but not before the sign
    ],
)
def test_endings(body: str, played: str) -> None:
    assert letters_played(body) == played


@pytest.mark.parametrize(
    ("order", "played"),
    [
        ("", "CDEE"),
        ("ABA", "CDEECD"),
        ("AABB", "CDCDEEEE"),
        ("(AB)2A", "CDEECDEECD"),
        ("BXB", "EEEE"),  # of a part that isn't there nothing is played
        ("X", "CDEE"),
    ],
)
def test_parts_are_played_as_the_header_says(order: str, played: str) -> None:
    body = "P:A\nC|D|\nP:B\n|:E:|"
    assert letters_played(body, **({"P": order} if order else {})) == played


def test_a_part_ends_a_repeat() -> None:
    assert letters_played("P:A\nC|D|\nP:B\nE:|") == "CDEE"
    assert letters_played("G|\nP:A\nC|\nP:B\nE|", P="BA") == "GEC"  # what stands before the first part comes first


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("ABA", "ABA"),
        ("(AB)2C", "ABABC"),
        ("A2B3", "AABBB"),
        ("((AB)2C)2", "ABABCABABC"),
        ("((AB)3.(CD)2)2", "ABABABCDCDABABABCDCD"),
        ("A.B", "AB"),
        (" A B ", "AB"),
        ("(AB)", "AB"),
        ("(AB", "AB"),
        ("", ""),
    ],
)
def test_the_order_of_parts(text: str, labels: str) -> None:
    assert expand_parts(text) == labels


@given(st.text(alphabet="ABC()123456789. ", max_size=30))
def test_any_order_of_parts_ends(text: str) -> None:
    assert len(expand_parts(text)) <= MOST_PARTS


BARS = st.lists(
    st.tuples(
        st.booleans(),
        st.booleans(),
        st.lists(st.integers(1, 99), max_size=3).map(tuple),
        st.sampled_from(["", "|", "||", "|]", ":|", "::"]),
    ),
    max_size=12,
)


@given(BARS)
def test_any_arrangement_of_signs_ends_and_leaves_no_bar_out(
    signs: Sequence[tuple[bool, bool, tuple[int, ...], str]],
) -> None:
    where, meter, key = Position(1, 1), Meter("4/4", 4, 4), Key("C", 0, "major")
    bars = [
        Bar(number, meter, key, opens, closes, ending, line, False, where, Fraction(0))
        for number, (opens, closes, ending, line) in enumerate(signs, 1)
    ]
    order = play_order(replace(tune_of("C|"), bars=tuple(bars)))
    assert set(order) == set(range(len(bars)))
    assert len(order) <= 100 * len(bars)


@settings(max_examples=60, deadline=None)
@given(tunes())
def test_sections_cut_a_tune_without_gap_or_overlap(text: str) -> None:
    bars = read_tune(text).bars
    assert [index for section in sections(bars) for index in section] == list(range(len(bars)))


def test_a_pickup_is_a_short_bar_at_the_start_of_a_part() -> None:
    bars = tune_of("AB|c8|d6:|ef|g8|a6||b2|c4|1d8:|2e4|]").bars
    pickups = [bar.number for index, bar in enumerate(bars) if is_pickup(bars, index)]
    assert pickups == [1, 4, 7]
