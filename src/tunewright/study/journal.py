"""What happened in a study, one JSON object a line, written as soon as it happened.

Nothing that stands in it is lost, however the study ends; a line that was cut off is passed over, and what stands in it
twice counts once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tunewright.files import append_records, read_records

Record = dict[str, Any]
ENDED = ("done", "pruned", "failed")
"""States in which nothing is left to do."""


def write(path: Path, record: Record) -> None:
    """Adds a record; it is on the disk when this returns.

    Raises:
        OutputError: it can't be written.
    """
    append_records(path, [record])


def ended(path: Path) -> dict[str, Record]:
    """How each trial has ended, by its name, in the order in which they did: the first end of each counts."""
    found: dict[str, Record] = {}
    for record in read_records(path):
        if record.get("state") in ENDED:
            found.setdefault(str(record.get("trial")), record)
    return found


def begun(path: Path) -> dict[str, Record]:
    """The first beginning of each trial, by its name."""
    found: dict[str, Record] = {}
    for record in read_records(path):
        if record.get("state") == "begun":
            found.setdefault(str(record.get("trial")), record)
    return found
