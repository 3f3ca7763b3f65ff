"""Small languages to look at from all sides: two dialects, grammars of one header, and graphs of all they reach."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any, Generic, TypeVar

from tunewright.contracts import Piece
from tunewright.decoding.bar_grammar import BarGrammar
from tunewright.decoding.bar_rules import BarRules
from tunewright.decoding.header_grammar import Fields
from tunewright.decoding.measure import Measure, Pitches
from tunewright.decoding.places import (
    AGAIN,
    ALTERED_PITCH,
    BAR,
    CLOSED,
    ENDED,
    NOTE_PITCH,
    PART,
    REST_PITCH,
    RESTS,
    Place,
)
from tunewright.decoding.plan import CLOSE, KEEP, MAY, Now, Outlook, Plan
from tunewright.music.dialect import Dialect
from tunewright.music.headers import HeaderStyle
from tunewright.music.keys import parse_meter
from tunewright.music.reader import read_tune
from tunewright.music.title_spelling import TitleSpelling

METERS = ("2/4", "3/4", "4/4", "C|", "6/8", "9/8", "12/8")
LONGEST_WAY_AHEAD = 4
"""Characters by which a way out may be longer than the shortest."""
Node = TypeVar("Node")


def dialect(house: bool = True, **changes: Any) -> Dialect:
    """A dialect with something of everything: as the house writes, or as the lab's tunes are found."""
    values: dict[str, Any] = {
        "lengths": ("", "2", "3", "/", "4", "6", "3/2"), "accidentals": ("^",), "highest_marks": 0, "lowest_marks": 0,
        "rests": ("z",), "broken": (">",), "tuplets": (3,), "ties": True, "bar_lines": ("|]",), "endings": "[1 ",
        "key_changes": ("[K:D]",) if house else ("K:D\n",), "opens_repeats": house, "implicit_repeats": not house,
        "line_mark": "" if house else "!", "title_characters": "ab", "longest": 600,
    }  # fmt: skip
    return Dialect(**{**values, **changes})


def fields(**values: tuple[str, ...]) -> Fields:
    """A header of ``X T M L K``, each with one value where no others are told."""
    usual = {"X": ("1",), "T": ("a",), "M": ("4/4",), "L": ("1/8",), "K": ("D",)}
    return Fields(("XTMLK",), {}, {**usual, **values}, {}, TitleSpelling("ab"))


def grammar(
    meter: str = "4/4", own: Dialect | None = None, plan: Plan | None = None, key: str = "D", **options: Any
) -> BarGrammar:
    """The language of tunes with one header."""
    return BarGrammar(fields(M=(meter,), K=(key,)), own or dialect(), plan, **options)


def header(meter: str = "4/4", key: str = "D") -> str:
    """The header of all tunes of :func:`grammar`."""
    return f"X:1\nT:a\nM:{meter}\nL:1/8\nK:{key}\n"


def measure(meter: str, own: Dialect, pitches: Pitches | None = None) -> Measure:
    """A meter with eighths."""
    return Measure(parse_meter(meter), Fraction(1, 8), own, pitches or Pitches())


def contains(language: BarGrammar, text: str) -> bool:
    """Whether a whole tune is of the language."""
    left = leaves(language, text)
    return left is None


def leaves(language: BarGrammar, text: str) -> str | None:
    """The beginning of a tune with the first character that is not of the language; None where all of it is."""
    state: Any = language.start()
    whole = text + language.rules.ending
    for place, char in enumerate(whole):
        state = language.step(state, char)
        if state is None:
            return whole[: place + 1]
    return None if language.ended(state) else whole


def language_of(pieces: Iterable[Piece]) -> BarGrammar:
    """The language of a collection: its header's values and its dialect, with any title."""
    texts = [piece.text for piece in pieces]
    style = HeaderStyle.of([read_tune(text) for text in texts], texts)
    values: dict[str, Counter[str]] = {letter: Counter() for letter in "RMLK"}
    for text in texts:
        for line in text.split("\n"):
            if line[:1] in values and line[1:2] == ":":
                values[line[0]][line[2:]] += 1
    own = Dialect.of(texts)
    legal = {letter: tuple(counts) for letter, counts in values.items() if counts}
    fields = Fields(style.orders[:1], style.gaps, {"X": ("1",), **legal}, {}, TitleSpelling(own.title_characters))
    return BarGrammar(fields, own)


# Graphs


@dataclass(frozen=True)
class Graph(Generic[Node]):
    """Everything that can be reached, and how.

    Attributes:
        nodes: in the order of their discovery.
        following: numbers of those one step on from each.
        ends: numbers of those that are complete.
    """

    nodes: list[Node]
    following: list[list[int]]
    ends: list[int]

    def to_end(self) -> list[int | None]:
        """Fewest steps from each node to an end; None where there is no way."""
        before: list[list[int]] = [[] for _ in self.nodes]
        for number, targets in enumerate(self.following):
            for target in targets:
                before[target].append(number)
        steps: list[int | None] = [None] * len(self.nodes)
        waiting = deque((number, 0) for number in self.ends)
        while waiting:
            number, far = waiting.popleft()
            if steps[number] is None:
                steps[number] = far
                waiting.extend((other, far + 1) for other in before[number])
        return steps

    def dead(self) -> list[Node]:
        """Nodes from which there is no way to an end."""
        return [node for node, steps in zip(self.nodes, self.to_end(), strict=True) if steps is None]


def explore(
    start: Node,
    ways: Callable[[Node], Iterable[Node]],
    ended: Callable[[Node], bool],
    also: Callable[[Node], Iterable[Node]] = lambda node: (),
) -> Graph[Node]:
    """All that can be reached from a start; from each node one may be put to ``also``, which is no step on."""
    nodes, numbers, following = [start], {start: 0}, []

    def number(node: Node) -> int:
        if node not in numbers:
            numbers[node] = len(nodes)
            nodes.append(node)
        return numbers[node]

    for node in nodes:  # grows while it is read
        following.append([number(after) for after in ways(node)])
        for other in also(node):
            number(other)
    return Graph(nodes, following, [number for number, node in enumerate(nodes) if ended(node)])


def places(rules: BarRules, own: Measure, plan: Plan) -> Graph[Place]:
    """All places that complete signs, notes, rests, broken pairs and ties lead to."""

    def closing(place: Place) -> list[Place]:
        return [] if place.left else [rules.close_with(place)]

    return explore(
        rules.start(own, plan), lambda place: _ways_on(rules, place), lambda place: place.spot == ENDED, closing
    )


def bars(rules: BarRules, own: Measure) -> Graph[Place]:
    """All places on the way to the next progress of a tune, whatever its plan, as long as it counts bars: to a bar line
    after a whole bar, to the end of an ending or of a part, or to the end of the tune. What may come after progress is
    looked at under every plan that is possible there.
    """

    def on(place: Place) -> Iterator[Place]:
        return iter(()) if _has_moved(place) else map(_unforked, _ways_on(rules, place))

    def then(place: Place) -> Iterator[Place]:
        if _has_moved(place):
            for after in (place._replace(plan=Outlook(now)) for now in _possible(place)):
                # Both endings have equally many bars: the second begins as the first could.
                if place.spot != AGAIN or rules.goes_on(after):
                    yield rules.part(after) if place.spot == PART else after
        elif not place.left:
            yield rules.close_with(place)

    begun = rules.start(own, Outlook().begin(own.meter.name))
    return explore(begun, on, lambda place: place.spot == ENDED or _has_moved(place), then)


def _has_moved(place: Place) -> bool:
    return isinstance(place.plan, Outlook) and place.plan.events != ()


def _unforked(place: Place) -> Place:
    """That a first ending begins is no progress: the bar goes on."""
    plan = place.plan
    return place._replace(plan=Outlook(plan.seen)) if isinstance(plan, Outlook) and ("fork",) in plan.events else place


def _possible(place: Place) -> Iterator[Now]:
    """Where a plan that counts bars may stand after progress."""
    if place.spot == CLOSED:
        yield Now(ends=True, goes_on=False)
    for last, repeated, line in product((KEEP, MAY, CLOSE), (True, False, None), (True, False, None)):
        # In a part it stays settled whether it is repeated; a part's beginning is no new line.
        if place.spot in (BAR, AGAIN) and repeated != place.plan.now.repeated:
            continue
        if line and place.spot != BAR:
            continue
        for ends in (False, True) if place.spot == CLOSED else (False,):
            yield Now(last, repeated, ends, True, line)


def _ways_on(rules: BarRules, place: Place) -> Iterator[Place]:
    menu = rules.menu(place)
    for sign in menu.signs:
        yield rules.after(place, sign)
    kinds = [NOTE_PITCH, ALTERED_PITCH, REST_PITCH] if not place.tie else [place.tie]
    for pitch in kinds:
        is_rest = pitch in RESTS
        known = menu.pitches & RESTS if is_rest else menu.pitches - RESTS
        if not known or (pitch == ALTERED_PITCH and not any(one[0] in "^_=" for one in known)):
            continue
        lengths = menu.lengths(pitch)
        for text in lengths.single:
            yield rules.commit(place, pitch, text)
        for text in lengths.broken:
            yield rules.break_pair(place, pitch, text)
        for text in lengths.tied_altered if pitch == ALTERED_PITCH else lengths.tied:
            yield rules.tie(place, pitch, text)


def characters(language: BarGrammar, start: Any, alphabet: str) -> Graph[Any]:
    """All states that single characters lead to."""
    known = frozenset(alphabet)

    def ways(state: Any) -> Iterator[Any]:
        for char in sorted(language.characters(state) & known):
            yield language.step(state, char)

    return explore(start, ways, language.ended, lambda state: [language.meant(state, ":")])


# Symbols


def spellings(more: Iterable[str] = ()) -> list[str]:
    """A vocabulary of all characters that ABC needs, then of these longer texts, then of one symbol that ends."""
    single = [chr(code) for code in range(32, 127)] + ["\n"]
    return [*single, *more, ""]


@cache
def trie(vocabulary: tuple[str, ...]) -> Mapping[str, int]:
    """The symbol of each spelling."""
    return {text: symbol for symbol, text in enumerate(vocabulary) if text}


def tokenised(text: str, vocabulary: list[str]) -> list[int]:
    """A text as symbols, the longest spelling first."""
    known = trie(tuple(vocabulary))
    longest = max(map(len, known))
    symbols, at = [], 0
    while at < len(text):
        piece = next(text[at : at + size] for size in range(longest, 0, -1) if text[at : at + size] in known)
        symbols.append(known[piece])
        at += len(piece)
    return symbols
