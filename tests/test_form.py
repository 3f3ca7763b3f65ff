"""A corpus in house form from end to end: training, figures, composing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import own_tune, tiny_settings
from tunewright.compose import compose
from tunewright.corpora.split import split_pieces
from tunewright.evaluate import evaluate, pieces_of
from tunewright.music.reader import read_tune
from tunewright.music.writer import write
from tunewright.run import Run, open_corpus, text_sha256
from tunewright.train import divide, train
from tunewright.training.trackers import standard_trackers
from tunewright.wish import Wish


def as_collected(number: int) -> str:
    """A tune of our own as a transcriber might have put it: the same music, other habits."""
    dance = read_tune(own_tune(number)).type
    text = own_tune(number).replace(f"R:{dance}", f"Z: id:xy-{dance}-{number}").replace("Edor", "E Dorian")
    return text.replace("|:", "").replace(":|\n", ":|!\n")


@pytest.fixture(scope="module")
def collected_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tunes") / "collected.abc"
    path.write_text("\n\n".join(as_collected(number) for number in range(1, 61)) + "\n")
    return path


@pytest.fixture(scope="module")
def house_run(collected_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The tiny run on collected tunes in house form."""
    settings = tiny_settings(collected_file, "corpus.form=house", "training.iterations=500")
    return train(settings, tmp_path_factory.mktemp("runs") / "house", standard_trackers())


def test_the_form_does_not_change_the_split(collected_file: Path) -> None:
    raw = tiny_settings(collected_file)
    house = raw.changed(["corpus.form=house"])
    assert divide(raw, open_corpus(raw)) == divide(house, open_corpus(house))


def test_a_run_learns_house_form_and_says_so(house_run: Run, collected_file: Path) -> None:
    assert house_run.about["corpus"]["form"] == house_run.about["results"]["form"] == "house"
    symbols = set(house_run.codec.spellings())
    assert "!" not in symbols
    assert "!" in collected_file.read_text()
    assert house_run.style.type_field == "R"
    learned = house_run.part_pieces(open_corpus(house_run.settings), "training")
    assert all(piece.text == write(read_tune(piece.found)) for piece in learned)
    assert [row["sha256"] for row in house_run.split if row["part"] == "training"] == [
        text_sha256(piece.found) for piece in learned
    ]


def test_figures_name_the_form_and_keep_to_it(house_run: Run, tiny_run: Run, own_file: Path) -> None:
    own, other = evaluate(house_run), evaluate(house_run, str(own_file), "all")
    assert own["form"] == other["form"] == "house"
    texts = [write(read_tune(own_tune(number))) for number in range(1, 61)]
    assert other["units"] == sum(len(text) for text in texts)
    assert evaluate(tiny_run)["form"] == "raw"


def test_what_the_run_has_learned_in_another_form_is_left_out(house_run: Run, own_file: Path) -> None:
    corpus, unknown, left_out = pieces_of(house_run, str(own_file), "test")
    learned = {piece.text for piece in house_run.part_pieces(open_corpus(house_run.settings), "training")}
    held_out = split_pieces(corpus.pieces).select(corpus.pieces, "test")
    known = [piece for piece in held_out if piece.text in learned]
    assert known
    assert left_out >= len(known)
    assert set(unknown) <= set(held_out) - set(known)


def test_house_form_is_composed_whatever_was_learned(house_run: Run, tiny_run: Run) -> None:
    for run in (house_run, tiny_run):
        for number, composition in enumerate(compose(run, Wish(temperature=0.5, seed=5), count=2)):
            text, drawn = composition.piece.text, composition.provenance["drawn"]
            assert text == write(read_tune(drawn), number + 1)
            assert text == write(read_tune(text), number + 1)
            assert text.startswith(f"X:{number + 1}\n")
            assert composition.provenance["sha256"] == text_sha256(text)
            assert json.loads(json.dumps(composition.provenance))["drawn"] == drawn
