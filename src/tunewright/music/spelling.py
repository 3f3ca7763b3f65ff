"""From what is written in a bar to notes: which pitch each letter stands for, and what belongs to which note.

Key signature, accidentals earlier in the bar and ties decide about pitches (ABC 2.1, 4.2 and 4.11).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from tunewright.music import keys
from tunewright.music.lexer import Written
from tunewright.music.segments import HIGHEST_OCTAVE, Segment, Sound
from tunewright.music.tune import Key, Meter, Note, Pitch, Position

Carried = dict[tuple[str, int], int]
"""(step, octave) of each pitch tied to what comes next -> its alteration."""


class Stretch(NamedTuple):
    """A segment where it stands: line and column of its first character, the key there, and whether a line begins."""

    segment: Segment
    line: int
    column: int
    key: Key
    meter: Meter
    begins_line: bool


class Spelling(NamedTuple):
    """All that decides about the notes of one bar.

    Attributes:
        first: how many notes stand before it in the tune.
        stretches: in order.
        names: what one-letter decorations stand for.
        carried: pitches tied over from the bar before.
        accidentals: letter -> alteration, of a bar that goes on after an ending has begun in its middle.
        slurs_opened: slurs that open before the bar line before it, and so at the first note here.
        ties_out: a tie at the beginning of the next bar belongs to the last note.
    """

    first: int
    stretches: tuple[Stretch, ...]
    names: Mapping[str, str]
    carried: Carried
    accidentals: Mapping[str, int]
    slurs_opened: int = 0
    ties_out: bool = False

    def notes(self) -> tuple[Note, ...]:
        """The notes, made anew at each call."""
        speller = _Speller(self)
        for stretch in self.stretches:
            speller.read(stretch)
        if self.ties_out:
            speller.tie_last()
        speller.end()
        return tuple(speller.notes)


def accidentals_after(notes: Sequence[Note], before: Mapping[str, int]) -> dict[str, int]:
    """Letter -> alteration of the accidentals in force after these notes of a bar."""
    accidentals = dict(before)
    for note in notes:
        for pitch in (*note.graces, *note.pitches, *note.graces_after):
            if pitch.accidental:
                accidentals[pitch.step] = pitch.alteration
    return accidentals


def carried_from(note: Note) -> Carried:
    """What a tied note's pitches carry over."""
    return {(pitch.step, pitch.octave): pitch.alteration for pitch in note.pitches} if note.tied else {}


class _Speller:
    """Makes notes one after another; accidentals, ties and what waits for the next note are its state."""

    def __init__(self, spelling: Spelling) -> None:
        self.names = spelling.names
        self.count = spelling.first
        self.notes: list[Note] = []
        self.accidentals = dict(spelling.accidentals)
        self.carried = spelling.carried
        self.graces: tuple[Written, ...] = ()
        self.key = keys.NO_KEY
        self.symbols: tuple[str, ...] = ()
        self.decorations: tuple[str, ...] = ()
        self.slurs_opened = spelling.slurs_opened
        self.beam_break = True

    def read(self, stretch: Stretch) -> None:
        segment, self.key = stretch.segment, stretch.key
        self.beam_break = self.beam_break or stretch.begins_line
        if segment.ties_back:
            self.tie_last()
        if segment.closes_back and self.notes:
            last = self.notes[-1]
            self.notes[-1] = last._replace(slurs_closed=last.slurs_closed + segment.closes_back)
        for sound in segment.sounds:
            self.add(sound, stretch)
        self.graces += segment.graces
        self.symbols += segment.symbols
        self.decorations += segment.decorations
        self.slurs_opened += segment.slurs_opened
        self.beam_break = self.beam_break or segment.beam_break

    def add(self, sound: Sound, stretch: Stretch) -> None:
        signature = keys.signature(self.key)
        written_graces = self.graces + sound.graces
        graces = tuple([self.pitch(one, signature) for one in written_graces]) if written_graces else ()
        pitches = tuple([self.pitch(one, signature) for one in sound.pitches])
        decorations = self.decorations + sound.decorations
        self.count += 1
        note = Note(
            f"n{self.count}", pitches, sound.length or stretch.meter.bar_length * sound.measures,
            Position(stretch.line, stretch.column + sound.column), sound.tuplet, sound.tied, graces,
            self.symbols + sound.symbols, named(decorations, self.names) if decorations else (),
            self.slurs_opened + sound.slurs_opened, sound.slurs_closed, self.beam_break or sound.beam_break,
            sound.invisible,
        )  # fmt: skip
        self.notes.append(note)
        self.carried = carried_from(note)
        self.graces, self.symbols, self.decorations, self.slurs_opened, self.beam_break = (), (), (), 0, False

    def end(self) -> None:
        """Grace notes after the last note belong to it."""
        if self.graces and self.notes:
            signature = keys.signature(self.key)
            after = tuple([self.pitch(one, signature) for one in self.graces])
            self.notes[-1] = self.notes[-1]._replace(graces_after=after)

    def pitch(self, written: Written, signature: Mapping[str, int]) -> Pitch:
        """A pitch as it sounds: its own accidental, else a tie's, else the bar's, else the key's."""
        accidental, step, octave = written
        if accidental:
            alteration = self.accidentals[step] = keys.SIGNS[accidental]
        else:
            alteration = self.accidentals[step] if step in self.accidentals else signature[step]
            if self.carried:
                alteration = self.carried.get((step, octave), alteration)
        return _pitch(step, alteration, octave, accidental)

    def tie_last(self) -> None:
        """A tie parted from its note by a field or a bar line."""
        if self.notes and self.notes[-1].pitches:
            self.notes[-1] = self.notes[-1]._replace(tied=True)
            self.carried = carried_from(self.notes[-1])


def named(written: Sequence[str], names: Mapping[str, str]) -> tuple[str, ...]:
    """Names of decorations; letters that nobody has defined are left out."""
    found = (one.strip("!+") if len(one) > 1 else names.get(one, "") for one in written)
    return tuple([name for name in found if name])


@lru_cache(maxsize=8192)
def _pitch(step: str, alteration: int, octave: int, accidental: str) -> Pitch:
    return Pitch(step, alteration, min(max(octave, 0), HIGHEST_OCTAVE), accidental)
