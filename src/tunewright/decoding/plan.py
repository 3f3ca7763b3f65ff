"""How a tune is divided: whether the bar being written must, may or can't be the last of its part.

A plan is asked at bar lines and keeps no state of its own: a *counter* goes in and comes out. Pickups are not counted.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

KEEP, MAY, CLOSE = "keep", "may", "close"
"""What a bar is to its part: not its last, possibly its last, its last."""


class Counter(NamedTuple):
    """How far a plan has come.

    Attributes:
        part: which part is being written, from 0.
        bars: whole bars written of it.
        fork: how many of them stood before its first ending.
        total: whole bars written in all parts before.
        same: in a second ending, the number of bars that its part has with the first; both have as many.
    """

    part: int = 0
    bars: int = 0
    fork: int = 0
    total: int = 0
    same: int = 0


class Plan(ABC):
    """A division of a tune into parts; this one counts, and its children decide."""

    def bar(self, counter: Counter) -> Counter:
        """After a whole bar that is not its part's last."""
        return counter._replace(bars=counter.bars + 1)

    def fork(self, counter: Counter) -> Counter:
        """Where the first ending begins."""
        return counter._replace(fork=counter.bars)

    def second(self, counter: Counter) -> Counter:
        """Where the second ending begins."""
        return counter._replace(bars=counter.fork, fork=0, same=counter.bars + 1)

    def close(self, counter: Counter) -> Counter:
        """After a part."""
        return Counter(counter.part + 1, total=counter.total + counter.bars + 1)

    def last(self, counter: Counter) -> str:
        """What the bar being written is to its part: out of :data:`KEEP`, :data:`MAY`, :data:`CLOSE`."""
        if counter.same:
            return CLOSE if counter.bars + 1 == counter.same else KEEP
        return self.last_of_first(counter)

    @abstractmethod
    def last_of_first(self, counter: Counter) -> str:
        """The same for a bar that is in no second ending."""

    @abstractmethod
    def repeated(self, counter: Counter) -> bool | None:
        """Whether the part is repeated; None if it may be."""

    @abstractmethod
    def may_end(self, counter: Counter) -> bool:
        """Whether the tune may end after the parts written."""

    @abstractmethod
    def may_go_on(self, counter: Counter) -> bool:
        """Whether another part may follow."""


class Free(Plan):
    """Any parts of any length: nothing is counted, so that states don't differ by what has come before."""

    def bar(self, counter: Counter) -> Counter:
        return counter

    fork = second = close = bar

    def last_of_first(self, counter: Counter) -> str:
        return MAY

    def repeated(self, counter: Counter) -> bool | None:
        return None

    def may_end(self, counter: Counter) -> bool:
        return True

    def may_go_on(self, counter: Counter) -> bool:
        return True


@dataclass(frozen=True)
class Form(Plan):
    """Parts that are known.

    Attributes:
        parts: (whole bars, or 0 for any number; whether it is repeated) of each part.
    """

    parts: tuple[tuple[int, bool], ...]

    def bar(self, counter: Counter) -> Counter:
        return super().bar(counter) if self.parts[counter.part][0] else counter

    def last_of_first(self, counter: Counter) -> str:
        bars = self.parts[counter.part][0]
        if not bars:
            return MAY
        return CLOSE if counter.bars == bars - 1 else KEEP

    def second(self, counter: Counter) -> Counter:
        return super().second(counter) if self.parts[counter.part][0] else counter

    def close(self, counter: Counter) -> Counter:
        return Counter(counter.part + 1)

    def repeated(self, counter: Counter) -> bool | None:
        return self.parts[counter.part][1]

    def may_end(self, counter: Counter) -> bool:
        return counter.part == len(self.parts)

    def may_go_on(self, counter: Counter) -> bool:
        return counter.part < len(self.parts)


@dataclass(frozen=True)
class Length(Plan):
    """A number of bars in all, in any parts whose own numbers are multiples of a phrase.

    Attributes:
        bars: whole bars of the tune.
    """

    bars: int

    @property
    def phrase(self) -> int:
        """Bars that no part divides: four, two or one, whichever the whole is a multiple of."""
        return next(phrase for phrase in (4, 2, 1) if self.bars % phrase == 0)

    def last_of_first(self, counter: Counter) -> str:
        if counter.total + counter.bars + 1 == self.bars:
            return CLOSE
        return MAY if (counter.bars + 1) % self.phrase == 0 else KEEP

    def close(self, counter: Counter) -> Counter:
        return super().close(counter)._replace(part=0)

    def repeated(self, counter: Counter) -> bool | None:
        return None

    def may_end(self, counter: Counter) -> bool:
        return counter.total == self.bars

    def may_go_on(self, counter: Counter) -> bool:
        return counter.total < self.bars
