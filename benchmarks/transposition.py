"""Whether transposed tunes are the same music: every tune of four books, -6 to 6 semitones and back, by two judges.

The judges are our reader and symusic's ``Score.from_abc``, which plays a tune through its own abc2midi. Each must find
in a transposed tune the notes of the original, every one so many semitones higher, and in the tune transposed back the
notes of the original. A text that came back to the letter needs no second hearing.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from results import parser, tell
from tunewright.music.pieces import house_text, uncollected
from tunewright.music.reader import read_tune
from tunewright.music.transposition import transpose
from tunewright.music.tune import Note
from tunewright.music.writer import write
from tunewright.run import open_corpus
from tunewright.settings import Settings

sys.path.append(str(Path(__file__).parents[1]))  # the judge is the tests' too
from tests.music.by_symusic import heard, higher, silence

BOOKS = ("irish", "oneills", "ryans", "airds")
SEMITONES = [n for n in range(-6, 7) if n]
SAMPLE = 20
"""Tunes of each book that a quick run transposes."""

Read = list[tuple[list[int], Fraction]]
_Music = TypeVar("_Music")


def read(text: str) -> Read:
    """Pitches, those of grace notes too, and length of every note that our reader finds."""
    return [(pitches(note), note.length) for note in read_tune(text).notes()]


def pitches(note: Note) -> list[int]:
    return [pitch.midi for pitch in (*note.graces, *note.pitches, *note.graces_after)]


def higher_read(music: Read, semitones: int) -> Read:
    return [([pitch + semitones for pitch in chord], length) for chord, length in music]


def misses(hear: Callable[[str], _Music], higher: Callable[[_Music, int], _Music], text: str) -> int:
    """How many of the intervals give a judge other music than the same so many semitones higher, or back again."""
    read_tune.cache_clear()  # no tune comes again
    music, found = hear(text), 0
    for semitones in SEMITONES:
        moved = transpose(text, semitones)
        back = transpose(moved, -semitones)
        found += hear(moved) != higher(music, semitones) or (back != text and hear(back) != music)
    return found


def seconds(texts: list[str]) -> float:
    """Processor time that transposing each tune by every interval takes."""
    started = time.process_time()
    for text in texts:
        for semitones in SEMITONES:
            transpose(text, semitones)
    return time.process_time() - started


def row(book: str, form: str, texts: list[str]) -> dict[str, object]:
    took = seconds(texts)
    moved = [(text, transpose(text, semitones), semitones) for text in texts for semitones in SEMITONES]
    with silence():
        heard_misses = sum(misses(heard, higher, text) for text in texts)
        notes = sum(len(track) for text in texts for track in heard(text))
    same = sum(transpose(new, -semitones) == text for text, new, semitones in moved)
    return {
        "book": book,
        "form": form,
        "tunes": len(texts),
        "transposed": len(moved),
        "notes heard": notes,
        "symusic's misses": heard_misses,
        "our reader's misses": sum(misses(read, higher_read, text) for text in texts),
        "no house text": sum(write(read_tune(new)) != new for _, new, _ in moved) if form == "house" else "",
        "same text back, %": 100 * same / len(moved),
        "ms each": 1000 * took / len(moved),
    }


def main() -> None:
    options = parser(__doc__).parse_args()
    rows = []
    for book in BOOKS:
        texts = [piece.text for piece in open_corpus(Settings().with_corpus(book)).pieces]
        if options.quick:
            texts = random.Random(0).sample(texts, SAMPLE)
        with uncollected():
            rows.append(row(book, "raw", texts))
            rows.append(row(book, "house", [house_text(text) for text in texts]))
        print(f"{book}: done", file=sys.stderr)
    transposed = sum(int(str(one["transposed"])) for one in rows)
    ratios = {
        f"{name} / transposed tunes": sum(int(str(one[name])) for one in rows) / transposed
        for name in ("symusic's misses", "our reader's misses")
    }
    tell("transposition", rows, ratios, options.json, options.keep)


if __name__ == "__main__":
    main()
