"""Tunes laid out so that whatever another tune shares with any of them is found at once.

Each tune stands there in the readings of :mod:`tunewright.music.fingerprint`, its melody and its beats: both are blind
to key and rhythm, the beats to ornaments too. What two readings have in common are *shared runs*, the longest stretches
of equal intervals. They are found as in BLAST (Altschul et al. 1990): by seeds, short runs that are looked up among all
of the known tunes' at once; seeds that follow one another in both tunes are one run.
"""

from __future__ import annotations

import io
import itertools
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from tokenize import TokenError
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tunewright.contracts import Piece
from tunewright.errors import InputError
from tunewright.evaluation.tune_lines import (
    BEATS,
    MELODY,
    Integers,
    Lines,
    Mask,
    Seeds,
    SharedRuns,
    joined,
    readings,
)
from tunewright.music.fingerprint import fingerprint_of
from tunewright.music.outline import outline
from tunewright.music.reader import read_tune
from tunewright.music.titles import plain_title
from tunewright.music.tune import Tune

DAMAGE = (
    OSError, EOFError, ValueError, TypeError, KeyError, RuntimeError, SyntaxError, MemoryError, TokenError, zlib.error,
    zipfile.BadZipFile,
)  # fmt: skip
"""What reading a damaged file of arrays may raise."""


class Known(NamedTuple):
    """A known tune as it was written; of one that may not be given away the outline alone."""

    title: str
    origin: str
    key: str
    text: str


class TuneIndex:
    """Known tunes, ready to be compared with.

    Args:
        lines: of all known tunes, in their order.
        owners: number of the tune that each line is of, shape (lines,).
        bars: checksums of the contents of their bars, sorted; see :func:`bar_contents`.
        usual: shares of human tunes that are found in others, sorted; see :mod:`tunewright.evaluation.originality`.
        packed: the known tunes as they were written, as JSON, compressed.
    """

    def __init__(
        self,
        lines: Lines,
        owners: Integers,
        bars: NDArray[np.uint32],
        usual: NDArray[np.float32],
        packed: bytes,
    ) -> None:
        self.lines, self.owners, self.bars, self.usual, self._packed = lines, owners, bars, usual, packed

    @classmethod
    def of(cls, tunes: Sequence[Tune], pieces: Sequence[Piece]) -> TuneIndex:
        """The index of these tunes, which stand in the pieces; not yet calibrated."""
        read = [(number, line) for number, tune in enumerate(tunes) for line in readings(tune)]
        contents = {content for tune in tunes for content in bar_contents(tune) if content}
        known = [(piece.title, piece.origin, piece.key, piece.text) for piece in pieces]
        return cls(
            Lines.of([line for _, line in read]),
            np.array([number for number, _ in read], np.int64),
            np.array(sorted(contents), np.uint32),
            np.empty(0, np.float32),
            _packed(known),
        )

    def with_usual(self, usual: NDArray[np.float32]) -> TuneIndex:
        """The same index, calibrated."""
        return TuneIndex(self.lines, self.owners, self.bars, usual, self._packed)

    @cached_property
    def known(self) -> list[Known]:
        """The known tunes as they were written."""
        return [Known(*row) for row in json.loads(zlib.decompress(self._packed))]

    def fingerprints(self) -> Iterator[list[str]]:
        """The fingerprint of each known tune, by its lines."""
        for number in range(len(self)):
            own = self.lines_of(number)
            lines = np.split(own.pitches.astype(int), np.cumsum(own.lengths)[:-1])
            melody, *beats = (tuple(np.diff(line).tolist()) for line in lines)
            yield fingerprint_of(melody, beats)

    def outlined(self, is_open: Callable[[Known], bool]) -> TuneIndex:
        """The same index with no more than the outline (:mod:`tunewright.music.outline`) of tunes that aren't open."""
        known = [one if is_open(one) else one._replace(text=outline(read_tune(one.text))) for one in self.known]
        return TuneIndex(self.lines, self.owners, self.bars, self.usual, _packed(known))

    @cached_property
    def titles(self) -> dict[str, list[str]]:
        """Where the known tunes of each plain title are from."""
        origins: dict[str, list[str]] = {}
        for tune in self.known:
            origins.setdefault(plain_title(tune.title), []).append(tune.origin)
        return origins

    def __len__(self) -> int:
        return int(self.owners[-1]) + 1 if len(self.owners) else 0

    @cached_property
    def _ends(self) -> Integers:
        """Where each line begins, and where the last one ends."""
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(self.lines.lengths)])

    @cached_property
    def _seeds(self) -> list[Seeds]:
        """All seeds of each kind."""
        return [Seeds.of(*self.lines.seeds(kind)) for kind in (MELODY, BEATS)]

    def shared_runs(self, lines: Lines, among: Mask | None = None) -> SharedRuns:
        """Every longest stretch of :data:`SEED` intervals or more that these lines share with one of the known.

        Args:
            among: which known tunes count, shape (tunes,); None for all.
        """
        parts = [self._shared(lines, kind, among) for kind in (MELODY, BEATS)]
        return SharedRuns(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def _shared(self, lines: Lines, kind: int, among: Mask | None) -> tuple[Integers, ...]:
        own, known = self._seeds[kind].hits(*lines.seeds(kind))
        if among is not None:
            keep = among[self.owners[self.lines.line_of[known]]]
            own, known = own[keep], known[keep]
        start, known_start, intervals = joined(own, known, len(lines.pitches))
        tune = self.owners[self.lines.line_of[known_start]]
        return np.full(len(start), kind), start, known_start, intervals, tune

    def bars_found(self, tune: Tune) -> float:
        """Share of a tune's bars, of those that say something, whose contents stand as a bar in a known tune."""
        contents = np.array([content for content in bar_contents(tune) if content], np.uint32)
        if not len(contents) or not len(self.bars):
            return 0.0
        places = np.minimum(np.searchsorted(self.bars, contents), len(self.bars) - 1)
        return float((self.bars[places] == contents).mean())

    def lines_of(self, tune: int) -> Lines:
        """The lines of one known tune."""
        first, last = np.searchsorted(self.owners, [tune, tune + 1])
        begin, end = self._ends[first], self._ends[last]
        return Lines(self.lines.pitches[begin:end], self.lines.lengths[first:last], self.lines.kinds[first:last])

    def to_bytes(self) -> bytes:
        """The index as a file's content."""
        file = io.BytesIO()
        np.savez_compressed(
            file,
            pitches=self.lines.pitches,
            lengths=self.lines.lengths.astype(np.uint16),
            kinds=self.lines.kinds,
            owners=self.owners.astype(np.uint32),
            bars=self.bars,
            usual=self.usual,
            known=np.frombuffer(self._packed, np.uint8),
        )
        return file.getvalue()

    @classmethod
    def load(cls, path: Path) -> TuneIndex:
        """Reads what :meth:`to_bytes` gave.

        Raises:
            InputError: the file is missing or holds no index.
        """
        try:
            with np.load(path) as file:
                lines = Lines(file["pitches"], file["lengths"].astype(np.int64), file["kinds"])
                return cls(lines, file["owners"].astype(np.int64), file["bars"], file["usual"], file["known"].tobytes())
        except DAMAGE as error:
            raise InputError(f"{path} is no index of tunes ({error})") from None


def _packed(known: Sequence[tuple[str, ...]]) -> bytes:
    return zlib.compress(json.dumps(known, ensure_ascii=False).encode(), 9)


def bar_contents(tune: Tune) -> list[int]:
    """What is in each bar, by a checksum that is equal where the melody has the same intervals; 0 for a bar of fewer
    than four different notes in a row, which says little.
    """
    found = []
    for bar in tune.bars:
        pitches = [max(pitch.midi for pitch in note.pitches) for note in bar.notes if note.pitches]
        steps = [later - earlier for earlier, later in itertools.pairwise(pitches) if later != earlier]
        found.append(zlib.crc32(bytes(step % 256 for step in steps)) if len(steps) >= 3 else 0)
    return found
