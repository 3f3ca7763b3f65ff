"""What listeners answered, stored beside the page, and what it comes to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tunewright.errors import InputError
from tunewright.evaluation.bootstrap import interval, rate
from tunewright.files import append_records, read_records
from tunewright.listening.page import SCORES, read_key

ANSWERS = "answers.jsonl"
LONGEST_NOTE = 2000
MOST_ANSWERS = 1000


@dataclass(frozen=True)
class Verdict:
    """What listeners say of one source.

    Attributes:
        source: a run, a variant, or real tunes.
        answers: how many scores there are.
        listeners: how many people gave them.
        mean: of the scores, 1 to 5.
        interval: of the mean, 95 %, by resampling the tunes; None for a single one.
        notes: what was noted, in the order of the tunes.
    """

    source: str
    answers: int
    listeners: int
    mean: float
    interval: tuple[float, float] | None
    notes: tuple[str, ...]


def store(folder: Path, given: Any) -> int:
    """Adds answers, as the page tells them, to those in the folder.

    Returns:
        How many there were.

    Raises:
        InputError: they are no answers, or none to this page.
        RunError: there is no page in the folder.
        OutputError: they can't be written.
    """
    key = read_key(folder)
    answers = list(_checked(given, key))
    append_records(folder / ANSWERS, answers)
    return len(answers)


def store_file(folder: Path, path: Path) -> int:
    """Adds the answers that a listener has saved as a file.

    Raises:
        InputError: it holds none to this page.
    """
    try:
        return store(folder, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: no answers ({error})") from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def verdicts(folder: Path) -> list[Verdict]:
    """What the answers in a folder come to, by source, best first. Of several answers of one listener to one tune the
    last counts.
    """
    items = read_key(folder)["items"]
    last = {(one["listener"], one["item"]): one for one in read_records(folder / ANSWERS) if one["item"] in items}
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for (_, item), answer in last.items():
        found.setdefault(items[item]["source"], {}).setdefault(item, []).append(answer)
    told = [_verdict(source, by_tune) for source, by_tune in found.items()]
    return sorted((one for one in told if one.answers), key=lambda one: -one.mean)


def _verdict(source: str, by_tune: dict[str, list[dict[str, Any]]]) -> Verdict:
    scores = [[answer["score"] for answer in own if answer.get("score")] for own in by_tune.values()]
    scored = [own for own in scores if own]
    sums, counts = (np.array([f(own) for own in scored], dtype=np.float64) for f in (sum, len))
    everyone = [answer for own in by_tune.values() for answer in own]
    return Verdict(
        source,
        int(counts.sum()),
        len({answer["listener"] for answer in everyone if answer.get("score")}),
        float(rate(sums, counts)) if scored else 0.0,
        interval(rate, sums, counts) if len(scored) > 1 else None,
        tuple(answer["note"] for answer in everyone if answer.get("note")),
    )


def _checked(given: Any, key: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Answers one by one; whatever comes from outside is taken for nothing but what it must be."""
    if not isinstance(given, dict) or not isinstance(given.get("answers"), dict):
        raise InputError("expected the answers that a listening page saves")
    if given.get("page") != key["page"]:
        raise InputError("these are answers to another listening page")
    listener = str(given.get("listener"))[:64]
    if len(given["answers"]) > MOST_ANSWERS:
        raise InputError(f"{len(given['answers'])} answers; expected at most {MOST_ANSWERS}")
    for item, answer in given["answers"].items():
        if item not in key["items"] or not isinstance(answer, dict):
            raise InputError(f"there is no tune {item!r} on this page")
        score = answer.get("score")
        if score is not None and (isinstance(score, bool) or score not in SCORES):
            raise InputError(f"a score of {score!r}; expected {SCORES[0]} to {SCORES[-1]}")
        note, at = str(answer.get("note") or "")[:LONGEST_NOTE], str(answer.get("at") or "")[:40]
        yield {"listener": listener, "item": item, "score": score, "note": note, "at": at}
