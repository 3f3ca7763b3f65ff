from __future__ import annotations

import random
from typing import Any

import pytest
import torch

from tests.decoding.languages import contains, dialect, grammar, header, language_of, spellings, tokenised
from tunewright.contracts import Piece
from tunewright.decoding.bar_grammar import END, BarGrammar
from tunewright.decoding.spelled import SpelledGrammar
from tunewright.decoding.table import ConstraintTable
from tunewright.decoding.way_out import WayOut
from tunewright.music.bars import check
from tunewright.music.reader import read_tune

TOKENS = (
    "|:", ":|", "|]", ":|\n|:", "\n|:", "|\n", "[1 ", ":|[2 ", "A2", "d2", "B2-", "(3", "(3ABc", "def", "ABcd", "A>B",
    "^c", "=c", "z2", "c'", "A,", "/", "3/2", " d", "e |", "X:", "X:1\nT:", "\nM:", "M:6/8\n", "L:1/8\nK:", "K:D\n|:",
    "R:reel\n", "G major", "||:", "A2|B2|", "é",
)  # fmt: skip
LINES = ["\n\n", *TOKENS]


def spelled(language: BarGrammar, more: tuple[str, ...] = TOKENS, boundary: tuple[int, ...] = ()) -> SpelledGrammar:
    vocabulary = spellings(more)
    ends = boundary or (len(vocabulary) - 1,)
    return SpelledGrammar(language, vocabulary, ends, WayOut(language).characters, language.start)


def brute_force(language: Any, state: Any, texts: list[str]) -> list[bool]:
    """Of each text, whether it can be walked character by character."""
    found = []
    for text in texts:
        after = state if text else None
        for char in text:
            after = language.step(after, char) if after is not None else None
        found.append(after is not None)
    return found


def walk(constraint: SpelledGrammar, chance: random.Random, loosely: int) -> list[int]:
    """Symbols drawn at random, and after so many of them only those that come nearer to the end."""
    state, symbols = constraint.start(), list[int]()
    while True:
        legal = torch.nonzero(constraint.allowed(state)).flatten().tolist()
        assert legal, state
        after = {symbol: constraint.advance(state, symbol) for symbol in legal}
        if len(symbols) > loosely:
            shortest = min(map(constraint.distance, after.values()))
            legal = [symbol for symbol in legal if constraint.distance(after[symbol]) == shortest]
        symbols.append(chance.choice(legal))
        state = after[symbols[-1]]
        if constraint.grammar.ended(state):  # type: ignore[attr-defined]
            return symbols


@pytest.mark.parametrize("house", [True, False], ids=["house", "raw"])
@pytest.mark.parametrize("meter", ["2/4", "6/8", "C|"])
def test_a_symbol_is_allowed_where_all_its_characters_are(meter: str, house: bool) -> None:
    language = grammar(meter, dialect(house))
    constraint, chance = spelled(language), random.Random(1)
    seen = 0
    for number in range(6):
        state = constraint.start()
        for symbol in walk(constraint, chance, 40 * number):
            mask = constraint.allowed(state).tolist()
            assert mask == brute_force(language, state, constraint.spellings)
            seen += sum(mask[len(constraint.spellings) - 1 - len(TOKENS) : -1])
            state = constraint.advance(state, symbol)
    assert seen > 100  # longer symbols were among them


def test_random_texts_of_longer_symbols_are_right_tunes() -> None:
    """Whatever the vocabulary, what is drawn is of the language."""
    language = grammar("6/8")
    constraint, chance = spelled(language), random.Random(2)
    for number in range(40):
        symbols = walk(constraint, chance, number * 3)
        text = "".join(constraint.spellings[symbol] for symbol in symbols)
        assert text.endswith(END)
        assert contains(language, text.removesuffix(END))
        assert check(read_tune(text.removesuffix(END))) == ()


def test_a_symbol_that_may_not_come_is_refused() -> None:
    constraint = spelled(grammar())
    assert constraint.advance(constraint.start(), constraint.spellings.index("def")) is None


def test_a_symbol_that_spells_nothing_never_comes_but_as_the_end() -> None:
    language = grammar()
    vocabulary = ["", *spellings(TOKENS)]
    ends = len(vocabulary) - 1
    constraint = SpelledGrammar(language, vocabulary, (ends,), WayOut(language).characters, language.start)
    text = header() + "ABcd efga|A4 d4|]"
    state = language.walk(language.start(), text)
    legal = torch.nonzero(constraint.allowed(state)).flatten().tolist()
    assert legal == [vocabulary.index("\n"), vocabulary.index("\n|:"), ends]
    assert language.ended(constraint.advance(state, ends))
    assert not constraint.allowed(constraint.start())[0]


def test_a_boundary_of_two_newlines_in_one_symbol_or_in_two() -> None:
    language = grammar(ending="\n\n")
    vocabulary = spellings(LINES)
    newline, both = vocabulary.index("\n"), vocabulary.index("\n\n")
    constraint = spelled(language, tuple(LINES), (newline, newline))
    state = language.walk(language.start(), header() + "ABcd efga|A4 d4|]")
    mask = constraint.allowed(state)
    assert mask[newline]
    assert mask[both]
    assert language.ended(constraint.advance(state, both))
    assert language.ended(constraint.advance(constraint.advance(state, newline), newline))
    assert not mask[vocabulary.index("")]


def test_rests_and_meanings_are_those_of_the_grammar() -> None:
    language = grammar()
    constraint = spelled(language)
    before = language.walk(language.start(), header() + "|:ABcd efga|")
    assert constraint.resting(before)
    assert not constraint.resting(language.step(before, "A"))
    for text in (":|", ":|\n|:"):  # told by its first character
        assert constraint.meant(before, constraint.spellings.index(text)) == language.meant(before, ":") != before
    assert constraint.meant(before, constraint.spellings.index("def")) == before


@pytest.mark.parametrize("step", [10, pytest.param(1, marks=pytest.mark.slow)])
def test_the_irish_tunes_can_be_walked_in_any_vocabulary(irish_house: tuple[Piece, ...], step: int) -> None:
    """Greedy tokens, the longest first: those tunes that can be walked in characters, and no others."""
    language, pieces = language_of(irish_house), irish_house[::step]
    constraint = spelled(language)
    table = ConstraintTable(constraint, len(constraint.spellings))
    vocabulary = spellings(TOKENS)
    inside = longer = 0
    for piece in pieces:
        symbols = [*tokenised(piece.text, vocabulary), len(vocabulary) - 1]
        longer += sum(len(vocabulary[symbol]) > 1 for symbol in symbols)
        walkable = _walk_in_table(table, symbols)
        assert walkable == contains(language, piece.text), piece.text
        inside += walkable
    assert inside > 0.9 * len(pieces)
    assert longer > 10 * len(pieces)


def _walk_in_table(table: ConstraintTable, symbols: list[int]) -> bool:
    numbered = table.as_constraint()
    state: Any = numbered.start()
    for symbol in symbols:
        legal = bool(numbered.allowed(state)[symbol])
        state = numbered.advance(state, symbol)
        assert legal == (state is not None)
        if not legal:
            return False
    return True
