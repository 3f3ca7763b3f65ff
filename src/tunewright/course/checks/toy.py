"""Small models of tunes, and ways of searching them, right and wrong: what checks of chapter 5 compare with."""

from __future__ import annotations

import math
from collections.abc import Callable

Following = Callable[[str], dict[str, float]]
"""What may follow a beginning, with its probability."""

END = "|"
TABLES: tuple[dict[str, dict[str, float]], ...] = (
    {
        "": {"A": 0.5, "B": 0.28, "D": 0.22},
        "A": {"B": 0.36, "C": 0.34, END: 0.3},
        "B": {"C": 0.9, END: 0.1},
        "C": {END: 1.0},
        "D": {"E": 0.97, END: 0.03},
        "E": {"F": 0.97, END: 0.03},
        "F": {END: 1.0},
    },
    {
        "": {"G": 0.3, "A": 0.36, "B": 0.34},
        "A": {"B": 0.3, "G": 0.3, END: 0.4},
        "B": {END: 0.55, "D": 0.45},
        "D": {END: 0.9, "A": 0.1},
        "G": {END: 0.95, "A": 0.05},
    },
)
"""What follows a symbol, by the symbol; the beginning follows nothing."""


def following(number: int) -> Following:
    """One of the models."""
    return lambda beginning: dict(TABLES[number][beginning[-1:]])


def steps(follow: Following, sequence: str) -> list[float]:
    """The probability of each symbol of a sequence after those before it."""
    return [follow(sequence[:place])[symbol] for place, symbol in enumerate(sequence)]


def searched(
    follow: Following,
    width: int,
    *,
    step: Callable[[float, float], float] = lambda total, probability: total + math.log(probability),
    order: Callable[[tuple[str, float]], float | str] | None = lambda one: one[1],
    reverse: bool = True,
    longest: int = 8,
) -> tuple[str, float]:
    """What the exercise's beam search finds.

    Args:
        follow: the model.
        width: sequences that are kept.
        step: what a symbol's probability does to the value of a sequence.
        order: by what the best are told; None leaves them as they come.
        reverse: whether the largest come first.
        longest: symbols, at most.
    """
    beams, ended = [("", 0.0)], list[tuple[str, float]]()
    for _ in range(longest):
        found = [(text + one, step(total, chance)) for text, total in beams for one, chance in follow(text).items()]
        best = (sorted(found, key=order, reverse=reverse) if order else found)[:width]
        ended += [one for one in best if one[0].endswith(END)]
        beams = [one for one in best if not one[0].endswith(END)]
    return max(ended, key=lambda one: one[1], default=("", -math.inf))
