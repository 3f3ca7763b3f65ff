"""What checks of several chapters do: they hold a function that a learner wrote against the right one, and against
plausible mistakes, by what all of them give.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from tunewright.course.lesson import Hint, finished

Mistakes = Sequence[tuple[Hint, Callable[..., Any]]]
"""Hints, each with what a mistake makes of the same arguments."""


def compared(
    function: Callable[..., Any], cases: Sequence[tuple[Any, ...]], right: Callable[..., Any], mistakes: Mistakes
) -> Hint | None:
    """None where a function gives what is right in every case; else the hint of the mistake that gives the same as it
    does, or ``other``.

    Args:
        function: what was written.
        cases: arguments to try it with, more than one, so that no fixed result passes.
        right: what it should do.
        mistakes: what it may do instead.
    """
    given = [finished(function(*_copied(case))) for case in cases]
    if all(same(one, right(*case)) for one, case in zip(given, cases, strict=True)):
        return None
    for hint, mistake in mistakes:
        if all(same(one, mistake(*case)) for one, case in zip(given, cases, strict=True)):
            return hint
    return Hint("other")


def same(given: Any, right: Any) -> bool:
    """Whether two numbers, or arrays of numbers in whatever shape Python keeps them, are equal but for rounding."""
    try:
        one, other = (torch.as_tensor(value, dtype=torch.float64).detach() for value in (given, right))
    except (TypeError, ValueError, RuntimeError):
        return bool(given is right or (isinstance(given, str) and given == right))
    return one.shape == other.shape and bool(torch.allclose(one, other, atol=1e-5, equal_nan=True))


def is_number(given: Any) -> bool:
    """Whether something is a single number."""
    if isinstance(given, Tensor):
        return given.ndim == 0
    return isinstance(given, int | float) and not isinstance(given, bool) and not math.isnan(given)


def same_tensor(one: Any, other: Tensor) -> bool:
    """Whether something is a tensor of this shape and, but for rounding, of these numbers; NaN is like NaN."""
    if not isinstance(one, Tensor) or one.shape != other.shape:
        return False
    return bool(torch.allclose(one.to(other.dtype), other, atol=1e-5, equal_nan=True))


def mistaken(given: Any, wrong: Iterable[tuple[Hint, Tensor]]) -> Hint | None:
    """The hint at the first mistake that gives what was given; None if no such mistake does."""
    return next((hint for hint, value in wrong if same_tensor(given, value)), None)


def shape_of(tensor: Tensor) -> str:
    """A shape in words, e.g. ``"2 x 4"``."""
    return " x ".join(map(str, tensor.shape)) or "()"


def _copied(case: tuple[Any, ...]) -> tuple[Any, ...]:
    """Arguments that may be written to without harm to the next case."""
    return tuple(value.clone() if isinstance(value, Tensor) else value for value in case)
