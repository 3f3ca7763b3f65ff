from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.conftest import as_pieces, own_tune
from tunewright.codecs.text import CharacterCodec
from tunewright.decoding.bar_grammar import END
from tunewright.errors import DecodingError
from tunewright.language import composing_language
from tunewright.music.dialect import Dialect
from tunewright.music.headers import HeaderStyle
from tunewright.music.reader import read_tune
from tunewright.music.shapes import Shapes
from tunewright.wish import Wish

TEXTS = [own_tune(number) for number in range(1, 31)]
RAW = [
    text.replace("R:", "Z: id:hn-").replace("\nM:", f"-{number}\nM:").replace("K:D", "K:D Major").replace("|:", "")
    for number, text in enumerate(TEXTS, 1)
]  # fmt: skip
HEADER = "X:1\nT:Own tune 1\nR:polka\nM:2/4\nL:1/8\nK:D\n"


class Small:
    """What a run tells of a collection: its codec, its headers and its dialect."""

    def __init__(self, texts: list[str], boundary: Any = "symbol") -> None:
        self.codec = CharacterCodec.fit(as_pieces(texts), boundary=boundary)
        self.style = HeaderStyle.of([read_tune(text) for text in texts], texts)
        self.dialect, self.shapes = Dialect.of(texts), Shapes.of([read_tune(text) for text in texts])

    def holds(self, text: str, **wish: Any) -> bool:
        """Whether a tune is of the language of a wish, symbol by symbol, and complete."""
        constraint = composing_language(self, Wish(**wish))
        state = constraint.start()
        boundary = self.codec.boundary
        for symbol in (*self.codec.encode_text(text).tolist()[len(constraint.prompt) :], *boundary):
            if not constraint.allowed(state)[symbol]:
                return False
            state = constraint.advance(state, symbol)
        return not constraint.allowed(state).any()


@pytest.fixture(scope="module")
def small() -> Small:
    return Small(TEXTS)


def test_what_a_run_has_learned_is_of_its_language(small: Small) -> None:
    assert all(small.holds(text) for text in TEXTS)


@pytest.mark.parametrize("boundary", ["symbol", "blank line"])
def test_whatever_parts_its_pieces(boundary: str) -> None:
    assert all(Small(TEXTS, boundary).holds(text) for text in TEXTS[:8])


def test_a_run_that_writes_otherwise_has_another_language() -> None:
    raw = Small(RAW)
    assert raw.style.type_field == "Z"
    assert sum(raw.holds(text) for text in RAW) == len(RAW)
    assert not any(raw.holds(text) for text in TEXTS)


MUSIC = "|:DE FG|AB cd:|\n|:de fg|ab af:|"


@pytest.mark.parametrize(
    ("wish", "held"),
    [
        ({}, True), ({"type": "polka"}, True), ({"type": "jig"}, False), ({"meter": "2/4"}, True),
        ({"meter": "6/8"}, False), ({"key": "D"}, True), ({"key": "G"}, False), ({"title": "Own tune 1"}, True),
        ({"title": "Another"}, False), ({"bars": 4}, False), ({"bars": 8}, False), ({"form": "AABB"}, True),
        ({"form": "AAB"}, False), ({"form": "AABB", "bars": 4}, True), ({"form": "AABB", "bars": 6}, False),
        ({"range": "D4-B5"}, True), ({"range": "E4-B5"}, False), ({"range": "D4-G5"}, False),
        ({"diatonic": True}, True), ({"prompt": HEADER + "|:DE"}, True),
        ({"prompt": HEADER + "|:DE", "bars": 4, "form": "AABB"}, True),
    ],
)  # fmt: skip
# Four bars without a form are one part: parts are whole phrases.
def test_a_wish_narrows_the_language(small: Small, wish: dict[str, Any], held: bool) -> None:
    assert small.holds(HEADER + MUSIC, **wish) == held


def test_a_prompt_is_where_the_language_begins(small: Small) -> None:
    prompt = HEADER + "|:DE F"
    constraint = composing_language(small, Wish(prompt=prompt))
    assert small.codec.decode_text(constraint.prompt) == prompt
    legal = {small.codec.symbols[symbol] for symbol in constraint.allowed(constraint.start()).nonzero().flatten()}
    assert legal == {*"DEFGABcdefgab", " "}  # no bar line: this book knows no pickups
    assert constraint.distance(constraint.start()) == len("D|D2D2:|" + END)


@pytest.mark.parametrize(
    ("told", "header", "music"),
    [
        ("X: 3\nT:Own tune 1\nR:polka\nM:2/4\nL:1/8\nK: D Major\n|:DE", "K:D\n", "|:DE"),
        ("X:1\nT: Own  tune 1\nM:2/4\nL:1/8\nK:Dmaj\n", "T:Own tune 1\n", ""),
        ("X:1\nT:Own tune 1\nM:4/4\nK:D\nDEFG", "L:1/8\nK:D\n", "DEFG"),
        ("X:1\nM:C\nL:1/16\nK:E dorian\nDEFG", "M:4/4\nL:1/16\nK:Edor\n", "DEFG"),
    ],
)
def test_a_prompt_in_another_spelling_is_converted(small: Small, told: str, header: str, music: str) -> None:
    constraint = composing_language(small, Wish(prompt=told))
    assert constraint.prompt == ()
    state, text = constraint.start(), ""
    while not constraint.grammar.ended(state):  # type: ignore[attr-defined]
        legal = constraint.allowed(state).nonzero().flatten().tolist()
        after = {symbol: constraint.advance(state, symbol) for symbol in legal}
        symbol = min(legal, key=lambda one: (constraint.distance(after[one]), one))
        state, text = after[symbol], text + constraint.spellings[symbol]
    assert header in text
    assert text.partition("\nK:")[2].partition("\n")[2].startswith(music)


def test_what_the_run_has_no_letters_for_is_spelled_out_and_meant(small: Small) -> None:
    """The codec's escapes in a header's values: the run that has never seen an ``s`` writes ``#(73)``."""
    assert not {*"sC"} & {*small.codec.symbols}
    text = "X:1\nT:A sash\nR:slide\nM:12/8\nL:1/8\nK:Cmin\n|:DEF DEF DEF DEF|FED FED FED FED:|"
    wish = {"type": "slide", "title": "A sash", "meter": "12/8", "key": "Cmin"}
    assert small.holds(text, **wish)
    assert not small.holds(text.replace("DEF DEF|", "DEF|"), **wish)
    assert small.holds(text, **wish, range="D4-F4")  # F is natural in C minor
    assert not small.holds(text.replace("Cmin", "D"), **{**wish, "key": "D"}, range="D4-F4")


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"meter": "1/32"}, "meter '1/32': its bars can't be filled with the lengths that this run has learned"),
        ({"range": "C#4-C#4", "key": "D", "diatonic": True, "meter": "3/16"}, "meter '3/16'"),
        ({"range": "B1-B1", "key": "D"}, "range B1-B1: no pitch of key 'D' is within it"),
        ({"range": "D#4-D#4", "diatonic": True}, "range D#4-D#4 and diatonic: no pitch of key 'any' is within it"),
        ({"key": "X"}, "'X' is not a key"),
        ({"type": "!"}, "names no dance"),
        ({"form": "ABA"}, "part A comes back"),
        ({"prompt": "K:D\n|:A"}, "no meter before it"),
    ],
)
def test_contradictions_are_told(small: Small, wish: dict[str, Any], message: str) -> None:
    with pytest.raises(DecodingError, match=message):
        composing_language(small, Wish(**wish))


def test_a_dialect_without_music_is_told(small: Small) -> None:
    nothing = Small(TEXTS)
    nothing.dialect = replace(small.dialect, lengths=())
    with pytest.raises(DecodingError, match="learned no meter in which a bar can be right"):
        composing_language(nothing, Wish())
