"""The melody of a tune, its parts and their bars, as features and patterns are counted.

A tune is looked at as it is written, so that a repeated part counts once. Its melody is the top note of every chord;
grace notes don't count, tied notes are one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from tunewright.music.forms import sections_of
from tunewright.music.playing_order import is_pickup, sections
from tunewright.music.tonic import tonic_pitch_class
from tunewright.music.tune import Bar, Note, Tune

BarContent = tuple[tuple[int | None, Fraction], ...]
"""Top pitch (MIDI; None for a rest) and length of each note of a bar."""


class MelodyNote(NamedTuple):
    """A note of the melody: MIDI pitch, length in whole notes and, if the key has one, the tonic's pitch class."""

    pitch: int
    length: Fraction
    tonic: int | None


@dataclass(frozen=True)
class Melody:
    """A tune as its features are counted.

    Attributes:
        tune: the tune itself.
        notes: of the melody, as written.
        parts: the bars of each part that hold a note, pickups left out.
        cadences: the last note of each of these parts.
    """

    tune: Tune
    notes: tuple[MelodyNote, ...]
    parts: tuple[tuple[BarContent, ...], ...]
    cadences: tuple[MelodyNote, ...]

    @classmethod
    def of(cls, tune: Tune) -> Melody:
        """The melody of a tune; one without any where there is no note."""
        parts = [(own, content) for own in _parts(tune) if (content := _contents(tune.bars, own))]
        cadences = [_melody_notes([tune.bars[index] for index in own])[-1] for own, _ in parts]
        return cls(tune, tuple(_melody_notes(tune.bars)), tuple(content for _, content in parts), tuple(cadences))

    @cached_property
    def intervals(self) -> tuple[int, ...]:
        """Semitones from each note to the next."""
        return tuple(later.pitch - earlier.pitch for earlier, later in pairwise(self.notes))

    @cached_property
    def part_bars(self) -> tuple[int, ...]:
        """How many bars each part has, as musicians count them."""
        return tuple(section.bars for section in sections_of(self.tune))


def _parts(tune: Tune) -> list[list[int]]:
    """Indices of the bars of each part: what is repeated together, or what stands between double bars."""
    found = []
    for section in sections(tune.bars):
        stretches: list[list[int]] = [[]]
        repeated = any(tune.bars[index].closes_repeat or tune.bars[index].ending for index in section)
        for index in section:
            stretches[-1].append(index)
            if tune.bars[index].line in ("||", "|]") and not repeated:
                stretches.append([])
        found += stretches
    return found


def _contents(bars: Sequence[Bar], indices: Sequence[int]) -> tuple[BarContent, ...]:
    return tuple(
        tuple((_top(note), note.length) for note in bars[index].notes)
        for index in indices
        if not is_pickup(bars, index) and any(note.pitches for note in bars[index].notes)
    )


def _melody_notes(bars: Sequence[Bar]) -> list[MelodyNote]:
    found: list[MelodyNote] = []
    tied = False
    for bar in bars:
        tonic = tonic_pitch_class(bar.key)
        for note in bar.notes:
            pitch = _top(note)
            if pitch is None:
                tied = False
                continue
            if tied and found[-1].pitch == pitch:
                found[-1] = found[-1]._replace(length=found[-1].length + note.length)
            else:
                found.append(MelodyNote(pitch, note.length, tonic))
            tied = note.tied
    return found


def _top(note: Note) -> int | None:
    return max((pitch.midi for pitch in note.pitches), default=None)
