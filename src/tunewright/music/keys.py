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
NO_KEY = Key("none", 0, "none")
NO_METER = Meter("none", 0, 4)

_KEY = re.compile(r"([A-G])([#b]?)\s*([A-Za-z]*)")
_METER = re.compile(r"(\d{1,4}(?:\+\d{1,4})*)/(\d{1,4})")
_NO_MODE = re.compile(r"\s+(?:\w+=.*|treble|bass|alto|tenor|perc|exp\b.*)$", re.IGNORECASE)


def parse_key(text: str) -> Key:
    """Reads the value of a ``K:`` line, e.g. ``"E Dorian"``, ``"Edor"``, ``"F#m"``, ``"none"``.

    Raises:
        InputError: it names no key.
    """
    value = text.strip()
    if value.lower() in ("none", ""):
        return NO_KEY
    match = _KEY.match(_NO_MODE.sub("", value))
    mode_name = match.group(3).lower()[:3] if match else ""
    if match is None or mode_name not in MODES:
        raise InputError(f"'{value}' is not a key; expected for example 'G', 'Edor', 'D Mixolydian' or 'F#m'")
    letter, sign, _ = match.groups()
    mode, offset = MODES[mode_name]
    fifths = FIFTHS[letter] + {"#": 7, "b": -7, "": 0}[sign] + offset
    if not -7 <= fifths <= 7:
        raise InputError(f"'{value}' would need {abs(fifths)} accidentals in its signature; there are only 7")
    return Key(letter + sign + HOUSE_MODES.get(mode, mode[:3]), fifths, mode)


@cache
def signature(key: Key) -> Mapping[str, int]:
    """Alteration of each letter in a key, in semitones: ``{"C": 0, "D": 0, ...}``."""
    altered = ORDER_OF_SHARPS[: key.fifths] if key.fifths >= 0 else ORDER_OF_SHARPS[key.fifths :]
    sign = 1 if key.fifths > 0 else -1
    return MappingProxyType({step: sign if step in altered and key.fifths else 0 for step in STEPS})


def parse_meter(text: str) -> Meter:
    """Reads the value of an ``M:`` line, e.g. ``"6/8"``, ``"C"``, ``"C|"``, ``"none"``.

    Raises:
        InputError: it names no meter.
    """
    value = text.strip()
    if value.lower() in ("none", ""):
        return NO_METER
    if value in ("C", "C|"):
        return Meter(value, 4, 4) if value == "C" else Meter(value, 2, 2)
    match = _METER.fullmatch(value)
    if match is None or int(match.group(2)) == 0 or not any(map(int, match.group(1).split("+"))):
        raise InputError(f"'{value}' is not a meter; expected for example '6/8', '4/4', 'C', 'C|' or 'none'")
    return Meter(match.group(0), sum(map(int, match.group(1).split("+"))), int(match.group(2)))
