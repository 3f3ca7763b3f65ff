"""Checks of chapter 6, a study of one's own."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from tunewright.course.checks.comparing import compared, same
from tunewright.course.lesson import Check, Hint, choice, finished
from tunewright.errors import TunewrightError
from tunewright.settings import load_recipe
from tunewright.study.effects import student_quantile
from tunewright.study.plan import Plan
from tunewright.study.space import Values

BASE = {"hidden_size": 128, "learning_rate": 0.005, "length": 100, "iterations": 500, "seed": 0}
SIZES = [64, 128, 256]
MOST_TRIALS = 12
FEWEST_WORDS = 3
RESULTS = ([1.7, 1.6, 1.9], [2.0, 2.5, 2.25, 2.4, 2.05], [0.5, 0.1])


def fair(trials: Any) -> Hint | None:
    """Three trials that differ in the hidden size alone."""
    if isinstance(trials, dict) or not all(isinstance(one, dict) for one in trials):
        return Hint("no_list")
    if any(set(one) != set(BASE) for one in trials):
        return Hint(
            "other_settings", {"names": ", ".join(sorted({name for one in trials for name in one} ^ set(BASE)))}
        )
    if len(trials) > 1 and all(one == trials[0] for one in trials):
        return Hint("all_alike")
    for name, value in BASE.items():
        if name != "hidden_size" and any(one[name] != value for one in trials):
            return Hint(name if name in ("iterations", "seed") else "two_changes", {"name": name})
    sizes = [one["hidden_size"] for one in trials]
    return None if sorted(sizes) == SIZES else Hint("sizes", {"sizes": ", ".join(map(str, sizes))})


def budget(given: Any) -> Hint | None:
    """How many iterations read so many symbols."""
    found = compared(
        given,
        [(400_000, 8, 100), (1000, 3, 7), (12_345, 16, 50)],
        lambda symbols, batch, length: symbols // (batch * length),
        [
            (Hint("no_batch"), lambda symbols, batch, length: symbols // length),
            (Hint("no_length"), lambda symbols, batch, length: symbols // batch),
            (Hint("order"), lambda symbols, batch, length: symbols // batch * length),
            (Hint("order"), lambda symbols, batch, length: symbols / batch * length),
            (Hint("all_read"), lambda symbols, batch, length: symbols * batch * length),
            (Hint("added"), lambda symbols, batch, length: symbols // (batch + length)),
            (Hint("fraction"), lambda symbols, batch, length: symbols / (batch * length)),
            (Hint("too_many"), lambda symbols, batch, length: math.ceil(symbols / (batch * length))),
            (Hint("too_many"), lambda symbols, batch, length: symbols // (batch * length) + 1),
        ],
    )
    return Hint("fraction") if found is None and float(given(1000, 3, 7)) != int(given(1000, 3, 7)) else found


def bits(given: Any) -> Hint | None:
    """All nats of a text, in bits, over its characters."""
    return compared(
        given,
        [(1.2, 1000, 1000), (1.6, 640, 1000), (2.5, 300, 450)],
        lambda nats, symbols, characters: nats * symbols / math.log(2) / characters,
        [
            (Hint("nats"), lambda nats, symbols, characters: nats * symbols / characters),
            (Hint("multiplied"), lambda nats, symbols, characters: nats * symbols * math.log(2) / characters),
            (Hint("per_symbol"), lambda nats, symbols, characters: nats / math.log(2)),
            (Hint("turned"), lambda nats, symbols, characters: nats / math.log(2) * characters / symbols),
            (Hint("total"), lambda nats, symbols, characters: nats * symbols / math.log(2)),
            (Hint("no_symbols"), lambda nats, symbols, characters: nats / math.log(2) / characters),
            (Hint("tens"), lambda nats, symbols, characters: nats * symbols / math.log(10) / characters),
            (Hint("logarithm"), lambda nats, symbols, characters: math.log2(nats) * symbols / characters),
        ],
    )


def turning(given: Any) -> Hint | None:
    """The iteration at which a curve is least."""
    falling = [(100, 3.0), (200, 2.0), (300, 2.1), (400, 1.7), (500, 1.9), (600, 1.7), (700, 2.4)]
    other = [(50, 2.2), (150, 2.4), (250, 2.3), (350, 2.1), (450, 2.6), (550, 2.5)]

    def first_rise(curve: list[tuple[int, float]]) -> int:
        return next(one[0] for one, after in pairwise(curve) if after[1] > one[1])

    return compared(
        lambda curve: given(list(curve)),
        [(falling,), (other,)],
        lambda curve: min(curve, key=lambda point: point[1])[0],
        [
            (Hint("bits"), lambda curve: min(point[1] for point in curve)),
            (Hint("point"), lambda curve: min(curve, key=lambda point: point[1])),
            (Hint("place"), lambda curve: min(range(len(curve)), key=lambda place: curve[place][1])),
            (Hint("first_rise"), first_rise),
            (Hint("end"), lambda curve: curve[-1][0]),
            (Hint("largest"), lambda curve: max(curve, key=lambda point: point[1])[0]),
            (Hint("by_iteration"), lambda curve: min(curve)[0]),
            (Hint("last_of_equals"), lambda curve: min(reversed(curve), key=lambda point: point[1])[0]),
        ],
    )


def spread(given: Any) -> Hint | None:
    """Mean and standard deviation."""
    if not isinstance(finished(given(RESULTS[0])), tuple | list) or len(given(RESULTS[0])) != 2:
        return Hint("not_two")
    if any(one is ... for one in given(RESULTS[0])):
        return Hint("todo")
    mean = statistics.fmean
    return compared(
        lambda results: given(list(results)),
        [(one,) for one in RESULTS],
        lambda results: (mean(results), statistics.stdev(results)),
        [
            (Hint("by_n"), lambda results: (mean(results), statistics.pstdev(results))),
            (Hint("no_root"), lambda results: (mean(results), statistics.variance(results))),
            (Hint("no_root"), lambda results: (mean(results), statistics.pvariance(results))),
            (Hint("median"), lambda results: (statistics.median(results), statistics.stdev(results))),
            (Hint("range"), lambda results: (mean(results), max(results) - min(results))),
            (Hint("of_mean"), lambda results: (mean(results), statistics.stdev(results) / math.sqrt(len(results)))),
            (Hint("no_squares"), lambda results: (mean(results), _absolute(results) / (len(results) - 1))),
            (Hint("no_squares"), lambda results: (mean(results), _absolute(results) / len(results))),
            (Hint("turned"), lambda results: (statistics.stdev(results), mean(results))),
        ],
    )


def interval(given: Any) -> Hint | None:
    """The difference of two means, and its 95 % interval."""
    one, other = [1.7, 1.6, 1.9], [1.2, 1.6, 1.3]
    four, more = [2.0, 2.5, 2.25, 2.4], [2.6, 2.3, 2.9, 2.2]
    cases = [(one, other), (four, more)]
    if not isinstance(finished(given(one, other)), tuple | list) or len(given(one, other)) != 3:
        return Hint("not_three")
    difference = given(list(one), list(other))[0]
    if difference is ...:
        return Hint("todo")
    if same(difference, min(other) - min(one)):
        return Hint("best_runs")
    if same(difference, statistics.fmean(one) - statistics.fmean(other)):
        return Hint("turned")
    return compared(
        lambda before, after: given(list(before), list(after)),
        cases,
        _interval,
        [
            (Hint("normal"), lambda before, after: _interval(before, after, quantile=1.959964)),
            (Hint("normal"), lambda before, after: _interval(before, after, quantile=1.96)),
            (Hint("freedom"), lambda before, after: _interval(before, after, freedom=len(before) - 1)),
            (Hint("freedom"), lambda before, after: _interval(before, after, freedom=2 * len(before) - 1)),
            (Hint("freedom"), lambda before, after: _interval(before, after, freedom=2 * len(before))),
            (Hint("no_error"), lambda before, after: _interval(before, after, error=1.0)),
            (Hint("one_group"), lambda before, after: _interval(before, after, error=math.sqrt(1 / len(before)))),
            (Hint("no_quantile"), lambda before, after: _interval(before, after, quantile=1.0)),
            (Hint("ends"), lambda before, after: (*_interval(before, after)[:1], *_interval(before, after)[:0:-1])),
        ],
    )


def verdict(given: Any) -> Hint | None:
    """What an interval of bits lets one say."""
    cases = [(-0.2, -0.3, -0.1), (0.2, 0.1, 0.3), (-0.2, -0.5, 0.1), (0.2, -0.1, 0.5), (-0.01, -0.015, -0.005)]
    found = [finished(given(*case)) for case in cases]
    told = {
        "<>??<": None,
        "><??>": "turned",
        "<><><": "means_only",
        "??<>?": "inside_out",
        "?????": "never",
        "<>???": "small_is_none",
    }
    if any(one not in ("<", ">", "?") for one in found):
        return Hint("another_answer", {"answer": next(one for one in found if one not in ("<", ">", "?"))})
    key = told.get("".join(found), "other")
    return Hint(key) if key else None


def own(varied: Any, seeds: Any, hypothesis: Any) -> Hint | None:
    """A plan that compares fairly, is done soon, and has something to find out."""
    if isinstance(varied, str) or not all(isinstance(one, str) for one in varied) or not varied:
        return Hint("no_texts")
    if not isinstance(seeds, int) or isinstance(seeds, bool) or seeds < 2:
        return Hint("one_seed")
    if not isinstance(hypothesis, str) or len(hypothesis.split()) < FEWEST_WORDS:
        return Hint("no_hypothesis")
    addresses = [one.partition("=")[0].strip() for one in varied]
    for address in addresses:
        if address in ("training.seed", "decoding.seed"):
            return Hint("seed_varied")
        if address == "training.iterations":
            return Hint("unequal")
    try:
        plan = Plan(load_recipe("lab"), varied=tuple(varied), seeds=seeds, tunes=1)
    except TunewrightError as error:
        return Hint("refused", {"error": str(error)})
    if any(isinstance(one, Values) and len(one.values) < 2 for one in plan.space):
        return Hint("one_value")
    count = plan.variants * seeds
    return Hint("too_many", {"count": count, "most": MOST_TRIALS}) if count > MOST_TRIALS else None


def _absolute(results: Sequence[float]) -> float:
    mean = statistics.fmean(results)
    return sum(abs(one - mean) for one in results)


def _interval(
    before: Sequence[float],
    after: Sequence[float],
    *,
    freedom: int = 0,
    quantile: float = 0.0,
    error: float = 0.0,
) -> tuple[float, float, float]:
    """Right where nothing else is given; else with another quantile, or other degrees of freedom, or another factor
    from the deviation to the error.
    """
    count = len(before)
    deviation = math.sqrt((statistics.variance(before) + statistics.variance(after)) / 2)
    margin = deviation * (error or math.sqrt(2 / count))
    margin *= quantile or student_quantile(0.975, freedom or 2 * (count - 1))
    difference = statistics.fmean(after) - statistics.fmean(before)
    return difference, difference - margin, difference + margin


CHECKS: dict[str, Check] = {
    "fair-plan": fair,
    "equal-budget": budget,
    "question-equal": choice("c", "abc"),
    "bits-per-character": bits,
    "turning-point": turning,
    "question-test": choice("b", "abc"),
    "mean-deviation": spread,
    "difference-interval": interval,
    "verdict": verdict,
    "question-shown": choice("b", "abc"),
    "own-plan": own,
    "question-many": choice("b", "abc"),
    "question-blind": choice("a", "abc"),
}
