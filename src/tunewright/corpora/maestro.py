"""MAESTRO v3.0.0: ten years of a piano competition as it was played on Disklaviers, 1276 performances in MIDI.

Hawthorne et al. 2019, "Enabling Factorized Piano Music Modeling and Generation with the MAESTRO Dataset". Its csv tells
composer, title and part of each performance, and what it says is taken as it stands: no composition is in two parts,
but some titles are wrong. (Copies of the json beside it differ.)
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import Field

from tunewright.contracts import Skipped
from tunewright.corpora import download
from tunewright.corpora.archives import unpack
from tunewright.corpora.performances import PerformanceCorpus, read_performances
from tunewright.corpora.sources import MIDI, Source, on_disk
from tunewright.errors import CorpusError, InputError

NAME = "maestro-v3.0.0"
INDEX = f"{NAME}.csv"
FILES = 1276
ADDRESS = f"https://storage.googleapis.com/magentadata/datasets/maestro/v3.0.0/{NAME}-midi.zip"
SIZE = 58_416_533
SHA256 = "70470ee253295c8d2c71e6d9d4a815189e35c89624b76d22fce5a019d5dde12c"
ARCHIVES = {
    f"{NAME}-midi.zip": SHA256,
    f"{NAME}.tar.xz": "5346b8eef374bd8c53fb093f9d93cfe4c699c3e7a117adf2bde83cafbb31e64e",
}
"""The archives that are believed, by name: the official one, and the same files packed again."""
LICENCE = (
    "CC BY-NC-SA 4.0 (MAESTRO, made available by Google LLC): not for commercial use, and what is "
    "made of it is shared alike, weights trained on it too"
)
_PARTS = {"train": "training", "validation": "validation", "test": "test"}
_COLUMNS = ("canonical_composer", "canonical_title", "split", "midi_filename", "duration")

Hours = Annotated[float, Field(gt=0)]


@dataclass(frozen=True)
class Row:
    """What the csv tells of a performance.

    Attributes:
        file: below the folder of the csv.
        part: out of :data:`~tunewright.contracts.PARTS`.
        seconds: as long as its audio is.
    """

    file: str
    title: str
    part: str
    seconds: float


def open_maestro(*, hours: Hours | None = None) -> PerformanceCorpus:
    """MAESTRO v3.0.0, 1276 performances of piano music from a competition, divided as its makers say.

    Args:
        hours: of the training part that are read at most, chosen by the hash of their names, so that a smaller choice
            is part of a larger one; validation and test are whole.

    Raises:
        CorpusError: it is not here and can't be fetched, or isn't whole.
    """
    folder = find_maestro()
    rows = _chosen(rows_of(folder / INDEX), hours)
    files = [on_disk(folder / row.file, row.file) for row in rows.values()]
    corpus = _divided(
        read_performances("maestro", str(folder), LICENCE, files, lambda file: rows[file.name].title), rows
    )
    if corpus.skipped:
        raise CorpusError(f"{folder}: {corpus.skipped[0].origin} is not as it was: {corpus.skipped[0].reason}")
    return corpus


def find_maestro() -> Path:
    """The unpacked folder: from the cache or ``$TUNEWRIGHT_DATA``; else an archive found there, or fetched, unpacked
    into the cache.
    """
    kept = download.cache_folder() / NAME
    data = os.environ.get("TUNEWRIGHT_DATA")
    found = (path.parent for path in (sorted(Path(data).rglob(INDEX)) if data else ()))
    if folder := next(filter(is_whole, itertools.chain([kept], found)), None):
        return folder
    archives = (download.find_file(name, sha256) for name, sha256 in ARCHIVES.items())
    if archive := next(filter(None, archives), None):
        return unpack(archive, kept, is_whole)
    fetched = download.fetch(ADDRESS, SIZE, SHA256)
    folder = unpack(fetched, kept, is_whole)
    fetched.unlink()
    return folder


def is_whole(folder: Path) -> bool:
    """Whether a folder holds the csv and all the files that it names."""
    try:
        rows = rows_of(folder / INDEX)
    except CorpusError:
        return False
    return len(rows) == FILES and all((folder / file).is_file() for file in rows)


def index_among(sources: Sequence[Source]) -> Source | None:
    """MAESTRO's csv, or that of a part of it, where all MIDI files lie in its folder or below."""
    for source in sources:
        path = PurePosixPath(source.name)
        if fnmatch(path.name, "maestro*.csv"):
            midi = [PurePosixPath(one.name) for one in sources if one.ends_with(MIDI)]
            return source if all(path.parent in one.parents for one in midi) else None
    return None


def read_indexed(name: str, source: str, index: Source, files: Sequence[Source]) -> PerformanceCorpus:
    """The performances of a folder or archive by its csv; what either of the two lacks is skipped and told.

    Raises:
        CorpusError: the csv isn't one of MAESTRO's.
    """
    rows = _parsed(_text(index), f"{source}: {index.name}")
    above = PurePosixPath(index.name).parent
    known = {str(above / file): row for file, row in rows.items()}
    there = [file for file in files if file.name in known]
    corpus = _divided(read_performances(name, source, LICENCE, there, lambda file: known[file.name].title), known)
    strangers = [file.name for file in files if file.name not in known]
    missing = sorted(known.keys() - {file.name for file in files})
    told = [Skipped(file, f"{index.name} doesn't say which part it belongs to") for file in strangers]
    told += [Skipped(file, f"{index.name} names it, and it is not there") for file in missing]
    return replace(corpus, skipped=(*corpus.skipped, *told))


def _divided(corpus: PerformanceCorpus, rows: Mapping[str, Row]) -> PerformanceCorpus:
    return replace(corpus, parts=tuple(rows[piece.origin].part for piece in corpus.pieces))


def _chosen(rows: Mapping[str, Row], hours: float | None) -> dict[str, Row]:
    """The rows that are read when so many hours of the training part are wanted."""
    if hours is None:
        return dict(rows)
    chosen = {file for file, row in rows.items() if row.part != "training"}
    left = hours * 3600
    for file in sorted(rows.keys() - chosen, key=lambda file: hashlib.sha256(file.encode()).digest()):
        left -= rows[file].seconds
        if left < 0:
            break
        chosen.add(file)
    return {file: row for file, row in rows.items() if file in chosen}


def rows_of(path: Path) -> dict[str, Row]:
    """What a csv of MAESTRO tells, by file, in the order of the files' names.

    Raises:
        CorpusError: it can't be read or isn't one.
    """
    return _parsed(_text(on_disk(path, path.name)), str(path))


def _text(index: Source) -> str:
    try:
        return index.read().decode("utf-8-sig", errors="replace")
    except InputError as error:
        raise CorpusError(f"{index.name} {error}") from None


def _parsed(text: str, name: str) -> dict[str, Row]:
    """The rows of a csv by their files, in the order of the files' names.

    Raises:
        CorpusError: it isn't one of MAESTRO's.
    """
    try:
        rows = [_row(line) for line in csv.DictReader(io.StringIO(text, newline=""))]
    except (KeyError, ValueError, TypeError, csv.Error):
        rows = []
    if not rows:
        raise CorpusError(f"{name}: expected a csv of MAESTRO, with {', '.join(_COLUMNS)} in every line")
    return {row.file: row for row in sorted(rows, key=lambda row: row.file)}


def _row(line: Mapping[str, str]) -> Row:
    composer, title, part, file, seconds = (line[column] for column in _COLUMNS)
    return Row(file, f"{composer}: {title}", _PARTS[part], float(seconds))
