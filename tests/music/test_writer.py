"""House form: what it looks like, that it sounds the same, and that it is stable."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import given, settings

from tests.music.books import book_tunes
from tests.music.tunes import tunes
from tunewright.corpora.irish import IrishCorpus
from tunewright.music.bars import is_valid
from tunewright.music.performance import Performance, perform
from tunewright.music.reader import read_tune
from tunewright.music.writer import write, write_length


def house(body: str, header: str = "M:4/4\nL:1/8\nK:C") -> str:
    """The body of a tune in house form."""
    return write(read_tune(f"X:7\nT:Test\n{header}\n{body}")).split("K:", 1)[1].split("\n", 1)[1]


def sound(performance: Performance) -> tuple[object, ...]:
    notes = [(note.start, note.duration, note.pitch) for note in performance.notes]
    return notes, performance.length, performance.tempo, performance.meters


def assert_same_sound_and_stable(text: str) -> None:
    tune = read_tune(text)
    written = write(tune)
    again = read_tune(written)
    assert sound(perform(again)) == sound(perform(tune))
    assert write(again) == written
    assert len(again.notes()) == len(tune.notes())


def test_the_header_has_one_order_one_spelling_and_no_transcriber() -> None:
    text = "X: 95\nT: Drowsy Maggie\nT: Another Name\nZ: id:dc-reel-18\nN: played often\nC: Trad.\nM: C\nL: 1/8\n"
    text += "K: E Dorian\nE8|]"
    assert (
        write(read_tune(text), 3) == "X:3\nT:Drowsy Maggie\nT:Another Name\nC:Trad.\nR:reel\nM:C\nL:1/8\nK:Edor\nE8|]"
    )


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("c8|d8:|e8|f8:|", "|:c8|d8:|\n|:e8|f8:|"),
        ("c8|1d8:|2e8|]", "|:c8|[1 d8:|[2 e8|]"),
        ("c8|d8|e8|f8|!g8|a8|b8|c'8|]!", "c8|d8|e8|f8|\ng8|a8|b8|c'8|]"),
        ("AB|c8|d8|e8|f8|g8|", "AB|c8|d8|e8|f8|\ng8|]"),
        ("c3/2d/2 e3/4f/4g c3d", "c>d e/>f/g c3d|]"),
        ("(3:2:3cde (3:2:2c2d (5:4:5cdefg", "(3cde (3:2:2c2d (5:4:5cdefg|]"),
        ("!roll!c !trill!d !segno!e", "~c Td Se|]"),
        ("[ce]2 [c2e2]- [ce]", "[ce]2 [ce]2- [ce]|]"),
        ("c4 A2|[1 d2:|[2 e2||", "|:c4 A2[1 d2:|[2 e2|]"),
        ("|:c8:||:d8:|", "|:c8:|\n|:d8:|"),
        ("^c2 c2 =c2 c2|_e8-|e8|", "^c2 c2 =c2 c2|_e8-|e8|]"),
        ("c8|[M:6/8][K:G]f6|]", "c8|[M:6/8][K:G]f6|]"),
        ('A8"^Fine"|"Am"B8!D.C.!|]', 'A8"^Fine"|"Am"B8!D.C.!|]'),
        ("c2 d2|e8|\nw:one two-|three", "c2 d2|e8|]\nw:one two- three"),
        ("c2 c2 c2 c2|\nw: a-men * _ so~be", "c2 c2 c2 c2|]\nw:a- men * _"),
        ("z8|Z3|x8|]", "z8|Z3|\nx8|]"),
        ("P:A\nc8:|\nP:B\nd8:|", "P:A\n|:c8:|\nP:B\n|:d8:|"),
        ("A2 (Bc) .d2 (3(efg)|", "A2 (Bc) .d2 ((3efg)|]"),
    ],
)
def test_bodies_in_house_form(body: str, written: str) -> None:
    assert house(body) == written
    assert_same_sound_and_stable(f"X:1\nM:4/4\nL:1/8\nK:C\n{body}")


@pytest.mark.parametrize(
    ("units", "text"),
    [("1", ""), ("2", "2"), ("1/2", "/"), ("3/2", "3/2"), ("1/4", "/4"), ("3/4", "3/4"), ("0", "0")],
)
def test_lengths_are_written_shortly(units: str, text: str) -> None:
    assert write_length(Fraction(units)) == text


def test_accidentals_are_written_where_another_key_would_need_them() -> None:
    # the key changes within the bar: the signature at its start is what the reader of the written bar knows
    written = house("f2 [K:G]f2 f4|f8|]")
    assert written == "f2 ^f2 f4|[K:G]f8|]"


@settings(max_examples=200, deadline=None)
@given(tunes())
def test_any_tune_sounds_the_same_and_is_stable_from_the_second_time_on(text: str) -> None:
    assert_same_sound_and_stable(text)


def test_every_irish_tune_sounds_the_same_and_stays_as_right(irish_corpus: IrishCorpus) -> None:
    for piece in irish_corpus.pieces:
        assert_same_sound_and_stable(piece.text)
        assert is_valid(read_tune(write(read_tune(piece.text)))) == is_valid(read_tune(piece.text))


@pytest.mark.parametrize("book", ["oneills1850", "ryansMammoth", "airdsAirs"])
def test_every_tune_of_the_books_sounds_the_same(book: str) -> None:
    texts: Iterator[str] = (text for _, text in book_tunes(book))
    count = 0
    for count, text in enumerate(texts, 1):  # noqa: B007
        assert_same_sound_and_stable(text)
    assert count > 1000
