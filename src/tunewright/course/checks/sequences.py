"""Checks of chapter 5 that are about whole sequences and whole bars."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tunewright.course.checks.comparing import compared, same
from tunewright.course.checks.toy import following, searched, steps
from tunewright.course.lesson import Hint, finished

ONE = torch.tensor([0.5, 2.0, -1.0, 2.4, 1.0, 0.0])
OTHER = torch.tensor([-0.3, 0.2, 1.7, 0.9])


def sequence(given: Any) -> Hint | None:
    """The logarithm of a sequence's probability: the sum over its symbols."""
    cases = [(following(0), "BC|"), (following(0), "ABC|"), (following(1), "BD|"), (following(1), "G|")]

    def logs(*case: Any) -> list[float]:
        return [math.log(chance) for chance in steps(*case)]

    return compared(
        given,
        cases,
        lambda *case: sum(logs(*case)),
        [
            (Hint("product"), lambda *case: math.prod(steps(*case))),
            (Hint("sum"), lambda *case: sum(steps(*case))),
            (Hint("log_of_sum"), lambda *case: math.log(sum(steps(*case)))),
            (Hint("bits"), lambda *case: sum(logs(*case)) / math.log(2)),
            (Hint("negative"), lambda *case: -sum(logs(*case))),
            (Hint("no_first"), lambda *case: sum(logs(*case)[1:])),
            (Hint("no_end"), lambda *case: sum(logs(*case)[:-1])),
            (Hint("last_only"), lambda *case: logs(*case)[-1]),
            (Hint("mean"), lambda *case: sum(logs(*case)) / len(logs(*case))),
        ],
    )


def beam(given: Any) -> Hint | None:
    """What a search of some widths finds in two toy models: sequence and logarithm of its probability."""
    cases = [(following(number), width) for number in (0, 1) for width in (1, 2, 3)]
    found = [tuple(finished(given(*case))) for case in cases]
    told: list[tuple[Hint | None, dict[str, Any]]] = [
        (None, {}),
        (Hint("added"), {"step": lambda total, chance: total + chance}),
        (Hint("multiplied"), {"step": lambda total, chance: total * math.log(chance)}),
        (Hint("forgotten"), {"step": lambda total, chance: math.log(chance)}),
        (Hint("negative"), {"step": lambda total, chance: total - math.log(chance)}),
        (Hint("worst"), {"reverse": False}),
        (Hint("unsorted"), {"order": None}),
        (Hint("by_name"), {"order": lambda one: one[0], "reverse": False}),
        (Hint("by_name"), {"order": lambda one: one[0]}),
    ]
    for hint, how in told:
        if _same_ends(found, [searched(*case, **how) for case in cases]):
            return hint
    for hint, width in ((Hint("width_ignored"), 1), (Hint("all_kept"), 1000)):
        if _same_ends(found, [searched(follow, width) for follow, _ in cases]):
            return hint
    return Hint("other", {"found": found[1][0], "width": 2})


def length(given: Any) -> Hint | None:
    """The best of several sequences, by log-probability over length to a power."""
    few = [("BC|", -1.378), ("DEF|", -1.575), ("A|", -1.897), ("DEFDEF|", -3.1)]
    more = [("A|", -0.9), ("ABAB|", -2.0), ("ABABABAB|", -3.3), ("B|", -1.4)]
    cases = [(one, penalty) for one in (few, more) for penalty in (0.0, 1.0, 2.0)]
    answers = [finished(given(list(one), penalty)) for one, penalty in cases]
    names = [one[0] if isinstance(one, tuple | list) else one for one in answers]

    def all_are(score: Callable[[float, int, float], float]) -> bool:
        best = [max(one, key=lambda own: score(own[1], len(own[0]), penalty))[0] for one, penalty in cases]
        return names == best

    if all_are(lambda total, count, penalty: total / count**penalty):
        return None if all(isinstance(one, str) for one in answers) else Hint("pair")
    if all_are(lambda total, count, penalty: total):
        return Hint("ignored")
    if all_are(lambda total, count, penalty: total / count):
        return Hint("fixed")
    if all_are(lambda total, count, penalty: total * count**penalty):
        return Hint("multiplied")
    if all_are(lambda total, count, penalty: -total / count**penalty):
        return Hint("worst")
    if all_are(lambda total, count, penalty: count):
        return Hint("longest")
    return Hint("other")


def fill(given: Any) -> Hint | None:
    """Whether notes of these lengths can fill what is left of a bar."""
    cases = [(left, lengths) for lengths in ([2, 3], [2, 4], [3, 4], [1, 2, 3]) for left in range(9)]
    try:
        return compared(
            given,
            cases,
            _can_fill,
            [
                (Hint("not_empty"), lambda left, lengths: left > 0 and _can_fill(left, lengths)),
                (Hint("never"), lambda left, lengths: False),
                (Hint("fits"), lambda left, lengths: any(one <= left for one in lengths)),
                (Hint("fits"), lambda left, lengths: left == 0 or any(one <= left for one in lengths)),
                (Hint("one_note"), lambda left, lengths: left in lengths),
                (Hint("one_note"), lambda left, lengths: left == 0 or left in lengths),
                (Hint("one_length"), lambda left, lengths: any(left % one == 0 for one in lengths)),
                (Hint("all_lengths"), lambda left, lengths: _all_fill(left, lengths)),
            ],
        )
    except RecursionError:
        return Hint("endless")


def allowed(given: Any) -> Hint | None:
    """Of each length, whether it may come next."""
    cases = [(left, lengths) for lengths in ([2, 3, 4], [2, 4], [1, 2, 3]) for left in range(8)]
    found = finished(given(4, [2, 3]))
    if not hasattr(found, "__len__") or len(found) != 2:
        return Hint("not_each")
    return compared(
        given,
        cases,
        lambda left, lengths: [_can_fill(left - one, lengths) for one in lengths],
        [
            (Hint("fits"), lambda left, lengths: [one <= left for one in lengths]),
            (Hint("strict"), lambda left, lengths: [one < left and _can_fill(left - one, lengths) for one in lengths]),
            (Hint("last_note"), lambda left, lengths: [one == left for one in lengths]),
            (Hint("alike"), lambda left, lengths: [_can_fill(left, lengths)] * len(lengths)),
            (Hint("turned"), lambda left, lengths: [not _can_fill(left - one, lengths) for one in lengths]),
            (Hint("of_length"), lambda left, lengths: [_can_fill(one, lengths) for one in lengths]),
        ],
    )


def mask(given: Any) -> Hint | None:
    """The probabilities that are left when some symbols may not come."""
    cases = [
        (ONE, [True, False, True, False, True, True]),
        (ONE, [False, False, True, False, False, True]),
        (OTHER, [True, True, False, True]),
    ]

    def only(z: Tensor, allowed: list[bool]) -> Tensor:
        return torch.where(torch.tensor(allowed), z, -math.inf)

    return compared(
        given,
        cases,
        lambda z, allowed: only(z, allowed).softmax(-1),
        [
            (Hint("zero_logit"), lambda z, allowed: (z * torch.tensor(allowed)).softmax(-1)),
            (Hint("not_shared"), lambda z, allowed: z.softmax(-1) * torch.tensor(allowed)),
            (Hint("turned"), lambda z, allowed: only(z, [not one for one in allowed]).softmax(-1)),
            (Hint("logits"), only),
            (Hint("ignored"), lambda z, allowed: z.softmax(-1)),
            (Hint("twice"), lambda z, allowed: (z.softmax(-1) * torch.tensor(allowed)).softmax(-1)),
            (Hint("short"), lambda z, allowed: z[torch.tensor(allowed)].softmax(-1)),
        ],
    )


def _same_ends(found: list[Any], wanted: list[tuple[str, float]]) -> bool:
    return all(one[0] == other[0] and same(one[1], other[1]) for one, other in zip(found, wanted, strict=True))


def _can_fill(left: int, lengths: list[int]) -> bool:
    return left == 0 or any(one <= left and _can_fill(left - one, lengths) for one in lengths)


def _all_fill(left: int, lengths: list[int]) -> bool:
    return left == 0 or all(one <= left and _all_fill(left - one, lengths) for one in lengths)
