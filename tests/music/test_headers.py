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
    [
        ({"type": "!"}, "names no dance; expected a word, e.g. 'jig'; this run knows: reel, jig"),
        ({"type": "3/2"}, "names no dance"),
        ({"meter": "5"}, "'5' is not a meter"),
        ({"meter": "none"}, "expected e.g. '6/8'; it knows: 4/4, 6/8"),
        ({"key": "H"}, "not a key"),
    ],
)
def test_what_cannot_be_meant_tells_what_could(style: HeaderStyle, wish: dict[str, str], message: str) -> None:
    with pytest.raises(DecodingError, match=message):
        style.lines(**wish)


@pytest.mark.parametrize(
    ("wish", "line"),
    [
        ({"type": "Tango"}, "R:tango"),
        ({"meter": "5/4"}, "M:5/4"),
        ({"meter": "C|"}, "M:C|"),
        ({"key": "Bb"}, "K:Bb"),
        ({"key": "F# minor"}, "K:F#min"),
        ({"key": "D Phr ^f"}, "K:Dphr ^f"),
        ({"key": "E aeolian"}, "K:Emin"),
    ],
)
def test_what_the_collection_has_never_seen_is_spelled_in_house_form(
    style: HeaderStyle, wish: dict[str, str], line: str
) -> None:
    assert (line, False) in style.lines(**wish)


def test_types_and_meters_go_together() -> None:
    """As they do in the collection, where only one of them is wished; what one tune alone has doesn't count."""
    texts = [TEXTS[0], *TEXTS[2:], TEXTS[1], TEXTS[1].replace("Two", "Five"), TEXTS[0].replace("M:C", "M:6/8")]
    style = HeaderStyle.of([read_tune(text) for text in texts], texts)
    assert style.danced == {"reel": ["4/4"], "jig": ["6/8"]}
    assert style.values(meter="6/8")["R"] == ("jig",)
    assert style.values(meter="C")["R"] == ("reel",)
    assert style.values(type="reel")["M"] == ("C",)
    assert set(style.values()["R"]) == {"reel", "jig"}
    assert style.values(type="reel", meter="6/8")["M"] == ("6/8",)
    assert set(style.values(meter="9/8")["R"]) == {"reel", "jig"}
    assert set(style.values(type="waltz")["M"]) == {"C", "6/8"}


def test_a_key_with_accidentals_is_another_key() -> None:
    texts = [TEXTS[1].replace("K:G", "K:D phr ^f")]
    style = HeaderStyle.of([read_tune(text) for text in texts], texts)
    assert style.lines(key="Dphr ^f")[-1] == ("K:D phr ^f", False)
    assert style.lines(key="Dphr")[-1] == ("K:Dphr", False)


def test_a_collection_in_free_meter_grants_it() -> None:
    texts = [TEXTS[0].replace("M:C", "M:None")]
    style = HeaderStyle.of([read_tune(text) for text in texts], texts)
    assert style.lines(meter="none")[3] == ("M:None", False)


def test_dances_are_spelled_as_the_collection_spells_them() -> None:
    texts = [TEXTS[0].replace("R:reel", "R:Slip Jig")]
    style = HeaderStyle.of([read_tune(text) for text in texts], texts)
    assert style.lines(type="slipjig")[2] == ("R:Slip Jig", False)


def test_an_order_that_holds_the_wish_is_chosen_or_completed() -> None:
    plain = [f"X:{number}\nT:T\nM:6/8\nL:1/8\nK:G\nA" for number in range(5)]
    with_type = "X:9\n%a comment\nT:a\nT:b\nR:jig\nM:6/8\nL:1/8\nK:G\nA"
    style = HeaderStyle.of([read_tune(text) for text in (*plain, with_type)], [*plain, with_type])
    assert [text for text, _ in style.lines(title="Q")] == ["X:", "T:Q", "M:", "L:", "K:"]
    assert [text for text, _ in style.lines(type="jig", title="Q")] == ["X:", "T:Q", "R:jig", "M:", "L:", "K:"]
    assert [text for text, _ in style.lines(meter="6/8", key="G")] == ["X:", "T:", "M:6/8", "L:", "K:G"]
    untyped = HeaderStyle.of([read_tune(text) for text in plain], plain)
    assert [text for text, _ in untyped.lines(type="jig")] == ["X:", "T:", "R:jig", "M:", "L:", "K:"]


def test_a_field_that_no_header_has_stands_where_the_house_puts_it() -> None:
    bare = ["X:1\nN:a note\nK:G\nA", "X:2\nN:another\nK:D\nA"]
    style = HeaderStyle.of([read_tune(text) for text in bare], bare)
    lines = [text for text, _ in style.lines(type="jig", meter="6/8", title="Q", key="G")]
    assert lines == ["X:", "N:", "T:Q", "R:jig", "M:6/8", "K:G"]
    assert [text for text, _ in HeaderStyle.of([], []).lines(key="G", meter="C")] == ["M:C", "K:G"]


def test_note_lengths_are_counted() -> None:
    assert HeaderStyle.of([], []).unit_lengths == {"1/8": "1/8"}
    texts = [f"X:1\nM:4/4\nL:{length}\nK:G\nA" for length in ("1/16", "1 / 16", "1/4", "1/16", "none")]
    style = HeaderStyle.of([read_tune(text) for text in texts], texts)
    assert list(style.unit_lengths.items()) == [("1/16", "1/16"), ("1/4", "1/4")]


def test_a_style_written_before_note_lengths_were_counted(style: HeaderStyle) -> None:
    old = {name: value for name, value in style.to_dict().items() if name != "unit_lengths"}
    assert HeaderStyle.from_dict(old) == style


def test_round_trip(style: HeaderStyle) -> None:
    assert HeaderStyle.from_dict(style.to_dict()) == style


def test_the_labs_style(irish_corpus: IrishCorpus) -> None:
    texts = [piece.text for piece in irish_corpus.pieces]
    style = HeaderStyle.of([read_tune(text) for text in texts], texts)
    assert style.orders[0] == "XTZMLK"
    assert style.lines(type="slip jig", key="Edor")[2] == ("Z: id:dc-slipjig-", True)
    assert style.lines(key="Edor")[-1] == ("K:E Dorian", False)
    assert style.lines(type="tango")[2] == ("Z: id:dc-tango-", True)
    assert style.lines(key="Bb", meter="5/4")[3:] == [("M:5/4", False), ("L:", True), ("K:Bb", False)]
    assert style.unit_lengths == {"1/8": "1/8"}
