"""Several processes learn what one does."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.conftest import tiny_settings
from tests.training.test_trainer import quiet
from tunewright.errors import CorpusError, SettingsError, WorkerError
from tunewright.run import Run
from tunewright.settings import Settings
from tunewright.train import Budget, build_trainer, start_run, train
from tunewright.training.batches import Batch
from tunewright.training.parallel import Alone, Together, together
from tunewright.training.trackers import Tracker, read_metrics

CARRYING = (
    "training.windows=sequential", "training.carry_memory=true", "training.length=24", "training.batch_size=4",
    "training.iterations=20", "training.validate_every=10", "training.clip_norm=0.5", "training.checkpoint_every=10",
    "training.label_smoothing=0.1", "training.averaging=0.9",
)  # fmt: skip
MODELS = {
    "lstm": ("model.hidden_size=16", "model.layers=2", "model.pointer_size=4", "codec.name=abc_tokens"),
    "transformer": ("model.name=transformer", "model.hidden_size=16", "model.layers=2", "model.context=40"),
}


def settings_of(own_file: Path, model: str, *changes: str) -> Settings:
    plain = tiny_settings(own_file).model_dump()["training"]
    kept = [f"training.learning_rate={plain['learning_rate'] / 2}"]
    fresh = Settings().with_corpus(str(own_file))
    return fresh.changed([*CARRYING, *MODELS[model], *kept, *changes])


def records(run: Run) -> list[dict[str, float]]:
    told = read_metrics(run.folder / "metrics.jsonl")
    return [{name: value for name, value in record.items() if name != "seconds"} for record in told]


def assert_like(one: Run, other: Run) -> None:
    assert len(records(one)) == len(records(other)) == 22
    for own, others in zip(records(one), records(other), strict=True):
        assert own.keys() == others.keys()
        for name, value in own.items():  # a symbol that is as likely as another counts as right or wrong by a hair
            assert value == pytest.approx(others[name], abs=0.03 if "accuracy" in name else 1e-5), name
    expected = load_file(other.folder / "last.safetensors")
    for name, weights in load_file(one.folder / "last.safetensors").items():
        assert torch.allclose(weights, expected[name], atol=1e-4), name


class PressingCtrlC(Tracker):
    """At the seventh iteration."""

    def track(self, record: dict[str, Any]) -> None:
        if record["iteration"] == 7 and "loss" in record:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("model", sorted(MODELS))
def test_two_processes_go_the_way_of_one(model: str, own_file: Path, tmp_path: Path) -> None:
    """In the same rows of the same batches, each with its own rows' memory; stopped and gone on with, too."""
    settings = settings_of(own_file, model)
    alone = train(settings, tmp_path / "alone", quiet)
    assert_like(train(settings, tmp_path / "two", quiet, workers=2), alone)
    stopping = train(
        settings, tmp_path / "stopped", lambda run, trainer: [*quiet(run, trainer), PressingCtrlC()], workers=2
    )
    assert stopping.about["results"]["stopped"]
    assert stopping.about["results"]["iterations"] == 7
    assert_like(train(settings, tmp_path / "stopped", quiet, resume=True, workers=2), alone)


def test_what_two_have_begun_one_can_end(own_file: Path, tmp_path: Path) -> None:
    settings = settings_of(own_file, "lstm")
    alone = train(settings, tmp_path / "alone", quiet)
    train(settings, tmp_path / "run", lambda run, trainer: [*quiet(run, trainer), PressingCtrlC()], workers=2)
    assert_like(train(settings, tmp_path / "run", quiet, resume=True), alone)


class KillingTheOther(Tracker):
    """As a machine does that runs out of memory."""

    def track(self, record: dict[str, Any]) -> None:
        if record["iteration"] == 15:
            (other,) = multiprocessing.active_children()
            other.kill()


def test_a_process_that_dies_ends_all_and_leaves_what_was_saved(own_file: Path, tmp_path: Path) -> None:
    settings = settings_of(own_file, "lstm", "training.validate_every=0")
    with pytest.raises(WorkerError, match=r"has died .* what was saved last is kept"):
        train(settings, tmp_path / "run", lambda run, trainer: [*quiet(run, trainer), KillingTheOther()], workers=2)
    assert multiprocessing.active_children() == []
    assert not torch.distributed.is_initialized()
    run = train(settings, tmp_path / "run", quiet, resume=True)
    assert run.about["results"]["iterations"] == 20


def without_corpus(join: Callable[[], Alone]) -> None:
    """Can't get ready."""
    raise CorpusError("own.abc is not there")


def test_a_process_that_never_gets_ready_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(WorkerError, match="before it was ready"), together(2, without_corpus):
        pass
    assert capfd.readouterr().err == "tunewright: own.abc is not there\n"
    assert multiprocessing.active_children() == []


def test_what_can_t_be_shared_out_is_refused_before_anything_is_written(own_file: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"batch_size = 4 can't be shared out evenly; it must be a multiple of 3"):
        train(settings_of(own_file, "lstm"), tmp_path / "run", quiet, workers=3)
    with pytest.raises(SettingsError, match="with several workers give iterations"):
        train(settings_of(own_file, "lstm"), tmp_path / "run", quiet, workers=2, budget=Budget(minutes=1))
    assert list(tmp_path.iterdir()) == []


def test_every_row_is_one_s() -> None:
    ids = torch.arange(12).view(6, 2)
    parts = [Together(rank, 3).share(Batch(ids, ids + 1, fresh=False)) for rank in range(3)]
    assert torch.equal(torch.cat([part.inputs for part in parts]), ids)
    assert torch.equal(torch.cat([part.targets for part in parts]), ids + 1)
    assert Alone().share(Batch(ids, ids, fresh=True)).inputs.shape == (6, 2)


def test_each_process_drops_other_features(own_file: Path, tmp_path: Path) -> None:
    trainer = build_trainer(start_run(settings_of(own_file, "lstm"), tmp_path / "run")[0])
    drawn = []
    for rank in range(3):
        trainer.join(Together(rank, 3))
        trainer.seed_step()
        drawn.append(torch.rand(50).tolist())
    assert drawn[0] != drawn[1] != drawn[2] != drawn[0]
