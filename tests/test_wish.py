"""Wishes: contradictions are told before anything is drawn."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, asdict
from typing import Any

import pytest

from tests.conftest import own_tune
from tunewright.cli.tunes import compose
from tunewright.errors import DecodingError
from tunewright.music.reader import read_tune
from tunewright.wish import Wish

HEADER = "X:1\nT:a\nM:4/4\nL:1/8\n"


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"type": "jig", "meter": "6/8", "key": "Edor", "bars": 16, "form": "AABB", "range": "D whistle", "diatonic": 1},
        {"prompt": HEADER, "bars": 16, "form": "aab", "range": "D4-B5", "diatonic": True},
        {"type": "tango", "meter": "5/4", "key": "Bb"},
        {"free": True, "type": "jig", "greedy": True},
        {"bars": 3, "form": "ABC"},
        {"bars": 256},
        {"masked": True, "top_k": 5},
        {"beams": 5, "length_penalty": 0.0, "free": True},
        {"beams": 5, "temperature": 1.0, "masked": True, "bars": 8},
    ],
)
def test_wishes_that_go_together(wish: dict[str, Any]) -> None:
    assert {name: value for name, value in asdict(Wish(**wish)).items() if name in wish} == wish


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"bars": -1}, "bars -1: expected 1 to 256, or 0 for any number"),
        ({"bars": 257}, "bars 257: expected 1 to 256"),
        ({"form": "ABA"}, "form 'ABA': part A comes back .* ABC would be right"),
        ({"bars": 1, "form": "AABB"}, "bars 1 with form AABB: its 2 parts need at least 2 bars"),
        ({"range": "kazoo"}, "range 'kazoo': expected two pitches"),
        ({"range": "F4-F4", "diatonic": True, "key": "G"}, "range F4-F4 with diatonic: it holds no pitch of G;"),
        ({"range": "F4-F4", "diatonic": True, "prompt": f"{HEADER}K:Em\n"}, "it holds no pitch of Emin"),
        ({"free": True, "bars": 8}, "--free switches off the constraint that --bars would need: leave --free out"),
        ({"free": True, "form": "AB", "range": "D4-B5"}, "that --form and --range would need"),
        ({"free": True, "diatonic": True}, "--diatonic"),
        ({"free": True, "masked": True}, "--masked"),
        ({"beams": -2}, "beams -2: expected 1 to 256, or 0 for none"),
        ({"beams": 257}, "beams 257"),
        ({"length_penalty": 2.0}, "length penalty 2.0 without beams: it is for --beams"),
        ({"length_penalty": float("nan"), "beams": 3}, "length penalty nan: expected"),
        ({"beams": 3, "greedy": True}, "--beams 3 with --greedy: .*; leave --greedy out to search, or --beams to draw"),
        ({"beams": 3, "temperature": 0.5}, "--beams 3 with --temperature"),
        ({"beams": 3, "top_k": 4}, "--beams 3 with --top-k"),
        ({"beams": 3, "top_p": 0.5}, "--beams 3 with --top-p"),
        ({"beams": 3, "min_p": 0.5}, "--beams 3 with --min-p"),
        ({"prompt": "X:1", "key": "G"}, "already holds the header"),
    ],
)
def test_contradictions_are_told_at_once(wish: dict[str, Any], message: str) -> None:
    with pytest.raises(DecodingError, match=message):
        Wish(**wish)


@pytest.mark.parametrize(
    "wish",
    [
        {"range": "F4-F4", "key": "G"},  # not diatonic
        {"range": "F4-F#4", "key": "G", "diatonic": True},
        {"range": "F4-F4", "diatonic": True},  # the key is open
        {"range": "F4-F4", "diatonic": True, "prompt": f"{HEADER}K:E"},  # a key not written out yet
    ],
)
def test_a_range_is_refused_only_if_no_pitch_is_left(wish: dict[str, Any]) -> None:
    assert Wish(**wish).range == wish["range"]


def test_what_was_told_before_these_wishes_were_known_still_loads() -> None:
    old = {
        "type": "jig", "meter": "", "key": "Edor", "title": "", "prompt": "", "temperature": 0.8, "top_k": 0,
        "top_p": 1.0, "min_p": 0.0, "greedy": False, "seed": 3,
    }  # fmt: skip
    assert Wish(**old) == Wish(type="jig", key="Edor", temperature=0.8, seed=3)  # type: ignore[arg-type]


def test_the_command_draws_at_the_usual_temperature() -> None:
    option = next(option for option in compose.params if option.name == "temperature")
    assert option.default == Wish().temperature


def test_a_wish_stays_as_it_was_made() -> None:
    wish: Any = Wish()
    with pytest.raises(FrozenInstanceError):
        wish.bars = 8


def test_beam_search_has_no_filters() -> None:
    assert len(Wish().filters()) == 1
    assert Wish(beams=4).filters() == []


def test_a_finished_tune_is_held_against_the_wish() -> None:
    tune = read_tune(own_tune(1))
    assert Wish(bars=8, form="AABB", range="D4-B5", type=tune.type, key=tune.key.name).unmet(tune) == []
    assert Wish(bars=8, form="AAB").unmet(tune) == ["form: AABB, wished AAB"]
    with pytest.raises(DecodingError, match="not a key"):
        Wish(key="H").unmet(tune)
