"""The ids of performance events, and how events with the pauses between them become ids.

Keys struck are 0 to 127, by pitch; keys let go 128 to 255; shifts of 1 to 100 steps of 10 ms 256 to 355; bins of four
velocities 356 to 387. They are those of the widely used processor, so that streams can be compared.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tunewright.music.ranges import midi_name

Integers = NDArray[np.int64]

STEPS_PER_SECOND = 100
LETS_GO = 128
"""The first id of keys let go, by pitch."""
SHIFTS = 256
"""The first id of shifts, of 1 to :data:`LONGEST_SHIFT` steps."""
LONGEST_SHIFT = 100
VELOCITIES = SHIFTS + LONGEST_SHIFT
"""The first id of bins of velocity."""
BIN = 4
"""Velocities in a bin."""
EVENTS = VELOCITIES + 128 // BIN
"""How many events there are."""


def spelled(pauses: Integers, bins: Integers, keys: Integers) -> Integers:
    """The ids of keys struck and let go, each after a pause and perhaps a velocity, all three of shape (keys,).

    Args:
        pauses: steps that pass before each.
        bins: of velocity, told before each; -1 where none is told.
        keys: ids of the events themselves.
    """
    seconds = (pauses - 1) // LONGEST_SHIFT  # before the last shift; -1 where there is none
    told = bins >= 0
    places = np.cumsum(seconds + told + 2) - 1
    ids = np.full(places[-1] + 1 if len(places) else 0, VELOCITIES - 1)
    # In this order, since what is not told is written where something that comes later has its place.
    ids[places - 1] = VELOCITIES + bins
    ids[places - told - 1] = SHIFTS - 1 + pauses - LONGEST_SHIFT * seconds
    ids[places] = keys
    return ids


def name(event: int) -> str:
    """An event as one reads it, e.g. ``"on C4"``, ``"off C4"``, ``"wait 120 ms"``, ``"loudness 17"`` (of 32)."""
    if event >= VELOCITIES:
        return f"loudness {event - VELOCITIES + 1}"
    if event >= SHIFTS:
        return f"wait {(event - SHIFTS + 1) * 1000 // STEPS_PER_SECOND} ms"
    return f"off {midi_name(event - LETS_GO)}" if event >= LETS_GO else f"on {midi_name(event)}"
