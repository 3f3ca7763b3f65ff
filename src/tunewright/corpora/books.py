"""Three old books of tunes out of the installed music21, whose files are read and whose code is never imported.

Copies by many hands, as they stand in music21's ``corpus`` folder: some tunes come twice, some files overlap, and the
number of a tune may occur more than once. Nothing is mended here and nothing left out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tunewright.contracts import Corpus
from tunewright.corpora.path import read_sources
from tunewright.corpora.sources import on_disk
from tunewright.errors import CorpusError, MissingExtraError

LICENCE = (
    "none stated in the copies, which carry their transcribers' names; the printed book ({book}) is out of copyright. "
    "music21's BSD licence is of its program: its corpus/license.txt says that copies stand there by permission of "
    "those who made them, some not for commercial use"
)


@dataclass(frozen=True)
class BookCorpus(Corpus):
    """A book of tunes.

    Attributes:
        files: how many it was copied into.
    """

    files: int = field(default=0)

    def facts(self) -> dict[str, Any]:
        counts = Counter(piece.found for piece in self.pieces)
        return {"files": self.files, "equal_to_the_letter": counts.total() - len(counts)}


def open_oneills() -> BookCorpus:
    """O'Neill's Music of Ireland, Chicago 1903; 2009 copies of nearly all of its 1850 tunes.

    Raises:
        MissingExtraError: music21 is not installed.
        CorpusError: it is installed without its corpus.
    """
    return _open("oneills", "oneills1850", "O'Neill's Music of Ireland, 1903")


def open_ryans() -> BookCorpus:
    """Ryan's Mammoth Collection, Boston 1883; 1059 copies.

    Raises:
        MissingExtraError: music21 is not installed.
        CorpusError: it is installed without its corpus.
    """
    return _open("ryans", "ryansMammoth", "Ryan's Mammoth Collection, 1883")


def open_airds() -> BookCorpus:
    """Aird's Selection of Scotch, English, Irish and Foreign Airs, six volumes, Glasgow, from 1782 on; 1180 copies.

    Raises:
        MissingExtraError: music21 is not installed.
        CorpusError: it is installed without its corpus.
    """
    return _open("airds", "airdsAirs", "Aird's Selection of Scotch, English, Irish and Foreign Airs, from 1782 on")


def _open(name: str, folder_name: str, book: str) -> BookCorpus:
    folder = _music21_folder() / "corpus" / folder_name
    paths = sorted(folder.glob("*.abc"), key=lambda path: path.name)
    if not paths:
        raise CorpusError(f"{folder}: music21 is installed without this part of its corpus")
    licence = LICENCE.format(book=book)
    pieces, skipped, sha256 = read_sources((on_disk(path, path.name) for path in paths), licence)
    return BookCorpus(name, str(folder), licence, sha256, tuple(pieces), tuple(skipped), files=len(paths))


def _music21_folder() -> Path:
    """Where music21 is installed; finding it runs none of its code."""
    spec = find_spec("music21")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError("the books of tunes that music21 carries", "books")
    return Path(spec.submodule_search_locations[0])
