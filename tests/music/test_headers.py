from __future__ import annotations

import pytest

from tunewright.corpora.irish import IrishCorpus
from tunewright.errors import DecodingError
from tunewright.music.headers import HeaderStyle
from tunewright.music.reader import read_tune

TEXTS = [
    "X:1\nT:One\nR:reel\nM:C\nL:1/8\nK:Edor\nA",
    "X:2\nT:Two\nR:jig\nM:6/8\nL:1/8\nK:G\nA",
    "X:3\nT:Three\nR:reel\nM:4/4\nL:1/8\nK:Edor\nA",
    "X:4\nT:Four\nR:reel\nM:C\nL:1/8\nK:E Dorian\nA",
]


@pytest.fixture
def style() -> HeaderStyle:
    return HeaderStyle.of([read_tune(text) for text in TEXTS], TEXTS)


def test_wishes_are_spelled_as_the_collection_spells_them(style: HeaderStyle) -> None:
    assert style.lines(type="Reel", meter="4/4", key="E dorian") == [
        ("X:", True), ("T:", True), ("R:reel", False), ("M:C", False), ("L:", True), ("K:Edor", False),
    ]  # fmt: skip


def test_every_line_of_the_header_is_there_whatever_is_wished(style: HeaderStyle) -> None:
    assert style.lines() == [(f"{letter}:", True) for letter in "XTRMLK"]
    assert style.lines(title="My\nown")[1] == ("T:My own", False)


@pytest.mark.parametrize(
    ("wish", "message"),
    [({"type": "tango"}, "reel, jig"), ({"meter": "5/4"}, "4/4"), ({"key": "H"}, "not a key"), ({"key": "Bb"}, "Edor")],
)
def test_an_unknown_wish_tells_what_is_known(style: HeaderStyle, wish: dict[str, str], message: str) -> None:
    with pytest.raises(DecodingError, match=message):
        style.lines(**wish)


def test_round_trip(style: HeaderStyle) -> None:
    assert HeaderStyle.from_dict(style.to_dict()) == style


def test_the_labs_style(irish_corpus: IrishCorpus) -> None:
    texts = [piece.text for piece in irish_corpus.pieces]
    style = HeaderStyle.of([read_tune(text) for text in texts], texts)
    assert style.fields == "XTZMLK"
    assert style.lines(type="slip jig", key="Edor")[2] == ("Z: id:dc-slipjig-", True)
    assert style.lines(key="Edor")[-1] == ("K:E Dorian", False)
