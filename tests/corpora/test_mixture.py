from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.corpora.own_books import ADDRESSES, COPIED, open_guest, open_host
from tunewright import catalogue
from tunewright.audit import audit
from tunewright.compare import open_set
from tunewright.contracts import LEFT_OUT
from tunewright.corpora.mixture import MixtureCorpus, book_of, open_mixture
from tunewright.corpora.split import split_corpus, split_pieces
from tunewright.errors import CorpusError, SettingsError
from tunewright.evaluate import evaluate
from tunewright.music.fingerprint import Relatives, fingerprint
from tunewright.music.pieces import in_form
from tunewright.music.reader import read_tune
from tunewright.run import Run, open_corpus
from tunewright.settings import Settings, parse_settings
from tunewright.train import build_trainer, train
from tunewright.training.batches import Weighted


@pytest.fixture(autouse=True)
def own_books(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, address in ADDRESSES.items():
        monkeypatch.setitem(catalogue.PARTS["corpus"], name, address)
    catalogue.parts.cache_clear()
    yield
    monkeypatch.undo()
    catalogue.parts.cache_clear()


def settings(**books: float) -> Settings:
    model = {"name": "lstm", "embedding_size": 8, "hidden_size": 16}
    training = {"iterations": 4, "batch_size": 4, "length": 32, "windows": "sequential", "validate_every": 2}
    corpus: dict[str, Any] = {"name": "mixture", "books": books}
    return parse_settings({"corpus": corpus, "model": model, "training": training}, "test")


def test_books_stand_one_after_another_each_piece_with_its_book() -> None:
    mixture = open_mixture(books={"host": 1.0, "guest": 0.5})
    assert Counter(map(book_of, mixture.pieces)) == {"host": 60, "guest": 60}
    assert mixture.pieces[0].origin == "host: tune 0"
    assert [piece.text for piece in mixture.pieces[60:]] == [piece.text for piece in open_guest().pieces]
    assert mixture.weights(mixture.pieces[58:62]) == [1.0, 1.0, 0.5, 0.5]
    assert mixture.licence == "host: ours; guest: ours"
    assert mixture.sha256 != open_mixture(books={"guest": 1.0, "host": 1.0}).sha256
    house = in_form(mixture, "house")
    assert isinstance(house, MixtureCorpus)
    assert house.books == mixture.books


def test_the_first_book_is_held_out_as_if_it_were_alone_and_its_relatives_are_left_out() -> None:
    mixture = open_mixture(books={"host": 1.0, "guest": 1.0})
    split = split_corpus(mixture)
    alone = split_pieces(open_host().pieces)
    assert split.parts[:60] == alone.parts
    assert {"test", "validation"} <= set(alone.parts)
    expected = ["training" if alone.parts[number - 1] == "training" else LEFT_OUT for number in COPIED]
    assert list(split.parts[60:100]) == expected
    assert set(split.parts[100:]) == {"training"}
    assert split.counts()[LEFT_OUT] == expected.count(LEFT_OUT) > 0
    assert split.clusters[60:100] == split.clusters[:40]
    learned = Relatives(fingerprint(read_tune(piece.text)) for piece in split.select(mixture.pieces, "training"))
    held_out = split.select(mixture.pieces, "test") + split.select(mixture.pieces, "validation")
    assert not any(read_tune(piece.text) in learned for piece in held_out)


@pytest.fixture
def mixed_run(tmp_path: Path) -> Run:
    return train(settings(host=1.0, guest=0.5), tmp_path / "run", lambda run, trainer: [])


def test_a_run_of_several_books_is_judged_on_the_first(mixed_run: Run) -> None:
    source = build_trainer(mixed_run).batches.source  # type: ignore[attr-defined]
    assert isinstance(source, Weighted)
    assert set(source.weights.tolist()) == {1.0, 0.5}
    own, alone = evaluate(mixed_run), evaluate(mixed_run, on="host")
    assert own["pieces"] == alone["pieces"] == split_pieces(open_host().pieces).counts()["test"]
    assert alone["left_out"] == 0
    assert own["sha256"] == alone["sha256"]
    assert audit(mixed_run)["clean"]
    assert mixed_run.about["corpus"]["split"][LEFT_OUT] > 0


def test_what_is_composed_is_written_as_in_the_first_book(mixed_run: Run) -> None:
    assert set(mixed_run.style.keys.values()) == {"D", "G", "Edor", "Amix"}  # the second is two semitones higher
    assert {known.key for known in mixed_run.index.known} > {"D", "E"}


def test_what_is_held_out_needs_no_other_book(mixed_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = evaluate(mixed_run)
    monkeypatch.setitem(catalogue.PARTS["corpus"], "guest", "tests.corpora.own_books:missing")
    catalogue.parts.cache_clear()
    assert evaluate(mixed_run)["sha256"] == whole["sha256"]
    assert open_set(f"{mixed_run.folder}:validation").statistics.tunes > 0
    with pytest.raises(CorpusError, match="guest is not here"):
        evaluate(mixed_run, part="training")


@pytest.mark.parametrize("books", [{}, {"atlantis": 1.0}, {"host": 1.0, "path": 1.0}])
def test_what_is_no_book_is_told(books: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match=r"corpus.books = .*: expected weights by name, of .*host"):
        open_corpus(settings(**books))


def test_a_weight_that_is_none_is_told() -> None:
    with pytest.raises(SettingsError, match="greater than 0"):
        open_corpus(settings(host=0.0))
