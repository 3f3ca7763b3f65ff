"""The bar rule: which bars are right, told in a musician's words.

A bar is right if it is full, or if it and its partner sum to one full bar. Partners meet where the music passes from
one part to
another: across a double bar, a repeat (its own beginning or what follows), an ending; and the first bar with the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from tunewright.music.tune import Bar, Position, Problem, Tune

UNIT_NAMES = {1: "whole notes", 2: "halves", 4: "quarters", 8: "eighths", 16: "sixteenths", 32: "thirty-seconds"}


def check(tune: Tune) -> tuple[Problem, ...]:
    """All problems of a tune: the reader's and the bar rule's, in written order."""
    problems = [*tune.problems, *bar_problems(tune)]
    if not any(note.pitches for note in tune.notes()):
        problems.append(Problem("error", "no notes", 0, tune.bars[0].position if tune.bars else Position(1, 1)))
    return tuple(sorted(problems, key=lambda problem: (problem.bar, problem.position.line, problem.position.column)))


def is_valid(tune: Tune) -> bool:
    """Whether every bar is right and nothing was unreadable; mere notes don't count."""
    return all(problem.severity == "note" for problem in check(tune))


def bar_problems(tune: Tune) -> Iterator[Problem]:
    """What the bar rule finds."""
    partners = list(_partners(tune.bars))
    for index, bar in enumerate(tune.bars):
        full = bar.meter.bar_length * bar.bars_of_rest
        if full == 0 or bar.length == full:
            continue
        lengths = [tune.bars[other].length for own, other in partners if own == index]
        if full - bar.length in lengths:
            continue
        found, wanted = _counted(bar, full)
        if bar.length < full and index in (0, len(tune.bars) - 1) and len(tune.bars) > 1:
            message = f"{found} in a bar of {wanted}, and no short bar at the other end to pair with"
            yield Problem("pickup", message, bar.number, bar.position)
        else:
            yield Problem("error", f"{found} where {wanted} fit", bar.number, bar.position)


def part_starts(bars: tuple[Bar, ...]) -> list[int]:
    """Indices of the bars at which a part begins: after a repeat or double bar, or at ``|:``."""
    return [index for index, bar in enumerate(bars) if index == 0 or bar.opens_repeat or _ends_part(bars[index - 1])]


def _ends_part(bar: Bar) -> bool:
    return bar.closes_repeat or "||" in bar.line or "]" in bar.line


def _partners(bars: tuple[Bar, ...]) -> Iterator[tuple[int, int]]:
    """Pairs of bars, both ways round, that may share one bar's length."""
    starts = part_starts(bars)
    for index in range(len(bars)):
        for other in _followers(bars, starts, index):
            yield index, other
            yield other, index


def _followers(bars: tuple[Bar, ...], starts: list[int], index: int) -> set[int]:
    """Bars that may be played straight after this one where it ends a part, an ending or the tune."""
    bar, following = bars[index], index + 1
    part = max(start for start in starts if start <= index)
    last = following == len(bars)
    if not (last or _ends_part(bar) or bars[following].ending or bars[following].opens_repeat):
        return set()
    found = set() if last else {following}
    if bar.closes_repeat:
        found.add(_repeat_start(bars, starts, part))
        found |= {
            later for later in range(following, len(bars)) if bars[later].ending and _same_part(bars, index, later)
        }
    if last:
        found |= {0, part, _repeat_start(bars, starts, part)}
    return found - {index} if len(bars) > 1 else found


def _repeat_start(bars: tuple[Bar, ...], starts: list[int], part: int) -> int:
    """Where a repeat that closes in this part goes back to; a second ending belongs to the part before it."""
    while bars[part].ending and part > 0:
        part = max(start for start in starts if start < part)
    return part


def _same_part(bars: tuple[Bar, ...], index: int, later: int) -> bool:
    return not any(
        _ends_part(bar) and not bars[bar.number].ending for bar in bars[index:later] if bar.number < len(bars)
    )


def _counted(bar: Bar, full: Fraction) -> tuple[str, str]:
    """A bar's length and a full bar's, counted in the meter's own unit or the largest smaller one in which both are
    whole.
    """
    unit = bar.meter.unit
    while (bar.length * unit).denominator != 1 and unit < 32:
        unit *= 2
    count = bar.length * unit
    shown = str(count) if count.denominator == 1 else f"{float(count):.2f}"
    name = UNIT_NAMES.get(unit, f"1/{unit} notes")
    return f"{shown} {name.removesuffix('s') if count == 1 else name}", str(full * unit)
