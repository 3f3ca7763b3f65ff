"""Piano music in notebooks."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import own_tune
from tunewright.course import material, piano
from tunewright.music.reader import read_tune
from tunewright.music.tonic import tonic_pitch_class

NOTES = [(0.0, 0.6, 60), (0.0, 0.3, 64), (0.9, 2.1, 21)]


def test_notes_are_written_as_midi_and_read_again(tmp_path: Path) -> None:
    path = piano.write_midi(NOTES, tmp_path / "own.mid")
    read = piano.read_midi(path)
    assert [(round(start, 2), round(end, 2), pitch) for start, end, pitch in read] == sorted(NOTES)


def test_a_piece_ends_with_its_last_note_however_long_tempi_are_told(tmp_path: Path) -> None:
    from symusic import core

    score = core.ScoreTick(480)
    score.tempos.append(core.TempoTick(0, 120))
    score.tempos.append(core.TempoTick(480 * 2000, 60))
    track = core.TrackTick("piano", 0, False)
    track.notes.append(core.NoteTick(480, 480, 60, 80))
    score.tracks.append(track)
    path = tmp_path / "long.mid"
    path.write_bytes(bytes(score.dumps_midi()))
    assert piano.read_midi(path) == ((0.5, 1.0, 60),)


def test_a_stand_in_has_a_bass_out_of_its_key_below_the_tune() -> None:
    tune = read_tune(own_tune(1))
    notes = piano.with_bass(tune)
    tonic = tonic_pitch_class(tune.key)
    assert tonic is not None
    lowest = min(pitch.midi for note in tune.notes() for pitch in note.pitches)
    bass = [pitch for _, _, pitch in notes if pitch < lowest]
    assert {pitch % 12 for pitch in bass} == {tonic, (tonic + 7) % 12}
    assert list(notes) == sorted(notes)


def test_pieces_are_mozart_s_where_they_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / piano.FOLDER
    folder.mkdir(parents=True)
    piano.write_midi(NOTES, folder / "mz_1.mid")
    monkeypatch.setenv("TUNEWRIGHT_DATA", str(tmp_path))
    found = piano.piano_pieces.__wrapped__()
    assert (found.is_real, found.names, len(found.pieces[0])) == (True, ("mz_1",), 3)
    shutil.rmtree(folder)
    monkeypatch.setattr(piano, "irish_tunes", lambda: material.Book((own_tune(1), own_tune(2)), True))
    found = piano.piano_pieces.__wrapped__()
    assert (found.is_real, len(found.pieces)) == (False, 2)


def test_notes_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    from IPython import display

    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(display, "display", lambda data, raw: shown.append(data))
    piano.play(NOTES, "own")
    piano.play([], "nothing")
    assert "data:audio/wav;base64," in shown[0]["text/html"]
    assert "audio" not in shown[1]["text/html"]
