from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import own_tune, tiny_settings
from tunewright.contracts import Corpus, Piece
from tunewright.corpora.irish import IrishCorpus
from tunewright.errors import SettingsError
from tunewright.music import pieces as pieces_module
from tunewright.music import writer
from tunewright.music.pieces import find_pieces, in_form, numbered, piece_of
from tunewright.music.reader import read_tune
from tunewright.music.tune import Tune
from tunewright.run import open_corpus
from tunewright.settings import Settings

FOUND = "X: 17\nT:Mine\nZ: id:dc-jig-7\nM:6/8\nL:1/8\nK:E Dorian\nEFG ABc|ded cBA:|!\nBcd efg|fed cBA|\n"


def corpus_of(*texts: str) -> Corpus:
    return Corpus("mine", "here", "", "", tuple(piece_of(text, f"tune {at}") for at, text in enumerate(texts)))


def test_tunes_are_found_with_what_their_headers_tell() -> None:
    pieces, skipped = find_pieces(f"{FOUND}\n\nX:2\nK:D\n", "mine.abc", "mine")
    assert pieces == [Piece("Mine", FOUND.rstrip(), "mine.abc, line 1", "jig", "6/8", "Edor", "mine")]
    assert [(one.origin, one.reason) for one in skipped] == [("mine.abc, line 11", "no notes")]


def test_house_form_keeps_what_was_found() -> None:
    corpus = corpus_of(own_tune(3), FOUND)
    house = in_form(corpus, "house")
    assert (corpus.form, house.form) == ("raw", "house")
    for before, after in zip(corpus.pieces, house.pieces, strict=True):
        assert after.text == writer.write(read_tune(before.text))
        assert after.original == after.found == before.found == before.text
        assert (after.title, after.origin, after.type, after.key) == (
            before.title,
            before.origin,
            before.type,
            before.key,
        )
    text = house.pieces[1].text
    assert text.startswith("X:1\n")
    assert "R:jig\n" in text
    assert "K:Edor\n" in text
    assert "Z:" not in text
    assert "!" not in text
    assert in_form(house, "house") is house
    assert in_form(corpus, "raw") is corpus


def test_a_tune_whose_music_would_change_is_skipped_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(tune: Tune, number: int = 1) -> str:
        text = writer.write(tune, number)
        return text.replace("EFG", "EFz") if tune.title == "Mine" else text

    monkeypatch.setattr(pieces_module, "write", write)
    house = in_form(corpus_of(own_tune(3), FOUND), "house")
    assert [piece.origin for piece in house.pieces] == ["tune 0"]
    assert [(one.origin, one.reason) for one in house.skipped] == [("tune 1", "its house form would be other music")]


def test_every_corpus_is_opened_in_the_form_of_the_settings(own_file: Path) -> None:
    for form in ("raw", "house"):
        corpus = open_corpus(tiny_settings(own_file, f"corpus.form={form}"))
        assert corpus.form == form
        assert len(corpus.pieces) == 60
        assert {bool(piece.original) for piece in corpus.pieces} == {form == "house"}


def test_the_form_goes_along_to_another_corpus(own_file: Path) -> None:
    house = Settings().changed(["corpus.form=house", "corpus.reading=lab"]).with_corpus(str(own_file))
    assert (house.corpus.form, house.corpus.options) == ("house", {})
    with pytest.raises(SettingsError, match=r"corpus\.form = 'tidy'"):
        Settings().changed(["corpus.form=tidy"])


def test_the_labs_reading_has_no_house_form() -> None:
    corpus = IrishCorpus("irish", "", "", "", (piece_of(FOUND, ""),), blocks=(FOUND,), reading="lab")
    with pytest.raises(SettingsError, match="the lab reads the file as it stands"):
        in_form(corpus, "house")
    assert in_form(corpus, "raw") is corpus


@pytest.mark.parametrize("text", ["X:9\nT:a\nK:D\nABc|", "X: 9 % mine\nT:a\nK:D\nABc|", "T:a\nK:D\nABc|"])
def test_tunes_are_numbered_whether_they_had_a_number_or_not(text: str) -> None:
    assert numbered(text, 4) == "X:4\nT:a\nK:D\nABc|"
