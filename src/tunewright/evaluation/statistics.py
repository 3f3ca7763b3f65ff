"""What a musician counts in a tune, and in a set of tunes: each feature a number, or a profile over a few classes.

The features are those by which composed music is usually compared with real music, and those by which composed folk
tunes were judged: parts, repetition, cadences, pickups. Each tune weighs the same in a set, long or short. Nothing here
knows what is right: a wrong bar counts as it stands.

Sources:
    Dong, Chen, McAuley & Berg-Kirkpatrick 2020, "MusPy: a toolkit for symbolic music generation", ISMIR.
    Huron 2006, "Sweet Anticipation", MIT Press.
    Krumhansl & Kessler 1982, "Tracing the dynamic changes in perceived tonal organization", Psychological Review 89.
    Mogren 2016, "C-RNN-GAN: continuous recurrent neural networks with adversarial training", CML at NIPS.
    Sturm & Ben-Tal 2017, "Taking the models back to music practice", Journal of Creative Music Systems 2(1).
    Temperley 2007, "Music and Probability", MIT Press.
    Yang & Lerch 2020, "On the evaluation of generative models in music", Neural Computing and Applications 32.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunewright.evaluation.melody import Melody, MelodyNote
from tunewright.music.playing_order import is_pickup
from tunewright.music.ranges import compass
from tunewright.music.tune import Meter, Tune

DEGREES = ("1", "♭2", "2", "♭3", "3", "4", "♯4", "5", "♭6", "6", "♭7", "7")
"""The twelve pitch classes above a tonic, by the degree of the scale that each is or alters."""
LENGTHS = tuple(map(Fraction, "1/32 1/24 1/16 1/12 3/32 1/8 1/6 3/16 1/4 3/8 1/2 3/4 1".split()))
"""Classes of note lengths in whole notes: plain, dotted and in triplets."""
WIDEST_INTERVAL = 12
"""Semitones of the last class of intervals either way, which holds the wider ones too."""
LONGEST_PART = 17
"""Bars of the last class of parts, which holds the longer ones too."""
_SCALES = np.array([[(pitch - root) % 12 in (0, 2, 4, 5, 7, 9, 11) for pitch in range(12)] for root in range(12)])

Measured = float | Sequence[float] | None


@dataclass(frozen=True)
class Feature:
    """Something to count.

    Attributes:
        name: as it is told.
        unit: of the distance between two sets.
        about: what it is, with the source of its definition.
        measure: a number or the share of each class; None where a tune lacks what is counted.
        labels: of the classes; empty for a number.
        places: of the classes on a line, in the unit; empty where they have no order.
    """

    name: str
    unit: str
    about: str
    measure: Callable[[Melody], Measured]
    labels: tuple[str, ...] = ()
    places: tuple[float, ...] = ()

    @property
    def is_number(self) -> bool:
        return not self.labels


@dataclass(frozen=True)
class Statistics:
    """The features of a set of tunes.

    Attributes:
        tunes: how many there are.
        values: of each feature by name, for the tunes that have it: shape (tunes,) or (tunes, classes).
    """

    tunes: int
    values: Mapping[str, NDArray[np.float64]]

    def summary(self, feature: Feature) -> dict[str, Any]:
        """How many ``tunes`` have a feature, and if there are any, the ``mean`` and ``quartiles`` of a number or the
        ``profile`` over classes: the mean share of each.
        """
        own = self.values[feature.name]
        if not len(own):
            return {"tunes": 0}
        if feature.is_number:
            quartiles = [float(value) for value in np.quantile(own, [0.25, 0.5, 0.75])]
            return {"tunes": len(own), "mean": float(own.mean()), "quartiles": quartiles}
        return {"tunes": len(own), "profile": [float(share) for share in own.mean(axis=0)]}


def statistics(tunes: Iterable[Tune]) -> Statistics:
    """Counts all :data:`FEATURES` in a set of tunes."""
    melodies = [Melody.of(tune) for tune in tunes]
    values = {}
    for feature in FEATURES:
        measured = [value for melody in melodies if (value := feature.measure(melody)) is not None]
        shape = (len(measured), len(feature.labels)) if feature.labels else (len(measured),)
        values[feature.name] = np.array(measured, dtype=np.float64).reshape(shape)
    return Statistics(len(melodies), values)


# What is counted


def _beat(meter: Meter) -> Fraction:
    """The beat that a meter writes, in whole notes: dotted in compound ones; 3/8 is one beat."""
    dotted = meter.compound or (meter.beats, meter.unit) == (3, 8)
    return Fraction(3 if dotted else 1, meter.unit)


def _histogram(classes: Sequence[int], size: int, weights: Sequence[float] | None = None) -> list[float] | None:
    """Share of each class, or of its weight; None where nothing weighs anything."""
    counts = np.bincount(np.array(classes, dtype=np.int64), weights, size)
    total = counts.sum()
    return [float(share) for share in counts / total] if total else None


def _degrees(notes: Sequence[MelodyNote], weights: Sequence[float] | None = None) -> list[float] | None:
    if any(note.tonic is None for note in notes):
        return None
    return _histogram([(note.pitch - (note.tonic or 0)) % 12 for note in notes], 12, weights)


def _pitch_classes(melody: Melody) -> Measured:
    return _degrees(melody.notes, [float(note.length) for note in melody.notes])


def _final_note(melody: Melody) -> Measured:
    return _degrees(melody.notes[-1:])


def _part_endings(melody: Melody) -> Measured:
    return _degrees(melody.cadences)


def _interval_classes(melody: Melody) -> Measured:
    clipped = [min(max(step, -WIDEST_INTERVAL), WIDEST_INTERVAL) for step in melody.intervals]
    return _histogram([step + WIDEST_INTERVAL for step in clipped], 2 * WIDEST_INTERVAL + 1)


def _motion(melody: Melody) -> Measured:
    return _histogram([int(np.searchsorted([0, 2, 4], abs(step))) for step in melody.intervals], 4)


def _note_lengths(melody: Melody) -> Measured:
    places = [math.log2(length) for length in LENGTHS]
    lengths = [math.log2(note.length) for note in melody.notes if note.length > 0]
    nearest = [min(range(len(places)), key=lambda index: abs(places[index] - own)) for own in lengths]
    return _histogram(nearest, len(LENGTHS))


def _scale_consistency(melody: Melody) -> Measured:
    counts = np.bincount(np.array([note.pitch % 12 for note in melody.notes], dtype=np.int64), minlength=12)
    return float((_SCALES @ counts).max() / counts.sum()) if melody.notes else None


def _range(melody: Melody) -> Measured:
    ends = compass(melody.tune)
    return ends and float(ends[1].midi - ends[0].midi)


def _notes_per_bar(melody: Melody) -> Measured:
    bars = sum(bar.length / bar.meter.bar_length for bar in melody.tune.bars if bar.meter.beats)
    metered = all(bar.meter.beats for bar in melody.tune.bars)
    return float(len(melody.notes) / bars) if bars and metered else None


def _repeated_bars(melody: Melody) -> Measured:
    bars = [bar for part in melody.parts for bar in part]
    return 1 - len(set(bars)) / len(bars) if bars else None


def _shared_bars(melody: Melody) -> Measured:
    if len(melody.parts) < 2:
        return None
    first, second = melody.parts[:2]
    return sum(bar in first for bar in second) / len(second)


def _shared_ending(melody: Melody) -> Measured:
    if len(melody.parts) < 2:
        return None
    first, second = melody.parts[:2]
    pairs = list(zip(reversed(first), reversed(second), strict=False))
    # How long the very last note is depends on the pickup of what is played next.
    alike = [[pitch for pitch, _ in own[0]] == [pitch for pitch, _ in own[1]] for own in pairs[:1]]
    alike += [one == other for one, other in pairs[1:]]
    return float([*alike, False].index(False))


def _pickup(melody: Melody) -> Measured:
    bars = melody.tune.bars
    if not bars or not bars[0].meter.beats:
        return None
    return float(bars[0].length / _beat(bars[0].meter)) if is_pickup(bars, 0) else 0.0


def _part_count(melody: Melody) -> Measured:
    return float(len(melody.part_bars)) or None


def _part_bars(melody: Melody) -> Measured:
    return _histogram([min(bars, LONGEST_PART) - 1 for bars in melody.part_bars], LONGEST_PART)


def _bars(melody: Melody) -> Measured:
    return float(sum(melody.part_bars)) or None


_STEPS = range(-WIDEST_INTERVAL, WIDEST_INTERVAL + 1)
_STEP_LABELS = ("≤-12", *(f"{step:+d}" if step else "0" for step in _STEPS[1:-1]), "≥12")
_PART_LABELS = (*map(str, range(1, LONGEST_PART)), f"≥{LONGEST_PART}")

FEATURES: tuple[Feature, ...] = (
    Feature(
        "pitch classes", "share", "time on each pitch class above the tonic (Krumhansl & Kessler 1982)",
        _pitch_classes, DEGREES,
    ),
    Feature(
        "intervals", "semitones", "from note to note, beyond an octave as one (Yang & Lerch 2020; Temperley 2007)",
        _interval_classes, _STEP_LABELS, tuple(map(float, _STEPS)),
    ),
    Feature(
        "motion", "share", "repeated notes, steps (a second), skips (a third), leaps (Huron 2006)",
        _motion, ("same", "step", "skip", "leap"),
    ),
    Feature(
        "note lengths", "doublings", "in whole notes, so that meters can be compared (Yang & Lerch 2020)",
        _note_lengths, tuple(map(str, LENGTHS)), tuple(math.log2(length) for length in LENGTHS),
    ),
    Feature("final note", "share", "degree of the last note (Sturm & Ben-Tal 2017)", _final_note, DEGREES),
    Feature("part endings", "share", "degree of each part's last note (Sturm & Ben-Tal 2017)", _part_endings, DEGREES),
    Feature("range", "semitones", "from the lowest to the highest note, graces too (Yang & Lerch 2020)", _range),
    Feature(
        "scale consistency", "share", "of the notes, in the major or minor scale that fits best (Mogren 2016; MusPy, "
        "Dong et al. 2020)", _scale_consistency,
    ),
    Feature("notes per bar", "notes", "in a full bar (Yang & Lerch 2020)", _notes_per_bar),
    Feature("pickup", "beats", "length of the bar that begins the tune before its first full one", _pickup),
    Feature("repeated bars", "share", "of the bars, equal to one written before in the tune", _repeated_bars),
    Feature("shared bars", "share", "of the second part's bars, that the first part has too", _shared_bars),
    Feature("shared ending", "bars", "with which the first and the second part end alike", _shared_ending),
    Feature("parts", "parts", "of the tune, each counted once (Sturm & Ben-Tal 2017)", _part_count),
    Feature(
        "bars per part", "bars", "pickups left out (Sturm & Ben-Tal 2017)",
        _part_bars, _PART_LABELS, tuple(map(float, range(1, LONGEST_PART + 1))),
    ),
    Feature("bars", "bars", "of the tune, each part counted once", _bars),
)  # fmt: skip
"""Numbers are compared in their own unit; profiles over classes on a line in its unit, over others by shares."""
