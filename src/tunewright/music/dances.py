"""How fast each dance goes, and what plays it, where a tune doesn't say."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tunewright.music.tune import Tune

QUARTER, DOTTED_QUARTER, HALF = Fraction(1, 4), Fraction(3, 8), Fraction(1, 2)
VIOLIN, HARP, WHISTLE, FLUTE, RECORDER, BANJO, BAGPIPE = 40, 46, 72, 73, 74, 105, 109
# The small soundfont's accordion is half a semitone flat from D5 up, so none of these dances has it.


@dataclass(frozen=True, slots=True)
class Dance:
    """How a dance is usually played.

    Attributes:
        beat: length of a beat in whole notes.
        beats_per_minute: how many of them a minute holds.
        program: General MIDI instrument, from 0.
    """

    beat: Fraction
    beats_per_minute: int
    program: int


DANCES: dict[str, Dance] = {
    "reel": Dance(HALF, 100, VIOLIN),
    "jig": Dance(DOTTED_QUARTER, 112, FLUTE),
    "slipjig": Dance(DOTTED_QUARTER, 112, FLUTE),
    "slide": Dance(DOTTED_QUARTER, 124, WHISTLE),
    "hornpipe": Dance(HALF, 76, BANJO),
    "polka": Dance(QUARTER, 130, BANJO),
    "mazurka": Dance(QUARTER, 140, VIOLIN),
    "waltz": Dance(QUARTER, 130, VIOLIN),
    "setdance": Dance(HALF, 72, VIOLIN),
    "barndance": Dance(HALF, 84, VIOLIN),
    "strathspey": Dance(QUARTER, 120, VIOLIN),
    "march": Dance(HALF, 60, BAGPIPE),
    "ocarolan": Dance(QUARTER, 104, HARP),
    "air": Dance(QUARTER, 76, FLUTE),
    "miscellaneous": Dance(QUARTER, 116, RECORDER),
}
"""The dance of each tune type, in lower case without spaces."""

DANCE_OF_METER: dict[tuple[int, int], str] = {
    (2, 2): "reel",
    (4, 4): "reel",
    (2, 4): "polka",
    (3, 4): "waltz",
    (6, 8): "jig",
    (9, 8): "slipjig",
    (12, 8): "slide",
}
"""What a tune of unknown type is played as."""


def dance_of(tune: Tune) -> Dance:
    """The dance of a tune, by its type or, where that is unknown, by its meter."""
    by_meter = DANCE_OF_METER.get((tune.meter.beats, tune.meter.unit), "miscellaneous")
    return DANCES.get(tune.type, DANCES[by_meter])
