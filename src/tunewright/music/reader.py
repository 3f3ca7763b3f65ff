"""ABC text to :class:`~tunewright.music.tune.Tune`: ABC 2.1 and what collections really hold.

Line by line: which is music, which a field, whose voice, under which words. Of several voices the first is read and the
rest counted; of an overlay (``&``) the upper line is read. Knows nothing of what makes a bar right (see ``bars``) or
how a tune sounds (see ``performance``). Source: the ABC standard 2.1 (abcnotation.com, 2011).
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from tunewright.errors import InputError
from tunewright.music import keys
from tunewright.music.bar_maker import BarMaker
from tunewright.music.fields import (
    FIELD_LINE,
    Header,
    parse_tempo,
    parse_unit_length,
    read_header,
    type_of,
    value_of,
)
from tunewright.music.lexer import DECORATIONS, LINE_START, NOT_NOTES, SHORT_DECORATIONS, STRUCTURE
from tunewright.music.lyrics import align, with_lyrics
from tunewright.music.playing_order import expand_parts
from tunewright.music.tune import Position, Problem, Tune

_METER_AND_MUSIC = re.compile(r"(\d+/\d+|C\|?)\s+(?=\S)")
_MAIL_END = re.compile(r"=(?:20)?\s*$")
_PROSE_WORD = re.compile(r"(?<![!\"\w])[A-Za-z']{0,20}[h-twxyI-KNQRVWXYi][A-Za-z']{0,20}[a-z](?!\w)")
LONGEST_PROSE = 400
"""Characters of a line that tell words from music."""
LONGEST_TUNE = 1_000_000
"""Characters after which a text is no tune any more, and is read no further."""


class _BodyReader:
    """Reads music line by line; voices, words and the bars made so far are its state."""

    def __init__(self, maker: BarMaker) -> None:
        self.maker = maker
        self.problem = maker.problem
        self.voice: str | None = None
        self.voices: list[str] = []
        self.verses: list[dict[str, str]] = []
        self.sung_from, self.verse = 0, 0  # notes before the line of music just read; words under it so far
        self.titled = self.blank = self.overlaid = False

    # -- lines ---------------------------------------------------------------------------------------------------------

    def read_line(self, line: str, number: int) -> None:
        """Reads one line of music or one field line."""
        maker = self.maker
        maker.line, maker.column = number, 1
        field = FIELD_LINE.match(line) if line[1:2] == ":" else None
        start = self.read_field_line(field, line) if field else 0
        if start >= len(line) or (self.silent and not line.startswith("[V:")):
            return
        if not field and "|" not in line and is_prose(line):
            self.problem("error", "words where music should be")
            return
        if "=" in line[-6:] and _MAIL_END.search(line):
            self.problem("note", "'=' at the end of a line, left over from a mail")
            line = _MAIL_END.sub("", line)
        if self.blank and not maker.is_empty:
            self.problem("note", "a blank line within the tune: it ends a tune; take it out")
        self.sung_from, self.verse = maker.notes_so_far, 0
        self.titled = self.blank = False
        maker.begins_line = True
        self.read_music(line, start + self.read_line_start(line[start:]))
        maker.end_line(continued=line.endswith("\\"))

    def read_music(self, line: str, start: int) -> None:
        """What a line of music is made of, from a column on."""
        maker = self.maker
        for match in STRUCTURE.finditer(line, start):
            maker.column = match.start() + 1
            kind = match.lastgroup
            if self.silent and kind != "field":
                continue
            if kind == "notes":
                if not self.overlaid:
                    maker.add(match.group())
            elif kind in ("bar", "passes"):
                self.overlaid = False
                maker.close_bar(match.group("bar"))
                if match.group("passes"):
                    maker.open_ending(match.group("passes"))
            else:
                getattr(self, f"read_{kind}")(match)

    @property
    def silent(self) -> bool:
        """Whether what comes belongs to a voice that is not read."""
        return bool(self.voices) and self.voice != self.voices[0]

    def read_line_start(self, line: str) -> int:
        """An ending's number or a repeat's dots, parted from their bar line by a line's end; returns their length."""
        match = LINE_START.match(line) if self.maker.between_bars else None
        if match and match.group("passes"):
            self.maker.open_ending(match.group("passes"))
        elif match:
            self.maker.opens_repeat = True
        return match.end() if match else 0

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

    # -- what a line is made of, but for notes and bar lines -----------------------------------------------------------

    def read_ending(self, match: re.Match[str]) -> None:
        self.maker.open_ending(match.group("ending"))

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
            what = {"]": "a ']' that closes no chord", "[": "a chord '[' that is never closed"}
            self.problem("error", what.get(match.group(), f"'{match.group()}' means nothing here"))

    # -- fields --------------------------------------------------------------------------------------------------------

    def change(self, letter: str, value: str) -> None:
        """A field in the middle of the tune; those of a voice that is not read are passed over."""
        if self.silent and letter in "MLKP":
            return
        try:
            if letter == "M":
                self.maker.change(meter=keys.parse_meter(value))
            elif letter == "L":
                self.maker.change(unit=parse_unit_length(value))
            elif letter == "K" and value:
                if self.titled:
                    self.problem("error", "another tune begins (T: and K:) before this one has ended with a blank line")
                self.maker.change(key=keys.parse_key(value))
        except InputError as error:
            self.problem("error", str(error))
        if letter == "V":
            if not self.voices and not self.maker.is_empty:
                self.voices.append("")  # what came before was the first voice
            self.voice = value.split(" ")[0]
            if self.voices == [""] and self.voice == "1":
                self.voices = ["1"]
            if self.voice not in self.voices:
                self.voices.append(self.voice)
        elif letter == "P":
            self.maker.begin_part(value)
        elif letter == "w" and not self.silent:
            self.sing(value)
        elif letter == "T":
            self.titled = not self.maker.is_empty
        elif letter == "X":
            self.problem("error", "another tune begins (X:) before this one has ended with a blank line")

    def sing(self, text: str) -> None:
        """Puts a line of words under the line of music just read."""
        while len(self.verses) <= self.verse:
            self.verses.append({})
        self.verses[self.verse] |= align(self.maker.notes_since(self.sung_from), text)
        self.verse += 1

    def finish(self, part_order: str) -> None:
        """Ends the tune, whose header names its parts in this order."""
        self.maker.finish()
        labels = {bar.part[:1] for bar in self.maker.bars if bar.part}
        if labels and (missing := sorted(set(expand_parts(part_order)) - labels)):
            self.problem("note", f"the header's P: names part {missing[0]}, and no part has that label", 0)
        if len(self.voices) > 1:
            self.problem("note", f"{len(self.voices)} voices: the first is read, the others are not")


def _decorations(header: Header) -> dict[str, str]:
    """What one-letter decorations stand for: the standard's, and the tune's own (``U: T = !trill!``)."""
    own = [re.fullmatch(r"([H-Wh-w~])\s*=\s*[!+]([^!+]+)[!+]", value) for value in header.all("U")]
    defined = {match.group(1): DECORATIONS.get(match.group(2).lower(), "") for match in own if match}
    return {**SHORT_DECORATIONS, **defined}


def _continued(lines: list[str]) -> list[str]:
    """The lines of a tune with each ``+:`` line (ABC 2.1, 3.3) joined to the field that it continues; none moves up."""
    for number, line in enumerate(lines):
        if line.startswith("+:"):
            field = next((at for at in range(number - 1, -1, -1) if lines[at] != "%"), None)
            if field is not None and FIELD_LINE.match(lines[field]):
                lines[field] += f" {line[2:].strip()}"
            lines[number] = "%"
    return lines


@lru_cache(maxsize=8192)  # a corpus is split, fingerprinted and scored from the same texts; a Tune can't be changed
def read_tune(text: str) -> Tune:
    """Reads one tune. Never raises for bad music: what is wrong is in ``Tune.problems``.

    Args:
        text: from its ``X:`` line to its last bar; positions count from there.
    """
    lines = _continued(text[:LONGEST_TUNE].split("\n"))
    header = read_header(lines)
    if len(text) > LONGEST_TUNE:
        message = f"{len(text):,} characters: only the first {LONGEST_TUNE:,} are read"
        header.problems.append(Problem("error", message, 0, Position(1, 1)))
    meter = header.parsed("M", keys.parse_meter, keys.NO_METER)
    # Without L: the unit is a sixteenth below 3/4 and an eighth from there on (ABC 2.1, 3.1.7).
    default_unit = Fraction(1, 16) if 0 < meter.bar_length < Fraction(3, 4) else Fraction(1, 8)
    unit = header.parsed("L", parse_unit_length, default_unit)
    key = header.parsed("K", keys.parse_key, keys.NO_KEY)
    maker = BarMaker(meter, key, unit, _decorations(header))
    body = _BodyReader(maker)
    words = []
    for number, line in enumerate(lines[header.lines :], header.lines + 1):
        if line.startswith("W:"):
            words.append(line[2:].strip())
        elif not line.strip():
            body.blank = True
        elif line[0] != "%":
            body.read_line(line, number)
    body.finish(header.first("P"))
    number_match = re.match(r"\d{1,9}", header.first("X"))
    titles = header.all("T")
    return Tune(
        number=int(number_match.group()) if number_match else 0,
        title=titles[0] if titles else "",
        type=type_of(header),
        meter=meter,
        key=key,
        unit_length=unit,
        tempo=parse_tempo(header.first("Q"), unit),
        composer=header.first("C"),
        bars=tuple(with_lyrics(maker.bars, body.verses) if body.verses else maker.bars),
        problems=(*header.problems, *maker.problems),
        other_titles=titles[1:],
        origin=header.first("O"),
        part_order=header.first("P"),
        words=(*header.all("W"), *words),
        voices=max(len(body.voices), 1),
    )


def is_prose(line: str) -> bool:
    """Whether a line without bar lines holds words that no music spells."""
    return "%" not in line and len(_PROSE_WORD.findall(NOT_NOTES.sub(" ", line[:LONGEST_PROSE]))) >= 2
