"""Performances as they are heard."""

from __future__ import annotations

import time
import tracemalloc
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.rendering.performances import free_performance, performance
from tests.rendering.test_sound import samples
from tunewright.contracts import Piece
from tunewright.errors import RenderingError
from tunewright.rendering.played import played
from tunewright.rendering.player import SECONDS_OF_TAIL, sound_blocks
from tunewright.rendering.sheet import AbcRenderer
from tunewright.rendering.sound import MidiRenderer, WavRenderer, default_soundfont
from tunewright.rendering.soundfont import SAMPLES_PER_SECOND, Soundfont


def heard(piece: Piece) -> NDArray[np.float32]:
    """The sound before it is brought to its peak, (2, samples)."""
    return np.concatenate(list(sound_blocks(played(piece), Soundfont(default_soundfont()))), axis=1)


def loudness(sound: NDArray[np.float32], start: float, end: float) -> float:
    part = sound[:, round(start * SAMPLES_PER_SECOND) : round(end * SAMPLES_PER_SECOND)]
    return float(np.sqrt(np.mean(np.square(part))))


def test_a_performance_keeps_its_own_midi(tmp_path: Path) -> None:
    piece = free_performance(5)
    assert MidiRenderer()(piece, tmp_path / "own.mid").read_bytes() == piece.midi


def test_a_recording_is_as_long_as_the_performance_and_comes_to_its_peak(tmp_path: Path) -> None:
    piece = free_performance(12)
    sound = samples(WavRenderer()(piece, tmp_path / "own.wav"))
    assert len(sound) / SAMPLES_PER_SECOND == pytest.approx(played(piece).seconds + SECONDS_OF_TAIL, abs=0.001)
    assert 0.85 < np.abs(sound).max() < 0.95
    assert np.abs(sound[-20:]).max() == 0


def test_velocity_is_loudness() -> None:
    soft, loud = (heard(performance([(0, 1, 60, velocity)])) for velocity in (30, 120))
    assert loudness(loud, 0, 1) == pytest.approx(16 * loudness(soft, 0, 1), rel=0.01)


def test_the_pedal_lets_a_note_sound_on_until_it_is_let_go() -> None:
    rows = [(0.0, 0.2, 60, 80), (5.0, 5.2, 60, 80)]
    dry, held = heard(performance(rows)), heard(performance(rows, pedal=[(0.1, 3.0)]))
    assert loudness(held, 2.0, 2.8) > 100 * loudness(dry, 2.0, 2.8)
    assert loudness(held, 4.5, 4.9) < loudness(held, 2.0, 2.8) / 100


def test_every_note_begins_where_it_is_struck() -> None:
    """Also at the borders of what is mixed at a time."""
    starts = [0.0, 1.77, 1.775, 3.5, 9.0]
    together = heard(performance([(start, start + 0.3, 60 + number, 80) for number, start in enumerate(starts)]))
    alone = np.zeros_like(together)
    for number, start in enumerate(starts):
        one = heard(performance([(0, 0.3, 60 + number, 80)]))[:, : -round(0.3 * SAMPLES_PER_SECOND)]  # before it fades
        place = round(start * SAMPLES_PER_SECOND)
        one = one[:, : alone.shape[1] - place]
        alone[:, place : place + one.shape[1]] += one
    audible = together.shape[1] - round(0.31 * SAMPLES_PER_SECOND)
    assert np.abs(together - alone)[:, :audible].max() < 0.02 * np.abs(together).max()  # a sample too late: 0.04


def test_a_note_played_again_longer_sounds_as_if_it_were_the_first() -> None:
    """Tones are kept for the next note; a kept one that is too short must not cut it off."""
    font = Soundfont(default_soundfont())
    font.note(0, 60, 80, 0.1)
    assert np.array_equal(font.note(0, 60, 90, 6.0), Soundfont(default_soundfont()).note(0, 60, 90, 6.0))
    assert np.array_equal(font.note(0, 60, 80, 0.1), Soundfont(default_soundfont()).note(0, 60, 80, 0.1))


def test_five_thousand_notes_are_played_in_seconds(tmp_path: Path) -> None:
    begun = time.perf_counter()
    WavRenderer()(free_performance(200, 25), tmp_path / "long.wav")
    assert time.perf_counter() - begun < 40


def test_a_hundred_thousand_notes_in_one_tick_are_played(tmp_path: Path) -> None:
    events = b"".join(b"\x00\x90" + bytes([21 + number % 88, 64]) for number in range(100_000))
    ends = b"".join(b"\x00\x80" + bytes([21 + number % 88, 0]) for number in range(100_000))
    track = events + b"\x83\x60\xb0\x07\x7f" + ends + b"\x00\xff\x2f\x00"
    midi = b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk" + len(track).to_bytes(4, "big") + track
    piece = Piece("", "", "a test", kind="performance", midi=midi)
    assert len(played(piece).notes.starts) == 100_000
    assert 0.85 < np.abs(samples(WavRenderer()(piece, tmp_path / "heap.wav"))).max() < 0.95


def test_ten_minutes_do_not_flood_the_memory(tmp_path: Path) -> None:
    piece = free_performance(600, 0.5)
    tracemalloc.start()
    try:
        WavRenderer()(piece, tmp_path / "long.wav")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    with wave.open(str(tmp_path / "long.wav")) as file:
        assert file.getnframes() > 590 * SAMPLES_PER_SECOND
    assert peak < 150e6  # the sound itself is 212 MB, and its WAV file 106


def test_what_cannot_be_played_is_told(tmp_path: Path) -> None:
    with pytest.raises(RenderingError, match="61 minutes; at most 60"):
        WavRenderer()(performance([(0, 1, 60, 64), (3660, 3661, 60, 64)]), tmp_path / "long.wav")
    with pytest.raises(RenderingError, match="cannot read its MIDI: "):
        WavRenderer()(Piece("", "", "", kind="performance", midi=b"rubbish"), tmp_path / "bad.wav")
    with pytest.raises(RenderingError, match="a performance has no ABC; expected mid, wav, svg, png, musicxml or pdf"):
        AbcRenderer()(free_performance(3), tmp_path / "own.abc")
    assert not list(tmp_path.iterdir())
