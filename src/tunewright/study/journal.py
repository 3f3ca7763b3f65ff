"""What happened in a study, one JSON object a line, written as soon as it happened.

Nothing that stands in it is lost, however the study ends; a line that was cut off is passed over, and what stands in it
twice counts once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tunewright.errors import OutputError

Record = dict[str, Any]
ENDED = ("done", "pruned", "failed")
"""States in which nothing is left to do."""


def write(path: Path, record: Record) -> None:
    """Adds a record; it is on the disk when this returns.

    Raises:
        OutputError: it can't be written.
    """
    try:
        with path.open("ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read() != b"\n":
                    file.write(b"\n")  # what was cut off stays by itself
            file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None


def ended(path: Path) -> dict[str, Record]:
    """How each trial has ended, by its name, in the order in which they did: the first end of each counts."""
    found: dict[str, Record] = {}
    for record in _records(path):
        if record.get("state") in ENDED:
            found.setdefault(str(record.get("trial")), record)
    return found


def begun(path: Path) -> dict[str, Record]:
    """The first beginning of each trial, by its name."""
    found: dict[str, Record] = {}
    for record in _records(path):
        if record.get("state") == "begun":
            found.setdefault(str(record.get("trial")), record)
    return found


def _records(path: Path) -> Iterator[Record]:
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
