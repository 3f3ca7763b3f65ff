"""What happened in a study, one JSON object a line, written as soon as it happened.

Nothing that stands in it is lost, however the study ends; a line that was cut off is passed over, and what stands in it
twice counts once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tunewright.files import append_records, read_records

Record = dict[str, Any]
SETTLED = ("done", "pruned")
"""States in which nothing is left to do."""
ENDED = (*SETTLED, "failed")


def write(path: Path, record: Record) -> None:
    """Adds a record; it is on the disk when this returns.

    Raises:
        OutputError: it can't be written.
    """
    append_records(path, [record])


def ended(path: Path) -> dict[str, Record]:
    """How each trial has ended, by its name, in the order in which they did: the first end of each counts, but for
    failures, after which another try may have come to an end.
    """
    found: dict[str, Record] = {}
    for record in read_records(path):
        name, state = str(record.get("trial")), record.get("state")
        if state in ENDED and (name not in found or found[name]["state"] not in SETTLED):
            found[name] = record
    return found


def begun(path: Path) -> dict[str, list[Record]]:
    """The beginnings of each trial, by its name; what stands there twice counts once."""
    found: dict[str, list[Record]] = {}
    for record in read_records(path):
        if record.get("state") == "begun":
            own = found.setdefault(str(record.get("trial")), [])
            own += [record] if record not in own else []
    return found
