from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import own_tune
from tunewright.audit import audit, told
from tunewright.corpora.irish import IrishCorpus
from tunewright.corpora.split import part_of
from tunewright.errors import RunError
from tunewright.music.fingerprint import grams, intervals
from tunewright.music.pieces import in_form
from tunewright.music.reader import read_tune
from tunewright.run import Run, open_corpus
from tunewright.settings import load_recipe
from tunewright.train import start_run


def named_for_test(text: str, title: str) -> str:
    """The tune under a title that puts it into the test part."""
    first = text.index("T:")
    end = text.index("\n", first)
    return next(
        variant
        for variant in (f"{text[:first]}T:{title}\nN:{number}{text[end:]}" for number in range(300))
        if part_of(variant.encode()) == "test"
    )


def test_an_honest_split_is_clean(tiny_run: Run) -> None:
    result = audit(tiny_run)
    corpus = open_corpus(tiny_run.settings)
    test = tiny_run.part_pieces(corpus, "test")
    learned = {piece.origin: piece for piece in tiny_run.part_pieces(corpus, "training")}
    assert [tune["origin"] for tune in result["tunes"]] == [piece.origin for piece in test]
    assert result["clean"]
    assert result["most_shared_grams"] < 10
    assert result["with_equal_title"] == result["left_out"] == 0
    for piece, tune in zip(test, result["tunes"], strict=True):
        own, near = read_tune(piece.text), tune["nearest"]
        other = read_tune(learned[near["origin"]].text)
        assert near["shared_grams"] == len(grams(own) & grams(other))
        assert near["shared_grams"] == max(len(grams(own) & grams(read_tune(p.text))) for p in learned.values())
        steps, run = intervals(own), near["longest_run"]
        there = {intervals(other)[at : at + run] for at in range(len(intervals(other)) - run + 1)}
        assert any(steps[at : at + run] in there for at in range(len(steps) - run + 1))


def test_training_against_itself_is_not_clean(tiny_run: Run) -> None:
    result = audit(tiny_run, part="training")
    assert not result["clean"]
    for tune in result["tunes"]:
        assert tune["nearest"]["origin"] == tune["origin"]
        assert tune["equal_titles"] == [tune["origin"]]
    assert result["with_equal_title"] == len(result["tunes"])
    assert list(told(result))[-1].endswith("not clean (10 shared runs or more make a near-duplicate)")


def test_of_another_corpus_what_the_run_knows_is_left_out_and_namesakes_are_told(tiny_run: Run, tmp_path: Path) -> None:
    known = tiny_run.part_pieces(open_corpus(tiny_run.settings), "training")[0]
    path = tmp_path / "other.abc"
    texts = [
        named_for_test(known.text, "Disguised"),
        named_for_test(own_tune(2000), f"The {known.title.upper()}"),
        named_for_test(own_tune(2001), "Nobody Knows"),
    ]
    path.write_text("\n\n".join(texts))
    result = audit(tiny_run, str(path))
    assert result["left_out"] == 1
    assert {tune["title"]: tune["equal_titles"] for tune in result["tunes"]} == {
        f"The {known.title.upper()}": [known.origin],
        "Nobody Knows": [],
    }
    assert result["with_equal_title"] == 1
    *lines, summary = told(result)
    assert len(lines) == 2
    assert sum(f"same title: {known.origin}" in line for line in lines) == 1
    assert "2 test pieces" in summary
    assert summary.endswith("clean")


def test_nothing_to_look_at_is_not_clean(tiny_run: Run, tmp_path: Path) -> None:
    path = tmp_path / "known.abc"
    path.write_text(tiny_run.part_pieces(open_corpus(tiny_run.settings), "training")[0].text)
    with pytest.raises(RunError, match="no test pieces"):
        audit(tiny_run, str(path))


def test_the_split_of_the_irish_tunes_is_clean(irish_corpus: IrishCorpus, tmp_path: Path) -> None:
    corpus = in_form(irish_corpus, "house")
    run, _ = start_run(load_recipe("irish"), tmp_path / "run", corpus)
    for part in ("validation", "test"):
        result = audit(run, part=part)
        assert result["clean"]
        assert 60 <= len(result["tunes"]) <= 100
