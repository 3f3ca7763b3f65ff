"""Performances in notebooks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import as_pieces, own_tune
from tunewright.codecs.midi_events import MidiEvents
from tunewright.course import material, performances
from tunewright.music.midi import Notes, read_midi, sounding, write_midi

HEAD = "canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration\n"


def of_notes(pitch: int) -> bytes:
    """A performance of one note."""
    return write_midi(Notes(np.array([0.0]), np.array([1.0]), np.array([pitch]), np.array([80])))


@pytest.fixture
def without_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Folders for data and cache with nothing in them; the tunes of the stand-in are our own."""
    for name in ("data", "cache"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("TUNEWRIGHT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TUNEWRIGHT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(
        performances, "irish_tunes", lambda: material.Book(tuple(own_tune(number) for number in range(1, 41)), True)
    )
    return tmp_path / "data"


def test_the_shortest_of_maestro_are_taken_as_it_is_divided(
    monkeypatch: pytest.MonkeyPatch, without_data: Path
) -> None:
    folder = without_data / "part"
    folder.mkdir()
    lines = [
        "Own,Longer,train,2004,b.midi,b.wav,20.5",
        "Own,Shortest,train,2004,a.midi,a.wav,3.5",
        "Own,Longest,train,2004,c.midi,c.wav,300",
        "Own,Missing,train,2004,missing.midi,missing.wav,1",
        "Own,Held out,validation,2004,d.midi,d.wav,9",
        "Own,Test,test,2004,e.midi,e.wav,2",
    ]
    (folder / "maestro-own.csv").write_text(HEAD + "\n".join(lines) + "\n")
    for number, name in enumerate("abcde"):
        (folder / f"{name}.midi").write_bytes(of_notes(60 + number))
    monkeypatch.setattr(performances, "KNOWN", 2)
    found = performances.performances.__wrapped__()
    assert found.is_real
    assert [piece.title for piece in found.known] == ["Own: Shortest", "Own: Longer"]
    assert [read_midi(piece.midi).notes.pitches.tolist() for piece in found.held_out] == [[63]]
    assert all("CC BY-NC-SA" in piece.licence for piece in (*found.known, *found.held_out))


def test_a_table_that_is_none_of_maestro_is_passed_over(without_data: Path) -> None:
    (without_data / "maestro-own.csv").write_text("notes\n3\n")
    assert not performances.performances.__wrapped__().is_real


def test_tunes_with_a_bass_and_a_pedal_stand_in(without_data: Path) -> None:
    found = performances.performances.__wrapped__()
    assert not found.is_real
    assert len(found.known) > len(found.held_out) > 0
    heard = read_midi(found.known[0].midi)
    assert len(heard.pedal) > 4
    assert len(set(heard.notes.velocities.tolist())) > 10
    assert heard.notes.velocities[heard.notes.pitches < 48].mean() + 20 < heard.notes.velocities.mean()
    assert (sounding(heard).ends > heard.notes.ends + 0.01).mean() > 0.5  # the pedal lengthens most of them
    assert len(MidiEvents().encode(found.known[0])) > 100


def test_a_stand_in_is_always_played_alike(without_data: Path) -> None:
    (piece,) = as_pieces([own_tune(1)])
    assert performances.played(piece).midi == performances.played(piece).midi
