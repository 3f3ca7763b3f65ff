from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tests.conftest import own_tune
from tunewright.codecs.text import CharacterCodec
from tunewright.corpora.split import part_of
from tunewright.errors import RunError, SettingsError
from tunewright.evaluate import evaluate
from tunewright.evaluation.likelihood import score
from tunewright.models.ngram import NGram
from tunewright.run import Run, open_corpus


def test_tunes_the_run_knows_are_no_test(tiny_run: Run, tmp_path: Path) -> None:
    learned = tiny_run.part_pieces(open_corpus(tiny_run.settings), "training")[:5]
    # The same music under titles that put it into the test part.
    disguised = []
    for piece in learned:
        variants = (piece.text.replace("Own tune", f"Tune {n}") for n in range(200))
        disguised.append(next(text for text in variants if part_of(text.encode()) == "test"))
    strangers = [text for text in map(own_tune, range(1000, 1100)) if part_of(text.encode()) == "test"]
    path = tmp_path / "mixed.abc"
    path.write_text("\n\n".join([*disguised, *strangers]))
    result = evaluate(tiny_run, str(path), "test")
    assert (result["pieces"], result["left_out"]) == (len(strangers), 5)
    path.write_text("\n\n".join(disguised))
    with pytest.raises(RunError, match="5 are known to the run"):
        evaluate(tiny_run, str(path), "test")


def test_tunes_and_fields_add_up_to_the_figure(tiny_run: Run) -> None:
    result = evaluate(tiny_run, part="all")
    tunes, fields = result["tunes"], result["fields"]
    assert list(fields) == ["number", "title", "type", "meter", "unit length", "key", "body", "end"]
    assert math.fsum(tune["nats"] for tune in tunes) == pytest.approx(result["nats"])
    assert math.fsum(one["nats"] for one in fields.values()) == pytest.approx(result["nats"])
    assert math.fsum(one["share"] for one in fields.values()) == pytest.approx(1)
    assert sum(tune["units"] for tune in tunes) == result["units"]
    assert sum(one["units"] for one in fields.values()) == result["units"] + len(tunes)
    for one in [result, *fields.values()]:
        low, high = one["interval"]
        assert low <= one["bits_per_unit"] <= high
    assert result["interval"][0] < result["interval"][1]
    assert {tune["title"] for tune in tunes} == {f"Own tune {number}" for number in range(1, 61)}


def test_baselines_learn_from_what_the_run_did_and_are_scored_on_the_same_text(tiny_run: Run) -> None:
    result = evaluate(tiny_run, baselines=True)
    corpus = open_corpus(tiny_run.settings)
    training = tiny_run.part_pieces(corpus, "training")
    codec = CharacterCodec.fit(training)
    five = NGram.fit([codec.encode(piece) for piece in training], codec.boundary, codec.size)
    found = result["baselines"]
    assert set(found) == {"5-gram", "copier"}
    expected = score(five, codec, tiny_run.part_pieces(corpus, "test"))
    assert found["5-gram"]["bits_per_unit"] == pytest.approx(expected.bits_per_unit)
    for one in found.values():
        assert one["ratio"] == pytest.approx(result["bits_per_unit"] / one["bits_per_unit"])
        assert one["ratio_interval"][0] < one["ratio"] < one["ratio_interval"][1]
        assert math.fsum(field["nats"] for field in one["fields"].values()) == pytest.approx(one["nats"])
    assert "baselines" not in evaluate(tiny_run)


def test_one_tune_has_no_interval(tiny_run: Run, tmp_path: Path) -> None:
    path = tmp_path / "one.abc"
    path.write_text(own_tune(2000))
    result = evaluate(tiny_run, str(path), "all", baselines=True)
    assert result["interval"] is None
    assert result["baselines"]["copier"]["ratio_interval"] is None


def test_the_file_of_units_tells_all_that_was_scored(tiny_run: Run, tmp_path: Path) -> None:
    path = tmp_path / "units.jsonl"
    result = evaluate(tiny_run, part="validation", per_unit=path)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(rows) == result["units"] + result["pieces"]
    assert math.fsum(row["nats"] for row in rows) == pytest.approx(result["nats"], abs=1e-3)


def test_only_characters_have_fields(tiny_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CharacterCodec, "unit", "note")
    assert evaluate(tiny_run)["fields"] is None
    with pytest.raises(SettingsError, match="run tiny counts notes"):
        evaluate(tiny_run, per_unit=tmp_path / "units.jsonl")
    assert list(tmp_path.iterdir()) == []
