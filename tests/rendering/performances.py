"""Performances of our own, made as the tests need them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tunewright.contracts import Piece
from tunewright.music.midi import Notes, in_order, write_midi


def performance(
    rows: Sequence[tuple[float, float, int, int]], pedal: Sequence[tuple[float, float]] = (), title: str = "Own"
) -> Piece:
    """A performance of notes (start, end, pitch, velocity); half a second is one quarter of its file."""
    starts, ends, pitches, velocities = zip(*rows, strict=True)
    notes = Notes(
        np.array(starts, dtype=np.float64),
        np.array(ends, dtype=np.float64),
        np.array(pitches, dtype=np.int64),
        np.array(velocities, dtype=np.int64),
    )
    spans = np.array(pedal, dtype=np.float64).reshape(-1, 2)
    return Piece(title, "", "a test", kind="performance", midi=write_midi(in_order(notes), spans, title))


def free_performance(seconds: float, notes_a_second: float = 8, seed: int = 0) -> Piece:
    """A performance that keeps to no beats, with a pedal that goes down every two seconds."""
    randomness = np.random.default_rng(seed)
    count = max(1, int(seconds * notes_a_second))
    starts = np.sort(randomness.uniform(0, max(0.01, seconds - 0.5), count))
    lengths = randomness.uniform(0.05, 0.5, count)
    pitches, velocities = randomness.integers(30, 100, count), randomness.integers(20, 110, count)
    rows = [
        (float(start), float(start + length), int(pitch), int(velocity))
        for start, length, pitch, velocity in zip(starts, lengths, pitches, velocities, strict=True)
    ]
    pedal = [(float(at), float(at + 1.5)) for at in range(0, int(seconds) - 2, 2)]
    return performance(rows, pedal)
