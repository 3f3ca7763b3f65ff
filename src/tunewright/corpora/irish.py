"""The Irish tunes of MIT's 6.S191 lab 1, read as what they are and as the lab reads them.

The file holds 804 tunes, each from its ``X:`` line on. The lab instead searches for "start of the text or blank
line, anything, blank line" and lets matches overlap: it finds 817 "songs". The twelve places where two blank lines
follow one another and the two tunes whose header is followed by a blank line give it songs that begin with a newline
and fragments without a header. We keep its reading because its published figures rest on it, and the true one
because ours do.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from tunewright.contracts import Corpus, Piece, Skipped
from tunewright.corpora import download
from tunewright.errors import SettingsError
from tunewright.music.fields import split_tunes, tune_blocks
from tunewright.music.pieces import piece_of

NAME = "irish.abc"
SHA256 = "df3782d5f7b5a2f4c66aa7c13f13008d5f48757b3f5f51620cd6c1ceb2c53023"
PACKAGE = "mitdeeplearning==0.7.5"
PACKAGE_SHA256 = "56b1588e1574d17f3ff07a3d56e3b45f2f568f78a92855141f959f407084242b"
MEMBER = "mitdeeplearning/data/irish.abc"
LICENCE = "MIT (of the mitdeeplearning package that carries the file)"


def lab_songs(text: str) -> list[str]:
    """The "songs" that the lab's overlapping search finds: (start or blank line)(anything, shortest)(blank line)."""
    # Overlapping: after each match the search goes on one character after the match's start.
    pattern = re.compile(r"(^|\n\n)(.*?)\n\n", re.DOTALL)
    songs, at = [], 0
    while match := pattern.search(text, at):
        songs.append(match.group(2))
        at = match.start() + 1
    return songs


@dataclass(frozen=True)
class IrishCorpus(Corpus):
    """The Irish tunes.

    Attributes:
        blocks: the file cut before each ``X:``, so that their concatenation is the file.
        reading: ``"tunes"`` for what a model reads to be the tunes, ``"lab"`` for the lab's songs.
    """

    blocks: tuple[str, ...] = field(default=(), repr=False)
    reading: str = "tunes"

    def to_read(self, kept: Sequence[Piece]) -> list[Piece]:
        """What a model reads: the kept tunes, or what the lab's search finds in a file of just those tunes."""
        if self.reading == "tunes":
            return super().to_read(kept)
        chosen = {piece.origin for piece in kept}
        blocks = (block for piece, block in zip(self.pieces, self.blocks, strict=True) if piece.origin in chosen)
        return [Piece("", song, NAME) for song in lab_songs("".join(blocks))]

    def rewritten(self, form: str, rewrite: Callable[[Piece], Piece | Skipped]) -> Self:
        if self.reading == "lab":
            raise SettingsError(
                f"corpus.form={form} and corpus.reading=lab exclude each other: the lab reads the file as it stands"
            )
        return super().rewritten(form, rewrite)

    def facts(self) -> dict[str, Any]:
        text = "".join(self.blocks)
        songs = lab_songs(text)
        joined = "\n\n".join(songs)
        return {
            "tunes": len(split_tunes(text)),
            "lab_songs": len(songs),
            "lab_characters": len(joined),
            "symbols": len(set(joined)),
        }


def find_irish() -> Path:
    """The lab's file: from the cache, ``$TUNEWRIGHT_DATA``, or fetched out of the package that carries it."""
    found = download.find_file(NAME, SHA256)
    return found or download.fetch_from_source_package(PACKAGE, PACKAGE_SHA256, MEMBER, NAME)


def open_irish(*, reading: Literal["tunes", "lab"] = "tunes") -> IrishCorpus:
    """The 804 Irish tunes of MIT's 6.S191 lab 1.

    Args:
        reading: what a model trained on it reads; pieces are the 804 tunes either way.

    Raises:
        CorpusError: the file is not here and cannot be fetched.
    """
    path = find_irish()
    content = path.read_bytes()
    text = content.decode()
    pieces = tuple(
        piece_of(tune_text, f"{NAME}, tune {number}", LICENCE)
        for number, (_, tune_text) in enumerate(split_tunes(text), 1)
    )
    blocks = tuple(tune_blocks(text))
    digest = hashlib.sha256(content).hexdigest()
    return IrishCorpus("irish", str(path), LICENCE, digest, pieces, blocks=blocks, reading=reading)
