"""What is heard of a piece, in one form for tunes and performances."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tunewright.contracts import Piece
from tunewright.errors import InputError, RenderingError
from tunewright.music.performance import Performance, perform
from tunewright.music.reader import read_tune

if TYPE_CHECKING:
    from tunewright.music.midi import MidiPerformance, Notes


LONGEST_TUNE = 20 * 60
"""Seconds. A slip such as ``c9999`` must not be played for hours."""


class Played(NamedTuple):
    """Notes as they sound.

    Attributes:
        notes: in seconds, the pedal folded into their ends.
        seconds: length of the whole, final rests included.
        program: General MIDI instrument, from 0.
    """

    notes: Notes
    seconds: float
    program: int = 0


def played(piece: Piece) -> Played:
    """What is heard of a piece.

    Raises:
        RenderingError: its MIDI can't be read.
    """
    if piece.kind != "performance":
        return played_tune(perform(read_tune(piece.text)))
    from tunewright.music.midi import sounding

    notes = sounding(midi_performance(piece))
    return Played(notes, float(notes.ends.max(initial=0.0)))


def played_tune(performance: Performance) -> Played:
    """What is heard of a tune.

    Raises:
        RenderingError: it is far too long.
    """
    import numpy as np

    from tunewright.music.midi import Notes

    if performance.seconds > LONGEST_TUNE:
        minutes = round(performance.seconds / 60)
        raise RenderingError(f"a recording of {minutes} minutes; at most {LONGEST_TUNE // 60} are made of a tune")
    pace = performance.seconds_per_whole_note
    starts, durations = (
        np.array([float(getattr(note, name)) for note in performance.notes], dtype=np.float64) * pace
        for name in ("start", "duration")
    )
    pitches, velocities = (
        np.array([getattr(note, name) for note in performance.notes], dtype=np.int64) for name in ("pitch", "velocity")
    )
    return Played(Notes(starts, starts + durations, pitches, velocities), performance.seconds, performance.program)


def midi_performance(piece: Piece) -> MidiPerformance:
    """What the MIDI file of a performance tells to be played.

    Raises:
        RenderingError: it can't be read.
    """
    from tunewright.music.midi import read_midi

    try:
        return read_midi(piece.midi)
    except InputError as error:
        raise RenderingError(f"cannot read its MIDI: {error}") from None
