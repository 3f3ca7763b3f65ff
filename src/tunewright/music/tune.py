"""What a tune is: bars of notes with exact lengths, spelled pitches, stable ids and the place each was written.

Lengths are fractions of a whole note. Octaves are scientific: middle C is C4, MIDI pitch 60.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Literal, NamedTuple

STEPS = "CDEFGAB"
SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

Severity = Literal["error", "pickup", "note"]


class Position(NamedTuple):
    """Where something stands in the text, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a musician should know about a tune.

    Attributes:
        severity: ``error`` is wrong, ``pickup`` a short bar that finds no partner, ``note`` merely worth telling.
        bar: number of the bar, from 1; 0 for the header.
    """

    severity: Severity
    message: str
    bar: int
    position: Position


class Pitch(NamedTuple):
    """A spelled pitch.

    Attributes:
        step: letter, ``"C"`` to ``"B"``.
        alteration: semitones that it sounds above its letter, after key signature and accidentals: -2 to 2.
        octave: scientific.
        accidental: as written before the note (``"^"``, ``"="``, ...), empty if none was written.
    """

    step: str
    alteration: int
    octave: int
    accidental: str = ""

    @property
    def letter(self) -> str:
        """As ABC writes it without its accidental, e.g. ``"c'"``."""
        letter = self.step if self.octave < 5 else self.step.lower()
        return letter + "," * (4 - self.octave) + "'" * (self.octave - 5)

    @property
    def midi(self) -> int:
        """MIDI pitch number; middle C is 60."""
        return 12 * (self.octave + 1) + SEMITONES[self.step] + self.alteration


class Tuplet(NamedTuple):
    """``actual`` notes in the time of ``normal``; ``first`` and ``last`` mark the ends of the group."""

    actual: int
    normal: int
    first: bool
    last: bool


class Note(NamedTuple):
    """A note, a chord (several pitches) or a rest (none).

    Attributes:
        identity: unique within its tune and stable, e.g. ``"n12"``; score and sound both carry it.
        pitches: from the first written to the last.
        length: as it sounds, with broken rhythm and tuplet applied, in whole notes.
        position: where it is written.
        tuplet: of which group it is part, if any.
        tied: joined to the next note of the same pitch.
        graces: pitches of the grace notes before it.
        graces_after: pitches of the grace notes that end it, as after a trill.
        symbols: chord symbols and annotations written above it, e.g. ``("Am7", "^slowly")``.
        decorations: by their names in ABC, e.g. ``("trill",)``.
        slurs_opened: how many slurs begin with it.
        slurs_closed: how many end with it.
        beam_break: a space stood before it, so that no beam joins it to the note before.
        invisible: a rest that is not drawn (``x``).
        lyrics: its syllable in each verse; ``""`` where a verse has none.
    """

    identity: str
    pitches: tuple[Pitch, ...]
    length: Fraction
    position: Position
    tuplet: Tuplet | None = None
    tied: bool = False
    graces: tuple[Pitch, ...] = ()
    symbols: tuple[str, ...] = ()
    decorations: tuple[str, ...] = ()
    slurs_opened: int = 0
    slurs_closed: int = 0
    beam_break: bool = False
    invisible: bool = False
    lyrics: tuple[str, ...] = ()
    graces_after: tuple[Pitch, ...] = ()

    @property
    def is_rest(self) -> bool:
        return not self.pitches


@dataclass(frozen=True, slots=True)
class Key:
    """A key signature.

    Attributes:
        name: house spelling, e.g. ``"Edor"``, ``"G"``, ``"F#min"``; ``"none"`` without signature.
        fifths: sharps (positive) or flats (negative) in the signature, -7 to 7.
        mode: ``"major"``, ``"minor"``, ``"dorian"``, ... the names MusicXML uses.
        accidentals: (letter, semitones) of each accidental that ``K:`` adds to the signature or puts in its place.
    """

    name: str
    fifths: int
    mode: str
    accidentals: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Meter:
    """A time signature.

    Attributes:
        name: as written, e.g. ``"6/8"``, ``"C"``, ``"C|"``; ``"none"`` for free meter.
        beats: upper number; 0 for free meter.
        unit: lower number.
    """

    name: str
    beats: int
    unit: int

    @cached_property
    def bar_length(self) -> Fraction:
        """Length of a full bar in whole notes; 0 for free meter."""
        return Fraction(self.beats, self.unit)

    @property
    def compound(self) -> bool:
        """Whether its beats are dotted, as in 6/8 and 9/8."""
        return self.beats % 3 == 0 and self.beats > 3


@dataclass(frozen=True)
class Bar:
    """What stands between two bar lines.

    Attributes:
        number: from 1, in written order.
        meter: in force in this bar.
        key: in force at its start.
        opens_repeat: ``|:`` stands before it.
        closes_repeat: ``:|`` stands after it.
        ending: passes for which this ending (volta) begins here, e.g. ``(1,)``; empty if none begins.
        line: the bar line after it: ``"|"``, ``"||"``, ``"|]"``, ``":|"``; ``""`` where there is none, as at an ending
            in the middle of a bar.
        ends_line: the written line of music ends after it.
        position: of its first note.
        length: what its notes sum to, in whole notes.
        bars_of_rest: more than 1 for a multi-measure rest.
        part: label of the part (``P:``) that begins with it; empty if none does.
        signs: decorations and annotations at the bar line after it, e.g. ``("!D.C.!", '"^Fine"')``.
        is_silent: it holds nothing but rests.
        spell: gives its notes; they are made when somebody looks at them, which checking a tune's bars never does.
    """

    number: int
    meter: Meter
    key: Key
    opens_repeat: bool
    closes_repeat: bool
    ending: tuple[int, ...]
    line: str
    ends_line: bool
    position: Position
    length: Fraction
    bars_of_rest: int = 1
    part: str = ""
    signs: tuple[str, ...] = ()
    is_silent: bool = False
    spell: Callable[[], tuple[Note, ...]] = field(default=tuple, repr=False, compare=False)

    @property
    def ends_part(self) -> bool:
        """Whether a repeat or a double bar line closes it."""
        return self.closes_repeat or self.line in ("||", "|]")

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """Its notes and rests, in order."""
        return self.spell()


@dataclass(frozen=True, eq=False)
class Tune:
    """One tune as read.

    Attributes:
        number: of its ``X:`` line.
        title: first ``T:`` line.
        type: the dance in lower case without spaces, e.g. ``"slipjig"``; empty if not said.
        meter: at its start.
        key: at its start.
        unit_length: ``L:`` at its start, in whole notes.
        tempo: beat length in whole notes and beats a minute, if a ``Q:`` line says so.
        composer: ``C:`` line.
        bars: in written order, of the first voice.
        problems: what the reader stumbled over; the bar rule's own are added by :func:`tunewright.music.bars.check`.
        other_titles: further ``T:`` lines of the header.
        origin: ``O:`` line.
        part_order: in which order the parts are played, ``P:`` of the header, e.g. ``"ABA"``.
        words: ``W:`` lines.
        voices: how many there are; only the first is read.
    """

    number: int
    title: str
    type: str
    meter: Meter
    key: Key
    unit_length: Fraction
    tempo: tuple[Fraction, int] | None
    composer: str
    bars: tuple[Bar, ...]
    problems: tuple[Problem, ...] = ()
    other_titles: tuple[str, ...] = ()
    origin: str = ""
    part_order: str = ""
    words: tuple[str, ...] = ()
    voices: int = 1

    def notes(self) -> list[Note]:
        """All notes and rests in written order."""
        return [note for bar in self.bars for note in bar.notes]
