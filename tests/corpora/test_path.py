from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from tests.conftest import own_tune
from tunewright.contracts import Corpus
from tunewright.corpora import path as path_module
from tunewright.corpora.path import open_path
from tunewright.errors import CorpusError

CAFE = "X:4\nT:Café\nK:G\nABc|"


def told(corpus: Corpus) -> list[tuple[str, str]]:
    return [(skipped.origin, skipped.reason) for skipped in corpus.skipped]


def origins(corpus: Corpus) -> list[str]:
    return [piece.origin for piece in corpus.pieces]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of five tunes in three files, with a file that is none and much that isn't meant."""
    files = {
        "b.abc": f"{own_tune(1)}\n\n{own_tune(2)}\n",
        "a/c.ABC": own_tune(3),
        "a.abc": f"{CAFE}\n\nX:5\nT:Nothing\nK:D\n\n{own_tune(4)}",
        "letter.txt": own_tune(5),
        ".hidden/d.abc": own_tune(6),
        "._a.abc": "\0\1",
    }
    for name, text in files.items():
        (tmp_path / "tunes" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tunes" / name).write_text(text)
    (tmp_path / "tunes" / "rubbish.abc").write_bytes(b"\0\1\2" * 99)
    (tmp_path / "tunes" / "folder.abc").mkdir()
    return tmp_path / "tunes"


def test_a_folder_is_read_by_name_with_all_below_it(folder: Path) -> None:
    corpus = open_path(folder)
    assert origins(corpus) == ["a.abc, line 1", "a.abc, line 10", "a/c.ABC, line 1", "b.abc, line 1", "b.abc, line 10"]
    assert told(corpus) == [("a.abc, line 6", "no notes"), ("rubbish.abc", "no text (it holds null bytes)")]
    assert corpus.name == corpus.source == str(folder)
    read = b"".join((folder / name).read_bytes() for name in ("a.abc", "a/c.ABC", "b.abc"))
    assert corpus.sha256 == hashlib.sha256(read + b"\0\1\2" * 99).hexdigest()


def test_an_archive_gives_what_the_folder_gives(folder: Path, tmp_path: Path) -> None:
    archive = tmp_path / "tunes.ZIP"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for file in sorted(folder.rglob("*"), reverse=True):
            writer.write(file, file.relative_to(folder))
        writer.writestr("__MACOSX/b.abc", own_tune(7))
    packed, unpacked = open_path(archive), open_path(folder)
    assert (packed.pieces, packed.skipped, packed.sha256) == (unpacked.pieces, unpacked.skipped, unpacked.sha256)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, line_end: str) -> None:
    text = f"{own_tune(1)}\n\n{CAFE}\n".replace("\n", line_end)
    path = tmp_path / "mine.abc"
    path.write_bytes(text.encode(encoding))
    assert [piece.text for piece in open_path(path).pieces] == [own_tune(1), CAFE]


def test_text_between_tunes_and_tunes_without_a_number(tmp_path: Path) -> None:
    path = tmp_path / "letter.abc"
    without_number = "T:Plain\nM:4/4\nK:D\nABcd efga|"
    path.write_text(
        f"Dear all,\nhere are my tunes. The first: D|E\n\n{CAFE}\n\nAnd now one by ear:\n\n{without_number}\n\nBye\n"
    )
    corpus = open_path(path)
    assert [piece.text for piece in corpus.pieces] == [CAFE, without_number]
    assert origins(corpus) == ["letter.abc, line 4", "letter.abc, line 11"]
    assert corpus.skipped == ()


def test_bad_tunes_are_skipped_and_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.abc"
    bad = ["X:2\nT:No key", "X:3\nK:D", "X:6\nK:Q\nABc|"]
    one_slip = "X:5\nT:One slip\nK:D\nABc ?|"  # a wrong bar, and music all the same
    path.write_text("\n\n".join([own_tune(1), *bad, one_slip, CAFE]))
    corpus = open_path(path)
    assert [piece.title for piece in corpus.pieces] == ["Own tune 1", "One slip", "Café"]
    lines = path.read_text().splitlines()
    assert [lines[int(origin.rpartition(" ")[2]) - 1] for origin, _ in told(corpus)] == ["X:2", "X:3", "X:6"]
    reasons = [reason for _, reason in told(corpus)]
    assert "no key" in reasons[0]
    assert reasons[1] == "no notes"
    assert "'Q' is not a key" in reasons[2]


def test_one_file_that_cannot_be_read_takes_none_of_the_others_with_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "gone.abc").symlink_to(folder / "nowhere")
    read_bytes = Path.read_bytes

    def locked(self: Path) -> bytes:
        if self.name == "b.abc":
            raise PermissionError(13, "Permission denied")
        return read_bytes(self)

    monkeypatch.setattr(Path, "read_bytes", locked)
    corpus = open_path(folder)
    assert len(corpus.pieces) == 3
    assert ("b.abc", "can't be read (Permission denied)") in told(corpus)
    assert ("gone.abc", "can't be read (No such file or directory)") in told(corpus)


def test_a_damaged_or_locked_file_in_an_archive_is_skipped(tmp_path: Path) -> None:
    archive = tmp_path / "tunes.zip"
    with zipfile.ZipFile(archive, "w") as writer:
        for name in ("damaged", "locked", "right"):
            writer.writestr(f"{name}.abc", f"%{name}\n{own_tune(1)}")
    content = bytearray(archive.read_bytes())
    content[content.index(b"%damaged") + 1] = ord("D")  # its checksum no longer holds
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        second = content.index(signature, content.index(signature) + 1)
        content[second + flags] |= 1
    archive.write_bytes(content)
    corpus = open_path(archive)
    assert origins(corpus) == ["right.abc, line 2"]
    assert [origin for origin, _ in told(corpus)] == ["damaged.abc", "locked.abc"]
    assert "CRC" in corpus.skipped[0].reason
    assert "encrypted" in corpus.skipped[1].reason


def test_a_folder_inside_that_cannot_be_opened_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def locked(path: str) -> object:
        if str(path) == str(folder / "a"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", locked)
    corpus = open_path(folder)
    assert len(corpus.pieces) == 4
    assert told(corpus)[-1] == ("a", "can't be read (Permission denied)")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file; expected an .abc or .mid file, a folder of them or a .zip"),
        (b"\xff\x00rubbish", "no text"),
        (b"Only words.\n", "a tune needs a K: line and notes after it"),
        (b"X:1\nT:a", "the first of 1 skipped, mine.abc, line 1: no key"),
    ],
)
def test_unusable_files_are_told(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "mine.abc"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CorpusError, match=message):
        open_path(path)


def test_folders_and_archives_without_a_tune_are_told(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no \.abc file in it"):
        open_path(tmp_path)
    (tmp_path / "mine.zip").write_bytes(b"PK rubbish")
    with pytest.raises(CorpusError, match=r"mine\.zip: can't be opened as an archive"):
        open_path(tmp_path / "mine.zip")


def test_what_claims_to_be_larger_than_any_book_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(path_module, "LARGEST", 10_000)
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for name in ("a", "b"):
            writer.writestr(f"{name}.abc", " " * 6_000)
    with pytest.raises(CorpusError, match=r"bomb\.zip: 12,000 bytes of text; expected at most 10,000"):
        open_path(archive)
