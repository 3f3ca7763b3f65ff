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


def test_dances_are_spelled_as_the_collection_spells_them() -> None:
    texts = [TEXTS[0].replace("R:reel", "R:Slip Jig")]
    style = HeaderStyle.of([read_tune(text) for text in texts], texts)
    assert style.lines(type="slipjig")[2] == ("R:Slip Jig", False)


def test_an_order_that_holds_the_wish_is_chosen_or_the_lack_told() -> None:
    plain = [f"X:{number}\nT:T\nM:6/8\nL:1/8\nK:G\nA" for number in range(5)]
    with_type = "X:9\n%a comment\nT:a\nT:b\nR:jig\nM:6/8\nL:1/8\nK:G\nA"
    style = HeaderStyle.of([read_tune(text) for text in (*plain, with_type)], [*plain, with_type])
    assert [text for text, _ in style.lines(title="Q")] == ["X:", "T:Q", "M:", "L:", "K:"]
    assert [text for text, _ in style.lines(type="jig", title="Q")] == ["X:", "T:Q", "R:jig", "M:", "L:", "K:"]
    untyped = HeaderStyle.of([read_tune(text) for text in plain], plain)
    with pytest.raises(DecodingError, match="no type 'jig'; it knows: none"):
        untyped.lines(type="jig")


def test_round_trip(style: HeaderStyle) -> None:
    assert HeaderStyle.from_dict(style.to_dict()) == style


def test_the_labs_style(irish_corpus: IrishCorpus) -> None:
    texts = [piece.text for piece in irish_corpus.pieces]
    style = HeaderStyle.of([read_tune(text) for text in texts], texts)
    assert style.orders[0] == "XTZMLK"
    assert style.lines(type="slip jig", key="Edor")[2] == ("Z: id:dc-slipjig-", True)
    assert style.lines(key="Edor")[-1] == ("K:E Dorian", False)
