"""Our own slow re-writing of the widely used processor of performances, note by note on top of pretty_midi.

What it does, faults and all, is that of jason9693/midi-neural-processor; tests hold our fast stream against it, and the
benchmark of preparing measures it as the way to surpass.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pretty_midi


@dataclass
class Span:
    """A time in which the pedal is down, and the notes that start in it."""

    begin: float
    end: float
    notes: list[Any] = field(default_factory=list)


def slow_events(path: Path) -> list[int]:
    """The ids of a file's events."""
    notes = []
    for instrument in pretty_midi.PrettyMIDI(str(path)).instruments:
        pedal = [control for control in instrument.control_changes if control.number == 64]
        notes += _lengthened(pedal_spans(pedal), instrument.notes)
    notes.sort(key=lambda note: note.start)
    moments: list[tuple[float, int, int | None]] = []
    for note in notes:
        moments.append((note.start, note.pitch, note.velocity))
        moments.append((note.end, note.pitch + 128, None))
    moments.sort(key=lambda moment: moment[0])
    ids: list[int] = []
    now, velocity_before = 0.0, 0
    for time, key, velocity in moments:
        ids += shifts(time - now)
        if velocity is not None and velocity_before != velocity // 4:
            ids.append(356 + velocity // 4)
        ids.append(key)
        now, velocity_before = time, -1 if velocity is None else velocity
    return ids


def shifts(seconds: float) -> list[int]:
    """A pause, rounded by itself."""
    ids, steps = [], round(seconds * 100)
    while steps >= 100:
        ids.append(355)
        steps -= 100
    return [*ids, 255 + steps] if steps else ids


def pedal_spans(controls: list[Any]) -> list[Span]:
    spans: list[Span] = []
    pressed = None
    for control in controls:
        if control.value >= 64:
            pressed = control.time if pressed is None else pressed
        elif pressed is not None:
            spans.append(Span(pressed, control.time))
            pressed = None
        elif spans:
            spans[-1].end = control.time
    return spans


def _lengthened(spans: list[Span], notes: list[Any]) -> list[Any]:
    told: list[Any] = []
    for span in spans:
        for place, note in enumerate(notes):
            if note.start > span.end:
                notes = notes[place:]
                _hold(span)
                break
            (told if note.start < span.begin else span.notes).append(note)
    for span in spans:
        told += span.notes
    return sorted(told if spans else notes, key=lambda note: note.start)


def _hold(span: Span) -> None:
    next_start: dict[int, float] = {}
    for note in reversed(span.notes):
        note.end = next_start.get(note.pitch, max(span.end, note.end))
        next_start[note.pitch] = note.start
