"""What listeners answered, stored beside the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tunewright.errors import InputError, OutputError
from tunewright.files import append_records, locked, read_records
from tunewright.listening.page import LONGEST_NOTE, SCORES, Key, read_key

ANSWERS = "answers.jsonl"
MOST_ANSWERS = 1000
"""That are taken at once."""
LARGEST = 32 * 2**20
"""Bytes of stored answers: those of some thousand listeners. Anyone at this machine may call himself a new one."""


def store(folder: Path, given: Any) -> int:
    """Adds answers, as the page tells them, to those in the folder; those that are there already are not added again.

    Returns:
        How many there were.

    Raises:
        InputError: they are no answers, or none to this page.
        RunError: there is no page in the folder.
        OutputError: they can't be written, or there are too many already.
    """
    answers = list(_checked(given, read_key(folder)))
    path = folder / ANSWERS
    try:
        with locked(folder):
            if path.exists() and path.stat().st_size > LARGEST:
                raise OutputError(f"{path} holds {LARGEST:,} bytes already: no more answers are taken in")
            known = {_identity(one) for one in read_records(path)}
            if new := [one for one in answers if _identity(one) not in known]:
                append_records(path, new)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None
    return len(answers)


def store_text(folder: Path, text: str | bytes) -> int:
    """Adds answers out of JSON.

    Raises:
        InputError: it is no JSON; and as for :func:`store`, like the other errors.
    """
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"no answers ({error})") from None
    return store(folder, given)


def store_file(folder: Path, path: Path) -> int:
    """Adds the answers that a listener has saved as a file.

    Raises:
        InputError: it holds none to this page.
    """
    try:
        return store_text(folder, path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: no answers ({error})") from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def last_answers(folder: Path, key: Key) -> list[dict[str, Any]]:
    """The answers to a page: of several by one listener to one tune the one that was given last, whatever order they
    came in.
    """
    last: dict[tuple[str, str], dict[str, Any]] = {}
    for one in read_records(folder / ANSWERS):
        who = str(one.get("listener")), str(one.get("item"))
        if who[1] in key.items and one["at"] >= last.get(who, one)["at"]:
            last[who] = one
    return list(last.values())


def _identity(answer: dict[str, Any]) -> str:
    return json.dumps(answer, sort_keys=True)


def _checked(given: Any, key: Key) -> Iterator[dict[str, Any]]:
    """Answers one by one; whatever comes from outside is taken for nothing but what it must be."""
    if not isinstance(given, dict) or not isinstance(given.get("answers"), dict):
        raise InputError("expected the answers that a listening page saves")
    if given.get("page") != key.page:
        raise InputError("these are answers to another listening page")
    listener = _text(given.get("listener"), 64)
    if not listener:
        raise InputError("these answers are nobody's; expected a listener")
    if len(given["answers"]) > MOST_ANSWERS:
        raise InputError(f"{len(given['answers'])} answers; expected at most {MOST_ANSWERS}")
    for item, answer in given["answers"].items():
        if item not in key.items or not isinstance(answer, dict):
            raise InputError(f"there is no tune {item!r} on this page")
        score, known = answer.get("score"), answer.get("known")
        if score is not None and (type(score) is not int or score not in SCORES):
            raise InputError(f"a score of {score!r}; expected {SCORES[0]} to {SCORES[-1]}")
        if known is not None and not isinstance(known, bool):
            raise InputError(f"known: {known!r}; expected true or false")
        yield {
            "listener": listener,
            "item": item,
            "score": score,
            "known": known,
            "note": _text(answer.get("note"), LONGEST_NOTE),
            "at": _moment(answer.get("at")),
        }


def _text(given: Any, longest: int) -> str:
    """The beginning of a text; halves of characters, which no file could hold, are replaced."""
    return str(given or "")[:longest].encode(errors="replace").decode()


def _moment(given: Any) -> str:
    """A moment as it sorts: in UTC, to the microsecond; empty where none is told, which is before all others.

    Raises:
        InputError: it is no moment.
    """
    if not given:
        return ""
    try:
        moment = datetime.fromisoformat(str(given))
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InputError(f"answered at {str(given)[:40]!r}; expected a moment such as 2026-01-31T12:00:00Z") from None
    return moment.isoformat(timespec="microseconds")
