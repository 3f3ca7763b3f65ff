"""What may come at each place of a tune whose bars are right, and where it leads: signs, notes and their menus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache, partial

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
from tunewright.decoding.plan import MAY, Plan
from tunewright.decoding.room import NOWHERE, RoomRules, bare
from tunewright.music.dialect import Dialect


class BarRules(RoomRules):
    """The rules under one dialect.

    Args:
        dialect: the ways of writing in use.
        changes_key: whether fields within the music may change the key.
        ending: what is written after the last bar line.
    """

    def __init__(self, dialect: Dialect, changes_key: bool, ending: str) -> None:
        super().__init__(dialect)
        self.changes_key, self.ending = changes_key, ending
        self.line_end = dialect.line_mark + "\n"
        self._menus: dict[Menu, Menu] = {}
        # Places repeat far more often than they are new, and what they have in common even more often.
        self.menu = lru_cache(maxsize=None)(lambda place: self._bare_menu(bare(place)))
        self._bare_menu = lru_cache(maxsize=None)(self._find_menu)
        self.after = lru_cache(maxsize=None)(lambda place, sign: self._ways(bare(place))[sign](place))
        self._ways = lru_cache(maxsize=None)(self._find_ways)
        self._note_lengths = lru_cache(maxsize=None)(self._find_note_lengths)

    def start(self, measure: Measure, plan: Plan) -> Place:
        """The beginning of the music."""
        # Where repeats are opened, none goes back further than it should.
        back = FIRST_PART if self.dialect.implicit_repeats else CLEAR
        return self.part(Place(measure, measure.bar, back=back, plan=plan))

    def part(self, place: Place) -> Place:
        """The line start of a part; what it is without a sign of its own is told by dialect and plan."""
        repeated = place.plan.now.repeated
        if repeated is None:
            mode = EITHER if self.dialect.implicit_repeats and place.back != OVER else PLAIN
        elif repeated:
            opened = not self.dialect.implicit_repeats or place.back == OVER
            mode = "" if opened or self._would_be_field(place._replace(mode=REPEATED)) else REPEATED
        else:
            mode = PLAIN
        back = CLEAR if mode == REPEATED else place.back
        return place._replace(spot=PART, mode=mode, back=back)

    def close_with(self, place: Place) -> Place:
        """The beginning of a bar, with it settled that the part ends with this bar, where it may; else as it was."""
        if place.spot not in (BAR, LINE) or place.mode not in (REPEATED, EITHER, FIRST):
            return place
        closing = place._replace(closing=True)
        return closing if place.plan.now.last == MAY and not self._would_be_field(closing) else place

    # Notes

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
        """What may come at places that are like this bare one."""
        signs = frozenset(self._ways(place))
        if not self.takes_note(place):
            return self._interned(Menu(signs, frozenset(), Lengths(), Lengths(), False))
        notes = self._note_lengths(place._replace(**NOWHERE))
        rests = Lengths() if place.tie else self._rest_lengths(place)
        pitches = frozenset([place.tie]) if place.tie else place.measure.spellings
        if not rests:
            pitches -= RESTS
        as_field = place.spot in (PART, LINE, KEYED)
        return self._interned(Menu(signs, pitches, notes, rests, as_field))

    def _interned(self, menu: Menu) -> Menu:
        return self._menus.setdefault(menu, menu)

    def _find_note_lengths(self, place: Place) -> Lengths:
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

    def _find_ways(self, place: Place) -> dict[str, Way]:
        """Every sign other than a note that may come at places like this one, and what it makes of them."""
        if place.left or place.in_pair:
            return {}
        if place.spot == CLOSED:
            return dict(self._after_part(place))
        if place.spot == AGAIN:
            second = self.dialect.endings.replace("1", "2")
            return dict.fromkeys([second, self.line_end + second], _at(FORK))
        if self._line_ends(place):
            return {self.line_end: _at(LINE)}
        found = dict(self._tuplets(place))
        if place.spot == PART and place.plan.now.repeated is not False:
            if self.dialect.opens_repeats or not place.mode:
                found["|:"] = _opened
        elif place.spot in (BAR, LINE) and self._forks(place):
            found[self.dialect.endings] = _first
        elif place.spot == NOTE:
            found |= self._after_note(place)
        if self._would_be_field(place):
            return found
        if place.spot == BAR and place.plan.now.begins_line is not False:
            found[self.line_end] = _at(LINE)
        if self.changes_key and place.mode and not place.tie and place.spot in (PART, OPENED, BAR, LINE):
            texts = (text for text in self.dialect.key_changes if place.spot in (PART, LINE) or text[-1] != "\n")
            found |= dict.fromkeys(texts, _at(KEYED))
        return found

    def _tuplets(self, place: Place) -> Iterator[tuple[str, Way]]:
        if place.tie or not self.takes_note(place):
            return
        for size in place.measure.tuplets:
            if self.lengths(place._replace(left=size))[0]:
                yield f"({size}", partial(_tuplet, size)

    def _after_part(self, place: Place) -> Iterator[tuple[str, Way]]:
        if place.plan.now.goes_on:
            yield self.line_end, self.part
        if place.plan.now.ends:
            yield self.dialect.line_mark + self.ending, _ended

    def _after_note(self, place: Place) -> dict[str, Way]:
        found: dict[str, Way] = {}
        if self.goes_on(place):
            found[" "] = _at(SPACE)
        if self._bar_line_fits(place):
            found["|"] = self._bar
        if self._forks(place) and place.begun:
            found |= dict.fromkeys([self.dialect.endings, self.line_end + self.dialect.endings], _first)
        if self._part_ends(place):
            if place.mode in (FIRST, REPEATED, EITHER):
                found[":|"] = _second if place.mode == FIRST else _repeats
            if place.mode in (PLAIN, SECOND, EITHER):
                found |= dict.fromkeys(self.dialect.bar_lines, _closes)
        return found

    def _bar(self, place: Place) -> Place:
        """After a plain bar line."""
        bar, pickup = place.measure.bar, place.pickup
        if pickup == UNKNOWN:
            pickup = (bar - place.room) % bar
        plan = place.plan.bar() if self._counts(place) else place.plan
        after = place._replace(room=bar, pickup=pickup, plan=plan, spot=BAR, closing=False)
        return after._replace(begun=False, settled=True, altered=False)


Way = Callable[[Place], Place]


@cache
def _at(spot: str) -> Way:
    """Nothing changes but what came last."""
    return lambda place: place._replace(spot=spot)


def _tuplet(size: int, place: Place) -> Place:
    return place._replace(left=size)


def _opened(place: Place) -> Place:
    return place._replace(spot=OPENED, mode=REPEATED, back=CLEAR)


def _first(place: Place) -> Place:
    """The first ending begins."""
    return place._replace(spot=FORK, mode=FIRST, fork=place.room, plan=place.plan.fork(), begun=False)


def _second(place: Place) -> Place:
    """The first ending ends."""
    after = _part_over(place)._replace(room=place.fork, settled=True, spot=AGAIN, mode=SECOND)
    return after._replace(plan=place.plan.second())


def _repeats(place: Place) -> Place:
    """The part ends and is repeated."""
    return _part_over(place)._replace(spot=CLOSED, mode="", back=CLEAR, plan=place.plan.close())


def _closes(place: Place) -> Place:
    """The part, or its second ending, ends and is not repeated."""
    back = OVER if place.back != CLEAR and place.mode != SECOND else CLEAR
    return _repeats(place)._replace(back=back)


def _ended(place: Place) -> Place:
    return Place(place.measure, 0, ENDED)


def _part_over(place: Place) -> Place:
    pickup = max(place.pickup, 0)
    after = place._replace(room=pickup or place.measure.bar, pickup=pickup, fork=0, begun=False, settled=False)
    return after._replace(altered=False, closing=False)


def _silent(place: Place) -> bool:
    """Whether no note has come yet."""
    return place.pickup == UNKNOWN and not place.begun
