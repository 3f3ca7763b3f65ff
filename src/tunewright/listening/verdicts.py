"""What the answers come to: by real and composed tunes, by runs, and by what a study varied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tunewright.contracts import KINDS
from tunewright.listening.answers import last_answers
from tunewright.listening.page import Key, read_key
from tunewright.listening.scores import Estimate, Scores
from tunewright.listening.tunes import Heard
from tunewright.music.reader import read_tune
from tunewright.study.space import Value, told

MOST_LEVELS = 6
"""Where a setting had more values than these, and they are numbers, the lower half is told beside the upper one."""


@dataclass(frozen=True)
class Verdict:
    """What listeners say of some tunes. Those that a listener knew are left out of all but ``known``.

    Attributes:
        source: the run or study that they are from; empty for real ones.
        is_real: whether people made them.
        setting: address of a setting by whose value they belong together; empty for all of a source.
        level: that value, or in what range it lies.
        tunes: how many have a score.
        answers: how many scores there are.
        known: how many answers say that the tune was known.
        mean: of the scores, 1 to 5, each tune counting alike and each listener's leniency taken out; None without any.
        difference: from the real tunes; None for those, and where either have no score.
    """

    source: str
    is_real: bool
    setting: str
    level: str
    tunes: int
    answers: int
    known: int
    mean: Estimate | None
    difference: Estimate | None


@dataclass(frozen=True)
class Note:
    """What somebody noted.

    Attributes:
        heard: the tune.
        number: that it has on the page.
        title: of the tune, which the listener didn't see.
        text: in one line.
    """

    heard: Heard
    number: int
    title: str
    text: str


@dataclass(frozen=True)
class Outcome:
    """What came of a page.

    Attributes:
        answers: scores, those of known tunes among them.
        listeners: people who gave a score.
        kind: of the pieces on it, out of :data:`tunewright.contracts.KINDS`.
        verdicts: of the real tunes, of each source, and of each value that it varied; those without answers left out.
        notes: of all listeners, in the order of the page.
    """

    answers: int
    listeners: int
    kind: str
    verdicts: tuple[Verdict, ...]
    notes: tuple[Note, ...]


def outcome(folder: Path) -> Outcome:
    """What the answers in a folder come to.

    Raises:
        RunError: there is no page in it.
    """
    key = read_key(folder)
    answers = last_answers(folder, key)
    scored = [one for one in answers if one.get("score")]
    listeners = len({one["listener"] for one in scored})
    kind = next((one.piece.kind for one in key.items.values()), KINDS[0])
    return Outcome(len(scored), listeners, kind, tuple(_verdicts(key, answers)), tuple(_notes(key, answers)))


@dataclass(frozen=True)
class _Group:
    """Names on the page of tunes that are told of together."""

    source: str
    names: frozenset[str]
    is_real: bool = False
    setting: str = ""
    level: str = ""


def _verdicts(key: Key, answers: Sequence[dict[str, Any]]) -> Iterator[Verdict]:
    names = list(key.items)
    counted = [one for one in answers if one.get("score") and not one.get("known")]
    listeners = {name: row for row, name in enumerate(sorted({one["listener"] for one in counted}))}
    table = np.full((len(listeners), len(names)), np.nan)
    for one in counted:
        table[listeners[one["listener"]], names.index(one["item"])] = one["score"]
    scores = Scores(table) if counted else None
    heard = frozenset(one["item"] for one in counted)
    real = frozenset(name for name, one in key.items.items() if one.is_real)
    for group in _groups(key.items):
        known = sum(one["item"] in group.names for one in answers if one.get("known"))
        own, others = (np.array([name in some for name in names]) for some in (group.names, real))
        mean = difference = None
        if scores and group.names & heard:
            mean = scores.mean(own)
            difference = scores.difference(own, others) if real & heard and not group.is_real else None
        if known or mean:
            yield Verdict(
                group.source,
                group.is_real,
                group.setting,
                group.level,
                len(group.names & heard),
                sum(one["item"] in group.names for one in counted),
                known,
                mean,
                difference,
            )


def _groups(items: Mapping[str, Heard]) -> Iterator[_Group]:
    yield _Group("", frozenset(name for name, one in items.items() if one.is_real), is_real=True)
    for source in sorted({one.source for one in items.values() if not one.is_real}):
        own = {name: one for name, one in items.items() if one.source == source and not one.is_real}
        yield _Group(source, frozenset(own))
        for setting in dict.fromkeys(address for one in own.values() for address in one.settings):
            levels = _levels({name: one.settings[setting] for name, one in own.items()})
            for level in levels if len(levels) > 1 else ():
                yield _Group(source, frozenset(levels[level]), setting=setting, level=level)


def _levels(values: Mapping[str, Value]) -> dict[str, list[str]]:
    """Names by the values they go with, in order; of many numbers by halves."""
    numbers = sorted({own for own in values.values() if isinstance(own, int | float) and not isinstance(own, bool)})
    if len(numbers) <= MOST_LEVELS or len(numbers) < len(set(values.values())):
        ordered = [*numbers, *sorted(set(values.values()) - set(numbers), key=told)]
        return {told(one): [name for name, own in values.items() if own == one] for one in ordered}
    lower = set(numbers[: (len(numbers) + 1) // 2])
    return {
        f"≤ {told(max(lower))}": [name for name, own in values.items() if own in lower],
        f"> {told(max(lower))}": [name for name, own in values.items() if own not in lower],
    }


def _notes(key: Key, answers: Sequence[dict[str, Any]]) -> Iterator[Note]:
    for number, (name, heard) in enumerate(key.items.items(), 1):
        for one in answers:
            if one["item"] == name and one.get("note"):
                yield Note(
                    heard, number, heard.title or read_tune(heard.text).title or "–", " ".join(one["note"].split())
                )
