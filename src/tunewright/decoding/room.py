"""The room of a bar: what lengths it still takes, and which signs that leaves. Token arithmetic, below the level of
characters.

A tune is right here by our own bar rule and by abc2midi's, which counts bars as they are played. Where a part begins,
the bar may be filled already; let the *pickup* be what is left of it. Every part of a tune begins with the same pickup,
and so every part, and each of its endings, ends where just that pickup is missing from a full bar. Within a part every
bar line stands after a full bar. Both endings of a part begin with the same room.

Lengths are committed one at a time, and only if what they leave of the bar can be filled with notes. That is why there
are no dead ends: from any place some note, or some bar line, always goes on.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tunewright.decoding.places import (
    AGAIN,
    BAR,
    CLEAR,
    CLOSED,
    EITHER,
    ENDED,
    FIRST,
    REPEATED,
    UNKNOWN,
    Place,
)
from tunewright.decoding.plan import CLOSE, KEEP, Outlook
from tunewright.music.dialect import Dialect


class RoomRules:
    """What may come by its length, under one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._single_and_broken = lru_cache(maxsize=None)(self._find_single_and_broken)

    def targets(self, place: Place) -> tuple[int, ...]:
        """Room that the bar being written may be left with: 0 for a bar line, the pickup for a part's end."""
        if place.pickup <= 0 or not place.settled:
            return (0,)
        last = self._last(place)
        return (0,) if last == KEEP else (place.pickup,) if last == CLOSE else (0, place.pickup)

    def _last(self, place: Place) -> str:
        """What the bar being written is to its part."""
        return CLOSE if place.closing else place.plan.now.last

    def _would_be_field(self, place: Place) -> bool:
        """Whether a bar can only be one note and ``:|``: at the beginning of a line, letter and colon make a field."""
        if place.mode not in (REPEATED, FIRST) or self._last(place) != CLOSE:
            return False
        return place.measure.bar - max(place.pickup, 0) == place.measure.lengths.get("")

    def fits(self, place: Place, length: int) -> bool:
        """Whether notes of this length leave a room from which the bar can be completed. Everything asks here."""
        room = place.room - length
        return any(place.measure.fills(room - target) for target in self.targets(place))

    def goes_on(self, place: Place) -> bool:
        """Whether another note can follow in this bar."""
        measure, room = place.measure, place.room
        return any(target < room and measure.fills(room - target) for target in self.targets(place))

    def _line_ends(self, place: Place) -> bool:
        """Whether nothing but a line end may come."""
        return place.spot == BAR and place.plan.now.begins_line is True and not self._would_be_field(place)

    def _counts(self, place: Place) -> bool:
        """Whether the bar being written is a whole one and no pickup."""
        if place.pickup == UNKNOWN:
            return place.room == 0
        return place.settled or place.pickup == 0

    def _bar_line_fits(self, place: Place) -> bool:
        """Whether a plain bar line may come."""
        if not place.begun or (place.tie and place.altered):
            return False
        if self._counts(place) and self._last(place) == CLOSE:
            return False
        if place.pickup == UNKNOWN:
            fills, written = place.measure.fills, place.measure.bar - place.room
            return place.room == 0 or (written <= place.measure.longest_pickup and fills(written) and fills(place.room))
        return place.room == 0

    def _part_ends(self, place: Place) -> bool:
        """Whether the part, or its ending, may end here."""
        if not place.begun or place.tie or self._last(place) == KEEP:
            return False
        if place.pickup <= 0:
            return place.room == 0 and (place.settled or self._last(place) == CLOSE)
        return place.room == place.pickup and place.settled

    def _forks(self, place: Place) -> bool:
        """Whether a first ending may begin here."""
        if place.tie or not place.settled or place.mode not in (REPEATED, EITHER) or not self.dialect.endings:
            return False
        return self.goes_on(place)

    def takes_note(self, place: Place) -> bool:
        """Whether a note may come here."""
        if place.left or place.in_pair:
            return True
        if not place.mode or place.spot in (AGAIN, CLOSED, ENDED) or self._line_ends(place):
            return False
        return self.goes_on(place)

    def _find_single_and_broken(self, place: Place) -> tuple[frozenset[str], frozenset[str]]:
        lengths = place.measure.lengths
        if place.each is not None:
            return frozenset([place.each]), frozenset()
        if place.left:
            time = place.measure.tuplets[place.left]
            return frozenset(text for text, length in lengths.items() if self.fits(place, time * length)), frozenset()
        single = frozenset(text for text, length in lengths.items() if self.fits(place, length))
        halves = place.measure.broken() if self.dialect.broken else ()
        return single, frozenset(text for text in halves if self.fits(place, 2 * lengths[text]))

    def lengths(self, place: Place) -> tuple[frozenset[str], frozenset[str]]:
        """Written lengths of a single note and of the first of a broken pair, remembered by what they depend on."""
        return self._single_and_broken(bare(place)._replace(begun=False, altered=False, in_pair=False, **NOWHERE))


NOWHERE: dict[str, Any] = {"spot": "", "mode": "", "tie": ""}


def bare(place: Place) -> Place:
    """The place without what only matters to the places after it."""
    return place._replace(fork=0, back=CLEAR, plan=Outlook(place.plan.now))
