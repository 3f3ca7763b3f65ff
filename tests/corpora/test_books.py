from __future__ import annotations

import hashlib
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from tests.conftest import own_tune
from tunewright.corpora import books
from tunewright.errors import CorpusError, MissingExtraError


@pytest.fixture
def own_books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for music21's folder, with an Aird of our own."""
    folder = tmp_path / "music21" / "corpus" / "airdsAirs"
    folder.mkdir(parents=True)
    (folder / "book2.abc").write_bytes(own_tune(3).encode() + b"\r\n\r\nX: 4\r\nT:Caf\xe9\r\n")
    (folder / "book1.abc").write_text(f"% A title page\n\n{own_tune(2)}\n\n{own_tune(3)}\n")
    (folder / "notes.txt").write_text(own_tune(9))
    spec = ModuleSpec("music21", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path / "music21")]
    monkeypatch.setattr(books, "find_spec", lambda name: spec)
    return folder


def test_a_book_is_read_file_by_file(own_books: Path) -> None:
    book = books.open_airds()
    assert [piece.origin for piece in book.pieces] == ["book1.abc, line 3", "book1.abc, line 12", "book2.abc, line 1"]
    assert [skipped.origin for skipped in book.skipped] == ["book2.abc, line 10"]
    assert book.facts() == {"files": 2, "equal_to_the_letter": 1}
    assert (book.name, book.source) == ("airds", str(own_books))
    read = (own_books / "book1.abc").read_bytes() + (own_books / "book2.abc").read_bytes()
    assert book.sha256 == hashlib.sha256(read).hexdigest()


def test_the_licence_is_told_as_it_is(own_books: Path) -> None:
    book = books.open_airds()
    for words in ("none stated", "transcribers' names", "Aird's Selection", "1782", "license.txt"):
        assert words in book.licence
    assert {piece.licence for piece in book.pieces} == {book.licence}


def test_without_music21_the_line_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "find_spec", lambda name: None)
    for open_book in (books.open_oneills, books.open_ryans, books.open_airds):
        with pytest.raises(MissingExtraError, match=r"pip install 'tunewright\[books\]'"):
            open_book()


def test_a_music21_without_its_corpus_is_told(own_books: Path) -> None:
    with pytest.raises(CorpusError, match=r"oneills1850: music21 is installed without this part of its corpus"):
        books.open_oneills()


@pytest.mark.parametrize(
    ("name", "tunes", "files", "equal"), [("oneills", 2009, 39, 0), ("ryans", 1059, 1059, 13), ("airds", 1180, 6, 0)]
)
def test_every_tune_of_the_books_is_there_or_told(name: str, tunes: int, files: int, equal: int) -> None:
    book = getattr(books, f"open_{name}")()
    assert len(book.pieces) + len(book.skipped) == tunes
    assert len(book.skipped) < tunes / 50
    assert book.facts()["files"] == files
    assert abs(book.facts()["equal_to_the_letter"] - equal) <= 1  # one of them may be among the skipped


def test_the_books_are_read_without_importing_music21() -> None:
    code = (
        "import sys\nfrom tunewright.corpora import books, path\n"
        "path.find_pieces = lambda text, file, licence: ([], [])\n"
        "assert books.open_airds().facts()['files'] == 6\n"
        "sys.exit('imported music21' if 'music21' in sys.modules else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
