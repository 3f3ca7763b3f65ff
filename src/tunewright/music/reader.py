"""ABC text to :class:`~tunewright.music.tune.Tune`: ABC 2.1 and what collections really hold.

Of several voices the first is read and the rest counted; of an overlay (``&``) the upper line is read. Knows nothing
of what makes a bar right (see ``bars``) or how a tune sounds (see ``performance``). Source: the ABC standard 2.1
(abcnotation.com, 2011).
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from tunewright.errors import InputError
from tunewright.music import keys
from tunewright.music.fields import (
    FIELD_LINE,
    Header,
    parse_tempo,
    parse_unit_length,
    read_header,
    type_of,
    value_of,
)
from tunewright.music.lexer import LINE_START, SHORT_DECORATIONS, STRUCTURE, Written, bar_line, parse_passes
from tunewright.music.lyrics import align, with_lyrics
from tunewright.music.segments import NOTHING, Sound, read_segment
from tunewright.music.tune import Bar, Key, Meter, Note, Pitch, Position, Problem, Severity, Tune

_METER_AND_MUSIC = re.compile(r"(\d+/\d+|C\|?)\s+(?=\S)")
_MAIL_END = re.compile(r"=(?:20)?\s*$")
_PROSE_WORD = re.compile(r"(?<![!\"\w])[A-Za-z']*[h-twxyI-KNQRVWXYi][A-Za-z']*[a-z](?!\w)")


class _BodyReader:
    """Reads music line by line; what it has learned so far is its state."""

    def __init__(self, meter: Meter, key: Key, unit: Fraction, decorations: dict[str, str]) -> None:
        self.meter, self.key, self.unit = meter, key, unit
        self.decoration_names = decorations
        self.bars: list[Bar] = []
        self.problems: list[Problem] = []
        self.told: set[str] = set()
        self.count = 0
        self.voice: str | None = None
        self.voices: list[str] = []
        self.verses: list[dict[str, str]] = []
        self.sung_from, self.verse = 0, 0
        self.here = Position(1, 1)
        self.carried: dict[tuple[str, int], int] = {}  # (step, octave) -> alteration, of notes tied to what comes next
        self.graces: tuple[Written, ...] = ()
        self.overlaid = False
        self.part = ""
        self.opens_repeat = False
        self.ending: tuple[int, ...] = ()
        self._start_bar()

    def _start_bar(self) -> None:
        self.notes: list[Note] = []
        self.accidentals: dict[str, int] = {}
        self.bar_start: Position | None = None
        self.bar_key, self.bar_meter = self.key, self.meter
        self.measures = 0
        self.waiting = NOTHING
        self.symbols: tuple[str, ...] = ()
        self.decorations: tuple[str, ...] = ()
        self.slurs_opened = 0
        self.beam_break = True

    # -- lines ---------------------------------------------------------------------------------------------------------

    def read_line(self, line: str, number: int) -> None:
        """Reads one line of music or one field line."""
        self.here = Position(number, 1)
        field = FIELD_LINE.match(line) if line[1:2] == ":" else None
        start = self.read_field_line(field, line) if field else 0
        if start >= len(line) or (self.voice != self.voices[0] if self.voices and line[:3] != "[V:" else False):
            return
        if not field and self.is_prose(line):
            self.problem("error", "words where music should be")
            return
        if line.endswith(("=", "=20")) or _MAIL_END.search(line):
            self.problem("note", "'=' at the end of a line, left over from a mail")
            line = _MAIL_END.sub("", line)
        self.sung_from, self.verse = len(self.bars), 0
        start += self.read_line_start(line[start:])
        for match in STRUCTURE.finditer(line, start):
            if self.voices and self.voice != self.voices[0] and match.lastgroup != "field":
                continue
            self.here = Position(number, match.start() + 1)
            getattr(self, f"read_{match.lastgroup}")(match)
        if self.bars and not self.notes and not line.rstrip().endswith("\\"):
            self.bars[-1] = replace(self.bars[-1], ends_line=True)
        self.beam_break = True

    def read_line_start(self, line: str) -> int:
        """An ending's number or a repeat's dots, parted from their bar line by the end of a line; returns their length."""
        match = LINE_START.match(line) if self.bars and not self.notes else None
        if match and match.group("passes"):
            self.open_ending(match.group("passes"))
        elif match:
            self.opens_repeat = True
        return match.end() if match else 0

    @staticmethod
    def is_prose(line: str) -> bool:
        """Whether a line without bar lines holds words that no music spells."""
        return "|" not in line and "%" not in line and len(_PROSE_WORD.findall(line)) >= 2

    def read_field_line(self, field: re.Match[str], line: str) -> int:
        """A field on a line of its own; returns where music goes on (some collections write it after ``M:``)."""
        letter, value = field.group(1), value_of(field)
        music = _METER_AND_MUSIC.match(value) if letter == "M" else None
        if music:
            self.change(letter, music.group(1))
            self.problem("note", "music on the same line as a meter change")
            return field.start(2) + music.end()
        self.change(letter, value)
        return len(line)

    # -- what a line is made of ----------------------------------------------------------------------------------------

    def read_notes(self, match: re.Match[str]) -> None:
        if self.overlaid:
            return
        segment = read_segment(match.group(), self.meter.compound, self.waiting)
        self.waiting = segment.waiting
        line, column = self.here
        for remark in segment.remarks:
            self.here = Position(line, column + remark.column)
            self.problem(remark.severity, remark.message)
        if segment.ties_back:
            self.here = Position(line, column)
            self.tie_back()
        if segment.closes_back and self.notes:
            last = self.notes[-1]
            self.notes[-1] = last._replace(slurs_closed=last.slurs_closed + segment.closes_back)
        for sound in segment.sounds:
            self.here = Position(line, column + sound.column)
            self.add_note(sound)
        self.graces += segment.graces
        self.symbols += segment.symbols
        self.decorations += segment.decorations
        self.slurs_opened += segment.slurs_opened

    def read_bar(self, match: re.Match[str]) -> None:
        passes = match.group("passes")
        self.overlaid = False
        self.close_bar(match.group("bar").removesuffix(passes or ""))
        if passes:
            self.open_ending(passes)

    def read_passes(self, match: re.Match[str]) -> None:
        self.read_bar(match)

    def read_ending(self, match: re.Match[str]) -> None:
        self.open_ending(match.group("ending"))

    def read_field(self, match: re.Match[str]) -> None:
        self.change(match.group("field")[1], match.group("field")[3:-1].strip())

    def read_bare_meter(self, match: re.Match[str]) -> None:
        self.problem("note", "a meter change within a line should stand in brackets: [M:4/4]")
        self.change("M", match.group("bare_meter")[2:])

    def read_overlay(self, match: re.Match[str]) -> None:
        self.problem("note", "an overlay '&': only the upper line of the bar is read")
        self.overlaid = True

    def read_comment(self, match: re.Match[str]) -> None:
        pass

    def read_stray(self, match: re.Match[str]) -> None:
        if not self.overlaid:
            what = {"]": "a ']' that closes no chord", "[": "a '[' that is never closed"}
            self.problem("error", what.get(match.group(), f"'{match.group()}' means nothing here"))

    # -- what the stretches build --------------------------------------------------------------------------------------

    def add_note(self, sound: Sound) -> None:
        """Turns a sound into a note of this place, key and unit."""
        length = sound.length * self.unit
        if sound.measures:
            length = self.meter.bar_length * sound.measures
            self.measures += sound.measures
        written_graces = self.graces + sound.graces
        graces = tuple([self.pitch(*written) for written in written_graces]) if written_graces else ()
        pitches = tuple([self.pitch(*written) for written in sound.pitches])
        decorations = self.decorations + sound.decorations
        self.count += 1
        self.bar_start = self.bar_start or self.here
        note = Note(
            f"n{self.count}", pitches, length, self.here, sound.tuplet, sound.tied, graces,
            self.symbols + sound.symbols, self.named(decorations) if decorations else (),
            self.slurs_opened + sound.slurs_opened, sound.slurs_closed, self.beam_break or sound.beam_break,
            sound.invisible,
        )  # fmt: skip
        self.notes.append(note)
        self.carried = {(p.step, p.octave): p.alteration for p in pitches} if sound.tied else {}
        self.graces, self.symbols, self.decorations, self.slurs_opened, self.beam_break = (), (), (), 0, False

    def pitch(self, accidental: str, step: str, octave: int) -> Pitch:
        """A pitch as it sounds: its own accidental, else a tie's, else the bar's, else the key's."""
        if accidental:
            self.accidentals[step] = keys.SIGNS[accidental]
        alteration = self.accidentals.get(step)
        if alteration is None:
            alteration = keys.signature(self.key)[step]
        if not accidental and self.carried:
            alteration = self.carried.get((step, octave), alteration)
        pitch = _pitch(step, alteration, octave, accidental)
        if not 0 <= pitch.midi <= 127:
            self.problem("error", "a note beyond what any instrument plays")
            return pitch._replace(octave=min(max(octave, 0), 8))
        return pitch

    def named(self, written: tuple[str, ...]) -> tuple[str, ...]:
        """Names of decorations; a letter that nobody has defined is told and left out."""
        names = []
        for one in written:
            name = one.strip("!+") if len(one) > 1 else self.decoration_names.get(one, "")
            if name:
                names.append(name)
            else:
                self.problem("note", f"'{one}' is a sign of its writer's own; no U: line says what it stands for")
        return tuple(names)

    def tie_back(self) -> None:
        """A tie written after a bar line or field belongs to the note before it."""
        last = self.notes[-1] if self.notes else self.bars[-1].notes[-1] if self.bars else None
        if last is None or last.is_rest:
            self.problem("error", "a tie '-' with no note before it")
            return
        tied = last._replace(tied=True)
        if self.notes:
            self.notes[-1] = tied
        else:
            self.bars[-1] = replace(self.bars[-1], notes=(*self.bars[-1].notes[:-1], tied))
        self.carried = {(p.step, p.octave): p.alteration for p in last.pitches}

    def open_ending(self, passes: str) -> None:
        if self.notes:
            accidentals = self.accidentals  # without a bar line they still hold
            self.close_bar("")
            self.accidentals = accidentals
        self.ending = parse_passes(passes)

    def close_bar(self, text: str) -> None:
        """Ends the bar at a bar line; a line with no notes before it only adds to the one just passed."""
        closes, style, opens = bar_line(text) if text else (False, "", False)
        if self.notes:
            self._add_bar(closes, ":|" if closes else style)
        elif self.bars:
            last = self.bars[-1]
            signs = last.signs + self._signs()
            plain = style if last.line in ("", "|") else last.line
            line = ":|" if closes or last.closes_repeat else plain
            self.bars[-1] = replace(last, closes_repeat=last.closes_repeat or closes, line=line, signs=signs)
            self.symbols, self.decorations = (), ()
        elif closes:
            self.problem("error", "a repeat ends before anything was played")
        self.opens_repeat = self.opens_repeat or opens

    def _add_bar(self, closes: bool, line: str) -> None:
        if complaint := self.waiting.complaint():
            self.problem("error", complaint)
        if self.measures and len(self.notes) > 1:
            self.problem("error", "a rest of whole bars (Z) shares its bar with notes")
        self.bars.append(
            Bar(
                len(self.bars) + 1, tuple(self.notes), self.bar_meter, self.bar_key, self.opens_repeat, closes,
                self.ending, line, False, self.bar_start or self.here, max(self.measures, 1), self.part, self._signs(),
            )
        )  # fmt: skip
        self.opens_repeat, self.ending, self.part = False, (), ""
        self._start_bar()

    def _signs(self) -> tuple[str, ...]:
        """What stands at a bar line, with no note after it."""
        named = self.named(tuple(one for one in self.decorations if one != ".")) if self.decorations else ()
        return (*(f"!{name}!" for name in named), *(f'"{symbol}"' for symbol in self.symbols))

    def change(self, letter: str, value: str) -> None:
        """A field in the middle of the tune."""
        try:
            if letter == "M":
                self.meter = keys.parse_meter(value)
            elif letter == "K":
                self.key = keys.parse_key(value) if value else self.key
            elif letter == "L":
                self.unit = parse_unit_length(value)
        except InputError as error:
            self.problem("error", str(error))
        if letter == "V":
            self.voice = value.split(" ")[0]
            if self.voice not in self.voices:
                self.voices.append(self.voice)
        elif letter == "P" and not self.notes:
            self.part = value
        elif letter == "w" and (not self.voices or self.voice == self.voices[0]):
            self.sing(value)
        elif letter == "X":
            self.problem("error", "another tune begins (X:) before this one has ended with a blank line")
        if not self.notes:
            self.bar_key, self.bar_meter = self.key, self.meter

    def sing(self, text: str) -> None:
        """Puts a line of words under the line of music just read."""
        while len(self.verses) <= self.verse:
            self.verses.append({})
        bars = [bar.notes for bar in self.bars[self.sung_from :]] + [tuple(self.notes)]
        self.verses[self.verse] |= align(bars, text)
        self.verse += 1

    def problem(self, severity: Severity, message: str) -> None:
        """Notes something for the musician; what is merely worth telling is told once a tune."""
        if severity != "note" or message not in self.told:
            self.problems.append(Problem(severity, message, len(self.bars) + 1, self.here))
            self.told.add(message)


@lru_cache(maxsize=8192)
def _pitch(step: str, alteration: int, octave: int, accidental: str) -> Pitch:
    return Pitch(step, alteration, octave, accidental)


def _decorations(header: Header) -> dict[str, str]:
    """What one-letter decorations stand for: the standard's, and the tune's own (``U: T = !trill!``)."""
    own = [re.fullmatch(r"([H-Wh-w~])\s*=\s*!([^!]+)!", value) for value in header.all("U")]
    return {**SHORT_DECORATIONS, **{match.group(1): match.group(2) for match in own if match}}


@lru_cache(maxsize=8192)  # a corpus is split, fingerprinted and scored from the same texts; a Tune can't be changed
def read_tune(text: str, first_line: int = 1) -> Tune:
    """Reads one tune. Never raises for bad music: what is wrong is in ``Tune.problems``.

    Args:
        text: from its ``X:`` line to its last bar.
        first_line: number of its first line in the file, for positions.
    """
    lines = text.split("\n")
    header = read_header(lines, first_line)
    meter = header.parsed("M", keys.parse_meter, keys.NO_METER)
    # Without L: the unit is a sixteenth below 3/4 and an eighth from there on (ABC 2.1, 3.1.7).
    default_unit = Fraction(1, 16) if 0 < meter.bar_length < Fraction(3, 4) else Fraction(1, 8)
    unit = header.parsed("L", parse_unit_length, default_unit)
    body = _BodyReader(meter, header.parsed("K", keys.parse_key, keys.NO_KEY), unit, _decorations(header))
    key = body.key
    for number, line in enumerate(lines[header.lines :], first_line + header.lines):
        if line and line[0] != "%":
            body.read_line(line, number)
    body.close_bar("")
    bars = with_lyrics(body.bars, body.verses) if body.verses else body.bars
    number_match = re.match(r"\d{1,9}", header.first("X"))
    titles = header.all("T")
    words = [
        value for line in lines[header.lines :] if (m := FIELD_LINE.match(line)) and m[1] == "W" for value in [m[2]]
    ]
    return Tune(
        number=int(number_match.group()) if number_match else 0,
        title=titles[0] if titles else "",
        type=type_of(header),
        meter=meter,
        key=key,
        unit_length=unit,
        tempo=parse_tempo(header.first("Q")),
        composer=header.first("C"),
        bars=tuple(bars),
        problems=(*header.problems, *body.problems),
        other_titles=titles[1:],
        origin=header.first("O"),
        part_order=header.first("P"),
        words=(*header.all("W"), *words),
        voices=max(len(body.voices), 1),
    )
