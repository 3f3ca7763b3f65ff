"""The composing language over any vocabulary: each symbol is allowed where all characters of its spelling are.

The automaton knows characters only. Its states are carried to symbols by walking a trie of their spellings, so that
characters, ABC tokens and byte pairs share one guarantee. Where every character that the language needs is a symbol
too, no state is a dead end among symbols that is none among characters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from tunewright.decoding.bar_grammar import END, AnyState, BarGrammar
from tunewright.decoding.way_out import WayOut
from tunewright.errors import DecodingError


@dataclass
class _Node:
    """A beginning of spellings: which symbols it completes, and how it goes on."""

    symbols: list[int] = field(default_factory=list)
    following: dict[str, _Node] = field(default_factory=dict)


class SpelledGrammar:
    """The constraint that a grammar sets on a vocabulary.

    Args:
        grammar: over characters.
        spellings: text of each symbol; empty for one that spells nothing.
        boundary: symbols that end a piece; a single one that spells nothing stands for the language's end.
        prompt: symbols that the tune begins with.

    Raises:
        DecodingError: no tune of the language begins with the prompt; the message quotes where it leaves it.
    """

    def __init__(
        self, grammar: BarGrammar, spellings: Sequence[str], boundary: tuple[int, ...], prompt: tuple[int, ...] = ()
    ) -> None:
        self.grammar, self.prompt = grammar, prompt
        self.spellings = list(spellings)
        if len(boundary) == 1 and not self.spellings[boundary[0]]:
            self.spellings[boundary[0]] = END
        self.root = _Node()
        for symbol, text in enumerate(self.spellings):
            self._plant(symbol, text)
        self.way_out = WayOut(grammar, "".join(sorted(set().union(*self.spellings))))
        self._start = self._after(grammar.start(), "".join(self.spellings[symbol] for symbol in prompt))

    def start(self) -> AnyState:
        return self._start

    def allowed(self, state: AnyState) -> Tensor:
        mask = torch.zeros(len(self.spellings), dtype=torch.bool)
        mask[list(self._symbols(state, self.root))] = True
        return mask

    def advance(self, state: AnyState, symbol: int) -> AnyState:
        after: AnyState | None = state
        for char in self.spellings[symbol]:
            after = self.grammar.step(after, char) if after is not None else None
        if after is None:
            raise ValueError(f"symbol {symbol}, {self.spellings[symbol]!r}, is not allowed here")
        return after

    def resting(self, state: AnyState) -> bool:
        return self.grammar.resting(state)

    def distance(self, state: AnyState) -> int:
        return self.way_out.characters(state)

    def _plant(self, symbol: int, text: str) -> None:
        if not text:
            return
        node = self.root
        for char in text:
            node = node.following.setdefault(char, _Node())
        node.symbols.append(symbol)

    def _symbols(self, state: AnyState, node: _Node) -> Iterator[int]:
        """Symbols that go on from a state, which has come as far as this node."""
        yield from node.symbols
        for char, following in node.following.items():
            after = self.grammar.step(state, char)
            if after is not None:
                yield from self._symbols(after, following)

    def _after(self, state: AnyState, text: str) -> AnyState:
        for place, char in enumerate(text):
            after = self.grammar.step(state, char)
            if after is None:
                raise DecodingError(
                    f"no tune of this run's language begins like that: after {text[max(0, place - 30) : place]!r} "
                    f"there can't be {char!r}"
                )
            state = after
        return state
