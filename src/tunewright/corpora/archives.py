"""Unpacking an archive once into the cache."""

from __future__ import annotations

import lzma
import shutil
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from tunewright.errors import CorpusError, OutputError
from tunewright.files import locked

_DAMAGE = (
    *(EOFError, ValueError, RuntimeError, NotImplementedError),
    *(zipfile.BadZipFile, zlib.error, tarfile.TarError, lzma.LZMAError),
)
"""What reading a damaged or locked archive may raise."""


def unpack(archive: Path, folder: Path, is_whole: Callable[[Path], bool]) -> Path:
    """Unpacks the one folder that a ``.zip``, or a ``.tar`` of any compression, holds: whole or not at all.

    Args:
        folder: what it becomes; is replaced if it is there and isn't whole.
        is_whole: tells of a folder whether it needs no unpacking, e.g. since another process has just done it.

    Raises:
        CorpusError: the archive is damaged, or holds anything but plain files below one folder.
        OutputError: the files can't be written.
    """
    place = folder.with_name(f".{folder.name}")
    with locked(folder.parent):
        if is_whole(folder):
            return folder
        shutil.rmtree(place, ignore_errors=True)  # of a process that was killed as it unpacked
        try:
            for name, content in _members(archive):
                _write(place, name, content)
            inside = _only_folder(place)
            shutil.rmtree(folder, ignore_errors=True)
            inside.rename(folder)
        except _DAMAGE as error:
            raise CorpusError(f"{archive}: can't be unpacked ({error})") from None
        except OSError as error:
            raise OutputError(f"cannot unpack {archive} to {folder}: {error.strerror or error}") from None
        finally:
            shutil.rmtree(place, ignore_errors=True)
    return folder


def _members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and content of each file in an archive; how many there have been stands on standard error."""
    from tqdm import tqdm

    each = _in_zip(archive) if zipfile.is_zipfile(archive) else _in_tar(archive)
    title = f"unpacking {archive.name}"
    yield from tqdm(each, desc=title, unit=" files", file=sys.stderr, mininterval=0.5, dynamic_ncols=True)


def _in_zip(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            if not entry.is_dir():
                with opened.open(entry) as content:
                    yield entry.filename, content


def _in_tar(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(archive) as opened:
        for entry in opened:
            content = None if entry.isdir() else opened.extractfile(entry) if entry.isfile() else None
            if content:
                yield entry.name, content
            elif not entry.isdir():
                raise ValueError(f"{entry.name} is no plain file")


def _write(place: Path, name: str, content: IO[bytes]) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise ValueError(f"{name} lies outside of it")
    target = place / path
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        shutil.copyfileobj(content, file)


def _only_folder(place: Path) -> Path:
    inside = list(place.iterdir()) if place.exists() else []
    if len(inside) != 1 or not inside[0].is_dir():
        raise ValueError(f"expected one folder in it, not {len(inside)} files or folders")
    return inside[0]
