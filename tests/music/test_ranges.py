"""Ranges: two pitches or an instrument, and how far a tune goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.music.reading import tune_of
from tunewright.errors import DecodingError
from tunewright.music.ranges import INSTRUMENTS, compass, midi_name, parse_range, pitch_name


@pytest.mark.parametrize(
    ("text", "lowest", "highest"),
    [
        ("C4-C4", 60, 60),
        ("D4-B5", 62, 83),
        ("d4-b5", 62, 83),
        ("F#3-e5", 54, 76),
        ("Bb3-bb5", 58, 82),
        ("b3-B5", 59, 83),
        ("Cb4-B#4", 59, 72),
        ("G♭3 – D♯4", 54, 63),
        ("D4 to d6", 62, 86),
        (" c0-G9 ", 12, 127),
    ],
)
def test_two_pitches(text: str, lowest: int, highest: int) -> None:
    found = parse_range(text)
    assert (found.lowest, found.highest) == (lowest, highest)


def test_both_ends_belong_to_a_range() -> None:
    found = parse_range("D4-B5")
    assert [midi in found for midi in (61, 62, 83, 84)] == [False, True, True, False]


@pytest.mark.parametrize("text", ["D whistle", "d-whistle", "Tin Whistle", "  D   WHISTLE", "penny_whistle"])
def test_an_instrument_is_known_by_any_of_its_names(text: str) -> None:
    assert parse_range(text) == parse_range("D whistle")
    assert str(parse_range(text)) == "D4-B5 (D whistle)"


@pytest.mark.parametrize(
    ("instrument", "pitches"),
    [
        ("D whistle", "D4-B5"),  # as notated: it sounds an octave higher
        ("fiddle in first position", "G3-B5"),
        ("tenor banjo", "G3-B5"),  # as notated: it sounds an octave lower
        ("Highland bagpipe", "G4-A5"),
        ("uilleann pipes chanter", "D4-D6"),
    ],
)
def test_instruments_have_their_notated_range(instrument: str, pitches: str) -> None:
    found, expected = parse_range(instrument), parse_range(pitches)
    assert (found.lowest, found.highest) == (expected.lowest, expected.highest)


def test_every_name_in_the_table_can_be_read_and_belongs_to_one_instrument() -> None:
    names = [(other, name) for name, one in INSTRUMENTS.items() for other in (name, *one.other_names)]
    assert len({other.lower() for other, _ in names}) == len(names)
    for other, name in names:
        assert parse_range(other).name == name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected two pitches such as 'D4-B5'"),
        ("kazoo", "or one of: D whistle, low D whistle"),
        ("D-B", "middle C is C4"),
        ("D4", "expected two pitches"),
        ("H4-B5", "expected two pitches"),
        ("D4-B55", "expected two pitches"),
        ("B5-D4", "expected the lower pitch first: D4-B5"),
        ("D4-B9", "expected pitches up to G9"),
    ],
)
def test_what_is_no_range_tells_what_would_be_one(text: str, message: str) -> None:
    with pytest.raises(DecodingError, match=message):
        parse_range(text)


@given(st.integers(12, 127), st.integers(12, 127))
def test_names_of_pitches_are_read_back(one: int, other: int) -> None:
    lowest, highest = sorted((one, other))
    found = parse_range(f"{midi_name(lowest)}-{midi_name(highest)}")
    assert (found.lowest, found.highest) == (lowest, highest)


@pytest.mark.parametrize(
    ("body", "key", "lowest", "highest"),
    [
        ("D2 F2 A2 c2|", "D", "D4", "C#5"),
        ("G2 z2 {C}[Gb]2 x2|", "F", "C4", "Bb5"),  # grace notes and all notes of a chord
        ("G2 A2{c'}|", "C", "G4", "C6"),
        ("_B,,2 =b'2|", "Bb", "Bb2", "B6"),
        ("A2 _c2|", "C", "A4", "Cb5"),
    ],
)
def test_how_far_a_tune_goes(body: str, key: str, lowest: str, highest: str) -> None:
    found = compass(tune_of(body, K=key))
    assert found is not None
    assert tuple(map(pitch_name, found)) == (lowest, highest)


def test_rests_go_nowhere() -> None:
    assert compass(tune_of("z8|Z2|")) is None
