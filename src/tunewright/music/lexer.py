"""The words of ABC music: what cuts a line into stretches of notes, a stretch into tokens, and what tokens spell.

Source: the ABC standard 2.1 (abcnotation.com, 2011), section 4.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

_DECORATIONS = """
    trill trill( trill) lowermordent uppermordent mordent pralltriller roll turn turnx invertedturn invertedturnx
    arpeggio accent emphasis fermata invertedfermata tenuto staccato 0 1 2 3 4 5 plus snap slide wedge upbow downbow
    open thumb breath pppp ppp pp p mp mf f ff fff ffff sf sfz sfp crescendo( crescendo) diminuendo( diminuendo) <( <)
    >( >) 8va( 8va) 8vb( 8vb) segno coda D.S. D.C. D.S.alcoda D.S.alfine D.C.alcoda D.C.alfine dacoda dacapo fine
    shortphrase mediumphrase longphrase
""".split()
DECORATIONS = {name.lower(): name for name in _DECORATIONS}
"""Names of decorations, by their small letters."""
SHORT_DECORATIONS = {
    ".": "staccato", "~": "roll", "H": "fermata", "L": "accent", "M": "lowermordent", "O": "coda",
    "P": "uppermordent", "S": "segno", "T": "trill", "u": "upbow", "v": "downbow",
}  # fmt: skip
_LONG = sorted((name for name in DECORATIONS if len(name) > 3 and name.isalpha()), key=len, reverse=True)
_LONG_DECORATION = "|".join(_LONG)
DEFAULT_TUPLETS = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}

LENGTH = r"(?:\d{1,3})?(?:/{1,6}(?:\d{1,3})?)?"
PITCH = r"(?:\^\^?|__?|=)?[A-Ga-g][,']*"
_PASSES = r"\d{1,3}(?:[,-]\d{1,3})*"
_CHORD = r"\[(?![A-Za-z]:|[ ]*\d|\|)[^][|\n]*\]"  # no '[' inside: what never closes is seen at once

STRUCTURE = re.compile(
    rf"""
    (?P<notes>(?:[^]"%&:M!|(\[]++|"[^"\n]*+"?|!|\(\d(?::\d*+)++|\(|M(?!:)|{_CHORD})++)
  | (?P<bar>(?:(?::|\[(?=\|))*+\|(?:\||\]|\[(?=\|))*+(?:(?<!\]):*+)?|::+)(?:[ \t]*(?P<passes>{_PASSES}))?)
  | (?P<field>\[[A-Za-z]:[^][\n]*\])
  | \[[ ]*(?P<ending>{_PASSES})
  | (?P<comment>%.*)
  | (?P<overlay>&)
  | (?P<bare_meter>M:\s*(?:\d+/\d+|C\|?)(?=\s))
  | (?P<stray>.)
    """,
    re.VERBOSE | re.DOTALL,
)
"""What a line of music is made of: stretches of notes between bar lines, endings and inline fields."""

LINE_START = re.compile(rf"\s*(?:(?P<passes>{_PASSES})(?=[^\d/])|(?P<opens>:)(?=[^|:]))")
"""What belongs to the bar line at the end of the line before: an ending's number, the dots of a repeat."""

NOT_NOTES = re.compile(r'"[^"\n]*"|![^!\n]*!|\[[A-Za-z]:[^][\n]*\]|%.*')
"""What a line of music holds besides notes and bar lines: annotations, decorations, fields, a comment."""

TOKEN = re.compile(
    rf"""
    (?P<note>{PITCH})(?P<note_length>{LENGTH})
  | (?P<space>\s+)
  | (?P<broken><+|>+)
  | (?P<tie>\.?-)
  | (?P<tuplet>\(\d(?::\d{{0,3}})?(?::\d{{0,3}})?)
  | (?P<slur>\.?\(|\))
  | (?P<rest>[zx])(?P<rest_length>{LENGTH})
  | (?P<measures>[ZX]\d{{0,4}})
  | (?P<grace>\{{[^{{}}\n]*\}})
  | (?P<symbol>"[^"\n]*"?)
  | (?P<chord>\[[^][\n]*\]|\+(?:{PITCH}{LENGTH}-?){{2,}}\+)(?P<chord_length>{LENGTH})
  | (?P<decoration>![^\s!|\[\]:]+!|\+[A-Za-z0-9.<>()]+\+)
  | !(?P<unclosed>{_LONG_DECORATION})
  | (?P<line_end>!)
  | y\d*
  | (?P<letter>[.~H-Wh-w])
  | (?P<quiet>[`*$\\])
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
"""What a stretch of notes is made of."""

_INSIDE_CHORD = re.compile(rf"({PITCH})({LENGTH})(-?)|[zx]{LENGTH}|[.~H-Wh-w()\s]|![^!]*!|\"[^\"]*\"|(?P<other>.)")
_PITCH_PARTS = re.compile(r"(\^\^?|__?|=)?([A-Ga-g])([,']*)")


class Written(NamedTuple):
    """A pitch as written: its accidental (``""`` if none), its letter in upper case, and its scientific octave."""

    accidental: str
    step: str
    octave: int


@lru_cache(maxsize=4096)
def parse_length(text: str) -> Fraction:
    """The multiplier that a written length stands for: ``""`` 1, ``"3/2"`` 3/2, ``"/"`` 1/2, ``"//"`` 1/4."""
    upper, slashes, lower = re.fullmatch(r"(\d*)(/*)(\d*)", text).groups()  # type: ignore[union-attr]
    divisor = int(lower) if lower else 2 ** len(slashes)
    return Fraction(int(upper or 1), divisor or 1)


@lru_cache(maxsize=4096)
def parse_pitches(text: str) -> tuple[Written, ...]:
    """Each pitch written in a text such as ``"^c'eG,"``; all else in it is passed over."""
    return tuple(
        Written(accidental or "", letter.upper(), (5 if letter.islower() else 4) + marks.count("'") - marks.count(","))
        for accidental, letter, marks in _PITCH_PARTS.findall(text)
    )


def default_normal(actual: int, compound: bool) -> int:
    """In the time of how many notes a tuplet of ``actual`` stands that doesn't say so itself (ABC 2.1, 4.13)."""
    return DEFAULT_TUPLETS.get(actual, 3 if compound else 2)


class Chord(NamedTuple):
    """What stands between a chord's brackets.

    Attributes:
        pitches: from the first written to the last.
        length: of its first note, which is the chord's (ABC 2.1, 4.17).
        tied: whether any of its notes is.
        other: the first character in it that means nothing; ``""`` if there is none.
    """

    pitches: tuple[Written, ...]
    length: Fraction
    tied: bool
    other: str


def parse_chord(inside: str) -> Chord:
    """Reads the notes of a chord."""
    notes = [match for match in _INSIDE_CHORD.finditer(inside) if match.group(1)]
    other = next((match.group("other") for match in _INSIDE_CHORD.finditer(inside) if match.group("other")), "")
    pitches = tuple(pitch for match in notes for pitch in parse_pitches(match.group(1)))
    length = parse_length(notes[0].group(2)) if notes else Fraction(1)
    return Chord(pitches, length, any(match.group(3) for match in notes), other)


def parse_passes(text: str) -> tuple[int, ...]:
    """The passes that an ending is for: ``"1,3"`` and ``"1-3"``; of a range that runs backwards, its first."""
    passes: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        passes.append(int(first))
        passes.extend(range(int(first) + 1, min(int(last or first), int(first) + 16) + 1))
    return tuple(passes)


@lru_cache(maxsize=1024)
def bar_line(text: str) -> tuple[bool, str, bool]:
    """Whether a bar line closes a repeat, its plain style (``"|"``, ``"||"``, ``"|]"``), and whether it opens one."""
    text = text.replace("[|]", "|")  # a bar line that is not drawn
    style = "|]" if "]" in text else "||" if text.count("|") > 1 else "|"
    return text.startswith(":"), style, text.endswith(":")
