"""Which pieces are near-duplicates of those that a run has learned from, by what its index keeps of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tunewright.contracts import Piece
from tunewright.evaluation.performance_index import PerformanceIndex, Pitches, line
from tunewright.evaluation.tune_index import TuneIndex
from tunewright.music.fingerprint import Relatives
from tunewright.music.midi import Notes, read_midi
from tunewright.music.performance_fingerprint import fingerprint_performance
from tunewright.music.reader import read_tune

IsRelative = Callable[[Piece], bool]
"""Tells of a piece whether it is a near-duplicate."""


def relatives_of_tunes(index: TuneIndex) -> IsRelative:
    """Tells which tunes are near-duplicates of known ones."""
    known = Relatives(index.fingerprints())
    return lambda piece: read_tune(piece.text) in known


def relatives_of_performances(index: PerformanceIndex) -> IsRelative:
    """Tells which performances are near-duplicates of known ones. An index keeps the notes of a chord from the lowest
    up, so those of the others are read so too.
    """
    lines = np.split(index.lines.pitches, np.cumsum(index.lines.lengths)[:-1])
    known = Relatives(map(_fingerprint, lines))
    return lambda piece: bool(known.of(_fingerprint(line(read_midi(piece.midi).notes))))


def _fingerprint(pitches: Pitches) -> list[str]:
    nothing = np.zeros(len(pitches))
    return fingerprint_performance(Notes(nothing, nothing, pitches.astype(np.int64), nothing.astype(np.int64)))
