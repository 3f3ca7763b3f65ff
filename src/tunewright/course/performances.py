"""Performances for the notebooks: pianists' where they are at hand, else tunes with a bass, played a bit unevenly."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from tunewright.contracts import Piece
from tunewright.corpora import maestro
from tunewright.corpora.download import cache_folder
from tunewright.course.material import irish_tunes
from tunewright.course.piano import LOWEST_BASS, bass_of, melody_of
from tunewright.errors import CorpusError
from tunewright.music.midi import Notes, in_order, write_midi
from tunewright.music.reader import read_tune

KNOWN, HELD_OUT = 48, 8
"""Performances to learn from and held out: as many as a notebook has time for."""
LATE, HELD = 0.02, 0.9
"""Of stand-ins: seconds by which a key is struck late, at most, and the share of a note for which it is held."""
SOFT, SWING, LOUDEST = 44, 8, 127
"""Velocity of their bass, by how much any velocity is varied, and the highest there is."""


@dataclass(frozen=True)
class Performances:
    """Performances to learn from.

    Attributes:
        known: to learn from.
        held_out: of other compositions.
        is_real: whether they are out of MAESTRO; if not, they are tunes with a bass.
    """

    known: tuple[Piece, ...]
    held_out: tuple[Piece, ...]
    is_real: bool


@cache
def performances() -> Performances:
    """The shortest performances of MAESTRO, or of a part of it, that lies below ``$TUNEWRIGHT_DATA`` or in the cache,
    divided as its makers say; else Irish tunes with a bass and a pedal, their times and velocities varied a little.
    """
    for index in _indices():
        known, held_out = (_shortest(index, *wanted) for wanted in (("training", KNOWN), ("validation", HELD_OUT)))
        if known and held_out:
            return Performances(known, held_out, True)
    tunes, held_tunes = irish_tunes().split()
    return Performances(tuple(map(played, tunes[:KNOWN])), tuple(map(played, held_tunes[:HELD_OUT])), False)


def _indices() -> Iterator[Path]:
    """Tables of MAESTRO that may be here."""
    data = os.environ.get("TUNEWRIGHT_DATA")
    yield from sorted(Path(data).rglob("maestro*.csv")) if data else ()
    yield cache_folder() / maestro.NAME / maestro.INDEX


def _shortest(index: Path, part: str, count: int) -> tuple[Piece, ...]:
    """The shortest performances of a part whose files are here; none if it is no table of MAESTRO."""
    try:
        rows = maestro.rows_of(index)
    except CorpusError:
        return ()
    there = [row for row in rows.values() if row.part == part and (index.parent / row.file).is_file()]
    chosen = sorted(there, key=lambda row: row.seconds)[:count]
    contents = ((index.parent / row.file).read_bytes() for row in chosen)
    return tuple(
        Piece(row.title, "", row.file, licence=maestro.LICENCE, kind="performance", midi=content)
        for row, content in zip(chosen, contents, strict=True)
    )


def played(piece: Piece) -> Piece:
    """A tune as somebody might play it: the higher the louder, a soft bass below it, no two notes quite in time, each
    let go a little early, and the pedal down from the beginning of each note of the bass to its end.
    """
    tune, chance = read_tune(piece.text), random.Random(piece.text)
    bass = bass_of(tune)
    melody = [(*note, SOFT + note[2] - LOWEST_BASS) for note in melody_of(tune)]
    rows = []
    for start, end, pitch, velocity in sorted([*melody, *((*note, SOFT) for note in bass)]):
        late = chance.uniform(0, LATE)
        held = start + late + HELD * (end - start)
        rows.append((start + late, held, pitch, min(velocity + chance.randint(-SWING, SWING), LOUDEST)))
    starts, ends, pitches, velocities = map(np.array, zip(*rows, strict=True))
    pedal = np.array([(start + LATE, end) for start, end, _ in bass]).reshape(-1, 2)
    content = write_midi(in_order(Notes(starts, ends, pitches, velocities)), pedal, tune.title)
    return Piece(tune.title, "", piece.origin, kind="performance", midi=content)
