"""How a tune is divided: whether the bar being written must, may or can't be the last of its part.

A plan is what is still to come, and is asked at bar lines; what has come of a tune leads from one plan to the next.
Pickups are not counted.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

from tunewright.music.shapes import Shape, Shapes

KEEP, MAY, CLOSE = "keep", "may", "close"
"""What a bar is to its part: not its last, possibly its last, its last."""


class Plan(ABC):
    """What is still to come of a tune, in parts."""

    @property
    @abstractmethod
    def last(self) -> str:
        """What the bar being written is to its part, or to its ending: out of :data:`KEEP`, :data:`MAY`,
        :data:`CLOSE`.
        """

    @property
    @abstractmethod
    def repeated(self) -> bool | None:
        """Whether the part being written is repeated; None if it may be."""

    @property
    @abstractmethod
    def ends(self) -> bool:
        """Whether the tune may end here, between two parts."""

    @property
    @abstractmethod
    def goes_on(self) -> bool:
        """Whether another part may follow here."""

    @property
    def begins_line(self) -> bool | None:
        """Whether the bar being written begins a line that is not its part's first; None if it may."""
        return None

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

    @property
    def outlook(self) -> Plan:
        """As much of it as what comes before the next bar line depends on."""
        next_one = self if self.last == CLOSE else self.bar()
        now, then = ((plan.last, plan.begins_line) for plan in (self, next_one))
        return Outlook(now, then, self.repeated, (self.ends, self.goes_on))


@dataclass(frozen=True)
class Outlook(Plan):
    """How a plan looks from within a bar. What happens to it is kept, to be told to the plan itself.

    Attributes:
        now: ``last`` and ``begins_line`` of the plan.
        then: these after the next bar line.
        repeats: ``repeated`` of the plan.
        between: its ``ends`` and ``goes_on``.
        events: names of what has happened, each with what else there is to tell.
    """

    now: tuple[str, bool | None]
    then: tuple[str, bool | None]
    repeats: bool | None
    between: tuple[bool, bool]
    events: tuple[tuple[str, ...], ...] = ()

    @property
    def last(self) -> str:
        return self.now[0]

    @property
    def begins_line(self) -> bool | None:
        return self.now[1]

    @property
    def repeated(self) -> bool | None:
        return self.repeats

    @property
    def ends(self) -> bool:
        return self.between[0]

    @property
    def goes_on(self) -> bool:
        return self.between[1]

    def begin(self, meter: str) -> Plan:
        return self._after("begin", meter)

    def bar(self) -> Plan:
        return replace(self._after("bar"), now=self.then)

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


UNSEEN = Outlook((MAY, None), (MAY, None), None, (True, True))
"""Before the music, where nothing depends on the plan yet."""


@dataclass(frozen=True)
class Free(Plan):
    """Any parts of any length: nothing is counted, so that states don't differ by what has come before."""

    @property
    def last(self) -> str:
        return MAY

    @property
    def repeated(self) -> bool | None:
        return None

    @property
    def ends(self) -> bool:
        return True

    @property
    def goes_on(self) -> bool:
        return True

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
    """

    parts: Shape
    line: int = 0
    written: int = 0
    at_fork: tuple[int, int] = (0, 0)

    @property
    def last(self) -> str:
        bars = self.parts[0][0] if self.parts else 0
        return KEEP if bars > 1 else CLOSE if bars else MAY

    @property
    def repeated(self) -> bool | None:
        return self.parts[0][1] if self.parts else None

    @property
    def begins_line(self) -> bool | None:
        return self.written == self.line if self.line and self.last != MAY else None

    @property
    def ends(self) -> bool:
        return not self.parts

    @property
    def goes_on(self) -> bool:
        return bool(self.parts)

    def bar(self) -> Plan:
        if self.last == MAY:
            return self
        written = self.written % self.line + 1 if self.line else 0
        return replace(self, parts=self._parts(self.parts[0][0] - 1), written=written)

    def fork(self) -> Plan:
        return replace(self, at_fork=(self.parts[0][0], self.written))

    def second(self) -> Plan:
        bars, written = self.at_fork
        return Form(self._parts(bars), self.line, written)

    def close(self) -> Plan:
        return Form(self.parts[1:], self.line)

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
    def last(self) -> str:
        if self.closes:
            return CLOSE if self.closes == 1 else KEEP
        if self.bars == 1:
            return CLOSE
        return MAY if (self.written + 1) % self.phrase == 0 else KEEP

    @property
    def repeated(self) -> bool | None:
        return None

    @property
    def ends(self) -> bool:
        return self.bars == 0

    @property
    def goes_on(self) -> bool:
        return self.bars > 0

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
        return self.otherwise if self.chance is None else self._form(self.shapes.draw(meter, self.chance))

    @property
    def farthest(self) -> Plan:
        return self.otherwise if self.chance is None else self._form(self.shapes.longest)

    def _form(self, shape: Shape) -> Plan:
        return Form(shape, self.shapes.line)

    @property
    def outlook(self) -> Plan:
        return UNSEEN
