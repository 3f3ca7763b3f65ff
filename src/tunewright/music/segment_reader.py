"""Reads a stretch of notes, token by token, into a :class:`~tunewright.music.segments.Segment`.

Stretches recur a great deal in dance music, so each text is taken apart once and remembered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from tunewright.music.lexer import (
    DECORATIONS,
    SHORT_DECORATIONS,
    TOKEN,
    Written,
    default_normal,
    parse_chord,
    parse_length,
    parse_pitches,
)
from tunewright.music.segments import HIGHEST_OCTAVE, NOTHING, ONE, Remark, Segment, Sound, Waiting
from tunewright.music.tune import Severity, Tuplet

MOST_REMEMBERED = 1 << 16
"""Stretches of one unit that are remembered: enough for several books, some 50 MB at the most."""
_MUSIC_BETWEEN_MARKS = re.compile(r"[A-Ga-gz0-9/,'^_=<>()~.-]+")


class Segments(dict[str, Segment]):
    """Stretches by their text, read at the first look-up; those of one unit and kind of meter.

    Args:
        unit: ``L:`` in whole notes.
        compound: whether the meter is (6/8, 9/8, ...), which decides what ``(5`` stands for.
    """

    def __init__(self, unit: Fraction, compound: bool) -> None:
        self.compound = compound
        self.lengths = _Lengths(unit)

    def __missing__(self, text: str) -> Segment:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        segment = self[text] = self.read(text)
        return segment

    def read(self, text: str, waiting: Waiting = NOTHING) -> Segment:
        """Reads a stretch.

        Args:
            waiting: what the stretch before it, in the same bar, has left unfinished.
        """
        reader = _SegmentReader(self.lengths, self.compound, waiting)
        reader.read(text)
        return reader.segment()


class _Lengths(dict[str, Fraction]):
    """Lengths as written -> in whole notes."""

    def __init__(self, unit: Fraction) -> None:
        self.unit = unit

    def __missing__(self, text: str) -> Fraction:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        length = self[text] = parse_length(text) * self.unit
        return length


segments_of = lru_cache(maxsize=64)(Segments)
"""The stretches of a unit and a kind of meter, remembered from tune to tune."""


class _SegmentReader:
    """Reads tokens one after another; what waits for the next note is its state."""

    def __init__(self, lengths: _Lengths, compound: bool, waiting: Waiting) -> None:
        self.lengths, self.compound = lengths, compound
        self.sounds: list[Sound] = []
        self.remarks: list[Remark] = []
        self.column = 0
        self.broken, self.tuplet = waiting
        self.graces: list[Written] = []
        self.symbols: list[str] = []
        self.decorations: list[str] = []
        self.slurs_opened = self.closes_back = 0
        self.slurs_open: list[int] = []  # columns
        self.slurs_closed: list[int] = []
        self.beam_break = self.ties_back = False
        self.letters: list[tuple[str, int]] = []

    def read(self, text: str, start: int = 0) -> None:
        """Reads a text that stands at a column of the stretch."""
        for match in TOKEN.finditer(text):
            self.column = start + match.start()
            kind = match.lastgroup
            if kind:
                getattr(self, f"read_{kind.removesuffix('_length')}")(match)

    def segment(self) -> Segment:
        self.compare_ties()
        return Segment(
            tuple(self.sounds), tuple(self.remarks), self.ties_back, self.closes_back, tuple(self.graces),
            tuple(self.symbols), tuple(self.decorations), self.slurs_opened, self.beam_break, _total(self.sounds),
            sum(sound.measures for sound in self.sounds), any(sound.pitches for sound in self.sounds),
            tuple(self.slurs_closed), tuple(self.slurs_open), tuple(self.letters), Waiting(self.broken, self.tuplet),
        )  # fmt: skip

    def compare_ties(self) -> None:
        """Tells a tie between two different notes."""
        for sound, following in pairwise(self.sounds):
            if sound.tied and not {pitch[1:] for pitch in sound.pitches} & {pitch[1:] for pitch in following.pitches}:
                self.column = sound.column
                self.remark("note", "a tie '-' to another note (a slur is written in brackets)")
                return

    def remark(self, severity: Severity, message: str) -> None:
        self.remarks.append(Remark(severity, message, self.column))

    # -- what sounds ---------------------------------------------------------------------------------------------------

    def read_note(self, match: re.Match[str]) -> None:
        self.add(parse_pitches(match.group("note")), self.lengths[match.group("note_length")])

    def read_rest(self, match: re.Match[str]) -> None:
        self.add((), self.lengths[match.group("rest_length")], invisible=match.group("rest") == "x")

    def read_measures(self, match: re.Match[str]) -> None:
        measures = int(match.group("measures")[1:] or 1)
        if measures == 0:
            self.remark("error", f"'{match.group()}' rests for no bar at all")
        self.add((), Fraction(0), measures=max(measures, 1), invisible=match.group()[0] == "X")

    def read_chord(self, match: re.Match[str]) -> None:
        pitches, length, tied, other = parse_chord(match.group("chord")[1:-1])
        if other or not pitches:
            self.remark("error", f"'{other}' means nothing in a chord" if other else "a chord of no notes")
        if pitches:
            self.add(pitches, length * self.lengths[match.group("chord_length")], tied=tied)

    def add(
        self,
        pitches: tuple[Written, ...],
        length: Fraction,
        measures: int = 0,
        tied: bool = False,
        invisible: bool = False,
    ) -> None:
        """Appends a note, chord or rest with everything that was waiting for it."""
        if length == 0 and not measures:
            self.remark("error", "a note of no length")
        if any(not 0 <= pitch.octave <= HIGHEST_OCTAVE for pitch in pitches):
            self.remark("error", "a note beyond what any instrument plays")
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
                self.column, pitches, length, measures, tuplet, tied, tuple(self.graces), tuple(self.symbols),
                tuple(self.decorations),
                self.slurs_opened, 0, self.beam_break, invisible,
            )
        )  # fmt: skip
        self.broken, self.graces, self.symbols, self.decorations = ONE, [], [], []
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
        normal = (rest[0] if rest else 0) or default_normal(actual, self.compound)
        group = (rest[1] if len(rest) > 1 else 0) or actual
        if actual < 2:
            self.remark("error", f"'{match.group()}' is not a tuplet")
            return
        self.tuplet = (actual, normal, group, 0)

    def read_slur(self, match: re.Match[str]) -> None:
        if match.group() != ")":
            self.slurs_open.append(self.column)
            self.slurs_opened += 1
            return
        if self.slurs_open:
            self.slurs_open.pop()
        else:
            self.slurs_closed.append(self.column)
        if self.sounds:
            self.sounds[-1] = self.sounds[-1]._replace(slurs_closed=self.sounds[-1].slurs_closed + 1)
        elif self.slurs_opened:
            self.slurs_opened -= 1
        else:
            self.closes_back += 1

    def read_grace(self, match: re.Match[str]) -> None:
        self.graces += parse_pitches(match.group())

    def read_symbol(self, match: re.Match[str]) -> None:
        text = match.group()
        if len(text) < 2 or not text.endswith('"'):
            self.remark("error", "a quotation mark that is never closed")
        self.symbols.append(text.strip('"'))

    def read_decoration(self, match: re.Match[str]) -> None:
        text = match.group()
        name = text[1:-1]
        if name.lower() in DECORATIONS:
            self.decorations.append(f"!{DECORATIONS[name.lower()]}!")
        elif text[0] == "!" and _MUSIC_BETWEEN_MARKS.fullmatch(name):
            self.read_between_line_ends(name)
        else:
            self.remark("note", f"unknown decoration '{text}'")

    def read_between_line_ends(self, text: str) -> None:
        """What stands between two old-style line ends is music and no decoration's name."""
        self.read(text, self.column + 1)
        self.beam_break = True

    def read_unclosed(self, match: re.Match[str]) -> None:
        """A decoration that lacks its second mark."""
        name = match.group("unclosed")
        self.remark("note", f"'!{name}' is never closed: write '!{name}!'")

    def read_letter(self, match: re.Match[str]) -> None:
        self.decorations.append(match.group())
        if match.group() not in SHORT_DECORATIONS:
            self.letters.append((match.group(), self.column))

    def read_space(self, match: re.Match[str]) -> None:
        self.beam_break = True

    def read_line_end(self, match: re.Match[str]) -> None:
        self.beam_break = True

    def read_quiet(self, match: re.Match[str]) -> None:
        """Line breaks, spacers and continuations change neither pitch nor length."""

    def read_other(self, match: re.Match[str]) -> None:
        never_closed = {"{": "a '{' of grace notes that is never closed", "[": "a chord '[' that is never closed"}
        self.remark("error", never_closed.get(match.group(), f"'{match.group()}' means nothing here"))


def _total(sounds: Sequence[Sound]) -> Fraction:
    """What sounds sum to. Most stretches have one denominator, and whole numbers add much faster than fractions."""
    denominators = {sound.length.denominator for sound in sounds}
    if len(denominators) == 1:
        return Fraction(sum(sound.length.numerator for sound in sounds), denominators.pop())
    return sum((sound.length for sound in sounds), Fraction(0))
