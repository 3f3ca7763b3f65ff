"""The bar rule: which bars are right, told in a musician's words.

A bar is right if it is full, or if it and its partner sum to one full bar. Partners meet where the music passes from
one part to another: across a double bar, a repeat (its own beginning or what follows), an ending; and the first bar
with the last. A bar that is cut in two by an ending counts once with each ending.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache

from tunewright.music.playing_order import play_order
from tunewright.music.tune import Bar, Position, Problem, Tune

UNIT_NAMES = {1: "whole notes", 2: "halves", 4: "quarters", 8: "eighths", 16: "sixteenths", 32: "thirty-seconds"}


@lru_cache(maxsize=8192)  # as many as the reader remembers
def check(tune: Tune) -> tuple[Problem, ...]:
    """All problems of a tune: the reader's and the bar rule's, in written order."""
    problems = [*tune.problems, *bar_problems(tune)]
    if all(bar.is_silent for bar in tune.bars):
        problems.append(Problem("error", "no notes", 0, tune.bars[0].position if tune.bars else Position(1, 1)))
    return tuple(sorted(problems, key=lambda problem: (problem.bar, problem.position)))


def is_valid(tune: Tune) -> bool:
    """Whether every bar is right and nothing was unreadable; mere notes don't count."""
    return all(problem.severity == "note" for problem in check(tune))


def bar_problems(tune: Tune) -> list[Problem]:
    """What the bar rule finds."""
    bars = tune.bars
    if not any(_is_partial(bar) for bar in bars):
        return []
    cut = cut_by_endings(bars)
    problems = [_cut_in_two(bars[index]) for index in sorted(cut)]
    problems += _unpaired(bars)
    wrong = [problem for problem in tune.problems if problem.severity != "note"]
    problems += _as_played(tune, {problem.bar for problem in (*wrong, *problems)})
    last = bars[-1]
    if last.line == "|" and last.length < last.meter.bar_length and last.number not in {one.bar for one in problems}:
        message = "a short last bar before a plain bar line: ':|' or '|]' would say that it ends here"
        problems.append(Problem("note", message, last.number, last.position))
    return problems


def _full(bar: Bar) -> Fraction:
    """How long a bar should be; 0 in free meter."""
    return bar.meter.bar_length if bar.bars_of_rest == 1 else bar.meter.bar_length * bar.bars_of_rest


def _is_partial(bar: Bar) -> bool:
    """Whether a bar is not full; in free meter every bar with a note in it counts as such, and none is wrong."""
    full = _full(bar)
    return bar.length is not full and bar.length != full


def _unpaired(bars: Sequence[Bar]) -> Iterator[Problem]:
    """Bars that are neither full nor made whole by a partner."""
    stems = _stems(bars)
    cut_off = set(stems.values())
    whole = [bar.length + bars[stems[index]].length if index in stems else bar.length for index, bar in enumerate(bars)]
    partners = _partners(bars)
    for index, bar in enumerate(bars):
        full = _full(bar)
        if full in (0, whole[index]) or index in cut_off:
            continue
        if any(whole[other] == full - whole[index] for other in partners[index]):
            continue
        found, wanted = _counted(whole[index], full, bar.meter.unit)
        if whole[index] < full and index in (0, len(bars) - 1) and len(bars) > 1:
            message = f"{found} in a bar of {wanted}, and no short bar at the other end to pair with"
            yield Problem("pickup", message, bar.number, bar.position)
        else:
            cause = ": a tuplet has a note too few or too many" if whole[index].denominator % 3 == 0 else ""
            yield Problem("error", f"{found} where {wanted} fit{cause}", bar.number, bar.position)


def _cut_in_two(bar: Bar) -> Problem:
    found, wanted = _counted(bar.length, bar.meter.bar_length, bar.meter.unit)
    message = f"{found} of {wanted}, the rest in the ending: one bar, and no bar line should cut it in two"
    return Problem("note", message, bar.number, bar.position)


def _as_played(tune: Tune, told: set[int]) -> Iterator[Problem]:
    """Bars that are right on paper, and yet too short or too long in the order in which they are played.

    What a short bar at a boundary lacks must be in the bar that is played next: a pickup that is right the first time
    may be one too many when a repeat or an ending leads back to it.
    """
    # Where a sign could not be read, the order in which the bars are played is not to be trusted.
    order = [] if any(problem.severity == "error" for problem in tune.problems) else play_order(tune)
    carried, before, after_wrong = Fraction(0), 0, False
    for place, index in enumerate(order):
        bar = tune.bars[index]
        if not carried and not _is_partial(bar):
            before, after_wrong = bar.number, bar.number in told
            continue
        full, count = _full(bar), carried + bar.length if carried else bar.length
        wrong = bar.number in told or (after_wrong and count != full)
        if count != full and full and not wrong:
            following = order[place + 1] if place + 1 < len(order) else None
            passes_on = following != index + 1 or bar.line != "|" or tune.bars[following].opens_repeat
            # A pickup at the very beginning is owed by nobody, but it may be the first half of a bar.
            half = following is not None and count + tune.bars[following].length == full
            carried = count if count < full and passes_on and (place or half) else Fraction(0)
            if not carried and place:
                told.add(bar.number)
                found, wanted = _counted(count, full, bar.meter.unit)
                message = f"{found} where {wanted} fit when it is played after bar {before}"
                yield Problem("note", message, bar.number, bar.position)
        else:
            carried = Fraction(0)
        before, after_wrong = bar.number, wrong


def cut_by_endings(bars: Sequence[Bar]) -> set[int]:
    """Indices of the bars with a plain bar line before an ending whose first bar makes them whole."""
    cut = set()
    for index, bar in enumerate(bars[:-1]):
        following = bars[index + 1]
        if bar.line == "|" and following.ending and not bar.ending and bar.length < bar.meter.bar_length:
            lengths = [bars[other].length for other in [index + 1, *_later_endings(bars, index + 2)]]
            if all(bar.length + length == bar.meter.bar_length for length in lengths):
                cut.add(index)
    return cut


def _stems(bars: Sequence[Bar]) -> dict[int, int]:
    """For each ending that begins in the middle of a bar, the bar that it and its fellow endings go on with."""
    stems: dict[int, int] = {}
    stem = None
    for index, bar in enumerate(bars):
        if not bar.ending:
            if index and bars[index - 1].ends_part and not bars[index - 1].closes_repeat:
                stem = None
            continue
        if index and bars[index - 1].line == "":
            stem = index - 1
        elif index and not bars[index - 1].ends_part:
            stem = None  # an ending after a plain bar line
        if stem is not None:
            stems[index] = stem
    return stems


def _partners(bars: Sequence[Bar]) -> list[set[int]]:
    """For each bar those that it may share one bar's length with."""
    partners: list[set[int]] = [set() for _ in bars]
    part = goes_back = 0
    for index, bar in enumerate(bars):
        if index == 0 or bar.opens_repeat or bars[index - 1].ends_part:
            part = index
            # A repeat that closes in a second ending goes back to where the part before it began.
            goes_back = goes_back if bar.ending else index
        for other in _followers(bars, {part, goes_back}, index):
            partners[index].add(other)
            partners[other].add(index)
    return partners


def _followers(bars: Sequence[Bar], starts: set[int], index: int) -> set[int]:
    """Bars that may be played straight after this one where it ends a part, an ending or the tune.

    Args:
        starts: where its part begins, and where a repeat that closes in it goes back to.
    """
    bar, following = bars[index], index + 1
    last = following == len(bars)
    if not (last or bar.ends_part or bars[following].ending or bars[following].opens_repeat):
        return set()
    found = set() if last else {following}
    if bar.closes_repeat:
        found |= starts
    if bar.closes_repeat or (not last and bars[following].ending):
        found |= set(_later_endings(bars, following))
    if last:
        found |= {0, *starts}
    return found - {index} if len(bars) > 1 else found


def _later_endings(bars: Sequence[Bar], following: int) -> Iterator[int]:
    """First bars of the endings that follow a closed repeat, as far as its part goes and their numbers rise."""
    last_pass = bars[following - 1].ending[-1] if following and bars[following - 1].ending else 0
    for index in range(following, len(bars)):
        ending = bars[index].ending
        if ending and ending[0] <= last_pass:
            return
        if ending:
            last_pass = ending[-1]
            yield index
        elif bars[index - 1].ends_part:
            return


def _counted(length: Fraction, full: Fraction, unit: int) -> tuple[str, str]:
    """A bar's length and a full bar's, counted in the meter's own unit or the largest smaller one in which both are
    whole; in eighths if there is none, as with a tuplet left unfinished: ``"6 2/3 eighths"``.
    """
    units = [size for size in (unit, 2 * unit, 4 * unit, 8 * unit) if size <= 32]
    unit = next((size for size in units if (length * size).denominator == 1), max(unit, 8))
    count = length * unit
    whole, rest = divmod(count.numerator, count.denominator)
    shown = f"{whole} {rest}/{count.denominator}" if rest and whole else str(count)
    name = UNIT_NAMES.get(unit, f"1/{unit} notes")
    one = {"halves": "half"}.get(name, name.removesuffix("s"))
    return f"{shown} {one if count == 1 else name}", str(full * unit)
