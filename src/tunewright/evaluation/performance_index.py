"""Performances laid out so that whatever another performance shares with any of them is found at once.

A performance is one line of pitches: its notes in the order in which they begin, those that begin nearly together as
one chord, from the lowest up. What two lines have in common are shared runs of equal intervals, so transposition,
tempo, loudness and the pedal hide nothing, and neither does the order in which a hand happens to strike a chord.

Scales, trills, tremolos, repeated notes and Alberti basses are common property: they have few different intervals. So
runs are found by *telling* seeds alone, of at least :data:`DIFFERENT` different intervals; what is plain is found where
it goes on from a telling seed, as in BLAST, where seeds are extended (Altschul et al. 1990). A copied passage is found
with its scales, a scale alone is not.
"""

from __future__ import annotations

import io
import itertools
import json
import random
import zlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tunewright.contracts import Piece
from tunewright.errors import InputError
from tunewright.evaluation.tune_index import DAMAGE, Known
from tunewright.evaluation.tune_lines import (
    NOTES,
    SEED,
    Integers,
    Lines,
    Mask,
    Query,
    Seeds,
    SharedRuns,
    joined,
    numbered,
)
from tunewright.music.fingerprint import GRAM
from tunewright.music.midi import Notes, read_midi

CHORD = 0.04
"""Notes that begin within so many seconds of the one before are one chord; the fingers of a hand are that uneven."""
DIFFERENT = 5
"""A seed of fewer different intervals is common property: of an Alberti bass it has four, of a scale two."""
HELD_OUT = 200
"""At most so many known performances are held out, a passage of each, to learn how much human ones share."""
PASSAGE = (500, 1000)
"""Least and most notes of such a passage: about as many as are composed."""
STRIDE = 32
"""So many intervals are compared at once where runs are extended."""

Pitches = NDArray[np.uint8]


class PerformanceIndex:
    """Known performances, ready to be compared with.

    Args:
        lines: of all known performances, in their order, one each.
        known: titles and origins of the same.
        usual: shares of human passages that are found in others, sorted.
    """

    def __init__(self, lines: Lines, known: Sequence[Known], usual: NDArray[np.float32]) -> None:
        self.lines, self.known, self.usual = lines, known, usual

    @classmethod
    def of(cls, pieces: Sequence[Piece], clusters: Sequence[int]) -> PerformanceIndex:
        """The index of these performances, which knows how much of human ones is found in others.

        Args:
            clusters: of performances of the same composition, the number of each piece's; none is compared with its
                own.

        Raises:
            InputError: a piece's MIDI can't be read.
        """
        known = [Known(piece.title, piece.origin, "", "") for piece in pieces]
        index = cls(_lines([_line_of(piece) for piece in pieces]), known, np.empty(0, np.float32))
        chance, numbers = random.Random(0), np.array(clusters)
        chosen = chance.sample(range(len(pieces)), min(len(pieces), HELD_OUT))
        shares = [index._share_in_others(one, numbers != numbers[one], chance) for one in chosen]
        index.usual = np.array(sorted(shares), np.float32)
        return index

    def __len__(self) -> int:
        return len(self.known)

    @cached_property
    def _ends(self) -> Integers:
        """Where each line ends."""
        return np.cumsum(self.lines.lengths)

    @cached_property
    def _seeds(self) -> Seeds:
        return Seeds.of(*telling_seeds(self.lines))

    def shared_runs(self, lines: Lines, among: Mask | None = None) -> SharedRuns:
        """Every longest stretch of equal intervals that holds a telling seed and stands in a known performance too.

        Args:
            lines: of one performance.
            among: which known performances count, shape (performances,); None for all.
        """
        own, known = self._seeds.hits(*telling_seeds(lines))
        if among is not None:
            keep = among[self._number(known)]
            own, known = own[keep], known[keep]
        start, known_start, intervals = joined(own, known, len(lines.pitches))
        number = self._number(known_start)
        end, known_end = start + intervals, known_start + intervals
        first, last = (self._ends - self.lines.lengths)[number], self._ends[number] - 1
        pairs = (lines.pitches, self.lines.pitches)
        before = _further(pairs, start, known_start, np.minimum(start, known_start - first), -1)
        after = _further(pairs, end, known_end, np.minimum(len(lines.pitches) - 1 - end, last - known_end), 1)
        start, known_start, intervals = start - before, known_start - before, intervals + before + after
        # Seeds with something plain between them have become the same run.
        rows = np.unique(known_start * (len(lines.pitches) + 1) + start, return_index=True)[1]
        kinds = np.full(len(rows), NOTES)
        return SharedRuns(kinds, start[rows], known_start[rows], intervals[rows], number[rows])

    def to_bytes(self) -> bytes:
        """The index as a file's content."""
        file = io.BytesIO()
        told = json.dumps([(one.title, one.origin) for one in self.known], ensure_ascii=False)
        np.savez_compressed(
            file,
            pitches=self.lines.pitches,
            lengths=self.lines.lengths.astype(np.uint32),
            usual=self.usual,
            known=np.frombuffer(zlib.compress(told.encode(), 9), np.uint8),
        )
        return file.getvalue()

    @classmethod
    def load(cls, path: Path) -> PerformanceIndex:
        """Reads what :meth:`to_bytes` gave.

        Raises:
            InputError: the file is missing or holds no index.
        """
        try:
            with np.load(path) as file:
                pitches, lengths, usual = file["pitches"], file["lengths"].astype(np.int64), file["usual"]
                known = json.loads(zlib.decompress(file["known"].tobytes()))
            if pitches.dtype != np.uint8 or len(lengths) != len(known) or pitches.shape != (lengths.sum(),):
                raise ValueError("its arrays do not fit together")
            read = [Known(title, origin, "", "") for title, origin in known]
        except DAMAGE as error:
            raise InputError(f"{path} is no index of performances ({error})") from None
        return cls(Lines(pitches, lengths, np.full(len(lengths), NOTES, np.uint8)), read, usual)

    def _number(self, positions: Integers) -> Integers:
        """Numbers of the performances that these positions are of."""
        return np.searchsorted(self._ends, positions, "right")

    def _share_in_others(self, number: int, others: Mask, chance: random.Random) -> float:
        """Share of a passage of one performance that is found in the others."""
        end, length = int(self._ends[number]), int(self.lines.lengths[number])
        notes = min(length, chance.randint(*PASSAGE))
        begin = end - length + chance.randint(0, length - notes)
        query = query_of(self.lines.pitches[begin : begin + notes])
        runs = self.shared_runs(query.lines, others)
        return query.found_in_two(query.covered(runs[query.counts(runs)])[1])


def line(notes: Notes, given: int = 0) -> Pitches:
    """Pitches of a performance in the order in which its notes begin, those of a chord from the lowest up.

    Args:
        given: so many notes at its beginning are left out.
    """
    starts, pitches = notes.starts[given:], notes.pitches[given:]
    chords = np.cumsum(np.diff(starts, prepend=starts[:1]) > CHORD)
    return pitches[np.lexsort((pitches, chords))].astype(np.uint8)


def query_of(pitches: Pitches) -> Query:
    """A performance to be looked up, by its line; all of its notes count, and it has no bars."""
    places = np.arange(len(pitches))
    no_bars = np.empty((0, 2), np.int64)
    return Query(_lines([pitches]), places, places, np.ones(len(pitches), bool), no_bars, reach=GRAM)


def telling_seeds(lines: Lines) -> tuple[Integers, Integers]:
    """All seeds of at least :data:`DIFFERENT` different intervals, as numbers, and where each begins."""
    runs, starts = lines.runs(NOTES, SEED)
    ordered = np.sort(runs, axis=1).T
    changes = (after != before for before, after in itertools.pairwise(ordered))
    telling = sum(changes, start=np.ones(len(runs), np.uint8)) >= DIFFERENT
    return numbered(runs[telling]), starts[telling]


def _lines(lines: Sequence[Pitches]) -> Lines:
    lengths = np.array([len(one) for one in lines], np.int64)
    return Lines(np.concatenate([np.empty(0, np.uint8), *lines]), lengths, np.full(len(lines), NOTES, np.uint8))


def _line_of(piece: Piece) -> Pitches:
    try:
        return line(read_midi(piece.midi).notes)
    except InputError as error:
        raise InputError(f"{piece.origin}: {error}") from None


def _further(
    pitches: tuple[Pitches, Pitches], at: Integers, known_at: Integers, room: Integers, direction: int
) -> Integers:
    """How many intervals further, from each pair of positions on, a performance and the known ones are alike.

    Args:
        pitches: of both.
        at: positions in the performance, shape (pairs,).
        known_at: positions in the known ones, shape (pairs,).
        room: how many intervals there are to compare, shape (pairs,).
        direction: 1 for onward, -1 for back.
    """
    own, known = pitches
    higher = (own[at] - known[known_at])[:, None]
    further = np.zeros_like(at)
    rows = np.arange(len(at))
    while len(rows):
        ahead = further[rows, None] + np.arange(1, STRIDE + 1)
        there, known_there = at[rows, None] + direction * ahead, known_at[rows, None] + direction * ahead
        same = own.take(there, mode="clip") - known.take(known_there, mode="clip") == higher[rows]
        same &= ahead <= room[rows, None]
        further[rows] += np.where(same.all(axis=1), STRIDE, same.argmin(axis=1))
        rows = rows[same.all(axis=1)]
    return further
