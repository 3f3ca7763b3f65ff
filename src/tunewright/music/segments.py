"""A stretch of notes with no bar line in it: what it says wherever it stands, whatever the key, the unit or the meter.

Stretches recur a great deal in dance music, so each text is taken apart once and remembered.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from tunewright.music.lexer import (
    DECORATIONS,
    DEFAULT_TUPLETS,
    TOKEN,
    Written,
    parse_chord,
    parse_length,
    parse_pitches,
)
from tunewright.music.tune import Severity, Tuplet

ONE = Fraction(1)
_MUSIC_BETWEEN_MARKS = re.compile(r"[A-Ga-gz0-9/,'^_=<>()~.-]+")


class Sound(NamedTuple):
    """A note, a chord or a rest as it stands in its stretch.

    Attributes:
        column: from the start of the stretch, from 0.
        pitches: as written; none for a rest.
        length: in units of ``L:``, with broken rhythm and tuplet applied.
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
    waiting: Waiting


@lru_cache(maxsize=1 << 16)
def read_segment(text: str, compound: bool, waiting: Waiting = NOTHING) -> Segment:
    """Reads a stretch of notes.

    Args:
        compound: whether the meter is (6/8, 9/8, ...), which decides what ``(5`` stands for.
        waiting: what the stretch before it, in the same bar, has left unfinished.
    """
    reader = _SegmentReader(compound, waiting)
    for match in TOKEN.finditer(text):
        reader.column = match.start()
        kind = match.lastgroup
        if kind:
            getattr(reader, f"read_{kind.removesuffix('_length')}")(match)
    return reader.segment()


class _SegmentReader:
    """Reads tokens one after another; what waits for the next note is its state."""

    def __init__(self, compound: bool, waiting: Waiting) -> None:
        self.compound = compound
        self.sounds: list[Sound] = []
        self.remarks: list[Remark] = []
        self.column = 0
        self.broken, self.tuplet = waiting
        self.graces: tuple[Written, ...] = ()
        self.symbols: tuple[str, ...] = ()
        self.decorations: tuple[str, ...] = ()
        self.slurs_opened = self.closes_back = 0
        self.beam_break = self.ties_back = False

    def segment(self) -> Segment:
        return Segment(
            tuple(self.sounds), tuple(self.remarks), self.ties_back, self.closes_back, self.graces, self.symbols,
            self.decorations, self.slurs_opened, Waiting(self.broken, self.tuplet),
        )  # fmt: skip

    def remark(self, severity: Severity, message: str) -> None:
        self.remarks.append(Remark(severity, message, self.column))

    # -- what sounds ---------------------------------------------------------------------------------------------------

    def read_note(self, match: re.Match[str]) -> None:
        self.add(parse_pitches(match.group("note")), parse_length(match.group("note_length")))

    def read_rest(self, match: re.Match[str]) -> None:
        self.add((), parse_length(match.group("rest_length")), invisible=match.group("rest") == "x")

    def read_measures(self, match: re.Match[str]) -> None:
        measures = int(match.group("measures")[1:] or 1)
        if measures == 0:
            self.remark("error", f"'{match.group()}' rests for no bar at all")
        self.add((), ONE, measures=max(measures, 1), invisible=match.group()[0] == "X")

    def read_chord(self, match: re.Match[str]) -> None:
        pitches, length, tied, other = parse_chord(match.group("chord")[1:-1])
        if other or not pitches:
            self.remark("error", f"'{other}' means nothing in a chord" if other else "a chord of no notes")
        if pitches:
            self.add(pitches, length * parse_length(match.group("chord_length")), tied=tied)

    def add(
        self,
        pitches: tuple[Written, ...],
        length: Fraction,
        measures: int = 0,
        tied: bool = False,
        invisible: bool = False,
    ) -> None:
        """Appends a note, chord or rest with everything that was waiting for it."""
        if length == 0:
            self.remark("error", "a note of no length")
        tuplet = None
        if self.broken is not ONE:
            length *= self.broken
        if self.tuplet:
            actual, normal, group, read = self.tuplet
            tuplet = Tuplet(actual, normal, read == 0, read + 1 == group)
            length *= Fraction(normal, actual)
            self.tuplet = None if read + 1 == group else (actual, normal, group, read + 1)
        self.sounds.append(
            Sound(
                self.column, pitches, length, measures, tuplet, tied, self.graces, self.symbols, self.decorations,
                self.slurs_opened, 0, self.beam_break, invisible,
            )
        )  # fmt: skip
        self.broken, self.graces, self.symbols, self.decorations = ONE, (), (), ()
        self.slurs_opened, self.beam_break = 0, False

    # -- what changes the note before or after -------------------------------------------------------------------------

    def read_broken(self, match: re.Match[str]) -> None:
        mark = match.group()
        if not self.sounds:
            self.remark("error", f"broken rhythm '{mark}' with no note before it")
            return
        if self.broken != 1:
            self.remark("error", f"broken rhythm '{mark}' right after another")
            return
        shorter = Fraction(1, 2 ** min(len(mark), 6))
        first, second = (2 - shorter, shorter) if mark[0] == ">" else (shorter, 2 - shorter)
        last = self.sounds[-1]
        self.sounds[-1] = last._replace(length=last.length * first)
        self.broken = second

    def read_tie(self, match: re.Match[str]) -> None:
        if not self.sounds:
            self.ties_back = True
        elif not self.sounds[-1].pitches:
            self.remark("error", "a tie '-' after a rest")
        else:
            self.sounds[-1] = self.sounds[-1]._replace(tied=True)

    def read_tuplet(self, match: re.Match[str]) -> None:
        if self.tuplet:
            self.remark("error", "a tuplet begins inside another")
        actual, *rest = (int(number) if number else 0 for number in match.group()[1:].split(":"))
        normal = (rest[0] if rest else 0) or DEFAULT_TUPLETS.get(actual, 3 if self.compound else 2)
        group = (rest[1] if len(rest) > 1 else 0) or actual
        if actual < 2:
            self.remark("error", f"'{match.group()}' is not a tuplet")
            return
        self.tuplet = (actual, normal, group, 0)

    def read_slur(self, match: re.Match[str]) -> None:
        if match.group() != ")":
            self.slurs_opened += 1
        elif self.slurs_opened and not self.sounds:
            self.slurs_opened -= 1
        elif self.sounds:
            self.sounds[-1] = self.sounds[-1]._replace(slurs_closed=self.sounds[-1].slurs_closed + 1)
        else:
            self.closes_back += 1

    def read_grace(self, match: re.Match[str]) -> None:
        self.graces += parse_pitches(match.group())

    def read_symbol(self, match: re.Match[str]) -> None:
        text = match.group()
        if len(text) < 2 or not text.endswith('"'):
            self.remark("error", "a quotation mark that is never closed")
        self.symbols = (*self.symbols, text.strip('"'))

    def read_decoration(self, match: re.Match[str]) -> None:
        text = match.group()
        name = text[1:-1]
        if name.lower() in DECORATIONS:
            self.decorations = (*self.decorations, f"!{name.lower()}!")
        elif text[0] == "!" and _MUSIC_BETWEEN_MARKS.fullmatch(name):
            self.read_between_line_ends(name)
        else:
            self.remark("note", f"unknown decoration '{text}'")

    def read_between_line_ends(self, text: str) -> None:
        """What stands between two old-style line ends is music and no decoration's name."""
        start = self.column + 1
        for match in TOKEN.finditer(text):
            self.column = start + match.start()
            kind = match.lastgroup
            if kind:
                getattr(self, f"read_{kind.removesuffix('_length')}")(match)
        self.beam_break = True

    def read_letter(self, match: re.Match[str]) -> None:
        self.decorations = (*self.decorations, match.group())

    def read_space(self, match: re.Match[str]) -> None:
        self.beam_break = True

    def read_line_end(self, match: re.Match[str]) -> None:
        self.beam_break = True

    def read_quiet(self, match: re.Match[str]) -> None:
        """Line breaks, spacers and continuations change neither pitch nor length."""

    def read_other(self, match: re.Match[str]) -> None:
        self.remark("error", f"'{match.group()}' means nothing here")
