"""The shapes of a collection's tunes: how many bars each part has and whether it is repeated, by meter; how many bars
stand in a line, and how many parts end on the tonic.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Any

from tunewright.music.forms import sections_of
from tunewright.music.tonic import tonic_ends
from tunewright.music.tune import Tune

Shape = tuple[tuple[int, bool], ...]
"""Whole bars and whether it is repeated, of each part."""
OFTEN = 2
"""Tunes that have a shape, at least: one alone may be a slip of the pen."""
ENOUGH = 10
"""Tunes in a meter for which its own shapes are drawn from, and not those of all meters."""
NEARLY_ALL = 0.9
"""Of lines, that have equally many bars where they are counted."""


@dataclass(frozen=True, eq=False)
class Shapes:
    """How often each shape occurs.

    Attributes:
        counts: number of tunes, by meter (as ``M:`` names it) and shape.
        line: whole bars in a written line of music that ends no part; 0 if lines are not alike.
        on_tonic: share of the parts that end on the tonic.
    """

    counts: Mapping[str, Mapping[Shape, int]]
    line: int = 0
    on_tonic: float = 0.0

    @classmethod
    def of(cls, tunes: Sequence[Tune]) -> Shapes:
        """The shapes of these tunes."""
        found: dict[str, Counter[Shape]] = {}
        for tune in tunes:
            shape = tuple((section.bars, section.repeated) for section in sections_of(tune))
            if shape:
                found.setdefault(tune.meter.name, Counter())[shape] += 1
        total = sum(found.values(), Counter[Shape]())
        kept = {meter: {shape: own[shape] for shape in own if total[shape] >= OFTEN} for meter, own in found.items()}
        ends = [end for tune in tunes for end in tonic_ends(tune)]
        on_tonic = round(sum(ends) / max(len(ends), 1), 4)
        return cls({meter: own for meter, own in kept.items() if own}, _bars_in_a_line(tunes), on_tonic)

    def like(self, repeats: Sequence[bool] = (), bars: int = 0) -> Shapes:
        """Those with such parts and so many bars in all; anything where nothing is asked."""

        def fits(shape: Shape) -> bool:
            alike = not repeats or [repeated for _, repeated in shape] == list(repeats)
            return alike and bars in (0, sum(own for own, _ in shape))

        chosen = {
            meter: {shape: count for shape, count in own.items() if fits(shape)} for meter, own in self.counts.items()
        }
        return replace(self, counts={meter: own for meter, own in chosen.items() if own})

    def __bool__(self) -> bool:
        return bool(self.counts)

    @cached_property
    def longest(self) -> Shape:
        """The one with the most bars."""
        shapes = [shape for own in self.counts.values() for shape in own]
        return max(shapes, key=lambda shape: (sum(bars for bars, _ in shape), len(shape)))

    def draw(self, meter: str, chance: float) -> tuple[Shape, bool]:
        """One of those in a meter, each as likely as it is frequent, of those in any meter where few are known in it;
        and whether its parts shall end on the tonic, as often as the collection's do.

        Args:
            meter: as ``M:`` names it.
            chance: in [0, 1); 0 gives the most frequent.
        """
        shapes, sums = self._in_order(meter)
        place = chance * sums[-1]
        # What is left of the chance when the shape is drawn is as evenly spread as the chance itself.
        return shapes[bisect_right(sums, place)], place % 1 < self.on_tonic

    @cached_property
    def _orders(self) -> dict[str, tuple[list[Shape], list[int]]]:
        return {}

    def _in_order(self, meter: str) -> tuple[list[Shape], list[int]]:
        """Shapes, the most frequent first, and how many tunes have them or those before."""
        if meter not in self._orders:
            own = self.counts.get(meter, {})
            chosen = own if sum(own.values()) >= ENOUGH else sum(map(Counter, self.counts.values()), Counter[Shape]())
            shapes = sorted(chosen, key=lambda shape: (-chosen[shape], shape))
            self._orders[meter] = shapes, list(accumulate(chosen[shape] for shape in shapes))
        return self._orders[meter]

    def to_dict(self) -> dict[str, Any]:
        """For JSON; shapes as in ``{"6/8": {"8: 8:": 80, "16 16": 2}}``, a colon for a part that is repeated."""
        counts = {meter: {_spelled(shape): count for shape, count in own.items()} for meter, own in self.counts.items()}
        return {"line": self.line, "on_tonic": self.on_tonic, "counts": counts}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Shapes:
        """The inverse of :meth:`to_dict`.

        Raises:
            AttributeError, KeyError, TypeError, ValueError: this is none.
        """
        counts = {
            meter: {_read(text): int(count) for text, count in own.items()} for meter, own in values["counts"].items()
        }
        return cls(counts, int(values["line"]), float(values["on_tonic"]))


def _bars_in_a_line(tunes: Sequence[Tune]) -> int:
    """How many whole bars nearly all lines have that end no part; 0 if there is no such number."""
    found: Counter[int] = Counter()
    for tune in tunes:
        written = 0
        for bar in tune.bars:
            written += bar.length == bar.meter.bar_length
            if bar.ends_line and not bar.ends_part:
                found[written] += 1
            if bar.ends_line or bar.ends_part:
                written = 0
    bars, count = max(found.items(), key=lambda item: item[1], default=(0, 0))
    return bars if count >= NEARLY_ALL * found.total() else 0


def _spelled(shape: Shape) -> str:
    return " ".join(f"{bars}{':' if repeated else ''}" for bars, repeated in shape)


def _read(text: str) -> Shape:
    return tuple((int(part.rstrip(":")), part.endswith(":")) for part in text.split())
