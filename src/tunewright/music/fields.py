"""What stands around the music of an ABC file: tunes one after another, and the fields of each one's header."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise

from tunewright.errors import InputError
from tunewright.music.tune import Position, Problem

FIELD_LINE = re.compile(r"([A-Za-z]):(?![|:])\s*(.*)")
"""A field on a line of its own; ``d:|`` is music."""

_NUMBER_LINE = re.compile(r"(?m)^X:")
_TYPE_IN_ID = re.compile(r"id:[a-z]+-([a-z]+)-\d+")


def split_tunes(text: str) -> list[tuple[int, str]]:
    """Cuts a file at its ``X:`` lines: (number of the first line, text without trailing blank lines) of each tune."""
    line, tunes = 1, []
    for block in tune_blocks(text):
        if block.startswith("X:"):
            tunes.append((line, _without_what_follows(block)))
        line += block.count("\n")
    return tunes


def tune_blocks(text: str) -> list[str]:
    """A file cut before each ``X:`` line; the first block may be text before the first tune."""
    cuts = [0, *(match.start() for match in _NUMBER_LINE.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(cuts) if end > start]


def _without_what_follows(block: str) -> str:
    """A tune's block up to the blank line that ends it; a blank line between header and music doesn't (it occurs)."""
    lines, music = [], False
    for line in block.split("\n"):
        if not line.strip() and music:
            break
        music = music or bool(line.strip() and not FIELD_LINE.match(line) and not line.startswith("%"))
        lines.append(line)
    return "\n".join(lines).rstrip()


def value_of(field: re.Match[str]) -> str:
    """The value of a field line, without a comment."""
    return re.sub(r"(?<!\\)%.*", "", field.group(2)).strip()


def read_header(lines: list[str], first_line: int) -> tuple[dict[str, str], list[Problem], int]:
    """Fields up to and with ``K:`` (the first of each letter), what was wrong, and how many lines they took."""
    fields: dict[str, str] = {}
    problems: list[Problem] = []
    for count, line in enumerate(lines):
        where = Position(first_line + count, 1)
        field = FIELD_LINE.match(line)
        if field:
            fields.setdefault(field.group(1), value_of(field))
            if field.group(1) == "K":
                return fields, problems, count + 1
        elif line.strip() and not line.startswith("%"):
            problems.append(Problem("error", "music begins before the key (a K: line must end the header)", 0, where))
            return fields, problems, count
    problems.append(Problem("error", "no key: a K: line must end the header", 0, Position(first_line, 1)))
    return fields, problems, len(lines)


def house_type(text: str) -> str:
    """A dance as the house names it: ``"Slip Jig"`` is ``"slipjig"``."""
    return re.sub(r"[\s_-]+", "", text.lower())


def type_of(fields: dict[str, str]) -> str:
    """The dance that an ``R:`` line names, or a transcriber's id such as ``Z: id:dc-reel-18``."""
    if "R" in fields:
        return house_type(fields["R"])
    match = _TYPE_IN_ID.search(fields.get("Z", ""))
    return match.group(1) if match else ""


def parse_unit_length(text: str) -> Fraction:
    """Reads the value of an ``L:`` line in whole notes, e.g. ``"1/8"``.

    Raises:
        InputError: it is not a fraction.
    """
    match = re.fullmatch(r"\s*(\d{1,4})(?:/(\d{1,4}))?\s*", text)
    if match is None or int(match.group(1)) == 0 or (match.group(2) and int(match.group(2)) == 0):
        raise InputError(f"'{text.strip()}' is not a note length; expected for example '1/8'")
    return Fraction(int(match.group(1)), int(match.group(2) or 1))


def parse_tempo(text: str) -> tuple[Fraction, int] | None:
    """Reads the value of a ``Q:`` line: (beat in whole notes, beats a minute); a bare number counts quarters."""
    match = re.search(r"(?:(\d{1,4})/(\d{1,4})\s*=\s*)?(\d{1,4})", re.sub(r'"[^"]*"', "", text))
    if match is None or any(number is not None and int(number) == 0 for number in match.groups()):
        return None
    beat = Fraction(int(match.group(1)), int(match.group(2))) if match.group(1) else Fraction(1, 4)
    return beat, int(match.group(3))
