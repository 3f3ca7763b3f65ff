"""Transposes a tune as text: what tells pitch changes, all else stays to the letter.

The letter of every note moves as the tonic's does, so that an accidental stands exactly where one stood. Whatever a
program makes of a text, how far an accidental reaches or a tie carries, it makes the same of the result. Only where a
note would need a double sharp or flat that it had not, and where no key signature can move (``K:none``), are notes
spelled one by one, each with the accidental that it then needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple

from tunewright.music.fields import FIELD_LINE, read_header, value_of
from tunewright.music.intervals import (
    Change,
    Interval,
    by_letter,
    change_of,
    fifths_of,
    moved,
    moved_chord,
    read_key,
    usual_fifths,
)
from tunewright.music.keys import NO_KEY, SIGN_OF, SIGNS
from tunewright.music.lexer import DECORATIONS, SHORT_DECORATIONS, STRUCTURE, TOKEN, Written, parse_pitches
from tunewright.music.reader import is_prose
from tunewright.music.segment_reader import MOST_REMEMBERED
from tunewright.music.tune import Pitch

_QUALITY = r"(?:[ ]?(?i:minor|major|min|maj)|m|M|dim|aug|sus|add|[-+o0-9()°ø]|[#b](?=\d))*"
_CHORD_SYMBOL = re.compile(rf'"\s*\(?[A-G][#b]?{_QUALITY}(?:/[A-G][#b]?)?\)?\s*"')
_METER_BEFORE_MUSIC = re.compile(r"(?:\d+/\d+|C\|?)\s+")
_ORNAMENTS = {"trill", "roll", "lowermordent", "uppermordent", "mordent", "pralltriller", "turn", "invertedturn"}
"""Decorations that are played with the letter above or below, so that the note must keep its own."""
_NO_MUSIC = re.compile(r"[H-Zh-y]")


def transpose(text: str, semitones: int) -> str:
    """A tune so many semitones higher, in the usual key: the one with the fewest accidentals in its signature.

    Of F# and Gb, of D# minor and Eb minor, it is the one in sharps, where a fiddle's strings are. Later keys go as far
    round the circle of fifths as the first while they need no more than six accidentals. Where a tune has no key, its
    notes get the accidentals that C major would have in its signature.

    Args:
        text: one tune from its header to its last bar, in any form of ABC that we read.

    Raises:
        InputError: a note would be lower or higher than can be written and played.
    """
    if semitones == 0:
        return text
    lines = text.split("\n")
    try:
        return "\n".join(_Transposer(lines, semitones, note_by_note=False).lines())
    except _NotByLetters:
        return "\n".join(_Transposer(lines, semitones, note_by_note=True).lines())


class _NotByLetters(Exception):  # noqa: N818
    """To move letters is not enough: a note must be spelled otherwise."""


class _Mark(Enum):
    """What happens between pitches."""

    SOUNDED = auto()
    GRACED = auto()
    TIED = auto()
    ORNAMENTED = auto()


class _Chord(NamedTuple):
    """A chord symbol with its quotation marks."""

    symbol: str


_Piece = str | Written | _Chord | _Mark


class _Transposer:
    """Goes through a tune line by line; the voices, each with its key, are its state."""

    def __init__(self, lines: Sequence[str], semitones: int, note_by_note: bool) -> None:
        self.source, self.semitones, self.note_by_note = lines, semitones, note_by_note
        self.header = read_header(list(lines))
        self.key = self.header.first("K")
        self.fifths = usual_fifths(fifths_of(read_key(self.key) or NO_KEY), semitones)
        self.interval = change_of(self.key, semitones, self.fifths).interval
        self.voice = _Voice(self.change(self.key))
        self.voices: dict[str, _Voice] = {}

    def lines(self) -> Iterator[str]:
        body = self.header.lines - ("K" in self.header.values)
        yield from self.source[:body]
        for line in self.source[body:]:
            yield self.line(line)

    def line(self, line: str) -> str:
        """A line from the first ``K:`` on."""
        field = FIELD_LINE.match(line) if line[1:2] == ":" else None
        if field is None:
            words = line.startswith(("%", "+:")) or ("|" not in line and is_prose(line))
            return line if words else self.music(line)
        letter, start = field.group(1), field.start(2)
        if letter == "K":
            return line[:start] + self.key_field(line[start:], value_of(field))
        if letter == "V":
            self.enter(value_of(field))
        meter = _METER_BEFORE_MUSIC.match(line, start) if letter == "M" else None
        return line[: meter.end()] + self.music(line[meter.end() :]) if meter else line

    def music(self, line: str) -> str:
        return "".join([self.part(match.lastgroup, match.group()) for match in STRUCTURE.finditer(line)])

    def part(self, kind: str | None, text: str) -> str:
        """One of the things that a line of music is made of."""
        if kind == "notes":
            return self.voice.stretch(text) if self.note_by_note else _by_letters(text, self.voice.key.interval)
        if kind in ("bar", "overlay"):
            self.voice.end_bar()
        elif kind == "ending":
            self.voice.bar_begins = True
        elif kind == "field" and text[1] == "K":
            return text[:3] + self.key_field(text[3:], text[3:-1].strip())
        elif kind == "field" and text[1] == "V":
            self.enter(text[3:-1].strip())
        return text

    def key_field(self, text: str, value: str) -> str:
        """What stands after ``K:``; the key holds from here on in this voice."""
        if not value or read_key(value) is None:
            return text
        self.voice.key = self.change(value)
        return text.replace(value, self.voice.key.value, 1)

    def change(self, key: str) -> Change:
        change = change_of(key, self.semitones, self.fifths)
        if not (self.note_by_note or (change.fits and change.interval == self.interval)):
            raise _NotByLetters
        return change

    def enter(self, voice: str) -> None:
        """Another voice goes on; what stands before the first is that one's."""
        name = voice.split(" ")[0]
        if name not in self.voices:
            self.voices[name] = _Voice(self.change(self.key)) if self.voices else self.voice
        self.voice = self.voices[name]


class _Voice:
    """Spells notes one by one; the key, and accidentals and ties before and after the move, are its state."""

    def __init__(self, key: Change) -> None:
        self.key = key
        self.before: dict[str, int] = {}
        self.after: dict[str, int] = {}
        self.tied_before: Mapping[tuple[str, int], int] = {}
        self.tied_after: Mapping[tuple[str, int], int] = {}
        self.present: list[tuple[Pitch, Pitch]] = []
        self.last: list[tuple[Pitch, Pitch]] = []
        self.bar_begins, self.ornamented = True, False

    def end_bar(self) -> None:
        """Accidentals reach to the bar line after the next note, over an ending's beginning too."""
        if not self.bar_begins:
            self.before.clear()
            self.after.clear()
        self.bar_begins = True

    def stretch(self, text: str) -> str:
        """A stretch of notes without a bar line."""
        parts = []
        for piece in _pieces(text):
            if isinstance(piece, _Mark):
                self.pass_mark(piece)
            elif isinstance(piece, Written):
                parts.append(self.pitch(piece))
            else:
                parts.append(piece if isinstance(piece, str) else moved_chord(piece.symbol, self.key.interval))
        return "".join(parts)

    def pitch(self, written: Written) -> str:
        """A pitch with its accidental, if one was written or if it wouldn't sound right without."""
        accidental, step, octave = written
        if accidental:
            alteration = self.before[step] = SIGNS[accidental]
        else:
            alteration = self.before.get(step, self.key.before[step])
            alteration = self.tied_before.get((step, octave), alteration)
        old = Pitch(step, alteration, octave)
        new = moved(old, self.key.interval, self.ornamented)
        expected = self.after.get(new.step, self.key.after[new.step])
        expected = self.tied_after.get((new.step, new.octave), expected)
        self.present.append((old, new))
        if not accidental and new.alteration == expected:
            return new.letter
        self.after[new.step] = new.alteration
        return SIGN_OF[new.alteration] + new.letter

    def pass_mark(self, mark: _Mark) -> None:
        if mark is _Mark.ORNAMENTED:
            self.ornamented = True
            return
        if mark is _Mark.TIED:
            self.tied_before = {(old.step, old.octave): old.alteration for old, _ in self.last}
            self.tied_after = {(new.step, new.octave): new.alteration for _, new in self.last}
            return
        if mark is _Mark.SOUNDED:
            self.last, self.tied_before, self.tied_after = self.present, {}, {}
            self.bar_begins = self.ornamented = False
        self.present = []


@lru_cache(maxsize=MOST_REMEMBERED)
def _by_letters(text: str, interval: Interval) -> str:
    """A stretch of notes whose letters move, in whatever bar it stands.

    Raises:
        _NotByLetters: one needs another letter.
    """
    parts = []
    for piece in _pieces(text):
        if isinstance(piece, str):
            parts.append(piece)
        elif isinstance(piece, Written):
            place = by_letter(piece.step, piece.octave, interval)
            if piece.accidental:
                new = moved(Pitch(piece.step, SIGNS[piece.accidental], piece.octave), interval)
                if new.step != place.step:
                    raise _NotByLetters
                parts.append(SIGN_OF[new.alteration])
            parts.append(place.letter)
        elif isinstance(piece, _Chord):
            parts.append(moved_chord(piece.symbol, interval))
    return "".join(parts)


@lru_cache(maxsize=MOST_REMEMBERED)
def _pieces(text: str) -> tuple[_Piece, ...]:
    """The pitches and chord symbols of a stretch of notes, and the text between them."""
    return tuple(_cut(text))


def _cut(text: str) -> Iterator[_Piece]:
    for match in TOKEN.finditer(text):
        kind, token = match.lastgroup, match.group()
        if kind == "note_length":
            yield from (*parse_pitches(match.group("note")), _Mark.SOUNDED, match.group("note_length"))
        elif kind == "chord_length":
            chord = match.group("chord")
            inside = list(_cut(chord[1:-1]))
            yield from (chord[0], *_unmarked(inside), chord[-1], match.group("chord_length"), _Mark.SOUNDED)
            yield from [_Mark.TIED] * (_Mark.TIED in inside)
        elif kind == "grace":
            yield from ("{", *_unmarked(_cut(token[1:-1])), "}", _Mark.GRACED)
        elif kind in ("rest_length", "measures"):
            yield from (token, _Mark.SOUNDED)
        elif kind == "tie":
            yield from (token, _Mark.TIED)
        elif kind == "symbol" and _CHORD_SYMBOL.fullmatch(token):
            yield _Chord(token)
        elif kind in ("letter", "decoration") and SHORT_DECORATIONS.get(token, token[1:-1].lower()) in _ORNAMENTS:
            yield from (token, _Mark.ORNAMENTED)
        elif kind == "decoration" and not (token[1:-1].lower() in DECORATIONS or _NO_MUSIC.search(token)):
            yield from (token[0], *_cut(token[1:-1]), token[-1])  # music between two old-style line ends
        else:
            yield token


def _unmarked(pieces: Iterable[_Piece]) -> list[_Piece]:
    return [piece for piece in pieces if not isinstance(piece, _Mark)]
