"""The words of ABC music: one pattern that cuts a line into tokens, and what lengths and pitches spell.

Source: the ABC standard 2.1 (abcnotation.com, 2011), section 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

DECORATIONS = frozenset(
    """
    trill lowermordent uppermordent mordent pralltriller roll turn turnx invertedturn accent emphasis fermata
    invertedfermata tenuto 0 1 2 3 4 5 plus snap slide wedge upbow downbow open thumb breath pppp ppp pp p mp mf f ff
    fff ffff sfz crescendo( crescendo) diminuendo( diminuendo) <( <) >( >) segno coda D.S. D.C. dacoda dacapo fine
    shortphrase mediumphrase longphrase
    """.split()
)
DEFAULT_TUPLETS = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}
ACCIDENTALS = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}

LENGTH = r"\d{0,6}/{0,6}\d{0,6}"
PITCH = r"(?:\^\^|\^|__|_|=)?[A-Ga-g][,']*"
TOKEN = re.compile(
    rf"""
    (?P<comment>%.*)
  | (?P<field>\[[A-Za-z]:[^\]\n]*\])
  | (?P<bare_meter>M:\s*(?:\d+/\d+|C\|?)(?=\s))
  | (?P<bar>(?:\[\||:*\|[|\]]*:*|::+)(?P<passes>\d{{1,3}}(?:[,-]\d{{1,3}})*)?)
  | (?P<ending>\[(?P<ending_passes>\d{{1,3}}(?:[,-]\d{{1,3}})*))
  | (?P<symbol>"[^"\n]*")
  | (?P<grace>\{{[^}}\n]*\}})
  | (?P<chord>\[(?:{PITCH}{LENGTH}-?)+\])(?P<chord_length>{LENGTH})
  | (?P<tuplet>\(\d(?::\d{{0,3}})?(?::\d{{0,3}})?)
  | (?P<broken><+|>+)
  | (?P<note>{PITCH})(?P<note_length>{LENGTH})
  | (?P<rest>[zx])(?P<rest_length>{LENGTH})
  | (?P<measures>[ZX]\d{{0,4}})
  | (?P<tie>-)
  | (?P<decoration>![A-Za-z0-9.<>()]+!)
  | (?P<quiet>[~.uvTHLMOPSJR()`y$*\\!])
  | (?P<space>\s+)
    """,
    re.VERBOSE,
)


def parse_length(text: str) -> Fraction:
    """The multiplier that a written length stands for: ``""`` 1, ``"3/2"`` 3/2, ``"/"`` 1/2, ``"//"`` 1/4."""
    upper, slashes, lower = re.fullmatch(r"(\d*)(/*)(\d*)", text).groups()  # type: ignore[union-attr]
    divisor = int(lower) if lower else 2 ** len(slashes)
    return Fraction(int(upper or 1), divisor or 1)


def parse_pitches(text: str) -> Iterator[tuple[str, str, int]]:
    """(accidental, step, scientific octave) of each pitch written in a text such as ``"^c'eG,"``."""
    for match in re.finditer(r"(\^\^|\^|__|_|=)?([A-Ga-g])([,']*)", text):
        accidental, letter, marks = match.groups()
        octave = (5 if letter.islower() else 4) + marks.count("'") - marks.count(",")
        yield accidental or "", letter.upper(), octave
