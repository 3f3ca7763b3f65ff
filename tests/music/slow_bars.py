"""A second opinion on bars: slow, plain, and sharing nothing with the package; it imports nothing of ours.

The text becomes a flat list of measures (``slow_reader.py``). Repeats and endings are then written out into the list of
what is played, and counting follows that list: every measure has to be one bar long *when it is played*. A short one
is right only

- with another short one played straight after it, the two making one bar of the second's meter, where a repeat, a
  double bar, an ending or a part lies between them;
- as the very first of the tune, if the very last one, or the last of its part, makes it whole;
- as the very last of the tune, if the very first one, or the first of its part, makes it whole.

A repeat that nothing opens goes back to the latest double bar or end of a repeat (ABC 2.1, 4.8). Left out: the order
that a header's ``P:`` gives, D.C. and the like. Lengths are in whole notes.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import NamedTuple

from tests.music.slow_reader import Measure, Reader


class WrongBar(NamedTuple):
    """A measure that is not one bar long when it is played: its number as written, from 1, and lengths."""

    bar: int
    found: Fraction
    wanted: Fraction


@dataclass(frozen=True)
class Verdict:
    """What this judge finds in a tune.

    Attributes:
        wrong: in playing order, each written measure once.
        faults: what it couldn't read, and tuplets and broken rhythms that a bar line cuts off.
        complete: the header is whole, and the music ends with a bar line that closes it.
        bars: of all parts, each with the first of its endings; a pickup and what is short of it make one.
        parts: stretches of at least a bar between repeats, double bars and the like.
    """

    wrong: tuple[WrongBar, ...]
    faults: tuple[str, ...]
    complete: bool
    bars: int
    parts: int

    @property
    def right(self) -> bool:
        return not self.wrong and not self.faults


class Played(NamedTuple):
    """A measure as it is played: indices of its first and last written piece (an ending may begin in mid-bar)."""

    first: int
    last: int
    length: Fraction
    wanted: Fraction

    @property
    def short(self) -> bool:
        return self.length < self.wanted

    def makes_a_bar_with(self, following: Played) -> bool:
        return self.short and following.short and self.length + following.length == following.wanted


def judge(text: str) -> Verdict:
    """Counts the bars of one tune."""
    reader = Reader(text.rstrip() + "\n")
    reader.read()
    order, sections = unroll(reader.measures)
    played = join(reader.measures, order)
    share = [[_bars(reader.measures[index]) for index in section] for section in sections]
    return Verdict(
        tuple(wrong_bars(reader.measures, played, sections)),
        tuple(reader.faults),
        reader.whole_header() and reader.closed,
        ceil(sum(map(sum, share)) - Fraction(1, 2)) if reader.measures else 0,
        sum(sum(part) >= 1 for part in share),
    )


def _bars(measure: Measure) -> Fraction:
    return measure.length / measure.bar if measure.bar else Fraction(1)


def unroll(measures: list[Measure]) -> tuple[list[int], list[list[int]]]:
    """Indices of the measures in the order of play, and those of each section (with its first ending)."""
    order: list[int] = []
    sections: list[list[int]] = [[]]
    start, at, opened = 0, 0, False
    while at < len(measures):
        measure = measures[at]
        if at > start and (measure.opens or measure.begins):
            start = at
        opened = measure.opens or (opened and not measure.begins)
        if at == start and sections[-1]:
            sections.append([])
        if measure.ending:
            group = endings(measures, at)
            for count, turn in enumerate(_turns(measures, group)):
                order += range(start, at) if count else []
                order += [index for passes, span in group if turn in passes for index in span]
            sections[-1] += group[0][1]
            start = at = group[-1][1].stop
            opened = False
            continue
        order.append(at)
        sections[-1].append(at)
        at += 1
        if measure.closes:
            order += range(start, at)
        if measure.closes or (measure.line == "||" and not opened):
            start, opened = at, False
    return order, sections


def endings(measures: list[Measure], first: int) -> list[tuple[tuple[int, ...], range]]:
    """The endings that follow one another from here on, for rising passes: their passes and measures."""
    group: list[tuple[tuple[int, ...], range]] = []
    taken: set[int] = set()
    while first < len(measures) and measures[first].ending and not taken & {*measures[first].ending}:
        if group and (measures[first].opens or measures[first].begins):
            break
        stop = first + 1
        while stop < len(measures) and measures[stop - 1].line in ("", "|") and not _begins(measures[stop]):
            stop += 1
        group.append((measures[first].ending, range(first, stop)))
        taken |= {*measures[first].ending}
        first = stop
    return group


def _begins(measure: Measure) -> bool:
    return bool(measure.opens or measure.begins or measure.ending)


def _turns(measures: list[Measure], group: list[tuple[tuple[int, ...], range]]) -> list[int]:
    """Numbers of the passes that a group of endings is played in."""
    turns = {turn for passes, _ in group for turn in passes}
    if any(measures[index].closes for _, span in group for index in span):
        turns |= {1, 2}
    return sorted(turns) or [1]


def join(measures: list[Measure], order: list[int]) -> list[Played]:
    """The measures as they are played; those that no bar line cuts in two are one."""
    played: list[Played] = []
    for index in order:
        one = measures[index]
        before = played[-1] if played else None
        if before and index > before.last and not measures[before.last].line:
            played[-1] = before._replace(last=index, length=before.length + one.length)
        else:
            played.append(Played(index, index, one.length, one.wanted))
    return played


def wrong_bars(measures: list[Measure], played: list[Played], sections: list[list[int]]) -> list[WrongBar]:
    """The measures that are not one bar long as they are played."""
    wrong: dict[int, WrongBar] = {}
    at = 0
    while at < len(played):
        one = played[at]
        following = played[at + 1] if at + 1 < len(played) else None
        at += 1
        if one.wanted in (0, one.length):
            continue
        if following and _boundary(measures, one, following) and one.makes_a_bar_with(following):
            at += 1
        elif not any(_make_a_bar(one, other) for other in _partners(played, sections, at - 1)):
            wrong.setdefault(one.first, WrongBar(one.first + 1, one.length, one.wanted))
    return list(wrong.values())


def _make_a_bar(one: Played, other: Played) -> bool:
    return one.makes_a_bar_with(other) or other.makes_a_bar_with(one)


def _boundary(measures: list[Measure], one: Played, following: Played) -> bool:
    """Whether more than a plain bar line lies between two measures played one after another."""
    leads_back = following.first != one.last + 1
    return leads_back or measures[one.last].line != "|" or _begins(measures[following.first])


def _partners(played: list[Played], sections: list[list[int]], at: int) -> list[Played]:
    """The measures that may make a tune's first or last one whole without being played next to it."""
    found: list[Played] = []
    if at == 0:
        ends_part = {sections[0][-1], *(before.last for before, one in pairwise(played) if one.first == 0)}
        found += [one for one in played[1:] if one is played[-1] or one.last in ends_part]
    if at == len(played) - 1:
        starts_part = next(section[0] for section in reversed(sections) if section[0] <= played[at].last)
        found += [one for one in played[:at] if one is played[0] or one.first == starts_part]
    return found
