"""How a tune is divided: whether the bar being written must, may or can't be the last of its part.

A plan is what is still to come, and is asked at bar lines; what has come of a tune leads from one plan to the next.
Pickups are not counted.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import NamedTuple

from tunewright.music.shapes import Shape, Shapes

KEEP, MAY, CLOSE = "keep", "may", "close"
"""What a bar is to its part: not its last, possibly its last, its last."""


class Now(NamedTuple):
    """Where a plan stands.

    Attributes:
        last: what the bar being written is to its part, or to its ending: out of :data:`KEEP`, :data:`MAY`,
            :data:`CLOSE`.
        repeated: whether the part being written is repeated; None if it may be.
        ends: whether the tune may end here, between two parts.
        goes_on: whether another part may follow here.
        begins_line: whether the bar being written begins a line that is not its part's first; None if it may.
    """

    last: str = MAY
    repeated: bool | None = None
    ends: bool = True
    goes_on: bool = True
    begins_line: bool | None = None


ANYTHING = Now()
"""Any bar may be the last of its part, any part of the tune."""


class Plan(ABC):
    """What is still to come of a tune, in parts."""

    @property
    @abstractmethod
    def now(self) -> Now:
        """Where it stands."""

    def drawn(self, chance: float) -> Plan:
        """Where the plan is left to chance, that of a number in [0, 1); the same plan anywhere else."""
        return self

    def begin(self, meter: str) -> Plan:
        """Where the music begins, under a header with this meter."""
        return self

    @property
    def farthest(self) -> Plan:
        """The longest that this may turn out to be."""
        return self

    @abstractmethod
    def bar(self) -> Plan:
        """After a whole bar that is not its part's last."""

    @abstractmethod
    def fork(self) -> Plan:
        """Where the first ending begins. Both endings have equally many bars."""

    @abstractmethod
    def second(self) -> Plan:
        """Where the second ending begins."""

    @abstractmethod
    def close(self) -> Plan:
        """After a part."""

    def wanted_tonic(self, after: Plan) -> bool:
        """Whether a part that should end on the tonic has ended, if this plan has led to the one ``after``."""
        return False

    @property
    def outlook(self) -> Plan:
        """As much of it as what comes before the next bar line depends on."""
        return Outlook(self.now, (self if self.now.last == CLOSE else self.bar()).now)


@dataclass(frozen=True)
class Outlook(Plan):
    """How a plan looks from within a bar. What happens to it is kept, to be told to the plan itself.

    Attributes:
        seen: where it stands.
        then: where it will stand after the next bar line.
        events: names of what has happened, each with what else there is to tell.
    """

    seen: Now = ANYTHING
    then: Now = ANYTHING
    events: tuple[tuple[str, ...], ...] = ()

    @property
    def now(self) -> Now:
        return self.seen

    def begin(self, meter: str) -> Plan:
        return self._after("begin", meter)

    def bar(self) -> Plan:
        return replace(self._after("bar"), seen=self.then)

    def fork(self) -> Plan:
        return self._after("fork")

    def second(self) -> Plan:
        return self._after("second")

    def close(self) -> Plan:
        return self._after("close")

    @property
    def outlook(self) -> Plan:
        return self

    def told(self, plan: Plan) -> Plan:
        """The plan after what has happened."""
        for name, *more in self.events:
            plan = getattr(plan, name)(*more)
        return plan

    def _after(self, *event: str) -> Outlook:
        return replace(self, events=(*self.events, event))


UNSEEN = Outlook()
"""Before the music, where nothing depends on the plan yet."""


@dataclass(frozen=True)
class Free(Plan):
    """Any parts of any length: nothing is counted, so that states don't differ by what has come before."""

    @property
    def now(self) -> Now:
        return ANYTHING

    def bar(self) -> Plan:
        return self

    def fork(self) -> Plan:
        return self

    def second(self) -> Plan:
        return self

    def close(self) -> Plan:
        return self

    @property
    def outlook(self) -> Plan:
        return self


@dataclass(frozen=True)
class Form(Plan):
    """Parts that are known.

    Attributes:
        parts: those that are not finished: bars to come, or 0 for any number, and whether it is repeated.
        line: whole bars in a line of music; 0 for any number.
        written: bars of the first of the parts, where they are counted, less whole lines; but a full line is one.
        at_fork: bars to come and bars written where its first ending began.
        on_tonic: whether parts should end on the tonic.
    """

    parts: Shape
    line: int = 0
    written: int = 0
    at_fork: tuple[int, int] = (0, 0)
    on_tonic: bool = False

    @property
    def now(self) -> Now:
        if not self.parts:
            return Now(goes_on=False)
        bars, repeated = self.parts[0]
        begins_line = self.written == self.line if self.line and bars else None
        return Now(KEEP if bars > 1 else CLOSE if bars else MAY, repeated, False, True, begins_line)

    def bar(self) -> Plan:
        if self.now.last == MAY:
            return self
        written = self.written % self.line + 1 if self.line else 0
        return replace(self, parts=self._parts(self.parts[0][0] - 1), written=written)

    def fork(self) -> Plan:
        return replace(self, at_fork=(self.parts[0][0], self.written))

    def second(self) -> Plan:
        bars, written = self.at_fork
        return replace(self, parts=self._parts(bars), written=written, at_fork=(0, 0))

    def close(self) -> Plan:
        return Form(self.parts[1:], self.line, on_tonic=self.on_tonic)

    def wanted_tonic(self, after: Plan) -> bool:
        return self.on_tonic and isinstance(after, Form) and len(after.parts) < len(self.parts)

    def _parts(self, bars: int) -> Shape:
        """The same parts, the first of them with so many bars to come."""
        return ((bars, self.parts[0][1]), *self.parts[1:])


@dataclass(frozen=True)
class Length(Plan):
    """A number of bars in all, in any parts whose own numbers are multiples of a phrase.

    Attributes:
        bars: still to come in the whole tune, with the one being written.
        phrase: bars that no part divides.
        written: bars of the part, less whole phrases.
        ending: bars of the first ending, with the one being written; 0 outside of one.
        closes: bars still to come of a second ending; 0 outside of one.
    """

    bars: int
    phrase: int
    written: int = 0
    ending: int = 0
    closes: int = 0

    @classmethod
    def of(cls, bars: int) -> Length:
        """So many bars, in phrases of four, two or one, whichever their number is a multiple of."""
        return cls(bars, next(phrase for phrase in (4, 2, 1) if bars % phrase == 0))

    @property
    def now(self) -> Now:
        if self.closes or self.bars == 1:
            last = CLOSE if self.closes <= 1 else KEEP
        else:
            last = MAY if (self.written + 1) % self.phrase == 0 else KEEP
        return Now(last, ends=self.bars == 0, goes_on=self.bars > 0)

    def bar(self) -> Plan:
        more, left = self.ending + (self.ending > 0), self.closes - (self.closes > 0)
        return Length(self.bars - 1, self.phrase, (self.written + 1) % self.phrase, more, left)

    def fork(self) -> Plan:
        return replace(self, ending=1)

    def second(self) -> Plan:
        again = self.ending - 1
        return Length(self.bars + again, self.phrase, (self.written - again) % self.phrase, 0, self.ending)

    def close(self) -> Plan:
        return Length(self.bars - 1, self.phrase)


@dataclass(frozen=True)
class Drawn(Free):
    """A form that is drawn from those of a collection where the music begins, when its meter is known.

    Attributes:
        shapes: the collection's.
        otherwise: the plan where nothing is drawn.
        chance: what is drawn by, in [0, 1); None to draw nothing.
    """

    shapes: Shapes
    otherwise: Plan
    chance: float | None = None

    def drawn(self, chance: float) -> Plan:
        return replace(self, chance=chance)

    def begin(self, meter: str) -> Plan:
        if self.chance is None:
            return self.otherwise
        shape, on_tonic = self.shapes.draw(meter, self.chance)
        return Form(shape, self.shapes.line, on_tonic=on_tonic)

    @property
    def farthest(self) -> Plan:
        return self.otherwise if self.chance is None else Form(self.shapes.longest, self.shapes.line)

    @property
    def outlook(self) -> Plan:
        return UNSEEN
