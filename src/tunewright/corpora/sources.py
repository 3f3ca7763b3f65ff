"""Files that music may be read from, one by one: in a folder, in a ``.zip``, or alone."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tunewright.errors import CorpusError, InputError

ABC = (".abc",)
MIDI = (".mid", ".midi")


@dataclass(frozen=True)
class Source:
    """A file, on disk or in an archive, that isn't read yet.

    Attributes:
        name: below the folder or archive that was named, with forward slashes.
        size: in bytes, unpacked.
        read: gives its bytes, or raises InputError with the reason why it can't.
    """

    name: str
    size: int
    read: Callable[[], bytes]

    def ends_with(self, suffixes: tuple[str, ...]) -> bool:
        """Whether its name ends with one of these, in capitals or not."""
        return self.name.lower().endswith(suffixes)


def on_disk(file: Path, name: str) -> Source:
    """A file of a folder, under the name that is told."""

    def read() -> bytes:
        try:
            return file.read_bytes()
        except OSError as error:
            raise _unread(error) from None

    return Source(name, file.stat().st_size if os.path.exists(file) else 0, read)


def sources_of(path: Path, suffixes: tuple[str, ...]) -> Iterator[Source]:
    """The files whose names end so in a folder (with all below it) or a .zip, by name; any other file by itself.

    Hidden files and folders are left out; a folder inside that can't be opened stands for its files.

    Raises:
        CorpusError: there is no such path, or the archive can't be opened.
    """
    if os.path.isdir(path):
        yield from _in_folder(path, suffixes)
    elif not os.path.isfile(path):
        raise CorpusError(f"{path}: no such file; expected an .abc or .mid file, a folder of them or a .zip")
    elif path.suffix.lower() == ".zip":
        yield from _in_archive(path, suffixes)
    else:
        yield on_disk(path, path.name)


def files_below(folder: Path, suffixes: tuple[str, ...] = ABC) -> tuple[list[str], list[OSError]]:
    """Names of the files below a folder that end so, in order and with forward slashes; and why inner folders were not
    read.
    """
    unread: list[OSError] = []
    names = [
        Path(inner, name).relative_to(folder).as_posix()
        for inner, _, files in os.walk(folder, onerror=unread.append)
        for name in files
    ]
    return sorted(name for name in names if _is_wanted(name, suffixes)), unread


def _in_folder(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Source]:
    names, unread = files_below(folder, suffixes)
    for name in names:
        yield on_disk(folder / name, name)
    for error in unread:

        def read(error: OSError = error) -> bytes:
            raise _unread(error)

        yield Source(Path(error.filename).relative_to(folder).as_posix(), 0, read)


def _unread(error: OSError) -> InputError:
    return InputError(f"can't be read ({error.strerror or error})")


def _in_archive(path: Path, suffixes: tuple[str, ...]) -> Iterator[Source]:
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
        if _is_wanted(entry.filename, suffixes) and not entry.is_dir():
            yield Source(entry.filename, entry.file_size, reader(entry))


def _is_wanted(name: str, suffixes: tuple[str, ...]) -> bool:
    """Whether a name ends so and is neither hidden nor in a hidden folder (``__MACOSX`` is one in all but name)."""
    parts = PurePosixPath(name).parts
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return name.lower().endswith(suffixes) and not hidden
