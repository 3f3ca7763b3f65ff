"""Two small books, as corpora by name: the second holds transposed copies of some tunes of the first."""

from __future__ import annotations

from tests.conftest import own_tune
from tunewright.contracts import Corpus
from tunewright.errors import CorpusError
from tunewright.music.pieces import piece_of
from tunewright.music.transposition import transpose

ADDRESSES = {"host": "tests.corpora.own_books:open_host", "guest": "tests.corpora.own_books:open_guest"}
COPIED = range(1, 41)
OWN = range(101, 121)


def open_host() -> Corpus:
    """Sixty tunes of our own."""
    return _corpus("host", [own_tune(number) for number in range(1, 61)])


def open_guest() -> Corpus:
    """Forty of them two semitones higher, and twenty others."""
    return _corpus("guest", [transpose(own_tune(n), 2) for n in COPIED] + [own_tune(n) for n in OWN])


def missing() -> Corpus:
    """A book that can't be found."""
    raise CorpusError("guest is not here")


def _corpus(name: str, texts: list[str]) -> Corpus:
    pieces = tuple(piece_of(text, f"tune {number}", "ours") for number, text in enumerate(texts))
    return Corpus(name, name, "ours", f"{len(name):064x}", pieces)
