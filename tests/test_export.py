from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tunewright.compose import compose
from tunewright.evaluate import evaluate
from tunewright.export import export_run
from tunewright.run import Run, builtin_run, open_run
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


def test_the_builtin_run() -> None:
    run = builtin_run()
    assert sum(path.stat().st_size for path in run.folder.iterdir()) < 10e6
    assert open_run("irish").folder == builtin_run("irish").folder
    assert run.settings == load_recipe("irish").changed([f"training.seed={run.settings.training.seed}"])
    assert run.about["corpus"]["licence"].startswith("MIT")
    parts = [row["part"] for row in run.split]
    assert len(parts) == 804
    assert len(run.index) == parts.count("training")
    for composition in compose(run, Wish(type="jig", seed=1), count=2):
        assert composition.piece.type == "jig"


def test_the_builtin_figure_is_what_evaluate_prints(irish_corpus: object) -> None:
    run = builtin_run()
    stored = run.about["figures"]["test"]
    found = evaluate(run)
    assert found["sha256"] == stored["sha256"]
    assert found["bits_per_unit"] == pytest.approx(
        stored["bits_per_unit"], abs=1e-5
    )  # another machine rounds otherwise


def test_the_builtin_index_holds_no_held_out_tune(irish_corpus: object) -> None:
    from tunewright.corpora.irish import IrishCorpus
    from tunewright.music.pieces import in_form
    from tunewright.music.reader import read_tune

    assert isinstance(irish_corpus, IrishCorpus)
    run = builtin_run()
    corpus = in_form(irish_corpus, "house")
    relatives = run.relatives()
    assert all(read_tune(piece.text) in relatives for piece in run.part_pieces(corpus, "training"))
    for part in ("validation", "test"):
        for piece in run.part_pieces(corpus, part):
            assert read_tune(piece.text) not in relatives, piece.title
