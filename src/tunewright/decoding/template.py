"""A text whose first lines are given, whole or in part, and whose rest is left to the model."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from tunewright.decoding.bar_grammar import END
from tunewright.decoding.spelled import SpelledGrammar

State = tuple[int, int]
Line = tuple[str, bool]
"""What a line begins with, and whether the model goes on with it."""


class GivenLines:
    """The automaton of such a text's characters: the lines in order, then anything.

    Args:
        lines: what is given.
        alphabet: characters there are.

    A state is (number of the line, characters of it that have come). How much has been gone on with doesn't matter, but
    that it has does: no line that is to go on may end where it is given.
    """

    def __init__(self, lines: Sequence[Line], alphabet: frozenset[str]) -> None:
        self.lines, self.alphabet = lines, alphabet

    def start(self, chance: float | None = None) -> State:
        return (0, 0)

    def step(self, state: State, char: str) -> State | None:
        if self.is_past(state):
            return state
        if char not in self.characters(state):
            return None
        number, at = state
        if at < len(self.lines[number][0]):
            return (number, at + 1)
        return (number + 1, 0) if char == "\n" else (number, len(self.lines[number][0]) + 1)

    def characters(self, state: State) -> frozenset[str]:
        if self.is_past(state):
            return self.alphabet
        number, at = state
        text, goes_on = self.lines[number]
        if at < len(text):
            return frozenset(text[at])
        if not goes_on:
            return frozenset("\n")
        return self.alphabet - {END} - ({"\n"} if at == len(text) else set())

    def is_past(self, state: State) -> bool:
        """Whether all lines have come."""
        return state[0] == len(self.lines)

    def resting(self, state: State) -> bool:
        return state[1] == 0

    def meant(self, state: State, char: str) -> State:
        return state


class Template(SpelledGrammar):
    """The constraint that given lines set on a vocabulary.

    Args:
        lines: what is given, e.g. ``[("X:1", False), ("T:", True)]``; none to leave everything open.
        spellings: text of each symbol.
        boundary: symbols that end a piece.
        prompt: symbols before the first line.
    """

    grammar: GivenLines

    def __init__(
        self, lines: Sequence[Line], spellings: Sequence[str], boundary: tuple[int, ...], prompt: tuple[int, ...] = ()
    ) -> None:
        grammar = GivenLines(lines, frozenset("".join(spellings) + END))
        super().__init__(grammar, spellings, boundary, lambda _: 0, grammar.start, prompt)

    def allowed(self, state: State) -> Tensor | None:  # type: ignore[override]
        return None if self.grammar.is_past(state) else super().allowed(state)

    def advance(self, state: State, symbol: int) -> State | None:
        after: State | None = state if self.grammar.is_past(state) else super().advance(state, symbol)
        return after
