"""Which tunes stand on a page."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import own_tune
from tunewright.contracts import Piece
from tunewright.errors import SettingsError
from tunewright.listening.tunes import chosen, matching, names_of
from tunewright.music.pieces import piece_of
from tunewright.music.reader import read_tune
from tunewright.quality import held_out
from tunewright.run import Run
from tunewright.study.results import Study


def test_runs_and_real_tunes_are_mixed(tiny_run: Run) -> None:
    found, failed = chosen([tiny_run.folder], count=3)
    assert failed == []
    assert Counter((one.source, one.is_real) for one in found) == {(tiny_run.name, False): 3, ("", True): 3}
    assert all(one.text.startswith("X:") for one in found)


def test_every_variant_of_a_study_is_heard(tiny_study: Study) -> None:
    found = chosen([tiny_study.folder], count=2)[0]
    composed = Counter(tuple(one.settings.items()) for one in found if not one.is_real)
    assert composed == {tuple(one.trial.assignments.items()): 2 for one in tiny_study.done}
    assert {one.source for one in found if not one.is_real} == {tiny_study.folder.name}


@pytest.mark.parametrize(("count", "real"), [(1, 2), (2, 3), (3, 4)])
def test_at_least_a_quarter_is_real(tiny_study: Study, count: int, real: int) -> None:
    found = chosen([tiny_study.folder], count=count)[0]
    assert len(found) == 4 * count + real
    assert sum(one.is_real for one in found) == real >= len(found) / 4


def test_real_tunes_that_are_too_few_are_told(tiny_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces, counted = held_out(tiny_run)
    monkeypatch.setattr("tunewright.listening.tunes.held_out", lambda run: (pieces[:2], counted))
    found, failed = chosen([tiny_run.folder], count=3)
    assert sum(one.is_real for one in found) == 2
    assert failed == ["2 real tunes were found; 3 were wanted"]


def test_a_source_that_is_named_twice_is_one(tiny_run: Run) -> None:
    found, _ = chosen([tiny_run.folder, tiny_run.folder / ".." / tiny_run.name], count=1)
    assert sum(not one.is_real for one in found) == 1


def test_runs_of_one_name_stay_apart(tiny_run: Run, tmp_path: Path) -> None:
    folders = [tmp_path / study / "runs" / "mine" for study in ("first", "second")]
    for folder in folders:
        shutil.copytree(tiny_run.folder, folder)
    found, _ = chosen([*folders, tiny_run.folder], count=1)
    sources = [one.source for one in found if not one.is_real]
    assert sources == ["first/runs/mine", "second/runs/mine", tiny_run.name]


def test_names_are_as_short_as_they_can_be(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a/x", "b/x", "b/y", "a/z/w", "b/z/w")]
    assert names_of(folders) == ["a/x", "b/x", "y", "a/z/w", "b/z/w"]
    assert names_of(folders[:1]) == ["x"]


def real_piece(number: int, dance: str, meter: str) -> Piece:
    body = {"6/8": "|:DEF GAB|D3 D3:|", "4/4": "|:DEFG ABcd|D4 D4:|", "9/8": "|:DEF GAB AFD|D3 D3 D3:|"}[meter]
    return piece_of(f"X:1\nT:{number}\nR:{dance}\nM:{meter}\nL:1/8\nK:D\n{body}\n", "here")


def kinds(texts: list[str]) -> list[tuple[str, str]]:
    return [(tune.type, tune.meter.name) for tune in map(read_tune, texts)]


def test_real_tunes_are_of_the_types_and_meters_of_the_composed_ones() -> None:
    pieces = [
        real_piece(0, "reel", "4/4"),
        real_piece(1, "hornpipe", "4/4"),
        real_piece(2, "reel", "4/4"),
        real_piece(3, "slipjig", "9/8"),
        real_piece(4, "jig", "6/8"),
    ]
    assert kinds(matching([("jig", "6/8"), ("slipjig", "9/8")], pieces)) == [("jig", "6/8"), ("slipjig", "9/8")]
    # What nobody else fits best is not taken by one that it fits less.
    found = kinds(matching([("polka", "2/4"), ("march", "4/4"), ("reel", "4/4"), ("reel", "4/4")], pieces))
    assert Counter(found) == {("reel", "4/4"): 2, ("hornpipe", "4/4"): 1, ("slipjig", "9/8"): 1}
    assert len(matching([("jig", "6/8")] * 9, pieces)) == 5
    assert matching([("jig", "6/8")], []) == []


def test_on_a_page_types_are_matched(tiny_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of composed tunes and of real ones each kind has about the same share."""
    plenty = [piece_of(own_tune(number), "here") for number in range(1, 200)]
    counted = held_out(tiny_run)[1]
    monkeypatch.setattr("tunewright.listening.tunes.held_out", lambda run: (list(plenty), counted))
    found, failed = chosen([tiny_run.folder], count=8)
    assert failed == []
    composed, real = (kinds([one.text for one in found if one.is_real is real]) for real in (False, True))
    known = {(piece.type, piece.meter) for piece in plenty}
    assert Counter(kind for kind in composed if kind in known) <= Counter(real)
    assert len(composed) == len(real) == 8


def test_nobody_is_asked_to_listen_without_an_end(tiny_study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tunewright.listening.tunes.MOST", 3)
    with pytest.raises(SettingsError, match=r"--count 2: of 3 runs or variants that makes 6 tunes.* --count 1 or less"):
        chosen([tiny_study.folder], count=2)
    found, failed = chosen([tiny_study.folder], count=1)
    assert len({tuple(one.settings.items()) for one in found if not one.is_real}) == 3
    assert failed == ["3 of 4 runs and variants are heard: nobody listens to more tunes"]
