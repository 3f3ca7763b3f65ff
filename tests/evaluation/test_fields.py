from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.conftest import as_pieces
from tunewright.codecs.text import CharacterCodec
from tunewright.contracts import Codec, Piece
from tunewright.evaluation.fields import FIELDS, costs_of_fields, fields_of, nats_per_character

RAW = "X: 7\nT:One\nT:Other\nZ: id:dc-reel-18\nN:note\nM:C\nL:1/8\nK:D\nABcd|K:G\nT:Part\nd2|"


class Threes:
    """Symbols of up to three characters of a text's spelling."""

    unit = "character"
    boundary = (0,)

    def __init__(self, characters: CharacterCodec) -> None:
        self.characters = characters
        self.known = [""]

    def encode(self, piece: Piece) -> NDArray[np.int64]:
        spellings = self.characters.spellings()
        spelled = "".join(spellings[number] for number in self.characters.encode(piece))
        chunks = [spelled[at : at + 3] for at in range(0, len(spelled), 3)]
        self.known += sorted(set(chunks).difference(self.known))
        return np.array([self.known.index(chunk) for chunk in chunks], dtype=np.int64)

    def spellings(self) -> list[str]:
        return self.known


def costs(codec: Codec, text: str, nats: list[float]) -> list[float]:
    return [float(cost) for cost in nats_per_character(codec, Piece("", text, ""), np.array(nats))]


def test_a_symbol_is_charged_to_its_character() -> None:
    assert costs(CharacterCodec.fit(as_pieces(["ab"]), boundary="blank line"), "aba", [1, 2, 3, 4, 5]) == [1, 2, 3, 9]


def test_a_symbol_of_several_characters_is_shared_by_them() -> None:
    codec: Codec = Threes(CharacterCodec.fit(as_pieces(["abcd"])))  # type: ignore[assignment]
    assert costs(codec, "abcda", [3, 8, 1]) == pytest.approx([1, 1, 1, 4, 4, 1])


def test_an_escape_is_charged_to_the_character_it_stands_for() -> None:
    codec = CharacterCodec.fit(as_pieces(["abc"]))
    assert costs(codec, "aéb", [1, *[2] * 5, 3, 4]) == [1, 10, 3, 4]
    # What looks like an escape is spelled so that it isn't: #(23)(e9)
    assert costs(codec, "#(e9)", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) == [15, 6, 7, 8, 9, 10]


@given(st.text(st.sampled_from("ab#(e9)é\n♭"), max_size=30), st.booleans())
def test_nothing_is_lost_and_escapes_cost_their_length(text: str, in_threes: bool) -> None:
    characters = CharacterCodec.fit(as_pieces(["ab"]))
    codec: Codec = Threes(characters) if in_threes else characters  # type: ignore[assignment]
    symbols = len(codec.encode(Piece("", text, "")))
    found = costs(codec, text, [1.0] * (symbols + 1))
    assert sum(found) == pytest.approx(symbols + 1)
    if not in_threes:
        escaped = {"é": 5, "♭": 7}
        assert found == [
            5 if text[at : at + 2] == "#(" else escaped.get(character, 1) for at, character in enumerate(text)
        ] + [1]


def test_each_line_of_a_header_is_of_one_field() -> None:
    found = fields_of(RAW)
    runs = [(name, "".join(c for c, _ in run)) for name, run in groupby(zip(RAW, found, strict=True), lambda p: p[1])]
    assert runs == [
        ("number", "X: 7\n"),
        ("title", "T:One\nT:Other\n"),
        ("type", "Z: id:dc-reel-18\n"),
        ("other header", "N:note\n"),
        ("meter", "M:C\n"),
        ("unit length", "L:1/8\n"),
        ("key", "K:D\n"),
        ("body", "ABcd|K:G\nT:Part\nd2|"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("R:jig\nZ:id:dc-reel-1\nK:D", ["type"] * 6 + ["other header"] * 15 + ["key"] * 3),
        ("Z:me\nK:D", ["other header"] * 5 + ["key"] * 3),
        ("T:a\nabc", ["title"] * 4 + ["body"] * 3),
        ("abc", ["body"] * 3),
        ("", []),
    ],
    ids=["Z beside R", "Z without a dance", "no key", "no header", "nothing"],
)
def test_headers_of_other_shapes(text: str, expected: list[str]) -> None:
    assert fields_of(text) == expected


def test_fields_are_summed_over_each_tune() -> None:
    pieces = [Piece("", "T:a\nK:D\nab", ""), Piece("", "K:D\nb", "")]
    nats = [np.array([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 7.0]), np.array([1, 1, 1, 1, 5, 6.0])]
    found = costs_of_fields(pieces, nats)
    assert list(found) == [name for name in FIELDS if name in ("title", "key", "body", "end")]
    assert {name: cost.units.tolist() for name, cost in found.items()} == {
        "title": [4, 0],
        "key": [4, 4],
        "body": [2, 1],
        "end": [1, 1],
    }
    assert {name: cost.nats.tolist() for name, cost in found.items()} == {
        "title": [4, 0],
        "key": [8, 4],
        "body": [6, 5],
        "end": [7, 6],
    }
