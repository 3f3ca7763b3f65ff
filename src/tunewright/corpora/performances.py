"""Performances in MIDI files, each looked through once to know whether it can be used and how much it holds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Self

from tunewright.contracts import PARTS, Corpus, Piece, Skipped, Split
from tunewright.corpora.sources import Source
from tunewright.errors import InputError, SettingsError

LARGEST_FILE = 16_000_000
"""Bytes of one MIDI file that is read: two million notes; what is larger is no performance."""


@dataclass(frozen=True)
class PerformanceCorpus(Corpus):
    """Performances, one in each file.

    Attributes:
        notes: how many each piece holds, as keys were struck and let go.
        seconds: of each piece, until its last key is let go.
        parts: of each piece out of :data:`~tunewright.contracts.PARTS`, where the source itself has divided them.
    """

    notes: tuple[int, ...] = field(default=(), repr=False)
    seconds: tuple[float, ...] = field(default=(), repr=False)
    parts: tuple[str, ...] | None = field(default=None, repr=False)

    def stated_parts(self) -> tuple[str, ...] | None:
        return self.parts

    def rewritten(self, form: str, rewrite: Callable[[Piece], Piece | Skipped]) -> Self:
        raise SettingsError(f"corpus.form={form} is a way to write tunes; {self.name} holds performances: leave it raw")

    def facts(self) -> dict[str, Any]:
        """``files``, ``notes`` and ``hours``; the latter two of each part where the source states the parts."""
        if self.parts is None:
            return {"files": len(self.pieces), "notes": sum(self.notes), "hours": _hours(sum(self.seconds))}
        shares = {"train" if part == "training" else part: self._share(part) for part in PARTS}
        return {
            "files": len(self.pieces),
            "notes": {part: notes for part, (notes, _) in shares.items()},
            "hours": {part: _hours(seconds) for part, (_, seconds) in shares.items()},
        }

    def _share(self, part: str) -> tuple[int, float]:
        """Notes and seconds of the pieces of one part."""
        split = Split(self.parts or ())
        return sum(split.select(self.notes, part)), sum(split.select(self.seconds, part))


def read_performances(
    name: str,
    source: str,
    licence: str,
    files: Iterable[Source],
    titles: Callable[[Source], str] = lambda file: PurePosixPath(file.name).stem,
) -> PerformanceCorpus:
    """A performance from each file that is a usable MIDI file, in their order; the others are skipped and told.

    Args:
        name: of the corpus.
        source: where the files were found.
        titles: what each is called; else as its file is.
    """
    from tunewright.music.midi import read_midi

    digest = hashlib.sha256()
    pieces: list[Piece] = []
    notes: list[int] = []
    seconds: list[float] = []
    skipped: list[Skipped] = []
    for file in files:
        try:
            content = _content(file)
            digest.update(content)
            performance = read_midi(content)
        except InputError as error:
            skipped.append(Skipped(file.name, str(error)))
            continue
        pieces.append(Piece(titles(file), "", file.name, licence=licence, kind="performance", midi=content))
        notes.append(len(performance.notes.pitches))
        seconds.append(performance.seconds)
    return PerformanceCorpus(
        name,
        source,
        licence,
        digest.hexdigest(),
        tuple(pieces),
        tuple(skipped),
        notes=tuple(notes),
        seconds=tuple(seconds),
    )


def _content(file: Source) -> bytes:
    if file.size > LARGEST_FILE:
        raise InputError(f"{file.size:,} bytes; expected at most {LARGEST_FILE:,} in a MIDI file")
    return file.read()


def _hours(seconds: float) -> float:
    return round(seconds / 3600, 2)
