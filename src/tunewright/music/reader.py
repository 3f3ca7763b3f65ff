"""ABC text to :class:`~tunewright.music.tune.Tune`: the part of ABC 2.1 that collections of dance tunes use.

Knows nothing of what makes a bar right (see ``bars``) or how a tune sounds (see ``performance``). Voices and
overlays are not read; where they occur, the tune says so in its problems. Source: the ABC standard 2.1
(abcnotation.com, 2011).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import TypeVar

from tunewright.errors import InputError
from tunewright.music import keys
from tunewright.music.fields import FIELD_LINE, parse_tempo, parse_unit_length, read_header, type_of, value_of
from tunewright.music.lexer import (
    ACCIDENTALS,
    DECORATIONS,
    DEFAULT_TUPLETS,
    LENGTH,
    PITCH,
    TOKEN,
    parse_length,
    parse_pitches,
)
from tunewright.music.tune import Bar, Key, Meter, Note, Pitch, Position, Problem, Severity, Tune, Tuplet

Value = TypeVar("Value")


class _BodyReader:
    """Reads music line by line; what it has learned so far is its state."""

    def __init__(self, meter: Meter, key: Key, unit: Fraction) -> None:
        self.meter, self.key, self.unit = meter, key, unit
        self.bars: list[Bar] = []
        self.problems: list[Problem] = []
        self.notes: list[Note] = []
        self.count = 0
        self.bar_start: Position | None = None
        self.bar_key, self.bar_meter = key, meter
        self.opens_repeat = False
        self.ending: tuple[int, ...] = ()
        self.accidentals: dict[str, int] = {}
        self.tied_pitches: dict[tuple[str, int], int] = {}
        self.broken = Fraction(1)
        self.tuplet: tuple[int, int, int, int] | None = None  # actual, normal, notes in group, notes read
        self.graces: tuple[Pitch, ...] = ()
        self.symbol = ""
        self.beam_break = True
        self.bars_of_rest = 1
        self.here = Position(1, 1)

    # -- lines ---------------------------------------------------------------------------------------------------------

    def read_line(self, line: str, number: int) -> None:
        """Reads one line of music or one field line."""
        field = FIELD_LINE.match(line)
        start = 0
        if field:
            self.here = Position(number, 1)
            start = self.read_field_line(field, line)
        at = start
        while at < len(line):
            self.here = Position(number, at + 1)
            match = TOKEN.match(line, at)
            if match is None or match.end() == at:
                self.problem("error", f"'{line[at]}' means nothing here")
                at += 1
                continue
            self.read_token(match)
            at = match.end()
        if self.bars and not self.notes and start < len(line):
            self.bars[-1] = replace(self.bars[-1], ends_line=True)
        self.beam_break = True

    def read_field_line(self, field: re.Match[str], line: str) -> int:
        """A field on a line of its own; returns where music goes on (some collections write it after ``M:``)."""
        letter, value = field.group(1), value_of(field)
        music = re.match(r"(\d+/\d+|C\|?)\s+(?=\S)", value) if letter == "M" else None
        if music:
            self.change(letter, music.group(1))
            self.problem("note", "music on the same line as a meter change")
            return field.start(2) + music.end()
        self.change(letter, value)
        return len(line)

    def read_token(self, match: re.Match[str]) -> None:
        """Hands one token to the method of its name."""
        kind = match.lastgroup or ""
        kind = {"passes": "bar", "ending_passes": "ending"}.get(kind, kind.removesuffix("_length"))
        getattr(self, f"read_{kind}")(match)

    # -- tokens --------------------------------------------------------------------------------------------------------

    def read_comment(self, match: re.Match[str]) -> None:
        pass

    def read_quiet(self, match: re.Match[str]) -> None:
        """Slurs, spacers, old-style line ends and one-letter decorations change neither pitch nor length."""

    def read_decoration(self, match: re.Match[str]) -> None:
        name = match.group("decoration").strip("!")
        if name not in DECORATIONS:
            self.problem("note", f"unknown decoration '!{name}!'")

    def read_space(self, match: re.Match[str]) -> None:
        self.beam_break = True

    def read_field(self, match: re.Match[str]) -> None:
        self.change(match.group("field")[1], match.group("field")[3:-1])

    def read_bare_meter(self, match: re.Match[str]) -> None:
        self.problem("note", "a meter change within a line should stand in brackets: [M:4/4]")
        self.change("M", match.group("bare_meter")[2:])

    def read_symbol(self, match: re.Match[str]) -> None:
        self.symbol = match.group("symbol")[1:-1]

    def read_grace(self, match: re.Match[str]) -> None:
        self.graces = tuple(self.pitch(*written) for written in parse_pitches(match.group("grace")))

    def read_tie(self, match: re.Match[str]) -> None:
        if not self.notes or self.notes[-1].is_rest:
            self.problem("error", "a tie '-' with no note before it")
            return
        self.notes[-1] = replace(self.notes[-1], tied=True)
        self.tied_pitches = {(p.step, p.octave): p.alteration for p in self.notes[-1].pitches}

    def read_tuplet(self, match: re.Match[str]) -> None:
        if self.tuplet:
            self.problem("error", "a tuplet begins inside another")
        actual, *rest = match.group("tuplet")[1:].split(":")
        compound = self.meter.beats % 3 == 0 and self.meter.beats > 3
        size = int(actual)
        normal = int(rest[0]) if rest and rest[0] else DEFAULT_TUPLETS.get(size, 3 if compound else 2)
        group = int(rest[1]) if len(rest) > 1 and rest[1] else size
        if size < 2 or normal == 0 or group == 0:
            self.problem("error", f"'{match.group('tuplet')}' is not a tuplet")
            return
        self.tuplet = (size, normal, group, 0)

    def read_broken(self, match: re.Match[str]) -> None:
        mark = match.group("broken")
        if not self.notes:
            self.problem("error", f"broken rhythm '{mark}' with no note before it")
            return
        shorter = Fraction(1, 2 ** len(mark))
        first, second = (2 - shorter, shorter) if mark[0] == ">" else (shorter, 2 - shorter)
        self.notes[-1] = replace(self.notes[-1], length=self.notes[-1].length * first)
        self.broken = second

    def read_note(self, match: re.Match[str]) -> None:
        pitches = tuple(self.pitch(*written) for written in parse_pitches(match.group("note")))
        self.add_note(pitches, parse_length(match.group("note_length")))

    def read_chord(self, match: re.Match[str]) -> None:
        inside = match.group("chord")[1:-1]
        pitches = tuple(self.pitch(*written) for written in parse_pitches(inside))
        # The chord is as long as its first note, times the length after the bracket (ABC 2.1, 4.17).
        first = re.match(rf"{PITCH}({LENGTH})", inside)
        inner = parse_length(first.group(1)) if first else Fraction(1)
        self.add_note(pitches, inner * parse_length(match.group("chord_length")))

    def read_rest(self, match: re.Match[str]) -> None:
        self.add_note((), parse_length(match.group("rest_length")), invisible=match.group("rest") == "x")

    def read_measures(self, match: re.Match[str]) -> None:
        self.bars_of_rest = int(match.group("measures")[1:] or 1)
        self.add_note((), self.meter.bar_length * self.bars_of_rest / self.unit)

    def read_ending(self, match: re.Match[str]) -> None:
        self.open_ending(match.group("ending_passes"))

    def read_bar(self, match: re.Match[str]) -> None:
        passes = match.group("passes")
        line = match.group("bar").removesuffix(passes or "")
        closes, opens = line.startswith(":"), line.endswith(":")
        self.close_bar(closes, line)
        self.opens_repeat = self.opens_repeat or opens
        if passes:
            self.open_ending(passes)

    # -- what the tokens build -----------------------------------------------------------------------------------------

    def pitch(self, accidental: str, step: str, octave: int) -> Pitch:
        """A pitch as it sounds: its own accidental, else a tie's, else the bar's, else the key's."""
        if accidental:
            self.accidentals[step] = ACCIDENTALS[accidental]
        alteration = self.accidentals.get(step, keys.signature(self.key)[step])
        if not accidental:
            alteration = self.tied_pitches.get((step, octave), alteration)
        pitch = Pitch(step, alteration, octave, accidental)
        if not 0 <= pitch.midi <= 127:
            self.problem("error", "a note beyond what any instrument plays")
            return replace(pitch, octave=min(max(octave, 0), 8))
        return pitch

    def add_note(self, pitches: tuple[Pitch, ...], multiplier: Fraction, invisible: bool = False) -> None:
        """Appends a note, chord or rest with everything that was waiting for it."""
        length = self.unit * multiplier * self.broken
        if length == 0:
            self.problem("error", "a note of no length")
        tuplet = None
        if self.tuplet:
            actual, normal, group, read = self.tuplet
            tuplet = Tuplet(actual, normal, read == 0, read + 1 == group)
            length *= Fraction(normal, actual)
            self.tuplet = None if read + 1 == group else (actual, normal, group, read + 1)
        self.count += 1
        self.bar_start = self.bar_start or self.here
        self.notes.append(
            Note(
                f"n{self.count}", pitches, length, self.here, tuplet, False, self.graces, self.symbol,
                self.beam_break, invisible,
            )
        )  # fmt: skip
        self.broken, self.graces, self.symbol, self.beam_break, self.tied_pitches = Fraction(1), (), "", False, {}

    def open_ending(self, passes: str) -> None:
        if self.notes:
            self.close_bar(False, "")
        numbers: list[int] = []
        for part in passes.split(","):
            first, _, last = part.partition("-")
            numbers.extend(range(int(first), min(int(last or first), int(first) + 16) + 1))
        self.ending = tuple(numbers)

    def close_bar(self, closes: bool, line: str) -> None:
        """Ends the bar at a bar line; a line with no notes before it only adds to the one just passed."""
        if not self.notes:
            if self.bars and (closes or "|" in line):
                last = self.bars[-1]
                self.bars[-1] = replace(last, closes_repeat=last.closes_repeat or closes, line=last.line + line)
            return
        if self.broken != 1:
            self.problem("error", "broken rhythm with no note after it")
        if self.tuplet:
            self.problem("error", f"a tuplet of {self.tuplet[2]} has only {self.tuplet[3]} notes in this bar")
        self.bars.append(
            Bar(
                len(self.bars) + 1, tuple(self.notes), self.bar_meter, self.bar_key, self.opens_repeat, closes,
                self.ending, line, False, self.bar_start or self.here, self.bars_of_rest,
            )
        )  # fmt: skip
        self.notes, self.accidentals, self.bar_start = [], {}, None
        self.opens_repeat, self.ending, self.bars_of_rest = False, (), 1
        self.broken, self.tuplet = Fraction(1), None
        self.bar_key, self.bar_meter = self.key, self.meter

    def change(self, letter: str, value: str) -> None:
        """A mid-tune change of meter, key or unit length; other fields carry no music."""
        try:
            if letter == "M":
                self.meter = keys.parse_meter(value)
            elif letter == "K":
                self.key = keys.parse_key(value)
            elif letter == "L":
                self.unit = parse_unit_length(value)
            elif letter == "V":
                self.problem("error", "voices (V:) are not read")
            elif letter == "X":
                self.problem("error", "another tune begins (X:) before this one has ended with a blank line")
        except InputError as error:
            self.problem("error", str(error))
        if not self.notes:
            self.bar_key, self.bar_meter = self.key, self.meter

    def problem(self, severity: Severity, message: str) -> None:
        self.problems.append(Problem(severity, message, len(self.bars) + 1, self.here))


@lru_cache(maxsize=4096)  # a corpus is split, fingerprinted and scored from the same texts; a Tune can't be changed
def read_tune(text: str, first_line: int = 1) -> Tune:
    """Reads one tune. Never raises for bad music: what is wrong is in ``Tune.problems``.

    Args:
        text: from its ``X:`` line to its last bar.
        first_line: number of its first line in the file, for positions.
    """
    lines = text.split("\n")
    fields, problems, used = read_header(lines, first_line)

    def field_value(letter: str, parse: Callable[[str], Value], default: Value) -> Value:
        if letter not in fields:
            return default
        try:
            return parse(fields[letter])
        except InputError as error:
            problems.append(Problem("error", str(error), 0, Position(first_line, 1)))
            return default

    meter = field_value("M", keys.parse_meter, keys.NO_METER)
    # Without L: the unit is a sixteenth below 3/4 and an eighth from there on (ABC 2.1, 3.1.7).
    default_unit = Fraction(1, 16) if 0 < meter.bar_length < Fraction(3, 4) else Fraction(1, 8)
    unit = field_value("L", parse_unit_length, default_unit)
    key = field_value("K", keys.parse_key, keys.NO_KEY)
    body = _BodyReader(meter, key, unit)
    for number, line in enumerate(lines[used:], first_line + used):
        body.read_line(line, number)
    body.close_bar(False, "")
    number_match = re.match(r"\d{1,9}", fields.get("X", ""))
    return Tune(
        number=int(number_match.group()) if number_match else 0,
        title=fields.get("T", ""),
        type=type_of(fields),
        meter=meter,
        key=key,
        unit_length=unit,
        tempo=parse_tempo(fields.get("Q", "")),
        composer=fields.get("C", ""),
        bars=tuple(body.bars),
        problems=(*problems, *body.problems),
    )
