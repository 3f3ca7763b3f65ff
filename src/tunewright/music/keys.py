"""Key signatures and meters: what ``K:`` and ``M:`` mean, and how the house spells them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from tunewright.errors import InputError
from tunewright.music.tune import STEPS, Key, Meter

# Fifths of the major key on each letter, and by how many fifths each mode lies from it.
FIFTHS = {"C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5, "F": -1}
MODES = {
    "": ("major", 0),
    "maj": ("major", 0),
    "ion": ("ionian", 0),
    "mix": ("mixolydian", -1),
    "dor": ("dorian", -2),
    "m": ("minor", -3),
    "min": ("minor", -3),
    "aeo": ("aeolian", -3),
    "phr": ("phrygian", -4),
    "loc": ("locrian", -5),
    "lyd": ("lydian", 1),
}
HOUSE_MODES = {"major": "", "ionian": "", "minor": "min", "aeolian": "min"}
ORDER_OF_SHARPS = "FCGDAEB"
SIGNS = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}
"""Semitones that each accidental raises its letter by."""
SIGN_OF = {semitones: sign for sign, semitones in SIGNS.items()}
NO_KEY = Key("none", 0, "none")
NO_METER = Meter("none", 0, 4)

_KEY = re.compile(r"([A-G])([#b]?)\s*([A-Za-z]*)(?!\S)")
_METER = re.compile(r"\(?(\d{1,4}(?:\s*\+\s*\d{1,4})*)\)?\s*/\s*(\d{1,4})")
_ACCIDENTAL = re.compile(r"(\^\^?|__?|=)([A-Ga-g])")
_NO_KEY_WORD = re.compile(r"(?:clef|middle|transpose|octave|stafflines|staffscale|style|score|sound|cue|m|t)=\S*")
_CLEF = re.compile(r"\b(?:treble|bass|alto|tenor|perc|none)\d?(?:[+-]8)?(?=\s|$)", re.IGNORECASE)


def parse_key(text: str) -> Key:
    """Reads the value of a ``K:`` line, e.g. ``"E Dorian"``, ``"Edor"``, ``"F#m"``, ``"D Phr ^f"``, ``"HP"``.

    A clef and other words about the staff are passed over. Bagpipe music is read as sounding: ``Hp`` has sharp F and
    C in its signature, ``HP`` has the same pitches and writes no signature.

    Raises:
        InputError: it names no key.
    """
    value = " ".join(_NO_KEY_WORD.sub(" ", text).split())
    named = _CLEF.sub("", value).strip()
    if named.lower() in ("none", "") or value.lower() == "none":
        return NO_KEY
    if named in ("HP", "Hp"):
        return Key(named, 2 if named == "Hp" else 0, "none", () if named == "Hp" else (("F", 1), ("C", 1)))
    accidentals = tuple((letter.upper(), SIGNS[sign]) for sign, letter in _ACCIDENTAL.findall(named))
    written = _ACCIDENTAL.sub(" ", named)
    explicit = re.search(r"\bexp\b", written, re.IGNORECASE)
    match = _KEY.match(re.sub(r"\bexp\b", "", written, flags=re.IGNORECASE).strip())
    if match is None and accidentals:
        return Key("none", 0, "none", accidentals)
    mode_name = _mode_name(match.group(3)) if match else None
    if match is None or mode_name is None:
        raise InputError(f"'{text.strip()}' is not a key; expected for example 'G', 'Edor', 'D Mixolydian' or 'F#m'")
    letter, sign, _ = match.groups()
    mode, offset = MODES[mode_name]
    fifths = FIFTHS[letter] + {"#": 7, "b": -7, "": 0}[sign] + offset
    if not -7 <= fifths <= 7:
        raise InputError(f"'{text.strip()}' would need {abs(fifths)} accidentals in its signature; there are only 7")
    name = letter + sign + HOUSE_MODES.get(mode, mode[:3])
    return Key(name, 0 if explicit else fifths, "none" if explicit else mode, accidentals)


def _mode_name(text: str) -> str | None:
    """The mode by its first three letters; a lone ``M`` is major, a lone ``m`` minor; None for no mode."""
    if text == "M":
        return ""
    name = text.lower()[:3]
    return name if name in MODES else None


@cache
def signature(key: Key) -> Mapping[str, int]:
    """Alteration of each letter in a key, in semitones: ``{"C": 0, "D": 0, ...}``."""
    altered = ORDER_OF_SHARPS[: key.fifths] if key.fifths >= 0 else ORDER_OF_SHARPS[key.fifths :]
    sign = 1 if key.fifths > 0 else -1
    plain = {step: sign if step in altered and key.fifths else 0 for step in STEPS}
    return MappingProxyType({**plain, **dict(key.accidentals)})


def house_key(key: Key) -> str:
    """A key in the one spelling of the house, e.g. ``"Edor"`` or ``"Dphr ^f"``; :func:`parse_key` reads it back."""
    accidentals = [SIGN_OF[semitones] + letter.lower() for letter, semitones in key.accidentals]
    if key.name in ("HP", "Hp"):
        return key.name
    explicit = ["exp"] if key.mode == "none" and key.name != "none" else []
    name = [] if key.name == "none" and accidentals else [key.name]
    return " ".join([*name, *explicit, *accidentals])


def parse_meter(text: str) -> Meter:
    """Reads the value of an ``M:`` line, e.g. ``"6/8"``, ``"C"``, ``"C|"``, ``"(2+3)/8"``, ``"none"``.

    Raises:
        InputError: it names no meter.
    """
    value = text.strip()
    if value.lower() in ("none", ""):
        return NO_METER
    if value in ("C", "C|", "c", "c|"):
        return Meter("C", 4, 4) if len(value) == 1 else Meter("C|", 2, 2)
    match = _METER.fullmatch(value)
    if match is None or int(match.group(2)) == 0 or not any(map(int, match.group(1).split("+"))):
        raise InputError(f"'{value}' is not a meter; expected for example '6/8', '4/4', 'C', 'C|' or 'none'")
    beats = [int(beat) for beat in match.group(1).split("+")]
    return Meter(f"{'+'.join(map(str, beats))}/{int(match.group(2))}", sum(beats), int(match.group(2)))
