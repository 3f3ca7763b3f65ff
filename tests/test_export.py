from __future__ import annotations

import json
import shutil
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tunewright.compose import compose
from tunewright.contracts import PARTS
from tunewright.corpora.irish import IrishCorpus
from tunewright.evaluate import evaluate
from tunewright.export import export_run
from tunewright.music.outline import is_outline, outline
from tunewright.music.reader import read_tune
from tunewright.run import INDEX, Run, builtin_run, open_run
from tunewright.settings import load_recipe
from tunewright.wish import Wish


def test_an_exported_run_is_small_and_knows_its_own_figure(tiny_run: Run, tmp_path: Path) -> None:
    exported = export_run(tiny_run, tmp_path / "copy")
    weights = load_file(exported.folder / "best.safetensors")
    assert {value.dtype for value in weights.values()} == {torch.float16}
    assert not (exported.folder / "state.pt").exists()
    figures = exported.about["figures"]["test"]
    assert evaluate(exported)["bits_per_unit"] == figures["bits_per_unit"]
    assert figures["bits_per_unit"] == pytest.approx(evaluate(tiny_run)["bits_per_unit"], abs=0.01)
    assert compose(exported, Wish(temperature=0.5))


def test_an_exported_run_withholds_tunes_of_books_that_are_named(tiny_run: Run, tmp_path: Path) -> None:
    whole = export_run(tiny_run, tmp_path / "whole").index
    copied = with_origins(tiny_run, tmp_path / "run", "closed: ")
    withheld = export_run(copied, tmp_path / "withheld", ["closed"]).index
    assert [known.text for known in whole.known] == [known.text for known in tiny_run.index.known]
    assert [known.text for known in withheld.known] == [outline(read_tune(known.text)) for known in whole.known]
    assert list(withheld.fingerprints()) == list(whole.fingerprints())


def with_origins(run: Run, folder: Path, before: str) -> Run:
    """A copy of a run whose tunes' origins begin otherwise."""
    shutil.copytree(run.folder, folder)
    content = dict(np.load(folder / INDEX))
    known = [known._replace(origin=before + known.origin) for known in run.index.known]
    content["known"] = np.frombuffer(zlib.compress(json.dumps(known).encode()), np.uint8)
    np.savez(folder / INDEX, **content)
    return open_run(folder)


@pytest.mark.parametrize("name", ["irish", "session"])
def test_the_builtin_runs(name: str) -> None:
    run = builtin_run(name)
    assert sum(path.stat().st_size for path in run.folder.iterdir()) < 15e6
    assert open_run(name).folder == run.folder
    assert run.settings == load_recipe(name).changed([f"training.seed={run.settings.training.seed}"])
    parts = [row["part"] for row in run.split]
    assert len(run.index) == parts.count("training")
    for composition in compose(run, Wish(type="jig", seed=1), count=2):
        assert composition.piece.type == "jig"


def test_the_usual_run_has_learned_from_four_books_and_gives_none_away_whose_licence_is_not_open() -> None:
    run, irish = builtin_run(), builtin_run("irish")
    assert run.name == "session"
    assert "irish: MIT" in run.about["corpus"]["licence"]
    assert irish.about["corpus"]["licence"].startswith("MIT")
    own = {part: {row["sha256"] for row in irish.split if row["part"] == part} for part in PARTS}
    for part in ("validation", "test"):
        assert {row["sha256"] for row in run.split if row["part"] == part} == own[part]
    learned = {row["sha256"] for row in run.split if row["part"] == "training"}
    assert own["training"] < learned
    assert len(learned) > 5 * len(own["training"])
    given = [known.origin for known in run.index.known if not is_outline(known.text)]
    assert {origin.partition(": ")[0] for origin in given} == {"irish"}
    assert len(given) == len(own["training"])


@pytest.mark.parametrize("name", ["irish", "session"])
def test_the_builtin_figure_is_what_evaluate_prints(irish_corpus: object, name: str) -> None:
    run = builtin_run(name)
    stored = run.about["figures"]["test"]
    found = evaluate(run)
    assert found["sha256"] == stored["sha256"]
    assert found["bits_per_unit"] == pytest.approx(
        stored["bits_per_unit"], abs=1e-5
    )  # another machine rounds otherwise


@pytest.mark.parametrize("name", ["irish", "session"])
def test_the_builtin_index_holds_no_held_out_tune(irish_corpus: IrishCorpus, name: str) -> None:
    run = builtin_run(name)
    is_relative = run.relatives()
    irish = builtin_run("irish")
    assert all(map(is_relative, irish.part_pieces(irish_corpus, "training")))
    for part in ("validation", "test"):
        for piece in irish.part_pieces(irish_corpus, part):
            assert not is_relative(piece), piece.title
