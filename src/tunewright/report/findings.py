"""Sentences drawn from the numbers of a study: none without an effect that is shown, and where none is, it says so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tunewright.messages import Messages
from tunewright.study.effects import Effect, effects
from tunewright.study.results import Study
from tunewright.study.space import Value, told

TOLD = ("validation", "seconds_per_iteration", "valid_free", "distance", "originality")
"""The figures that sentences are about, in their order."""
DOUBLED = 2.0
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
    """A sentence for each two values of a setting that were compared: what the later one does to the figures, or that
    it isn't shown to do anything.
    """
    found: dict[tuple[str, Value, Value], list[Effect]] = {}
    for figure in TOLD:
        for effect in effects(study, figure):
            found.setdefault((effect.address, effect.before, effect.after), []).append(effect)
    return [_finding(own, messages) for own in found.values()]


def _finding(own: Sequence[Effect], messages: Messages) -> Finding:
    shown = tuple(effect for effect in own if effect.is_shown)
    missing = tuple(effect for effect in own if not effect.is_shown)
    subject = _subject(own[0], messages)
    if not shown:
        figures = messages.listed([messages.named("figure", effect.figure) for effect in missing])
        return Finding(messages("effect.none", subject=subject, figures=figures), (), missing)
    clauses = [_clause(effect, messages) for effect in shown]
    told_last = messages("effect.last_comma").join([messages("effect.comma").join(clauses[:-1]), clauses[-1]])
    text = messages("effect.joined", subject=subject, clauses=told_last if len(clauses) > 1 else clauses[0])
    return Finding(text, shown, missing)


def _subject(effect: Effect, messages: Messages) -> str:
    """What was changed: numbers are raised, since they are compared from the least."""
    are_numbers = all(
        isinstance(end, int | float) and not isinstance(end, bool) for end in (effect.before, effect.after)
    )
    doubled = effect.factor is not None and math.isclose(effect.factor, DOUBLED)
    key = "doubled" if doubled else "raised" if are_numbers else "changed"
    name = messages.named("setting", effect.address)
    subject = messages(f"effect.{key}", setting=name, before=told(effect.before), after=told(effect.after))
    return subject[0].upper() + subject[1:]


def _clause(effect: Effect, messages: Messages) -> str:
    """What an effect is told as: a difference without its sign, a share in points of a hundred, or a ratio."""
    message = f"effect.{WAYS[effect.figure][effect.size < 0]}"
    if effect.figure in ("seconds_per_iteration", "distance"):
        ratio, low, high = (messages.number(math.exp(end), 2) for end in (effect.size, effect.low, effect.high))
        return messages(message, ratio=ratio, low=low, high=high)
    scale, digits = (100, 0) if effect.figure in ("valid_free", "originality") else (1, 3)
    ends = sorted(abs(scale * end) for end in (effect.low, effect.high))
    size, low, high = (messages.number(end, digits) for end in (abs(scale * effect.size), *ends))
    return messages(message, **{"points" if scale > 1 else "bits": size}, low=low, high=high)
