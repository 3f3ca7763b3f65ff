from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import as_pieces, own_tune
from tunewright.codecs.abc_tokens import AbcTokenCodec, tokens
from tunewright.contracts import Piece
from tunewright.errors import InputError
from tunewright.run import open_corpus
from tunewright.settings import Settings

TUNE = """X:12
T:The Miller's Rest
R:slip jig
M:9/8
L:1/8
K:Edor
|:B2A "Em"^F>G (3ABc|{g}e3 ~B3 !trill!z2c':|1 [CEG]2 B,,3/2 A//|]
"""
TEXTS = [own_tune(number) for number in range(1, 9)]
CODEC = AbcTokenCodec.fit(as_pieces(TEXTS))
ABC = st.text(alphabet="ABCdefgz^_=,'/0123456789|:[](){}\"!~<>- \nXTKMLR#é", max_size=60)


def test_a_tune_is_cut_into_its_words() -> None:
    cut = list(tokens(TUNE))
    assert cut[:10] == ["X:", "1", "2", "\nT:", "The ", "Miller's ", "Rest", "\nR:slip jig", "\nM:9/8", "\nL:1/8"]
    assert cut[10:20] == ["\nK:Edor", "\n", "|:", "B2", "A", " ", '"Em"', "^F", ">", "G"]
    assert cut[20:31] == [" ", "(3", "A", "B", "c", "|", "{g}", "e3", " ", "~", "B3"]
    assert cut[31:] == [
        " ",
        "!trill!",
        "z2",
        "c'",
        ":|1",
        " ",
        "[",
        "C",
        "E",
        "G",
        "]",
        "2",
        " B,,3/2",
        " A//",
        "|]",
        "\n",
    ]


@given(st.one_of(st.text(), ABC, ABC.map(lambda text: f"X:1\nK:D\n{text}")))
@settings(max_examples=400)
def test_any_text_comes_back(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()  # lone surrogates are no text
    assert "".join(tokens(text)) == text
    assert CODEC.decode_text(CODEC.encode_text(text).tolist()) == text


@given(st.text(alphabet="#()0123456789abcdefé|", max_size=40))
def test_what_looks_like_an_escape_comes_back(text: str) -> None:
    assert CODEC.decode_text(CODEC.encode_text(text).tolist()) == text


@pytest.mark.slow
@given(st.one_of(st.text(), ABC))
@settings(max_examples=10_000, deadline=None)
def test_ten_thousand_texts_come_back(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    assert CODEC.decode_text(CODEC.encode_text(text).tolist()) == text


def test_what_was_seen_often_is_one_symbol_and_what_was_not_is_spelled() -> None:
    codec = AbcTokenCodec.fit(as_pieces(["X:1\nK:G\nAB2 AB2 AB2 c3|"]), fewest=2)
    assert [text for text in codec.symbols if len(text) > 1] == [" A", "B2"]
    spelled = [codec.symbols[symbol] for symbol in codec.encode_text("X:1\nK:G\nB2 A c3")]
    assert spelled == ["X", ":", "1", "\n", "K", ":", "G", "\n", "B2", " A", " ", "c", "3"]


def test_spellings_are_the_symbols_and_the_boundary_spells_nothing() -> None:
    assert CODEC.spellings() == [*CODEC.symbols, ""]
    assert CODEC.boundary == (CODEC.size - 1,)
    piece = Piece("", TEXTS[0], "")
    assert CODEC.units(piece) == len(TEXTS[0]) > len(CODEC.encode(piece))


def test_saved_and_loaded(tmp_path: Path) -> None:
    CODEC.save(tmp_path / "codec.json")
    loaded = AbcTokenCodec.load(tmp_path / "codec.json")
    assert (loaded.symbols, loaded.boundary, loaded.size) == (CODEC.symbols, CODEC.boundary, CODEC.size)


def test_a_table_that_cannot_spell_escapes_is_refused() -> None:
    with pytest.raises(InputError, match="needs"):
        AbcTokenCodec(["A", "B2"])


@pytest.mark.parametrize("form", ["raw", pytest.param("house", marks=pytest.mark.slow)])
@pytest.mark.parametrize("book", ["irish", "oneills", "ryans", "airds"])
def test_every_tune_of_the_books_comes_back(book: str, form: str, request: pytest.FixtureRequest) -> None:
    if book == "irish":
        request.getfixturevalue("irish_corpus")  # skips where the file isn't at hand
    pieces = open_corpus(Settings().with_corpus(book).changed([f"corpus.form={form}"])).pieces
    codec = AbcTokenCodec.fit(pieces[::10])
    symbols = 0
    for piece in pieces:
        ids = codec.encode(piece).tolist()
        assert codec.decode(ids).text == piece.text
        symbols += len(ids)
    assert symbols < 0.75 * sum(codec.units(piece) for piece in pieces)
