"""Checks of chapter 4 on performances: their events, the pedal, another key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from tunewright.codecs.event_ids import BIN, EVENTS, LETS_GO, SHIFTS, STEPS_PER_SECOND, VELOCITIES, name
from tunewright.course.checks.comparing import Mistakes, compared, mistaken, same_tensor, shape_of
from tunewright.course.lesson import Hint, UnfinishedError, finished

NOTES = ((0, 50, 60, 18), (0, 50, 64, 18), (175, 200, 67, 10))
"""What is to be written: start and end in steps, pitch, bin of velocity."""
LOUDNESSES = (72, 74, 40)
"""Their velocities."""
WRITTEN = (374, 60, 64, 305, 188, 192, 355, 280, 366, 67, 280, 195)
"""Their events."""
MILLISECONDS = (500, 1250, 250)
"""What passes between them."""

Timed = Sequence[tuple[float, float, int]]
Spans = Sequence[tuple[float, float]]


def events(given: Any) -> Hint | None:
    """Three notes as events, by hand."""
    if not isinstance(given, list | tuple) or not all(isinstance(event, int | float) for event in given):
        return Hint("no_list", {"type": type(given).__name__})
    if not all(isinstance(event, int) for event in given):
        return Hint("whole")
    if tuple(given) == WRITTEN:
        return None
    return _impossible(given) or _misheard(_heard(given)) or _misspelled(given)


def _impossible(given: Sequence[int]) -> Hint | None:
    """Ids that aren't what they were meant to be."""
    if {VELOCITIES + loudness for loudness in LOUDNESSES[::2]} & set(given):
        return Hint("bins", {"velocities": BIN})
    for steps in (125, 175):
        if SHIFTS + steps - 1 in given:
            return Hint("too_long", {"steps": steps, "event": SHIFTS + steps - 1})
    if {SHIFTS + pause - 1 for pause in MILLISECONDS} & set(given):
        return Hint("milliseconds")
    wrong = [event for event in given if not 0 <= event < EVENTS]
    return Hint("no_event", {"event": wrong[0]}) if wrong else None


def _heard(given: Sequence[int]) -> list[list[int]]:
    """Start, end, pitch and bin of the notes that events tell; -1 for what they don't."""
    notes: list[list[int]] = []
    now, loudness = 0, -1
    for event in given:
        if event < LETS_GO:
            notes.append([now, -1, event, loudness])
        elif event < SHIFTS:
            for note in notes:
                if note[2] == event - LETS_GO and note[1] < 0:
                    note[1] = now
        elif event < VELOCITIES:
            now += event - SHIFTS + 1
        else:
            loudness = event - VELOCITIES
    return notes


def _misheard(notes: list[list[int]]) -> Hint | None:
    """What sounds otherwise than it should."""
    if sorted(pitch for _, _, pitch, _ in notes) != [pitch for _, _, pitch, _ in NOTES]:
        return Hint("keys", {"pitches": ", ".join(str(pitch) for _, _, pitch, _ in notes) or "–"})
    for (start, end, pitch, loudness), right in zip(sorted(notes, key=lambda note: note[2]), NOTES, strict=True):
        told = {"pitch": pitch}
        if end < 0:
            return Hint("hanging", told)
        if loudness < 0:
            return Hint("no_velocity", told)
        if (start, end) != right[:2]:
            absolute = (start, end) == (50 + 175, 50 + 175 + 200)
            seconds = {"start": start / STEPS_PER_SECOND, "end": end / STEPS_PER_SECOND}
            return Hint("absolute") if absolute else Hint("times", {**told, **seconds})
        if loudness != right[3]:
            return Hint("loudness", {**told, "number": loudness})
    return None


def _misspelled(given: Sequence[int]) -> Hint:
    """What sounds right but is written otherwise than it should be."""
    if sum(event >= VELOCITIES for event in given) > 2:
        return Hint("told_again")
    if [event for event in given if SHIFTS <= event < VELOCITIES] != [305, 355, 280, 280]:
        return Hint("pause")
    first = next(place for place, event in enumerate(given) if event != WRITTEN[place])
    return Hint("order", {"event": name(given[first])})


def pedal(function: Any) -> Hint | None:
    """When notes end to the ear."""

    def ends(notes: Timed, spans: Spans) -> Any:
        given = finished(function(list(notes), list(spans)))
        if isinstance(given, list) and any(one is ... for one in given):
            raise UnfinishedError
        return given

    return compared(ends, PLAYED, _right, MISTAKES)


PLAYED: tuple[tuple[Timed, Spans], ...] = (
    (
        ((0, 1, 60), (0.5, 1.5, 64), (1, 2.5, 67), (2, 2.4, 60), (3, 3.5, 72), (4, 4.6, 64), (5, 5.5, 60)),
        ((0.8, 1.8), (2.2, 3.2), (4.5, 5.1)),
    ),
    (
        ((0, 0.4, 60), (0.1, 0.15, 62), (1, 1.2, 60), (1.5, 3.5, 60), (4, 6, 65), (5, 5.5, 65), (8, 9, 65)),
        ((0.2, 3.0), (3.6, 3.9)),
    ),
)
"""Notes and spans of the pedal to try it with."""


def _ringing(end: float, spans: Spans) -> float:
    """When a note ends that is let go at ``end``, as far as the pedal goes."""
    return next((up for down, up in spans if down <= end < up), end)


def _again(note: tuple[float, float, int], notes: Timed) -> list[float]:
    """When its key is struck after it, each time."""
    return [start for start, _, pitch in notes if pitch == note[2] and start > note[0]]


def _right(notes: Timed, spans: Spans) -> list[float]:
    return [min([_ringing(note[1], spans), *_again(note, notes)]) for note in notes]


def _each(rule: Any) -> Any:
    """A rule for one note, as one for all: what it gives, cut off where the key is struck again."""
    return lambda notes, spans: [min([rule(*note[:2], spans), *_again(note, notes)]) for note in notes]


MISTAKES: Mistakes = (
    (Hint("no_pedal"), lambda notes, spans: [end for _, end, _ in notes]),
    (Hint("no_pedal"), _each(lambda start, end, spans: end)),
    (Hint("struck_again"), lambda notes, spans: [_ringing(end, spans) for _, end, _ in notes]),
    (
        Hint("again_first"),
        lambda notes, spans: [_ringing(min([note[1], *_again(note, notes)]), spans) for note in notes],
    ),
    (
        Hint("any_key"),
        lambda notes, spans: [
            min([_ringing(end, spans), *(other for other, _, _ in notes if other > start)]) for start, end, _ in notes
        ],
    ),
    (
        Hint("until_again"),
        lambda notes, spans: [min(_again(note, notes), default=_ringing(note[1], spans)) for note in notes],
    ),
    (
        Hint("itself"),
        lambda notes, spans: [min([_ringing(note[1], spans), *_again(note, notes), note[0]]) for note in notes],
    ),
    (Hint("by_start"), _each(lambda start, end, spans: _ringing(start, spans) if _within(start, spans) else end)),
    (Hint("by_start"), _each(lambda start, end, spans: max(end, _ringing(start, spans)))),
    (
        Hint("shortened"),
        _each(lambda start, end, spans: next((up for down, up in spans if start < up and end > down), end)),
    ),
    (Hint("before_down"), _each(lambda start, end, spans: next((up for _, up in spans if end < up), end))),
    (Hint("before_down"), _each(lambda start, end, spans: max([end, *(up for _, up in spans)]))),
    (Hint("down"), _each(lambda start, end, spans: next((down for down, up in spans if down <= end < up), end))),
)
"""What may be done instead."""


def _within(moment: float, spans: Spans) -> bool:
    return any(down <= moment < up for down, up in spans)


def transposed(function: Any) -> Hint | None:
    """Events of the same performance, so many semitones higher."""
    ids = torch.tensor([374, 60, 64, 256, 355, 188, 192, 387, 127 - 5, 280, 355, 250, 356, 21, 257, 149])
    for given_ids, semitones in ((ids, 3), (ids.view(2, 8), -2)):
        given = finished(function(given_ids.clone(), semitones))
        if not isinstance(given, Tensor):
            return Hint("no_tensor", {"type": type(given).__name__})
        if given.shape != given_ids.shape:
            return Hint("shape", {"shape": shape_of(given), "right": shape_of(given_ids)})
        moved = given_ids + semitones
        struck, shifts, loud = given_ids < LETS_GO, given_ids >= SHIFTS, given_ids >= VELOCITIES
        wrong = (
            (Hint("everything"), moved),
            (Hint("nothing"), given_ids),
            (Hint("hanging"), torch.where(struck, moved, given_ids)),
            (Hint("only_off"), torch.where(struck | shifts, given_ids, moved)),
            (Hint("first_shift"), torch.where(given_ids <= SHIFTS, moved, given_ids)),
            (Hint("time"), torch.where(loud, given_ids, moved)),
            (Hint("loudness"), torch.where(shifts & ~loud, given_ids, moved)),
            (Hint("downwards"), torch.where(shifts, given_ids, given_ids - semitones)),
        )
        if not same_tensor(given, torch.where(shifts, given_ids, moved)):
            return mistaken(given, wrong) or Hint("other")
    return None
