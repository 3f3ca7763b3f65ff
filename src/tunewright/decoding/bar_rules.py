"""What may come at each place of a tune whose bars are right: token arithmetic, below the level of characters.

A tune is right here by our own bar rule and by abc2midi's, which counts bars as they are played. Where a part begins,
the bar may be filled already; let the *pickup* be what is left of it. Every part of a tune begins with the same pickup,
and so every part, and each of its endings, ends where just that pickup is missing from a full bar. Within a part every
bar line stands after a full bar. Both endings of a part begin with the same room.

Lengths are committed one at a time, and only if what they leave of the bar can be filled with notes. That is why there
are no dead ends: from any place some note, or some bar line, always goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from tunewright.decoding.measure import Measure
from tunewright.decoding.places import (
    AGAIN,
    ALTERED_PITCH,
    BAR,
    CLEAR,
    CLOSED,
    EITHER,
    ENDED,
    FIRST,
    FIRST_PART,
    FORK,
    KEYED,
    LINE,
    NOTE,
    NOTE_PITCH,
    OPENED,
    OVER,
    PART,
    PLAIN,
    REPEATED,
    RESTS,
    SECOND,
    SPACE,
    UNKNOWN,
    Lengths,
    Menu,
    Place,
)
from tunewright.decoding.plan import CLOSE, KEEP, MAY, Plan
from tunewright.music.dialect import Dialect


class BarRules:
    """The rules under one dialect.

    Args:
        dialect: the ways of writing in use.
        changes_key: whether fields within the music may change the key.
        ending: what is written after the last bar line.
    """

    def __init__(self, dialect: Dialect, changes_key: bool, ending: str) -> None:
        self.dialect, self.changes_key, self.ending = dialect, changes_key, ending
        self.line_end = dialect.line_mark + "\n"
        self._menus: dict[Menu, Menu] = {}
        # Places repeat far more often than they are new.
        self.signs = lru_cache(maxsize=None)(self._find_signs)
        self.menu = lru_cache(maxsize=None)(self._find_menu)
        self._single_and_broken = lru_cache(maxsize=None)(self._find_single_and_broken)

    def start(self, measure: Measure, plan: Plan) -> Place:
        """The beginning of the music."""
        # Where repeats are opened, none goes back further than it should.
        back = FIRST_PART if self.dialect.implicit_repeats else CLEAR
        return self.part(Place(measure, measure.bar, back=back, plan=plan))

    def part(self, place: Place) -> Place:
        """The line start of a part; what it is without a sign of its own is told by dialect and plan."""
        repeated = place.plan.repeated
        if repeated is None:
            mode = EITHER if self.dialect.implicit_repeats and place.back != OVER else PLAIN
        elif repeated:
            opened = not self.dialect.implicit_repeats or place.back == OVER
            mode = "" if opened or self._would_be_field(place._replace(mode=REPEATED)) else REPEATED
        else:
            mode = PLAIN
        return place._replace(spot=PART, mode=mode)

    # Room

    def targets(self, place: Place) -> tuple[int, ...]:
        """Room that the bar being written may be left with: 0 for a bar line, the pickup for a part's end."""
        if place.pickup <= 0 or not place.settled:
            return (0,)
        last = self._last(place)
        return (0,) if last == KEEP else (place.pickup,) if last == CLOSE else (0, place.pickup)

    def _last(self, place: Place) -> str:
        """What the bar being written is to its part."""
        return CLOSE if place.closing else place.plan.last

    def close_with(self, place: Place) -> Place:
        """The beginning of a bar, with it settled that the part ends with this bar, where it may; else as it was."""
        if place.spot not in (BAR, LINE) or place.mode not in (REPEATED, EITHER, FIRST):
            return place
        closing = place._replace(closing=True)
        return closing if place.plan.last == MAY and not self._would_be_field(closing) else place

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
        return place.spot == BAR and place.plan.begins_line is True and not self._would_be_field(place)

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
            return fills(written) and fills(place.room)
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

    # Notes

    def takes_note(self, place: Place) -> bool:
        """Whether a note may come here."""
        if place.left or place.in_pair:
            return True
        if not place.mode or place.spot in (AGAIN, CLOSED, ENDED) or self._line_ends(place):
            return False
        return self.goes_on(place)

    def commit(self, place: Place, pitch: str, length: str) -> Place:
        """After a note of this length."""
        left, each = place.left, place.each
        units = place.measure.lengths[length]
        if place.in_pair:
            taken, left, each = 0, 0, None
        elif left:
            taken = place.measure.tuplets[left] * units if each is None else 0
            left, each = left - 1, length if left > 1 else None
        else:
            taken = units
        return self._written(place, pitch, taken)._replace(left=left, each=each, in_pair=False)

    def break_pair(self, place: Place, pitch: str, length: str) -> Place:
        """After the first note of a broken pair and its mark; both notes are taken from the bar at once."""
        taken = 2 * place.measure.lengths[length]
        return self._written(place, pitch, taken)._replace(each=length, in_pair=True)

    def tie(self, place: Place, pitch: str, length: str) -> Place:
        """After a note and a tie."""
        return self.commit(place, pitch, length)._replace(tie=pitch.lstrip("^_="))

    def _written(self, place: Place, pitch: str, taken: int) -> Place:
        begun = place.begun or not (pitch in RESTS and _silent(place))
        altered = self.dialect.ties and (place.altered or pitch[0] in "^_=")
        return place._replace(room=place.room - taken, spot=NOTE, begun=begun, altered=altered, tie="")

    def _find_menu(self, place: Place) -> Menu:
        signs = frozenset(self.signs(place))
        if not self.takes_note(place):
            return self._interned(Menu(signs, frozenset(), Lengths(), Lengths(), False))
        notes = self._with_ties(place)
        rests = Lengths() if place.tie else self._rest_lengths(place)
        pitches = frozenset([place.tie]) if place.tie else place.measure.spellings
        if not rests:
            pitches -= RESTS
        as_field = place.spot in (PART, LINE, KEYED)
        return self._interned(Menu(signs, pitches, notes, rests, as_field))

    def _interned(self, menu: Menu) -> Menu:
        return self._menus.setdefault(menu, menu)

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
        bare = place._replace(spot="", tie="", begun=False, altered=False, mode="", fork=0, in_pair=False)
        return self._single_and_broken(bare)

    def _with_ties(self, place: Place) -> Lengths:
        single, broken = self.lengths(place)
        tied = frozenset(text for text in single if self._ties(self.tie(place, NOTE_PITCH, text)))
        altered = frozenset(text for text in single if self._ties(self.tie(place, ALTERED_PITCH, text)))
        return Lengths(single, broken, tied, altered)

    def _ties(self, place: Place) -> bool:
        """Whether a note that has led here may be tied: the same pitch follows in this bar, or after the bar line if no
        accidental is in force.
        """
        return self.dialect.ties and not place.left and (self.goes_on(place) or self._bar_line_fits(place))

    def _rest_lengths(self, place: Place) -> Lengths:
        """Before the tune's first note a rest leaves room for one in its bar, or no note might ever come."""
        single, broken = self.lengths(place)
        if not _silent(place):
            return Lengths(single, broken)
        if place.left or place.in_pair:
            return Lengths()
        return Lengths(frozenset(text for text in single if place.measure.lengths[text] < place.room))

    # Signs

    def _find_signs(self, place: Place) -> dict[str, Place]:
        """Every sign other than a note that may come here, and the place after it."""
        if place.left or place.in_pair:
            return {}
        if place.spot == CLOSED:
            return dict(self._after_part(place))
        if place.spot == AGAIN:
            second = self.dialect.endings.replace("1", "2")
            return dict.fromkeys([second, self.line_end + second], place._replace(spot=FORK))
        if self._line_ends(place):
            return {self.line_end: place._replace(spot=LINE)}
        found = dict(self._tuplets(place))
        if place.spot == PART and place.plan.repeated is not False:
            if self.dialect.opens_repeats or not place.mode:
                found["|:"] = place._replace(spot=OPENED, mode=REPEATED)
        elif place.spot in (BAR, LINE) and self._forks(place):
            found[self.dialect.endings] = self._first(place)
        elif place.spot == NOTE:
            found |= self._after_note(place)
        if self._would_be_field(place):
            return found
        if place.spot == BAR and place.plan.begins_line is not False:
            found[self.line_end] = place._replace(spot=LINE)
        if self.changes_key and place.mode and not place.tie and place.spot in (PART, OPENED, BAR, LINE):
            texts = (text for text in self.dialect.key_changes if place.spot in (PART, LINE) or text[-1] != "\n")
            found |= dict.fromkeys(texts, place._replace(spot=KEYED))
        return found

    def _tuplets(self, place: Place) -> Iterator[tuple[str, Place]]:
        if place.tie or not self.takes_note(place):
            return
        for size in place.measure.tuplets:
            tuplet = place._replace(left=size)
            if self.lengths(tuplet)[0]:
                yield f"({size}", tuplet

    def _after_part(self, place: Place) -> Iterator[tuple[str, Place]]:
        if place.plan.goes_on:
            yield self.line_end, self.part(place)
        if place.plan.ends:
            yield self.dialect.line_mark + self.ending, Place(place.measure, 0, ENDED)

    def _after_note(self, place: Place) -> dict[str, Place]:
        found = {}
        if self.goes_on(place):
            found[" "] = place._replace(spot=SPACE)
        if self._bar_line_fits(place):
            found["|"] = self._bar(place)
        if self._forks(place) and place.begun:
            found |= dict.fromkeys([self.dialect.endings, self.line_end + self.dialect.endings], self._first(place))
        if self._part_ends(place):
            found |= self._closes(place)
        return found

    def _first(self, place: Place) -> Place:
        return place._replace(spot=FORK, mode=FIRST, fork=place.room, plan=place.plan.fork(), begun=False)

    def _bar(self, place: Place) -> Place:
        """After a plain bar line."""
        bar, pickup = place.measure.bar, place.pickup
        if pickup == UNKNOWN:
            pickup = (bar - place.room) % bar
        plan = place.plan.bar() if self._counts(place) else place.plan
        after = place._replace(room=bar, pickup=pickup, plan=plan, spot=BAR, closing=False)
        return after._replace(begun=False, settled=True, altered=False)

    def _closes(self, place: Place) -> dict[str, Place]:
        """The signs that end a part or an ending."""
        pickup = max(place.pickup, 0)
        after = place._replace(room=pickup or place.measure.bar, pickup=pickup, fork=0)
        after = after._replace(begun=False, settled=False, altered=False, closing=False)
        if place.mode == FIRST:
            after = after._replace(room=place.fork, settled=True, spot=AGAIN, mode=SECOND)
            return {":|": after._replace(plan=place.plan.second())}
        found = {}
        closed = after._replace(spot=CLOSED, mode="", back=CLEAR, plan=place.plan.close())
        if place.mode in (REPEATED, EITHER):
            found[":|"] = closed
        if place.mode in (PLAIN, SECOND, EITHER):
            back = OVER if place.back != CLEAR and place.mode != SECOND else CLEAR
            found |= dict.fromkeys(self.dialect.bar_lines, closed._replace(back=back))
        return found


def _silent(place: Place) -> bool:
    """Whether no note has come yet."""
    return place.pickup == UNKNOWN and not place.begun
