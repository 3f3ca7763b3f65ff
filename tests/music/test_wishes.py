"""What a finished tune leaves unmet of what was wished for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.music.reading import tune_of
from tunewright.errors import DecodingError, InputError
from tunewright.music.keys import parse_key
from tunewright.music.tune import Tune
from tunewright.music.wishes import foreign_pitch_classes, unmet

JIG = "|:E|EFG ABc|dcB AGF|EFG Bcd|e3 E2:||:d|edc BAG|FGA Bcd|edc BAF|E3 E2:|"


@pytest.fixture
def jig() -> Tune:
    return tune_of(JIG, M="6/8", R="Slip Jig", K="Edor")


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"type": "slipjig", "meter": "6/8", "key": "Edor", "bars": 8, "form": "AABB", "range": "E4-E5"},
        {"type": "Slip-Jig", "key": "E Dorian", "form": "aabb", "range": "D whistle", "diatonic": True},
    ],
)
def test_nothing_is_unmet(jig: Tune, wish: dict[str, Any]) -> None:
    assert unmet(jig, **wish) == []


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"type": "reel"}, "type: slipjig, wished reel"),
        ({"meter": "C"}, "meter: 6/8, wished 4/4"),
        ({"key": "E minor"}, "key: Edor, wished Emin"),
        ({"bars": 16}, "bars: 8, wished 16"),
        ({"form": "AAB"}, "form: AABB, wished AAB"),
        ({"range": "G4-B5"}, "range: E4-E5, wished G4-B5"),
        ({"range": "highland bagpipe"}, "range: E4-E5, wished G4-A5 (highland bagpipe)"),
        ({"range": "D4-D5"}, "range: E4-E5, wished D4-D5"),
    ],
)
def test_one_wish_is_unmet(jig: Tune, wish: dict[str, Any], sentence: str) -> None:
    assert unmet(jig, **wish) == [sentence]


def test_all_that_is_unmet_is_told_in_one_order(jig: Tune) -> None:
    told = unmet(jig, range="C4-C4", form="A", bars=9, key="D", meter="C", type="polka")
    assert [sentence.split(":")[0] for sentence in told] == ["type", "meter", "key", "bars", "form", "range"]


@pytest.mark.parametrize(("written", "wished"), [("C", "4/4"), ("4/4", "C"), ("C|", "2/2"), ("2/2", "C|")])
def test_common_and_cut_time_are_meters_like_others(written: str, wished: str) -> None:
    tune = tune_of("c8|", M=written)
    assert unmet(tune, meter=wished) == []
    assert unmet(tune, meter="2/2" if wished in ("C", "4/4") else "4/4") != []


def test_the_parts_share_the_bars_evenly() -> None:
    tune = tune_of("|:c8|d8:||:e8|f8|g8|a8:|")
    assert unmet(tune, bars=6) == unmet(tune, form="AABB") == []
    assert unmet(tune, bars=6, form="AABB") == ["bars of the parts: 2, 4, wished 3, 3"]


@pytest.mark.parametrize(
    ("body", "key", "sentences"),
    [
        ("D2 F2 c2 e2|", "D", []),
        ("D2 =F2|", "D", ["diatonic: F4 in bar 1 is outside D"]),
        ("D2 ^F2 _G2|", "D", []),  # sounds as F sharp
        ("D8|c6 {^g}a2|", "D", ["diatonic: G#5 in bar 2 is outside D"]),
        ("D8|[DF_B]8|", "D", ["diatonic: Bb4 in bar 2 is outside D"]),
        ("D8|^D4 D4|", "D", ["diatonic: D#4 in bar 2 is outside D"]),
        ("F8|[K:G]=f8|[K:C]f8|", "C", ["diatonic: F5 in bar 2 is outside G"]),  # of the key in force
        ("^g8|", "Aphr ^g", []),
        ("^g8|", "none", ["diatonic: G#5 in bar 1 is outside none"]),
        ("z8|", "D", []),
    ],
)
def test_pitches_outside_the_signature(body: str, key: str, sentences: list[str]) -> None:
    tune = tune_of(body, K=key)
    assert unmet(tune, diatonic=True) == sentences
    assert unmet(tune) == []


def test_grace_notes_count_in_the_range() -> None:
    assert unmet(tune_of("{C}D8|"), range="D4-B5") == ["range: C4-D4, wished D4-B5"]
    assert unmet(tune_of("z8|"), range="D4-B5") == []


def test_every_signature_leaves_five_pitch_classes_out() -> None:
    assert foreign_pitch_classes(parse_key("G")) == {1, 3, 5, 8, 10}
    assert foreign_pitch_classes(parse_key("Edor")) == foreign_pitch_classes(parse_key("D"))
    for name in ("C", "F#", "Cb", "Gphr", "HP", "none"):
        assert len(foreign_pitch_classes(parse_key(name))) == 5


def test_a_wish_that_cannot_be_read_is_told(jig: Tune) -> None:
    with pytest.raises(DecodingError, match="form 'AAA'"):
        unmet(jig, form="AAA")
    with pytest.raises(DecodingError, match="range 'low'"):
        unmet(jig, range="low")
    with pytest.raises(InputError, match="not a key"):
        unmet(jig, key="H")
