"""A stretch of notes with no bar line in it: what it says wherever it stands, whatever the key or the meter."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from tunewright.music.lexer import Written
from tunewright.music.tune import Severity, Tuplet

ONE = Fraction(1)
HIGHEST_OCTAVE = 8


class Sound(NamedTuple):
    """A note, a chord or a rest as it stands in its stretch.

    Attributes:
        column: from the start of the stretch, from 0.
        pitches: as written; none for a rest.
        length: in whole notes, with broken rhythm and tuplet applied; 0 for ``Z``, which lasts as the meter says.
        measures: how many bars it rests for, for ``Z``; else 0.
        decorations: as written, e.g. ``"T"`` or ``"!trill!"``.
        others: as in :class:`~tunewright.music.tune.Note`.
    """

    column: int
    pitches: tuple[Written, ...]
    length: Fraction
    measures: int
    tuplet: Tuplet | None
    tied: bool
    graces: tuple[Written, ...]
    symbols: tuple[str, ...]
    decorations: tuple[str, ...]
    slurs_opened: int
    slurs_closed: int
    beam_break: bool
    invisible: bool


class Remark(NamedTuple):
    """Something wrong or odd in a stretch, at a column from 0."""

    severity: Severity
    message: str
    column: int


class Waiting(NamedTuple):
    """What the next note still belongs to.

    Attributes:
        broken: what broken rhythm multiplies its length by.
        tuplet: (actual, normal, notes in the group, notes read) of a tuplet begun.
    """

    broken: Fraction = ONE
    tuplet: tuple[int, int, int, int] | None = None

    def complaint(self) -> str:
        """What is wrong if the bar ends here; ``""`` if nothing is."""
        if self.broken != 1:
            return "broken rhythm with no note after it"
        if self.tuplet:
            _, _, group, read = self.tuplet
            notes = "no note" if read == 0 else "only 1 note" if read == 1 else f"only {read} notes"
            return f"a tuplet of {group} has {notes} in this bar"
        return ""


NOTHING = Waiting()


class Segment(NamedTuple):
    """A stretch of notes.

    Attributes:
        sounds: in order.
        remarks: in order.
        ties_back: it begins with a tie, which belongs to the note before it.
        closes_back: how many slurs end before its first note.
        graces: grace notes after its last note.
        symbols: chord symbols and annotations after its last note.
        decorations: decorations after its last note.
        slurs_opened: slurs that open after its last note.
        beam_break: a space stands after its last note.
        length: what its sounds sum to, in whole notes.
        measures: how many bars its ``Z`` rests are for.
        pitched: not all its sounds are rests.
        closes: columns of the slur ends whose beginnings are not in it.
        opens: columns of the slur beginnings whose ends are not in it.
        letters: one-letter decorations in it that the standard doesn't define, each with its column.
        waiting: broken rhythm or tuplet that its last note leaves unfinished.
    """

    sounds: tuple[Sound, ...]
    remarks: tuple[Remark, ...]
    ties_back: bool
    closes_back: int
    graces: tuple[Written, ...]
    symbols: tuple[str, ...]
    decorations: tuple[str, ...]
    slurs_opened: int
    beam_break: bool
    length: Fraction
    measures: int
    pitched: bool
    closes: tuple[int, ...]
    opens: tuple[int, ...]
    letters: tuple[tuple[str, int], ...]
    waiting: Waiting
