"""The form of a tune: its parts, how often each is played, and how many bars each has, as musicians count them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from string import ascii_uppercase
from typing import NamedTuple

from tunewright.errors import DecodingError
from tunewright.music.playing_order import ending_last, is_pickup, sections
from tunewright.music.tune import Bar, Tune


class Part(NamedTuple):
    """A part that is wished for; ``times`` it is played: 1 or 2."""

    label: str
    times: int


@dataclass(frozen=True)
class Section:
    """A part of a written tune.

    Attributes:
        bars: that it has, each of them counted once; see :func:`sections_of`.
        times: how often it is played, at least once.
    """

    bars: int
    times: int

    @property
    def repeated(self) -> bool:
        return self.times > 1


def parse_form(text: str) -> tuple[Part, ...]:
    """Reads a form: ``"AABB"`` is part A repeated, then part B repeated; ``"ABB"`` plays A once. Small letters will do.

    Raises:
        DecodingError: no such form can be written with repeat signs; the message says what would be right.
    """
    form = text.strip().upper()
    if not form or not set(form) <= set(ascii_uppercase):
        raise DecodingError(f"form '{text}': expected letters, one for each time that a part is played, e.g. AABB")
    runs = [(letter, len(list(same))) for letter, same in groupby(form)]
    if len(runs) > len(ascii_uppercase):
        raise DecodingError(f"form '{text}': expected at most {len(ascii_uppercase)} parts")
    parts = tuple(Part(ascii_uppercase[place], min(times, 2)) for place, (_, times) in enumerate(runs))
    letters = [letter for letter, _ in runs]
    reason = ""
    if len(set(letters)) < len(letters):
        back = next(letter for place, letter in enumerate(letters) if letter in letters[:place])
        reason = f"part {back} comes back after another; each part is written once"
    elif letters != [part.label for part in parts]:
        reason = "parts are called A, B, C ... in the order in which they come"
    elif any(times > 2 for _, times in runs):
        reason = "a part is played once or twice"
    if reason:
        raise DecodingError(f"form '{text}': {reason}; {form_name(parts)} would be right")
    return parts


def form_name(parts: Sequence[Part]) -> str:
    """The inverse of :func:`parse_form`: ``"AABB"``."""
    return "".join(label * times for label, times in parts)


def share_bars(bars: int, parts: int) -> tuple[int, ...]:
    """How many of a tune's bars each of its parts gets.

    Equally many if they divide; else in units of the largest power of two that divides the bars and leaves each part
    at least one unit, the first parts getting the units left over: 16 bars in three parts are 8, 4 and 4.

    Raises:
        DecodingError: there are fewer bars than parts.
    """
    if not 1 <= parts <= bars:
        raise DecodingError(f"{bars} bars can't be shared by {parts} parts: each needs at least one")
    if bars % parts == 0:
        return (bars // parts,) * parts
    unit = 1
    while bars % (2 * unit) == 0 and bars // (2 * unit) >= parts:
        unit *= 2
    each, left = divmod(bars // unit, parts)
    return tuple((each + (place < left)) * unit for place in range(parts))


def sections_of(tune: Tune) -> list[Section]:
    """The parts of a tune as written (not as a header's ``P:`` orders them), with their bars as a musician counts them.

    A pickup is no bar; a bar cut in two where parts meet (a short last bar and the upbeat that follows it) or by an
    ending is one; of endings the one that is played first counts. What is played once is parted by its double bars. A
    stretch without a bar of its own, such as a pickup before ``|:``, is no part.
    """
    bars = tune.bars
    found = []
    for section in sections(bars):
        passes = _passes(bars, section)
        turns = {turn for own in passes.values() for turn in own}
        if any(bars[index].closes_repeat for index in section):
            turns |= {1, 2}
        first = min(turns, default=1)
        played = [index for index in section if not passes[index] or first in passes[index]]
        times = max(1, len(turns))
        found += [Section(_count(bars, stretch), times) for stretch in _stretches(bars, played, times)]
    return [section for section in found if section.bars]


def form_of(tune: Tune) -> str:
    """The form of a tune, e.g. ``"AABB"``: a letter for each time that a part is played. From the 26th part on, Z."""
    return "".join(ascii_uppercase[min(place, 25)] * section.times for place, section in enumerate(sections_of(tune)))


def whole_bars(tune: Tune) -> int:
    """How many bars a tune has, as a musician counts them: those of its parts, each part once."""
    return sum(section.bars for section in sections_of(tune))


def _passes(bars: Sequence[Bar], section: range) -> dict[int, tuple[int, ...]]:
    """For every bar of a section the passes of the ending that it is part of; empty if every pass plays it."""
    passes: dict[int, tuple[int, ...]] = dict.fromkeys(section, ())
    for start in section:
        if bars[start].ending:
            stop = min(ending_last(bars, start) + 1, section.stop)
            passes |= dict.fromkeys(range(start, stop), bars[start].ending)
    return passes


def _stretches(bars: Sequence[Bar], played: Sequence[int], times: int) -> list[list[int]]:
    """A section's bars, cut after each double bar where it is played once only."""
    stretches: list[list[int]] = [[]]
    for index in played:
        stretches[-1].append(index)
        if times == 1 and bars[index].line in ("||", "|]"):
            stretches.append([])
    return stretches


def _count(bars: Sequence[Bar], played: Sequence[int]) -> int:
    """How many bars these are when played one after another, pickups left out and cut bars put together."""
    count, open_length = 0, Fraction(0)
    for index in played:
        bar = bars[index]
        full = bar.meter.bar_length
        if bar.length == 0 < full or is_pickup(bars, index):
            continue
        if open_length and open_length + bar.length == full:
            open_length = Fraction(0)
            continue
        count += bar.bars_of_rest
        open_length = bar.length if bar.length < full else Fraction(0)
    return count
