"""A user's own music: an ``.abc`` or MIDI file, a folder of them, or a ``.zip`` with them in it.

What is read is of one kind. Where both lie together, the tunes are read: MIDI files beside ``.abc`` files are mostly
the same tunes made audible.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from tunewright.contracts import Corpus, Piece, Skipped
from tunewright.corpora.maestro import index_among, read_indexed
from tunewright.corpora.performances import PerformanceCorpus, read_performances
from tunewright.corpora.sources import ABC, MIDI, Source, sources_of
from tunewright.errors import CorpusError, InputError
from tunewright.music.pieces import find_pieces

LARGEST = 200_000_000
"""Bytes of text that are read at most: some hundred thousand tunes; what claims to hold more is no book of tunes."""
LARGEST_OF_MIDI = 1_000_000_000
"""Bytes of MIDI files that are read at most: twelve times MAESTRO. A corpus of performances is held in memory."""


def open_path(path: Path) -> Corpus:
    """Your own tunes in .abc files or performances in MIDI: a file, a folder (with all below it) or a .zip.

    Files are read by name; hidden ones are left out. A file that can't be read, and a tune without key or without
    notes, are skipped and told; a wrong bar is no reason. A folder of MAESTRO, or of a part of it, keeps the titles
    and the split of its csv.

    Raises:
        CorpusError: there is no such path, it holds nothing that can be read, or more than :data:`LARGEST` bytes of
            text or :data:`LARGEST_OF_MIDI` of MIDI.
    """
    sources = list(sources_of(path, (*ABC, *MIDI, ".csv")))
    midi = [source for source in sources if source.ends_with(MIDI)]
    others = [source for source in sources if not source.ends_with((*MIDI, ".csv"))]
    if any(source.ends_with(ABC) for source in others) or (others and not midi):
        return _open_tunes(path, others, len(midi))
    if not midi:
        raise CorpusError(f"{path}: no .abc file in it, and no .mid or .midi file")
    _refuse_above(LARGEST_OF_MIDI, midi, path, "MIDI")
    index = index_among(sources)
    return _open_performances(path, [*midi, *others], index)


def _open_tunes(path: Path, sources: Sequence[Source], left_aside: int) -> Corpus:
    """A book of tunes; ``left_aside`` MIDI files lie beside them."""
    _refuse_above(LARGEST, sources, path, "text")
    pieces, skipped, sha256 = read_sources(sources)
    if not pieces:
        raise CorpusError(f"{path}: no tune that can be read{_first_reason(skipped)}")
    if left_aside:
        reason = "left aside, since there are .abc files too; a folder of their own makes them performances"
        skipped.append(Skipped(f"{left_aside} MIDI files", reason))
    name = str(path)
    return Corpus(name, name, "as its owner says", sha256, tuple(pieces), tuple(skipped))


def _open_performances(path: Path, sources: Sequence[Source], index: Source | None) -> PerformanceCorpus:
    name = str(path)
    if index:
        corpus = read_indexed(name, name, index, sources)
    else:
        corpus = read_performances(name, name, "as its owner says", sources)
    if not corpus.pieces:
        raise CorpusError(f"{path}: no performance that can be read{_first_reason(corpus.skipped)}")
    return corpus


def _refuse_above(limit: int, sources: Sequence[Source], path: Path, what: str) -> None:
    if (size := sum(source.size for source in sources)) > limit:
        raise CorpusError(f"{path}: {size:,} bytes of {what}; expected at most {limit:,}")


def read_sources(sources: Iterable[Source], licence: str = "") -> tuple[list[Piece], list[Skipped], str]:
    """Every tune of some files in their order, what could not be read of them, and the sha256 of their bytes."""
    digest = hashlib.sha256()
    pieces: list[Piece] = []
    skipped: list[Skipped] = []
    for source in sources:
        try:
            content = source.read()
            digest.update(content)
            found = find_pieces(decode(content), source.name, licence)
        except InputError as error:
            skipped.append(Skipped(source.name, str(error)))
            continue
        pieces += found[0]
        skipped += found[1]
    return pieces, skipped, digest.hexdigest()


def decode(content: bytes) -> str:
    """Text of a file in UTF-8 or UTF-16 (by its byte order mark) or else Windows-1252, its line ends all newlines.

    Raises:
        InputError: it is no text.
    """
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        # The few bytes that Windows-1252 leaves open are no letters of any title.
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise InputError("no text (it holds null bytes)")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _first_reason(skipped: Sequence[Skipped]) -> str:
    if not skipped:
        return " (a tune needs a K: line and notes after it)"
    return f"; the first of {len(skipped)} skipped, {skipped[0].origin}: {skipped[0].reason}"
