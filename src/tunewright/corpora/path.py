"""A user's own tunes: an ``.abc`` file, a folder of them, or a ``.zip`` with them in it."""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tunewright.contracts import Corpus, Piece, Skipped
from tunewright.errors import CorpusError, InputError
from tunewright.music.pieces import find_pieces

LARGEST = 200_000_000
"""Bytes of text that are read at most: some hundred thousand tunes; what claims to hold more is no book of tunes."""


@dataclass(frozen=True)
class Source:
    """A file, on disk or in an archive, that isn't read yet.

    Attributes:
        name: below the folder or archive that was named, with forward slashes.
        size: in bytes, unpacked.
        read: gives its bytes.
    """

    name: str
    size: int
    read: Callable[[], bytes]


def open_path(path: Path) -> Corpus:
    """An .abc file of your own, a folder (with all below it) or a .zip; their files are read by name.

    A file that can't be read, and a tune without key or without notes, are skipped and told; a wrong bar is no reason.
    Hidden files and folders are left out.

    Raises:
        CorpusError: there is no such path, it holds no tune that can be read, or more than :data:`LARGEST` bytes.
    """
    sources = list(_sources(path))
    if not sources:
        raise CorpusError(f"{path}: no .abc file in it")
    if (size := sum(source.size for source in sources)) > LARGEST:
        raise CorpusError(f"{path}: {size:,} bytes of text; expected at most {LARGEST:,}")
    pieces, skipped, sha256 = read_sources(sources)
    if not pieces:
        raise CorpusError(f"{path}: no tune that can be read{_first_reason(skipped)}")
    name = str(path)
    return Corpus(name, name, "as its owner says", sha256, tuple(pieces), tuple(skipped))


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


def on_disk(file: Path, name: str) -> Source:
    """A file of a folder, under the name that is told."""

    def read() -> bytes:
        try:
            return file.read_bytes()
        except OSError as error:
            raise _unread(error) from None

    return Source(name, file.stat().st_size if os.path.exists(file) else 0, read)


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


def _sources(path: Path) -> Iterator[Source]:
    if os.path.isdir(path):
        yield from _in_folder(path)
    elif not os.path.isfile(path):
        raise CorpusError(f"{path}: no such file; expected an .abc file, a folder of them or a .zip")
    elif path.suffix.lower() == ".zip":
        yield from _in_archive(path)
    else:
        yield on_disk(path, path.name)


def files_below(folder: Path) -> tuple[list[str], list[OSError]]:
    """Names of the ABC files below a folder, in order and with forward slashes; and why inner folders were not read."""
    unread: list[OSError] = []
    names = [
        Path(inner, name).relative_to(folder).as_posix()
        for inner, _, files in os.walk(folder, onerror=unread.append)
        for name in files
    ]
    return sorted(filter(_is_wanted, names)), unread


def _in_folder(folder: Path) -> Iterator[Source]:
    names, unread = files_below(folder)
    for name in names:
        yield on_disk(folder / name, name)
    for error in unread:

        def read(error: OSError = error) -> bytes:
            raise _unread(error)

        yield Source(Path(error.filename).relative_to(folder).as_posix(), 0, read)


def _unread(error: OSError) -> InputError:
    return InputError(f"can't be read ({error.strerror or error})")


def _in_archive(path: Path) -> Iterator[Source]:
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise CorpusError(f"{path}: can't be opened as an archive ({error})") from None

    def reader(entry: zipfile.ZipInfo) -> Callable[[], bytes]:
        def read() -> bytes:
            try:
                return archive.read(entry)  # never more than the size it claims
            # An archive may be damaged, locked with a password (RuntimeError), or packed in a way of its own.
            except (OSError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
                raise InputError(f"can't be unpacked ({error})") from None

        return read

    for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
        if _is_wanted(entry.filename) and not entry.is_dir():
            yield Source(entry.filename, entry.file_size, reader(entry))


def _is_wanted(name: str) -> bool:
    """Whether this is an ABC file, neither hidden nor in a hidden folder (``__MACOSX`` is one in all but name)."""
    parts = PurePosixPath(name).parts
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return name.lower().endswith(".abc") and not hidden


def _first_reason(skipped: list[Skipped]) -> str:
    if not skipped:
        return " (a tune needs a K: line and notes after it)"
    return f"; the first of {len(skipped)} skipped, {skipped[0].origin}: {skipped[0].reason}"
