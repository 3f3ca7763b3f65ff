"""Files are written whole or not at all: beside their place first, then renamed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tunewright.errors import OutputError

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None  # type: ignore[assignment]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` with the same suffix; renamed to it when the block ends well, removed when
    not.
    """
    beside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield beside
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error


def write_whole(path: Path, content: str | bytes) -> Path:
    """Writes a file whole or not at all; text as UTF-8 with its newlines as they are."""
    with replacing(path) as beside:
        beside.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def append_records(path: Path, records: Iterable[dict[str, Any]]) -> None:
    """Adds records to a file, one JSON object a line; they are on the disk when this returns.

    Raises:
        OutputError: they can't be written.
    """
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    try:
        with path.open("ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read() != b"\n":
                    file.write(b"\n")  # what was cut off stays by itself
            file.write(lines.encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """The records of such a file, as many as there are; lines that are none, such as one that was cut off, are passed
    over.
    """
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record


@contextmanager
def locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Holds a folder, made where it isn't there, for one process at a time. What ends the process in whatever way lets
    go. Windows holds nothing.

    Args:
        wait: for another process that holds it.

    Raises:
        OutputError: another process holds it, and there is no waiting; or no files can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".lock").open("w")
    except OSError as error:
        raise OutputError(f"cannot write into {folder}: {error.strerror or error}") from None
    with file:
        if fcntl:
            try:
                fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise OutputError(f"another process is at work in {folder}: wait for it, or end it first") from None
            except OSError as error:  # some network file systems know no locks
                raise OutputError(f"cannot hold {folder} for one process alone: {error.strerror or error}") from None
        yield
