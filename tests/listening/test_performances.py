"""Performances on a page to listen to."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.corpora.own_performances import own_midi
from tests.listening.pages import answer
from tests.music.performances import performance_piece
from tunewright.codecs.midi_events import MidiEvents
from tunewright.errors import SettingsError
from tunewright.listening.answers import store
from tunewright.listening.openings import openings
from tunewright.listening.page import PAGE, read_key, write_listening
from tunewright.listening.tunes import Heard, chosen
from tunewright.listening.verdicts import outcome
from tunewright.messages import load_messages
from tunewright.music.midi import read_midi
from tunewright.run import Run


@pytest.fixture(scope="module")
def heard(tiny_performance_run: Run) -> list[Heard]:
    found, failed = chosen([tiny_performance_run.folder], count=3)
    assert failed == []
    return found


def test_runs_and_real_performances_are_mixed(heard: list[Heard], tiny_performance_run: Run) -> None:
    assert Counter((one.source, one.is_real) for one in heard) == {(tiny_performance_run.name, False): 3, ("", True): 3}
    assert all(one.piece.kind == "performance" and one.title for one in heard)
    held_out = {row["origin"] for row in tiny_performance_run.split if row["part"] != "training"}
    assert len(held_out) == 4


def test_a_page_of_performances_gives_nothing_away(heard: list[Heard], tmp_path: Path) -> None:
    write_listening(tmp_path, heard, load_messages("en"))
    page = (tmp_path / PAGE).read_text()
    assert page.count("<audio") == 6
    assert "6 piano pieces" in page
    assert "tune" not in page.partition("<body>")[2].partition("<script>")[0].lower()
    assert "<svg" not in page
    assert not any(one.title in page or one.midi in page for one in heard)
    assert sorted(one.title for one in read_key(tmp_path).items.values()) == sorted(one.title for one in heard)


def test_what_is_noted_of_a_performance_has_its_title(heard: list[Heard], tmp_path: Path) -> None:
    write_listening(tmp_path, heard, load_messages("en"))
    key = read_key(tmp_path)
    name, one = next(iter(key.items.items()))
    store(tmp_path, answer(tmp_path, "1-2", **{name: {"score": 4, "note": "good", "at": ""}}))
    found = outcome(tmp_path)
    assert (found.kind, found.notes[0].title) == ("performance", one.title)


def test_openings_are_as_long_as_what_was_composed() -> None:
    codec, real = MidiEvents(), [performance_piece(own_midi(number), f"{number}") for number in range(3)]
    composed = [performance_piece(own_midi(7, length), "composed") for length in (20, 60)]
    found = openings(composed, real, codec)
    for one, like, piece in zip(found, composed, real, strict=False):
        notes, whole = read_midi(one.midi), read_midi(piece.midi)
        assert notes.seconds == pytest.approx(read_midi(like.midi).seconds, abs=0.5)
        count = len(notes.notes.starts)
        assert sorted(notes.notes.pitches.tolist()) == sorted(whole.notes.pitches[:count].tolist())
        assert set((notes.notes.velocities % 4).tolist()) == {2}  # the middles of bins, as those of composed ones are
        assert one.origin == piece.origin


def test_of_one_title_there_is_one_unless_there_are_too_few() -> None:
    pieces = [performance_piece(own_midi(number, 60), f"{number}") for number in range(3)]
    named = [replace(piece, title=title) for piece, title in zip(pieces, "aab", strict=True)]
    codec = MidiEvents()
    assert [one.origin for one in openings(pieces[:2], named, codec)] == ["0", "2"]
    assert [one.origin for one in openings(pieces, named, codec)] == ["0", "2", "1"]


def test_tunes_and_performances_are_not_heard_together(tiny_run: Run, tiny_performance_run: Run) -> None:
    with pytest.raises(SettingsError, match="tunes and performances can't be heard on one page"):
        chosen([tiny_run.folder, tiny_performance_run.folder])
