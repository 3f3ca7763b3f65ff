"""Performances of our own making, and a folder of them that is laid out as MAESTRO is."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tunewright.music.midi import Notes, in_order, write_midi


def own_performance(number: int, length: int = 300) -> Notes:
    """A random walk with a chord under every fourth note, played as people do: nothing begins quite together.

    The same for the same number.
    """
    chance = np.random.default_rng(number)
    melody = 72 + np.cumsum(chance.integers(-4, 5, length)) % 24
    begins = np.cumsum(chance.uniform(0.1, 0.3, length))
    chords = [(begins[at], melody[at] - step) for at in range(0, length, 4) for step in chance.choice(24, 3, False) + 5]
    starts = np.concatenate([begins, [begin for begin, _ in chords]])
    pitches = np.concatenate([melody, [pitch for _, pitch in chords]])
    starts = starts + chance.uniform(0, 0.02, len(starts))
    return in_order(Notes(starts, starts + 0.2, pitches, chance.integers(30, 100, len(starts))))


def own_midi(number: int, length: int = 300) -> bytes:
    """The same as a MIDI file."""
    return write_midi(own_performance(number, length))


SPLIT = ("train", "train", "train", "train", "validation", "test")


def csv_of(names: Sequence[str]) -> str:
    """A csv such as MAESTRO's, its parts as in :data:`SPLIT` over and over, each performance half an hour long."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow("canonical_composer canonical_title split year midi_filename audio_filename duration".split())
    for at, name in enumerate(names):
        title = f'Étude "No. {at // 2}", Op. 1'
        writer.writerow(["Ann Composer", title, SPLIT[at % len(SPLIT)], 2004, name, f"{name}.wav", "1800.5"])
    return text.getvalue()


def own_maestro(folder: Path, count: int = 12) -> Path:
    """A folder of so many performances with its csv, in which they stand in the opposite order."""
    names = [f"{2004 + number % 2}/piece_{number:02}.midi" for number in range(count)]
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(own_midi(number, 40))
    (folder / "maestro-v3.0.0.csv").write_text(csv_of(names[::-1]), encoding="utf-8")
    return folder
