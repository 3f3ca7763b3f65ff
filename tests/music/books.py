"""The three books of tunes that come with the installed music21, as files; music21 itself is not imported."""

from __future__ import annotations

import random
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from tunewright.corpora.path import decode
from tunewright.music.fields import split_tunes

BOOKS = ("oneills1850", "ryansMammoth", "airdsAirs")


def book_files(book: str) -> list[Path]:
    """The .abc files of a folder of music21's corpus, by name."""
    spec = find_spec("music21")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return sorted((Path(spec.submodule_search_locations[0]) / "corpus" / book).glob("*.abc"))


def book_tunes(book: str) -> Iterator[tuple[str, str]]:
    """(file name, text) of each tune of a book."""
    for path in book_files(book):
        for _, text in split_tunes(decode(path.read_bytes())):
            yield path.name, text


def write_big_file(path: Path, size: int) -> None:
    """Writes the books over and over, sixteen bits turned round in each copy, until there are so many bytes."""
    chance = random.Random(1)
    books = b"\n\n".join(file.read_bytes() for book in BOOKS for file in book_files(book))
    with path.open("wb") as file:
        while file.tell() < size:
            text = bytearray(books)
            for _ in range(16):
                text[chance.randrange(len(text))] ^= 1 << chance.randrange(8)
            file.write(bytes(text).replace(b"\0", b" ") + b"\n\n")
