"""The tonic of a key, and whether parts of tunes end where most do: on it, by its letter."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tunewright.errors import InputError
from tunewright.music.keys import FIFTHS, parse_key
from tunewright.music.playing_order import sections
from tunewright.music.tune import Key, Tune

_FIELD = re.compile(r"[A-Za-z]:")
_TONIC = re.compile(r"([A-G])([#b]?)")
LETTERS = "ABCDEFG"


def tonic_letter(key: Key) -> str:
    """The letter of a key's tonic; empty where the key names none, as for bagpipes."""
    return key.name[0] if key.name[0] in LETTERS else ""


def tonic_pitch_class(key: Key) -> int | None:
    """Pitch class of a key's tonic; None where the key names none, as for bagpipes."""
    match = _TONIC.match(key.name)
    return (7 * FIFTHS[match[1]] + {"#": 1, "b": -1, "": 0}[match[2]]) % 12 if match else None


def tonic_ends(tune: Tune) -> Iterator[bool]:
    """Of each part that ends with a note in a key, whether this is the tonic."""
    for section in sections(tune.bars):
        notes = [(note, tune.bars[index].key) for index in section for note in tune.bars[index].notes if note.pitches]
        if notes and (home := tonic_letter(notes[-1][1])):
            yield max(notes[-1][0].pitches, key=lambda pitch: pitch.midi).step == home


def ends_on_tonic(text: str) -> bool:
    """Whether the last note of a tune's beginning, as ABC, is its tonic; also where there is no note or no tonic."""
    home, last = "", ""
    for line in text.split("\n"):
        if not _FIELD.match(line):
            last = next((char.upper() for char in reversed(line) if char.upper() in LETTERS), last)
        elif line.startswith("K:"):
            try:
                home = tonic_letter(parse_key(line[2:]))
            except InputError:
                home = ""
    return not home or not last or last == home
