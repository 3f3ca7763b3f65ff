from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.music.reading import tune_of
from tests.music.tunes import tunes
from tunewright.corpora.irish import IrishCorpus
from tunewright.evaluation.melody import Melody
from tunewright.evaluation.statistics import FEATURES, Feature, statistics
from tunewright.music.reader import read_tune
from tunewright.music.tune import Tune

BY_NAME = {feature.name: feature for feature in FEATURES}


def number(name: str, tune: Tune) -> Any:
    return BY_NAME[name].measure(Melody.of(tune))


def profile(name: str, tune: Tune) -> dict[str, float]:
    """The classes that occur, and their shares."""
    shares: Any = BY_NAME[name].measure(Melody.of(tune))
    return {label: round(share, 9) for label, share in zip(BY_NAME[name].labels, shares, strict=True) if share}


def test_time_on_each_degree_is_counted_from_the_tonic() -> None:
    shares = {"1": 0.5, "3": 0.25, "5": 0.125, "7": 0.125}
    assert profile("pitch classes", tune_of("C4 E2 GB|]")) == shares
    assert profile("pitch classes", tune_of("D4 F2 Ac|]", K="D")) == shares
    assert profile("pitch classes", tune_of("E8|]", K="Dmix")) == {"2": 1}
    assert profile("pitch classes", tune_of("B8|]", K="Bb")) == {"1": 1}
    assert profile("pitch classes", tune_of("C8|[K:G]G8|]")) == {"1": 1}


def test_intervals_go_from_note_to_note_of_the_melody() -> None:
    assert profile("intervals", tune_of("CD [CE]z {g}C2 z2|]")) == {"+2": 0.666666667, "-4": 0.333333333}
    assert profile("intervals", tune_of("C2- C2 c'2 C,2|]")) == {"≥12": 0.5, "≤-12": 0.5}
    assert profile("motion", tune_of("C CD FC|]")) == {"same": 0.25, "step": 0.25, "skip": 0.25, "leap": 0.25}


def test_a_tied_note_is_one_note() -> None:
    assert profile("note lengths", tune_of("C4- C4-|C8|]")) == {"1": 1}
    assert profile("note lengths", tune_of("C4-D4|]")) == {"1/2": 1}


def test_lengths_are_counted_in_whole_notes_whatever_the_unit() -> None:
    shares = {"1/8": 0.4, "1/4": 0.2, "3/8": 0.2, "1/16": 0.2}
    assert profile("note lengths", tune_of("AA B2 c3 d/|]")) == shares
    assert profile("note lengths", tune_of("A2A2 B4 c6 d|]", L="1/16")) == shares
    assert profile("note lengths", tune_of("(3ABc|]")) == {"1/12": 1}


def test_cadences() -> None:
    tune = tune_of("|:G4 D4|E8:|[1A8|[2B8||e8|g8|]", K="G")
    assert profile("final note", tune) == {"1": 1}
    assert profile("part endings", tune_of("|:C8|G8:||:E8|C8:|")) == {"5": 0.5, "1": 0.5}
    assert profile("part endings", tune_of("|:C8|[1G8:|[2C8||E8|D8|]")) == {"1": 0.5, "2": 0.5}


def test_range() -> None:
    assert number("range", tune_of("C4 c4|]")) == 12
    assert number("range", tune_of("C8|]")) == 0


@pytest.mark.parametrize(
    ("body", "key", "share"),
    [
        ("CDEF GABc", "C", 1),
        ("CDEF GABc", "Ddor", 1),
        ("CDEF GABc", "none", 1),
        ("^CD^DE F^FGA", "C", 6 / 8),
        ("C^CDE FGAB", "C", 7 / 8),
        ("CCCC ^CDEF", "D exp", 7 / 8),
    ],
)
def test_scale_consistency_is_the_share_of_the_best_fitting_scale(body: str, key: str, share: float) -> None:
    assert number("scale consistency", tune_of(body + "|]", K=key)) == pytest.approx(share)


def test_notes_in_a_full_bar() -> None:
    assert number("notes per bar", tune_of("CD EF GA Bc|c8|]")) == 4.5
    assert number("notes per bar", tune_of("AB|c4 d4|e4 f2|]")) == 3


@pytest.mark.parametrize(
    ("body", "meter", "beats"),
    [
        ("c8|", "4/4", 0),
        ("A|c8|", "4/4", 1 / 2),
        ("A|c6|", "6/8", 1 / 3),
        ("A2|c8|", "C|", 1 / 2),
        ("A|c3|", "3/8", 1 / 3),
    ],
)
def test_a_pickup_is_measured_in_beats(body: str, meter: str, beats: float) -> None:
    assert number("pickup", tune_of(body, M=meter)) == pytest.approx(beats)


def test_repetition_between_bars_and_parts() -> None:
    tune = tune_of("|:C8|D8|C8|E4F4:||:C8|G8|C8|E4F4:|")
    assert number("repeated bars", tune) == 1 / 2
    assert number("shared bars", tune) == 3 / 4
    assert number("shared ending", tune) == 2
    assert number("shared ending", tune_of("|:C8|E4F4:||:C8|E4F2:|")) == 2
    assert number("shared ending", tune_of("|:C8|E4F4:||:E4F4|C8:|")) == 0
    assert number("repeated bars", tune_of("C4 C4|C8|c8|]")) == 0
    assert number("repeated bars", tune_of("A2|:C8|D6:|:A2|E8|A2F4:|")) == 0


def test_form() -> None:
    tune = tune_of("A2|:" + "c8|" * 7 + "c6:||:" + "d8|" * 19 + "d8:|")
    assert number("parts", tune) == 2
    assert number("bars", tune) == 28
    assert profile("bars per part", tune) == {"8": 0.5, "≥17": 0.5}


@pytest.mark.parametrize(
    ("tune", "lacking"),
    [
        (tune_of("C8|D8|]", K="none"), {"pitch classes", "final note", "part endings", "shared bars", "shared ending"}),
        (tune_of("C8|D8|]", K="HP"), {"pitch classes", "final note", "part endings", "shared bars", "shared ending"}),
        (tune_of("CDE|F2|]", M="none"), {"notes per bar", "pickup", "shared bars", "shared ending"}),
        (tune_of("C8|]"), {"intervals", "motion", "shared bars", "shared ending"}),
    ],
)  # fmt: skip
def test_what_a_tune_lacks_is_left_out_and_counted(tune: Tune, lacking: set[str]) -> None:
    whole = tune_of("|:CDEF GABc:||:c4 C4:|")
    counted = statistics([tune, whole])
    assert {feature.name for feature in FEATURES if counted.summary(feature)["tunes"] == 1} == lacking
    assert counted.tunes == 2


def test_a_tune_without_a_note_lacks_nearly_everything() -> None:
    counted = statistics([read_tune("X:1\nT:Nothing\nK:C\n"), tune_of("z8|z8|]")])
    assert {feature.name for feature in FEATURES if counted.summary(feature)["tunes"]} <= {
        "notes per bar", "pickup", "parts", "bars per part", "bars"
    }  # fmt: skip
    assert counted.summary(BY_NAME["range"]) == {"tunes": 0}


def test_each_tune_weighs_the_same_in_a_set() -> None:
    counted = statistics([tune_of("C8|" * 30), tune_of("E8|]"), tune_of("E8|]")])
    told = counted.summary(BY_NAME["pitch classes"])
    assert dict(zip(BY_NAME["pitch classes"].labels, told["profile"], strict=True))["3"] == pytest.approx(2 / 3)
    bars = counted.summary(BY_NAME["bars"])
    assert (bars["mean"], bars["quartiles"]) == (pytest.approx(32 / 3), [1, 1, 15.5])


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_features_are_told_whole(feature: Feature) -> None:
    assert feature.unit
    assert feature.about
    assert len(feature.places) in (0, len(feature.labels))
    assert list(feature.places) == sorted(feature.places)
    assert len(set(feature.labels)) == len(feature.labels)


@settings(max_examples=40, deadline=None)
@given(st.lists(tunes(), min_size=1, max_size=3))
def test_any_tune_can_be_counted(texts: list[str]) -> None:
    counted = statistics(map(read_tune, texts))
    for feature in FEATURES:
        own = counted.values[feature.name]
        assert np.isfinite(own).all()
        assert (own >= 0).all()
        if not feature.is_number:
            assert np.allclose(own.sum(axis=1), 1)
        elif feature.unit == "share":
            assert (own <= 1).all()


def test_the_labs_tunes(irish_corpus: IrishCorpus) -> None:
    counted = statistics(read_tune(piece.text) for piece in irish_corpus.pieces)
    told = {feature.name: counted.summary(feature) for feature in FEATURES}
    assert all(own["tunes"] >= 791 for own in told.values())
    shares = {name: dict(zip(BY_NAME[name].labels, told[name].get("profile", ()), strict=False)) for name in BY_NAME}
    assert shares["final note"]["1"] == pytest.approx(0.76, abs=0.01)
    assert shares["bars per part"]["8"] == pytest.approx(0.81, abs=0.01)
    assert max(shares["note lengths"], key=shares["note lengths"].__getitem__) == "1/8"
    assert told["repeated bars"]["mean"] == pytest.approx(0.318, abs=0.005)
    assert told["bars"]["quartiles"] == [16, 16, 16]
