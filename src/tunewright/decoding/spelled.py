"""The composing language over any vocabulary: each symbol is allowed where all characters of its spelling are.

The automaton knows characters only. Its states are carried to symbols by walking a trie of their spellings, so that
characters, ABC tokens and byte pairs share one guarantee. Where every character that the language needs is a symbol
too, no state is a dead end among symbols that is none among characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from tunewright.contracts import Constraint
from tunewright.decoding.bar_grammar import END, AnyState, BarGrammar
from tunewright.decoding.plan import Outlook, Plan
from tunewright.music.tonic import ends_on_tonic


@dataclass
class _Node:
    """A beginning of spellings: which symbols it completes, and how it goes on."""

    symbols: list[int] = field(default_factory=list)
    following: dict[str, _Node] = field(default_factory=dict)


class Grammar(Protocol):
    """An automaton over characters, with states that only it knows."""

    def start(self, chance: float | None = None) -> Any: ...

    def step(self, state: Any, char: str) -> Any: ...

    def characters(self, state: Any) -> frozenset[str]: ...

    def resting(self, state: Any) -> bool: ...

    def meant(self, state: Any, char: str) -> Any: ...


class SpelledGrammar(Constraint):
    """The constraint that a grammar sets on a vocabulary.

    Args:
        grammar: over characters.
        spellings: text of each symbol; empty for one that spells nothing.
        boundary: symbols that end a piece; a single one that spells nothing stands for the language's end.
        distance: characters from a state to the end.
        start: the grammar's state after the prompt, where what is left to chance is drawn by a number in [0, 1).
        prompt: symbols that the tune begins with.
    """

    def __init__(
        self,
        grammar: Grammar,
        spellings: Sequence[str],
        boundary: tuple[int, ...],
        distance: Callable[[Any], int],
        start: Callable[[float | None], Any],
        prompt: tuple[int, ...] = (),
    ) -> None:
        self.grammar, self.prompt = grammar, prompt
        self.spellings = list(spellings)
        if len(boundary) == 1 and not self.spellings[boundary[0]]:
            self.spellings[boundary[0]] = END
        self.root = _Node()
        for symbol, text in enumerate(self.spellings):
            self._plant(symbol, text)
        self._start, self._distance = start, distance

    def start(self, chance: float | None = None) -> Any:
        return self._start(chance)

    def allowed(self, state: Any) -> Tensor:
        mask = torch.zeros(len(self.spellings), dtype=torch.bool)
        mask[list(self._symbols(state, self.root))] = True
        return mask

    def advance(self, state: Any, symbol: int) -> Any:
        return self._through(state, self.spellings[symbol])

    def meant(self, rested: Any, symbol: int) -> Any:
        return self.grammar.meant(rested, self.spellings[symbol][:1])

    def resting(self, state: Any) -> bool:
        return self.grammar.resting(state)

    def distance(self, state: Any) -> int:
        return self._distance(state)

    def _through(self, state: Any, text: str) -> Any:
        """The state after these characters; None if they may not come, or if there are none."""
        after = state if text else None
        for char in text:
            after = self.grammar.step(after, char) if after is not None else None
        return after

    def _plant(self, symbol: int, text: str) -> None:
        if not text:
            return
        node = self.root
        for char in text:
            node = node.following.setdefault(char, _Node())
        node.symbols.append(symbol)

    def _symbols(self, state: Any, node: _Node) -> Iterator[int]:
        """Symbols that go on from a state, which has come as far as this node."""
        yield from node.symbols
        if not node.following:
            return
        for char in self.grammar.characters(state) & node.following.keys():
            following = node.following[char]
            if following.following:
                after = self.grammar.step(state, char)
                yield from self._symbols(after, following) if after is not None else ()
            else:
                yield from following.symbols


class Unfinished(NamedTuple):
    """Amid a symbol, where what is near has come to matter to what is far: the state, and the rest of the symbol."""

    state: AnyState
    rest: str


class PlannedGrammar(SpelledGrammar):
    """The same, with a tune's plan kept apart: before the next bar line nothing depends on more of it than its outlook,
    so the states in which a bar is written are few, whatever has come before.
    """

    grammar: BarGrammar

    def split(self, state: AnyState) -> tuple[AnyState, Plan]:
        plan = self.grammar.plan_in(state)
        return self.grammar.under(state, plan.outlook), plan

    def join(self, near: AnyState | Unfinished, far: Any) -> AnyState | None:
        state, rest = near if isinstance(near, Unfinished) else (near, "")
        outlook = self.grammar.plan_in(state)
        whole = self.grammar.under(state, outlook.told(far) if isinstance(outlook, Outlook) else far)
        return self._through(whole, rest) if rest else whole

    def regrets(self, before: Plan, after: Plan, ids: Sequence[int]) -> bool:  # type: ignore[override]
        return before.wanted_tonic(after) and not ends_on_tonic("".join(self.spellings[symbol] for symbol in ids))

    def crosses(self, near: AnyState | Unfinished) -> bool:
        return isinstance(near, Unfinished) or self._has_crossed(near)

    def advance(self, state: AnyState, symbol: int) -> AnyState | Unfinished | None:
        after: AnyState | None = state
        text = self.spellings[symbol]
        for place, char in enumerate(text, 1):
            after = self.grammar.step(after, char) if after is not None else None
            if after is not None and place < len(text) and self._has_crossed(after):
                return Unfinished(after, text[place:])
        return after if text else None

    def _has_crossed(self, near: AnyState) -> bool:
        outlook = self.grammar.plan_in(near)
        return isinstance(outlook, Outlook) and outlook.events != ()
