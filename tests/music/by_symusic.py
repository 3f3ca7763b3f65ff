"""symusic as a judge of transposed tunes: what its ``Score.from_abc`` hears, which is what its own abc2midi plays.

Three habits of abc2midi's are taken out of every text alike, that each tune is heard whole and as notated: it plays
chords to whatever stands in quotation marks, ``"End"`` and ``"D.C."`` too (``%%MIDI gchordoff``); a blank line after
the header ends a tune for it; and ``K:GM``, which is G major, it takes for G minor.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from symusic import core

Heard = list[list[tuple[int, int, int]]]
"""Onset and duration in ticks, and pitch, of each note of each track."""

_MAJOR = re.compile(r"(?m)^(K:\s*[A-G][#b]?)M(?=\s|$)")


def heard(text: str) -> Heard:
    """What symusic hears in a tune."""
    lines = [line for line in _MAJOR.sub(r"\1", text).split("\n") if line.strip()]
    key = next((number for number, line in enumerate(lines) if line.startswith("K:")), -1)
    lines.insert(key + 1, "%%MIDI gchordoff")
    score = core.ScoreTick.from_abc("\n".join(lines) + "\n")
    return [[(note.time, note.duration, note.pitch) for note in track.notes] for track in score.tracks]


def higher(music: Heard, semitones: int) -> Heard:
    """The same, so many semitones higher."""
    return [[(time, duration, pitch + semitones) for time, duration, pitch in track] for track in music]


@contextmanager
def silence() -> Iterator[None]:
    """Keeps what abc2midi prints away from the standard output, on which it writes past Python."""
    sys.stdout.flush()
    kept = os.dup(1)
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
