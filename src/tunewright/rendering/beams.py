"""Which notes are joined by beams, and how."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tunewright.music.tune import Meter

BeamMark = tuple[str, ...]
"""What MusicXML says of a note's beams, from the outermost: ``begin``, ``continue``, ``end``, a ``hook``."""


def beam_span(meter: Meter) -> Fraction:
    """The stretch of a bar, in whole notes, that one beam may cover."""
    if meter.unit >= 8 and meter.beats % 3 == 0:
        return Fraction(3, meter.unit)
    if meter.beats in (2, 3) and meter.unit == 4:
        return Fraction(1, 4)
    return Fraction(1, 2)


def beams(notes: Sequence[tuple[int, Fraction, bool]], meter: Meter, offset: Fraction) -> list[BeamMark]:
    """The beams of one bar.

    Args:
        notes: flags, length in whole notes, and whether no beam may join it to the note before.
        meter: of the bar; no beam crosses its spans.
        offset: how far into a full bar the first note stands (an upbeat does not begin at 0).
    """
    marks: list[BeamMark] = [() for _ in notes]
    group: list[int] = []
    span, now, last_span = beam_span(meter), offset, -1
    for index, (flags, length, breaks) in enumerate(notes):
        if breaks or flags == 0 or now // span != last_span:
            _mark(group, notes, marks)
            group = []
        if flags:
            group.append(index)
        last_span = now // span
        now += length
    _mark(group, notes, marks)
    return marks


def _mark(group: list[int], notes: Sequence[tuple[int, Fraction, bool]], marks: list[BeamMark]) -> None:
    """Writes the marks of notes that share a beam; a note alone keeps its flags."""
    if len(group) < 2:
        return
    flags = [notes[index][0] for index in group]
    for place, index in enumerate(group):
        before = flags[place - 1] if place else 0
        after = flags[place + 1] if place + 1 < len(group) else 0
        marks[index] = tuple(_word(level, before, after) for level in range(1, flags[place] + 1))


def _word(level: int, before: int, after: int) -> str:
    if before >= level and after >= level:
        return "continue"
    if before >= level:
        return "end"
    if after >= level:
        return "begin"
    return "backward hook" if before else "forward hook"
