"""What stands around the music of an ABC file: tunes one after another, and the fields of each one's header."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar

from tunewright.errors import InputError
from tunewright.music.lexer import NOT_NOTES
from tunewright.music.tune import Position, Problem

Value = TypeVar("Value")

FIELD_LINE = re.compile(r"([A-Za-z]):(?![|:])\s*(.*)")
"""A field on a line of its own; ``d:|`` is music."""

_HEADER_LINE = re.compile(r"([A-Za-z]):(?!\|)\s*(.*)")
_SILENT_LINE = re.compile(r"[A-Za-z]:(?![|:])|%")
_NUMBER_LINE = re.compile(r"(?m)^X:")
_BARS = re.compile(r"[A-Ga-gzxyZXHLMOPSTuv0-9|:/,'^_=<>()\[\]{}~.&$*`\s\\-]+")
_TYPE_IN_ID = re.compile(r"id:[a-z]+-([a-z]+)-\d+")
_COMMENT = re.compile(r"(?<!\\)%.*")


def split_tunes(text: str) -> list[tuple[int, str]]:
    """Cuts a file into its tunes: (number of the first line, text without trailing blank lines) of each.

    A tune begins at its ``X:`` line and ends with the blank line after its music. In what is left over, a paragraph
    with a ``K:`` line and music after it is a tune too; anything else is text between tunes, and left out.
    """
    line, tunes = 1, []
    for block in tune_blocks(text):
        tune = _without_what_follows(block) if block.startswith("X:") else ""
        if tune:
            tunes.append((line, tune))
        rest = block[len(tune) :]
        if "\nK:" in rest or rest.startswith("K:"):
            tunes += _without_numbers(rest, line + tune.count("\n"))
        line += block.count("\n")
    return tunes


def tune_blocks(text: str) -> list[str]:
    """A file cut before each ``X:`` line; the first block may be text before the first tune."""
    cuts = [0, *(match.start() for match in _NUMBER_LINE.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(cuts) if end > start]


def _without_numbers(text: str, line: int) -> list[tuple[int, str]]:
    """Tunes without ``X:``: from the fields above a ``K:`` line, or from that line, to the next blank line."""
    tunes = []
    for paragraph in re.split(r"(\n[ \t]*\n)", text):
        lines = paragraph.split("\n")
        key = next((number for number, one in enumerate(lines) if one.startswith("K:")), None)
        if key is not None and any(one.strip() and not _SILENT_LINE.match(one) for one in lines[key + 1 :]):
            start = key
            while start and _SILENT_LINE.match(lines[start - 1]):
                start -= 1
            tunes.append((line + start, "\n".join(lines[start:]).rstrip()))
        line += paragraph.count("\n")
    return tunes


def _without_what_follows(block: str) -> str:
    """A tune's block up to the blank line that ends it.

    A blank line between header and music ends no tune, nor does one before lines that are all music (both occur).
    """
    lines: list[str] = []
    music = False
    for blank, group in itertools.groupby(block.split("\n"), key=lambda line: not line.strip()):
        paragraph = list(group)
        if music and not blank and not _is_music(paragraph):
            break
        music = music or (not blank and not all(_SILENT_LINE.match(line) for line in paragraph))
        lines += paragraph
    return "\n".join(lines).rstrip()


def _is_music(paragraph: list[str]) -> bool:
    """Whether a paragraph goes on with a tune: its first line that is no field holds bars, and it is no tune itself."""
    if any(line.startswith(("T:", "X:", "K:")) for line in paragraph):
        return False
    first = next((line for line in paragraph if not _SILENT_LINE.match(line)), "")
    return _holds_bars(first)


def _holds_bars(line: str) -> bool:
    """Whether a line is bars of music and nothing else but annotations, decorations and fields."""
    return "|" in line and bool(_BARS.fullmatch(NOT_NOTES.sub("", line)))


def value_of(match: re.Match[str]) -> str:
    """The value of a field line, without a comment."""
    value: str = match.group(2)
    return (_COMMENT.sub("", value).replace("\\%", "%") if "%" in value else value).strip()


@dataclass
class Header:
    """The fields of a tune up to and with its ``K:``.

    Attributes:
        values: (value, line of the tune) of every field of each letter, in order.
        problems: what was wrong.
        lines: how many lines it took.
    """

    values: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    lines: int = 0

    def first(self, letter: str) -> str:
        """Value of the first field of a letter; ``""`` if there is none."""
        return self.values[letter][0][0] if letter in self.values else ""

    def all(self, letter: str) -> tuple[str, ...]:
        """Values of all fields of a letter."""
        return tuple(value for value, _ in self.values.get(letter, ()))

    def parsed(self, letter: str, parse: Callable[[str], Value], default: Value) -> Value:
        """The value as ``parse`` reads it; the default, and a problem, where it can't."""
        if letter not in self.values:
            return default
        value, line = self.values[letter][0]
        try:
            return parse(value)
        except InputError as error:
            self.problems.append(Problem("error", str(error), 0, Position(line, 1)))
            return default


def read_header(lines: list[str]) -> Header:
    """Reads the header of a tune."""
    header = Header()
    has_key = any(line.startswith("K:") for line in lines)
    for number, line in enumerate(lines, 1):
        match = _HEADER_LINE.match(line)
        if match:
            letter = match.group(1)
            if letter in "XTCRZMLKQOPVWSUI":
                header.values.setdefault(letter, []).append((value_of(match), number))
        elif line.strip() and not line.startswith("%"):
            if not has_key:
                message = "music begins before the key (a K: line must end the header)"
                header.problems.append(Problem("error", message, 0, Position(number, 1)))
                return header
            header.problems.append(_no_field(line, number))
        header.lines += 1
        if match and match.group(1) == "K":
            return header
    header.problems.append(Problem("error", "no key: a K: line must end the header", 0, Position(1, 1)))
    return header


def _no_field(line: str, number: int) -> Problem:
    """What is wrong with a line in the header: it is music, or some remark without a letter."""
    if len(line) > 8 and _holds_bars(line):
        message = "music before the key is not read: a K: line must end the header"
        return Problem("error", message, 0, Position(number, 1))
    return Problem("note", "a line in the header that is no field", 0, Position(number, 1))


def house_type(text: str) -> str:
    """A dance as the house names it: ``"Slip Jig"`` is ``"slipjig"``."""
    return re.sub(r"[\s_-]+", "", text.lower())


def type_of(header: Header) -> str:
    """The dance that an ``R:`` line names, or a transcriber's id such as ``Z: id:dc-reel-18``."""
    if header.first("R"):
        return house_type(header.first("R"))
    match = _TYPE_IN_ID.search(header.first("Z"))
    return match.group(1) if match else ""


def parse_unit_length(text: str) -> Fraction:
    """Reads the value of an ``L:`` line in whole notes, e.g. ``"1/8"``.

    Raises:
        InputError: it is not a fraction up to 1.
    """
    match = re.fullmatch(r"\s*(\d{1,4})(?:\s*/\s*(\d{1,4}))?\s*", text)
    if match is None or int(match.group(1)) == 0 or (match.group(2) and int(match.group(2)) == 0):
        raise InputError(f"'{text.strip()}' is not a note length; expected for example '1/8'")
    length = Fraction(int(match.group(1)), int(match.group(2) or 1))
    if length > 1:
        raise InputError(f"'{text.strip()}' is not a note length; expected for example '1/8'")
    return length


def parse_tempo(text: str, unit: Fraction = Fraction(1, 8)) -> tuple[Fraction, int] | None:
    """Reads the value of a ``Q:`` line: (beat in whole notes, beats a minute); None where it names no number.

    Several lengths are one beat (``1/4 3/8=40``), ``C3`` is three units of ``L:``, and a bare number counts quarters.
    """
    beats, equals, number = re.sub(r'"[^"]*"', "", text).rpartition("=")
    match = re.match(r"\s*(\d{1,4})\b(?!/)", number)
    if match is None or int(match.group(1)) == 0:
        return None
    lengths = [
        Fraction(int(upper), int(lower)) for upper, lower in re.findall(r"(\d{1,4})/(\d{1,4})", beats) if int(lower)
    ]
    in_units = re.search(r"[A-G](\d{0,2})", beats)
    beat = sum(lengths, Fraction(0)) or (unit * int(in_units.group(1) or 1) if in_units else Fraction(1, 4))
    return (beat, int(match.group(1))) if beat and not (equals and not beats.strip()) else None
