"""Words under the music: the syllables of a ``w:`` line and the notes they belong to.

Source: the ABC standard 2.1, section 5.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from tunewright.music.tune import Bar, Note

_SYLLABLE = re.compile(r"(?P<gap>(?<=[ \t])-)|[^ \t\-_*|\\]+|[-_*|]")
HELD_SPACE, HYPHEN = "\u00a0", "\u2011"
"""What ``~`` and ``\\-`` stand for within a syllable."""


def syllables(text: str) -> list[str]:
    """What each note in turn gets: a syllable (``"a-"`` if the word goes on), ``"_"`` to hold the one before, or ``""``
    for none; ``"|"`` moves on to the next bar.
    """
    found: list[str] = []
    for match in _SYLLABLE.finditer(text.strip().replace("~", HELD_SPACE).replace("\\-", HYPHEN)):
        token = match.group()
        if token == "-":
            goes_on = bool(found) and found[-1] not in ("", "|", "_") and not found[-1].endswith("-")
            if goes_on:
                found[-1] += "-"
            if match.group("gap") or not goes_on:
                found.append("_")
        else:
            found.append("" if token == "*" else token)
    return found


def align(bars: Sequence[Sequence[Note]], text: str) -> dict[str, str]:
    """Syllable of each note, by its identity, of one ``w:`` line under these bars; rests get none."""
    aligned: dict[str, str] = {}
    waiting = syllables(text)
    for bar in bars:
        for note in bar:
            if note.is_rest or not waiting or waiting[0] == "|":
                continue
            aligned[note.identity] = waiting.pop(0)
        if waiting and waiting[0] == "|":
            waiting.pop(0)
    return aligned


def write_syllables(sung: Sequence[str]) -> str:
    """The ``w:`` line of these syllables, one for each note: :func:`syllables` reads it back."""
    words = [one.replace(HELD_SPACE, "~").replace(HYPHEN, "\\-") or "*" for one in sung]
    while words and words[-1] == "*":
        words.pop()
    return " ".join(words)


def with_lyrics(bars: Sequence[Bar], verses: Sequence[dict[str, str]]) -> list[Bar]:
    """The bars with the syllables of each verse at their notes."""

    def sung(note: Note) -> Note:
        lyrics = tuple(verse.get(note.identity, "") for verse in verses)
        return note._replace(lyrics=lyrics) if any(lyrics) else note

    return [replace(bar, spell=partial(tuple, [sung(note) for note in bar.notes])) for bar in bars]
