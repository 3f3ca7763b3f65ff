"""Which bars of a written tune are played, and in what order: repeats, endings, parts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from tunewright.music.tune import Bar, Tune

MOST_PARTS = 100
"""No tune names more parts than this in its header's ``P:``."""
MOST_PASSES = 16
"""No part is played more often than this; of the endings that ask for more, each is heard once."""


def ending_last(bars: Sequence[Bar], first: int) -> int:
    """Index of the last bar of the ending that begins at ``first``.

    An ending lasts until a bar line that is more than a plain one, or until the next ending, repeat or part begins.
    """
    for index in range(first, len(bars) - 1):
        if bars[index].line not in ("", "|") or bars[index].closes_repeat:
            return index
        if bars[index + 1].ending or bars[index + 1].opens_repeat or bars[index + 1].part:
            return index
    return len(bars) - 1


def _passes(bars: Sequence[Bar]) -> list[tuple[int, ...]]:
    """For every bar, the passes of the ending that it is part of; empty for a bar that every pass plays."""
    passes: list[tuple[int, ...]] = [() for _ in bars]
    for first, bar in enumerate(bars):
        if bar.ending:
            for index in range(first, ending_last(bars, first) + 1):
                passes[index] = bar.ending
    return passes


def sections(bars: Sequence[Bar]) -> list[range]:
    """The stretches of bars that are repeated, or played once, together.

    A repeat closed without having been opened goes back to where the last section ended or a part began, or to the last
    double bar after a part's first section; within an opened repeat a double bar ends nothing.
    """
    passes = _passes(bars)
    starts: list[int] = []
    taken: set[int] = set()
    bounded = True  # by a sign of its own or a part's beginning, so that a double bar doesn't cut it
    for index, bar in enumerate(bars):
        previous = bars[index - 1] if index else None
        if previous is None or bar.part:
            ended = True
        elif bar.ending:
            ended = bool(taken & set(bar.ending))  # a second "first ending" belongs to the next section
        else:
            double_bar = previous.line in ("||", "|]") and not bounded
            ended = not passes[index] and (previous.closes_repeat or bool(passes[index - 1]) or double_bar)
        if bar.opens_repeat or ended:
            starts.append(index)
            taken = set()
            bounded = bar.opens_repeat or previous is None or bool(bar.part)
        taken |= set(bar.ending)
    return [range(start, stop) for start, stop in pairwise([*starts, len(bars)])]


def play_order(tune: Tune) -> list[int]:
    """Indices of the bars of a tune in the order in which they are played.

    Parts follow one another as ``P:`` in the header says, else as they are written. Every input ends: within a part
    each section is played once for every pass that its endings name, or twice if it only closes a repeat, however
    oddly the signs are placed.
    """
    bars = tune.bars
    starts = [0, *(index for index, bar in enumerate(bars) if bar.part and index)]
    blocks = [range(start, stop) for start, stop in zip(starts, [*starts[1:], len(bars)], strict=True)]
    named = {bars[block.start].part[:1]: block for block in reversed(blocks) if block and bars[block.start].part}
    wanted = [named[label] for label in expand_parts(tune.part_order) if label in named]
    before = blocks[:1] if bars and not bars[0].part else []
    return [
        block.start + index
        for block in ([*before, *wanted] if wanted else blocks)
        for index in _unfold(bars[block.start : block.stop])
    ]


def _unfold(bars: Sequence[Bar]) -> list[int]:
    """Indices of bars in the order of their repeats and endings."""
    passes = _passes(bars)
    order: list[int] = []
    for section in sections(bars):
        turns = {turn for index in section for turn in passes[index]}
        if any(bars[index].closes_repeat for index in section):
            turns |= {1, 2}
        every_pass = [index for index in section if not passes[index]]
        for count, turn in enumerate(sorted(turns) or [1]):
            own = [index for index in section if turn in passes[index]]
            order += sorted(own + every_pass) if count < MOST_PASSES else own
    return order


def expand_parts(text: str) -> str:
    """The labels that a header's ``P:`` names, one after another: ``"(AB)2C"`` is ``"ABABC"`` (ABC 2.1, 3.1.9)."""
    order = re.sub(r"[^A-Z()\d]", "", text)[:MOST_PARTS]
    while match := re.search(r"\(([A-Z]*)\)(\d{0,2})|([A-Z])(\d{1,2})", order):
        labels, times = (match.group(1), match.group(2)) if match.group(3) is None else match.group(3, 4)
        repeated = (labels * int(times or 1))[:MOST_PARTS]
        order = (order[: match.start()] + repeated + order[match.end() :])[: 2 * MOST_PARTS]
    return re.sub(r"[^A-Z]", "", order)[:MOST_PARTS]


def is_pickup(bars: Sequence[Bar], index: int) -> bool:
    """Whether a bar is an upbeat: shorter than its meter, at the start of a part."""
    bar = bars[index]
    starts_part = index == 0 or bar.opens_repeat or bars[index - 1].line not in ("", "|")
    return starts_part and not bar.ending and bar.length < bar.meter.bar_length
