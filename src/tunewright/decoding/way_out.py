"""How far it is from any state of the composing language to the end of the tune, in characters."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import product

from tunewright.decoding.bar_grammar import AnyState, BarGrammar, Opening, State, Written
from tunewright.decoding.header_grammar import Head
from tunewright.decoding.places import BAR, ENDED, NOTE, NOTE_PITCH, REST_PITCH, RESTS, UNKNOWN, Place

NO_WAY = 1_000_000
"""Longer than any tune."""
DEEPEST = 50
"""So many places are looked through in one go; a tune of many bars that are counted has a longer way."""


class _TooDeepError(Exception):
    """A place so far along the way that it is looked at first, by itself."""

    def __init__(self, place: Place) -> None:
        super().__init__("too deep")
        self.place = place


class WayOut:
    """Lengths of the shortest ways to the end.

    Within a bar the shortest way is known from what fills its room in the fewest characters. From one bar line the next
    is reached only where the part can't end before.

    Args:
        grammar: whose states these are.
    """

    def __init__(self, grammar: BarGrammar) -> None:
        self.grammar, self.rules = grammar, grammar.rules
        self._from_header_values = lru_cache(maxsize=None)(self._find_from_values)
        self._known: dict[AnyState, int] = {}
        self._known_places: dict[Place, int] = {}
        self._depth = 0

    def characters(self, state: AnyState) -> int:
        """Characters from this state to the end, the ending included; before the music, to the end of the longest tune
        that its plan may turn out to be.
        """
        if isinstance(state, Head):
            state = state._replace(plan=state.plan.farthest)
        known = self._known.get(state)
        if known is not None:
            return known
        waiting = [state]
        while waiting:
            try:
                self._known[waiting[-1]] = self._find(waiting[-1])
                waiting.pop()
            except _TooDeepError as further:
                if State(further.place) in waiting:
                    raise RecursionError("the way out leads round in a circle") from None
                waiting.append(State(further.place))
        return self._known[state]

    def _from_place(self, place: Place) -> int:
        """The same from a place, remembered."""
        if place not in self._known_places:
            if self._depth == DEEPEST:
                raise _TooDeepError(place)
            self._depth += 1
            try:
                self._known_places[place] = self._find_from_place(place)
            finally:
                self._depth -= 1
        return self._known_places[place]

    def _find(self, state: AnyState) -> int:
        if isinstance(state, Head):
            return self._from_header(state)
        if isinstance(state, Opening):
            return self._through_opening(state)
        if state.note:
            return self._from_note(state.place, state.note)
        return self._through_signs(state.place, state.sign) if state.sign else self._from_place(state.place)

    def _from_header(self, head: Head) -> int:
        header = self.grammar.header
        values = product(*(header.choices(head, letter) for letter in "MLK"))
        heads = (Head(meter=meter, unit_length=unit, key=key, plan=head.plan) for meter, unit, key in values)
        return header.rest(head) + min(map(self._from_header_values, heads))

    def _find_from_values(self, head: Head) -> int:
        """From the first character of the music under a header with these values."""
        state = self.grammar.music(head)
        return NO_WAY if state is None else self.characters(state)

    def _through_opening(self, opening: Opening) -> int:
        rest = self.grammar.opening[opening.written :]
        state: AnyState | None = opening
        for char in rest:
            state = self.grammar.step(state, char) if state is not None else None
        return len(rest) + self.characters(state) if state is not None else NO_WAY

    def _signs(self, place: Place) -> Iterator[tuple[str, Place]]:
        """Every sign that may come at a place, and the place after it."""
        for sign in self.rules.menu(place).signs:
            yield sign, self.rules.after(place, sign)

    def _through_signs(self, place: Place, begun: str) -> int:
        signs = {sign: after for sign, after in self._signs(place) if sign.startswith(begun)}
        # Where the tune may end nothing is shorter, and looking further would lead round in circles.
        ends = {sign: after for sign, after in signs.items() if after.spot == ENDED}
        return min(len(sign) - len(begun) + self._from_place(after) for sign, after in (ends or signs).items())

    def _from_note(self, place: Place, note: Written) -> int:
        """From within a note: its pitch and length completed in the shortest way."""
        pitches = [pitch for pitch in self.rules.menu(place).pitches if pitch.startswith(note.pitch)]
        return min(len(pitch) - len(note.pitch) + self._from_pitch(place, pitch, note.length) for pitch in pitches)

    def _from_pitch(self, place: Place, pitch: str, begun: str = "") -> int:
        """From a complete pitch and the beginning of a length."""
        lengths = self.rules.menu(place).lengths(pitch)
        ways = [
            len(text) - len(begun) + self._after_note(place, pitch, text)
            for text in lengths.single
            if text.startswith(begun)
        ]
        ways += [
            len(text) - len(begun) + 1 + self._from_place(self.rules.break_pair(place, pitch, text))
            for text in lengths.broken
            if text.startswith(begun)
        ]
        return min(ways)

    def _after_note(self, place: Place, pitch: str, length: str) -> int:
        after = self.rules.commit(place, pitch, length)
        if self.rules.menu(place).as_field and len(pitch + length) == 1 and ":|" in self.rules.menu(after).signs:
            closing = {sign: end for sign, end in self._signs(after) if sign in self.rules.dialect.bar_lines}
            ways = [len(sign) + self._from_place(end) for sign, end in closing.items()]
            return min([*ways, *self._by_one_sign(after)], default=NO_WAY)  # a colon would make a field of it
        return self._from_place(after)

    def _find_from_place(self, place: Place) -> int:
        if place.spot == ENDED:
            return 0
        silent = place.pickup == UNKNOWN and not place.begun
        if place.left or place.in_pair or place.tie or (silent and place.mode):
            return min(self._by_one_sign(place))
        if place.mode and (place.spot == NOTE or self.rules.takes_note(place)):
            # Nothing but one letter and a colon, which would be a field: another first note is needed.
            return min(list(self._by_filling(place)) or self._by_one_sign(place))
        return self._through_signs(place, "")

    def _by_one_sign(self, place: Place) -> Iterator[int]:
        """Ways out that begin with one note, or with a bar line or the line end after it."""
        menu = self.rules.menu(place)
        kinds = {
            len(pitch): pitch if place.tie else REST_PITCH if pitch in RESTS else NOTE_PITCH
            for pitch in sorted(menu.pitches, key=lambda one: (-len(one), one in RESTS))
        }
        for length, pitch in kinds.items():
            yield length + self._from_pitch(place, pitch)
        for sign in menu.signs & {"|", "|:", self.rules.line_end}:
            yield len(sign) + self._from_place(self.rules.after(place, sign))

    def _by_filling(self, place: Place) -> Iterator[int]:
        """Ways out that fill the bar with plain notes: up to the part's end, or else to a bar line."""
        pickup, bar = max(place.pickup, 0), place.measure.bar
        ends = [cost + len(sign) + self._from_place(after) for cost, sign, after in self._filled(place, pickup)]
        yield from ends
        counted = place.plan.bar() != place.plan
        if ends and place.room == bar and place.spot == BAR and not counted:
            return  # another bar only leads back here
        for room in {place.room, 0} if place.pickup == UNKNOWN else {0}:
            cost, after = self._bar_line(place, room)
            if after is not None:
                yield cost + 1 + self._from_place(after)

    def _filled(self, place: Place, room: int) -> Iterator[tuple[int, str, Place]]:
        """The signs that may end a part once notes have left this room, with the characters of the notes."""
        cost = self._filling(place, room)
        if cost is None:
            return
        full = place._replace(spot=NOTE, begun=True, room=room)
        for sign, after in self._signs(full):
            as_field = cost == 1 and sign[0] == ":" and self.rules.menu(place).as_field
            if sign[-1] in "|]" and sign != "|" and not as_field:
                yield cost, sign, after

    def _bar_line(self, place: Place, room: int) -> tuple[int, Place | None]:
        """Characters of the notes up to a bar line at this room, and the place after it, if there can be one."""
        cost = self._filling(place, room)
        if cost is None:
            return 0, None
        full = place._replace(spot=NOTE, begun=True, room=room)
        return cost, self.rules.after(full, "|") if "|" in self.rules.menu(full).signs else None

    def _filling(self, place: Place, room: int) -> int | None:
        """Fewest characters that leave just this room in the bar; None if none do."""
        length = place.room - room
        if not place.measure.fills(length) or (length == 0 and place.spot != NOTE):
            return None
        return place.measure.cost[length]
