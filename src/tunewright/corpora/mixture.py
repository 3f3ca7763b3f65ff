"""Several books read together, each as much as it is wished to weigh; the first is what a run is judged on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Annotated

from pydantic import Field

from tunewright import catalogue
from tunewright.contracts import Corpus, Piece
from tunewright.errors import SettingsError

Weight = Annotated[float, Field(gt=0, le=100)]
_BETWEEN = ": "


@dataclass(frozen=True)
class MixtureCorpus(Corpus):
    """Pieces of several books, each with the name of its book before its origin.

    Attributes:
        books: by name, how often an epoch reads each piece of the book, on average.
    """

    books: Mapping[str, float] = field(default_factory=dict)

    def weights(self, kept: Sequence[Piece]) -> list[float]:
        return [self.books[book_of(piece)] for piece in kept]

    def may_be_held_out(self) -> list[bool]:
        books = judged(self.books)
        return [book_of(piece) in books for piece in self.pieces]


def judged(books: Mapping[str, float]) -> dict[str, float]:
    """The books whose tunes may be held out: the first."""
    return dict(islice(books.items(), 1))


def book_of(piece: Piece) -> str:
    """The book that a piece of a mixture is from."""
    return piece.origin.partition(_BETWEEN)[0]


def open_mixture(*, books: dict[str, Weight]) -> MixtureCorpus:
    """Several books together. Tunes of the first are held out, and what is related to these is left out of the others.

    Args:
        books: weight of each, by name; a weight of 0.5 reads half of its tunes in each epoch, 2 reads each twice.

    Raises:
        SettingsError: there are none, or one that is no book by name.
        CorpusError: one of them can't be found.
    """
    names = [name for name in catalogue.parts("corpus") if name not in ("path", "mixture")]
    if not books or any(name not in names for name in books):
        raise SettingsError(f"corpus.books = {books!r}: expected weights by name, of {', '.join(names)}")
    opened: list[Corpus] = [catalogue.build("corpus", name, {}) for name in books]
    if performed := [corpus.name for corpus in opened if corpus.kind == "performance"]:
        raise SettingsError(f"corpus.books: {', '.join(performed)} holds performances; only tunes are mixed")
    return MixtureCorpus(
        name="mixture",
        source=", ".join(corpus.source for corpus in opened),
        licence="; ".join(f"{corpus.name}: {corpus.licence}" for corpus in opened),
        sha256=hashlib.sha256("".join(corpus.sha256 for corpus in opened).encode()).hexdigest(),
        pieces=tuple(
            replace(one, origin=f"{book.name}{_BETWEEN}{one.origin}") for book in opened for one in book.pieces
        ),
        skipped=tuple(
            replace(one, origin=f"{book.name}{_BETWEEN}{one.origin}") for book in opened for one in book.skipped
        ),
        books=books,
    )
