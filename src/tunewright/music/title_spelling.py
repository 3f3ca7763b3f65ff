"""How a collection spells its titles: which kinds of characters stand beside which.

A book that never writes a capital after a capital has no titles in capitals, and one that never writes a full stop at
the end of a title has none that ends with it: a model that has learned from other books as well still names its tunes
as this book does.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise, product

EDGE = "\n"
"""Stands before and after a title."""
CAPITAL, LETTER, DIGIT = "A", "a", "0"
SPACED_OUT = ("  ", f" {EDGE}", f"{EDGE} ", 2 * EDGE)
"""Pairs that no title has."""


def kind(char: str) -> str:
    """What a character is in a title: a capital, a letter, a digit, or just itself."""
    if char.isalpha():
        return CAPITAL if char.isupper() else LETTER
    return DIGIT if char.isdigit() else char


def pairs_of(title: str) -> list[str]:
    """The kinds that stand beside one another in a title, e.g. ``["\\nA", "A\\n"]`` of ``"B"``."""
    kinds = [EDGE, *map(kind, " ".join(title.split())), EDGE]
    return ["".join(pair) for pair in pairwise(kinds)]


class TitleSpelling:
    """What a title may be, character by character; never with a space at its edge, nor with two in a row.

    Args:
        characters: that it is made of.
        pairs: kinds that may stand beside one another, as :func:`pairs_of` tells them; all, where none are given or
            no title could be made of them.
    """

    def __init__(self, characters: str, pairs: Iterable[str] = ()) -> None:
        kinds = {EDGE, *map(kind, characters)}
        self.characters = frozenset((*characters, EDGE))
        self.pairs = {pair for pair in pairs if kinds.issuperset(pair)}
        self._rests = _rests(self.pairs)
        if EDGE not in self._rests:
            self.pairs = {a + b for a, b in product(kinds, kinds) if a + b not in SPACED_OUT}
            self._rests = _rests(self.pairs)

    def rest(self, last: str) -> int:
        """Fewest characters that complete a title after this kind, which is :data:`EDGE` at its beginning."""
        return self._rests.get(last, 1)

    def goes(self, last: str, char: str) -> bool:
        """Whether a character, or :data:`EDGE` to end with, may follow this kind so that a title can come of it."""
        following = kind(char)
        return char in self.characters and last + following in self.pairs and following in self._rests


def _rests(pairs: set[str]) -> dict[str, int]:
    """Of every kind after which a title can be completed, fewest characters that this takes."""
    found: dict[str, int] = {}
    nearer = {EDGE}
    while nearer:
        nearer = {pair[0] for pair in pairs if pair[1] in nearer} - found.keys()
        found |= dict.fromkeys(nearer, max(found.values(), default=-1) + 1)
    return found
