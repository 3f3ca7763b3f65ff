"""Sentences drawn from the numbers of a study: none without an effect that is shown, and where none is, it says so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tunewright.messages import Messages
from tunewright.study.effects import RATIOS, Effect, comparisons, effects
from tunewright.study.results import Study
from tunewright.study.space import Value, told

TOLD = ("validation", "seconds_per_iteration", "valid_free", "distance", "originality")
"""The figures that sentences are about, in their order."""
POINTS = ("valid_free", "originality")
"""Those that are told in points of a hundred."""
DOUBLED = 2.0
SAME_TEXT = 0.01
"""Logarithm of the ratio up to which two trainings read as much."""
WAYS = {
    "validation": ("lost", "gained"),
    "seconds_per_iteration": ("slower", "faster"),
    "valid_free": ("more_valid", "fewer_valid"),
    "distance": ("farther", "nearer"),
    "originality": ("more_own", "fewer_own"),
}
"""The message for a figure that grew, and for one that fell."""


@dataclass(frozen=True)
class Finding:
    """One sentence and what it is about.

    Attributes:
        text: as it is told.
        shown: the effects that it tells of; empty where it says that none is shown.
        missing: the effects of which it says so.
    """

    text: str
    shown: tuple[Effect, ...]
    missing: tuple[Effect, ...] = ()


def findings(study: Study, messages: Messages) -> list[Finding]:
    """A sentence for each two values of a setting that were compared: what the later one does to the figures, and on
    which it isn't shown to do anything.
    """
    found: dict[tuple[str, Value, Value], list[Effect]] = {}
    compared = comparisons_told(study)
    for figure in TOLD:
        for effect in effects(study, figure, compared):
            found.setdefault((effect.address, effect.before, effect.after), []).append(effect)
    return [_finding(study, own, messages) for own in found.values()]


def comparisons_told(study: Study) -> int:
    """How many comparisons the sentences tell of, among which chance must be ruled out."""
    return sum(len(comparisons(study, figure)) for figure in TOLD)


def _finding(study: Study, own: Sequence[Effect], messages: Messages) -> Finding:
    shown = tuple(effect for effect in own if effect.is_shown and _tells(effect, messages))
    missing = tuple(effect for effect in own if effect not in shown)
    subject = _subject(study, own[0], messages)
    figures = messages.listed([messages.named("figure", effect.figure) for effect in missing])
    if not shown:
        return Finding(messages("effect.none", subject=subject, figures=figures), (), missing)
    clauses = [_clause(effect, messages) for effect in shown]
    told_last = messages("effect.last_comma").join([messages("effect.comma").join(clauses[:-1]), clauses[-1]])
    told_all = told_last if len(clauses) > 1 else clauses[0]
    if not missing:
        return Finding(messages("effect.joined", subject=subject, clauses=told_all), shown)
    return Finding(messages("effect.partly", subject=subject, clauses=told_all, figures=figures), shown, missing)


def _subject(study: Study, effect: Effect, messages: Messages) -> str:
    """What was changed: numbers are raised, since they are compared from the least. Where that also changes how much
    text is read, it says so.
    """
    are_numbers = all(
        isinstance(end, int | float) and not isinstance(end, bool) for end in (effect.before, effect.after)
    )
    doubled = effect.factor is not None and math.isclose(effect.factor, DOUBLED)
    key = "doubled" if doubled else "raised" if are_numbers else "changed"
    name = messages.named("setting", effect.address)
    subject = messages(f"effect.{key}", setting=name, before=told(effect.before), after=told(effect.after))
    ratio = text_ratio(study, effect)
    if ratio:
        subject = messages("effect.more_text", subject=subject.rstrip(","), ratio=messages.number(ratio, 2))
    return subject[0].upper() + subject[1:]


def text_ratio(study: Study, effect: Effect) -> float | None:
    """How many times the text is read after a setting was changed, where it isn't the same."""
    read: dict[Value, list[float]] = {effect.before: [], effect.after: []}
    for one in study.done:
        value, symbols = one.trial.assignments[effect.address], one.results.get("symbols")
        if value in read and symbols:
            read[value].append(math.log(symbols))
    if not all(read.values()):
        return None
    before, after = (math.fsum(own) / len(own) for own in read.values())
    return math.exp(after - before) if abs(after - before) > SAME_TEXT else None


def _tells(effect: Effect, messages: Messages) -> bool:
    """Whether an effect is more than nothing in the digits in which it is told."""
    size, _, _ = _sizes(effect, messages)
    return size != messages.number(float(effect.figure in RATIOS), _scale(effect)[1])


def _clause(effect: Effect, messages: Messages) -> str:
    """What an effect is told as: a difference without its sign, a share in points of a hundred, or a ratio."""
    size, low, high = _sizes(effect, messages)
    unit = "ratio" if effect.figure in RATIOS else "points" if effect.figure in POINTS else "bits"
    clause = messages(f"effect.{WAYS[effect.figure][effect.size < 0]}", **{unit: size}, low=low, high=high)
    return clause if effect.everywhere else messages("effect.on_average", clause=clause)


def _sizes(effect: Effect, messages: Messages) -> tuple[str, str, str]:
    """The size of an effect and its interval, as they are told."""
    scale, digits = _scale(effect)
    if effect.figure in RATIOS:
        size, low, high = (math.exp(end) for end in (effect.size, effect.low, effect.high))
    else:
        size = abs(scale * effect.size)
        low, high = sorted(abs(scale * end) for end in (effect.low, effect.high))
    return messages.number(size, digits), messages.number(low, digits), messages.number(high, digits)


def _scale(effect: Effect) -> tuple[int, int]:
    """What a figure is multiplied by to be told, and in how many digits."""
    return (1, 2) if effect.figure in RATIOS else (100, 0) if effect.figure in POINTS else (1, 3)
