from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from tests.conftest import tiny_settings
from tunewright.errors import InputError, RunError, SettingsError, TrainingError
from tunewright.evaluation.likelihood import Measured
from tunewright.export import export_run
from tunewright.models.recurrent import LSTM
from tunewright.models.transformer import Transformer
from tunewright.run import Run, open_run
from tunewright.settings import TrainingSettings, dump_settings
from tunewright.train import Budget, build_trainer, start_run, train
from tunewright.training.batches import RandomWindows, Same
from tunewright.training.optimisers import OPTIMISERS
from tunewright.training.trackers import JsonLines, Tracker, read_metrics, standard_trackers, watched
from tunewright.training.trainer import Trainer

DEMANDING = (
    "model.layers=2", "model.dropout=0.3", "model.weight_dropout=0.2", "model.symbol_dropout=0.1",
    "model.pointer_size=4", "codec.name=abc_tokens", "training.transposed=0.5",
    "training.windows=sequential", "training.carry_memory=true", "training.optimiser=adamw",
    "training.schedule=cosine", "training.averaging=0.9", "training.clip_norm=1.0",
    "training.iterations=60", "training.checkpoint_every=20", "training.validate_every=20",
)  # fmt: skip


def quiet(run: Run, trainer: Trainer) -> list[Any]:
    return [JsonLines(watched(run, trainer))]


def weights(run: Run, name: str = "last") -> dict[str, torch.Tensor]:
    return load_file(run.folder / f"{name}.safetensors")


def assert_same_run(one: Run, other: Run) -> None:
    for name in ("last", "best"):
        for key, value in weights(one, name).items():
            assert torch.equal(value, weights(other, name)[key]), key
    timeless = [
        [
            {key: value for key, value in record.items() if key != "seconds"}
            for record in read_metrics(run.folder / "metrics.jsonl")
        ]
        for run in (one, other)
    ]
    assert timeless[0] == timeless[1]
    assert one.about["results"]["best"] == other.about["results"]["best"]


def test_the_loop_is_the_labs(own_file: Path, tmp_path: Path) -> None:
    """With the lab's kind of settings, step by step what a plain PyTorch loop does."""
    run, _ = start_run(tiny_settings(own_file, "training.iterations=5"), tmp_path / "run")
    trainer = build_trainer(run)
    torch.manual_seed(0)
    plain = LSTM(run.codec.size, embedding_size=16, hidden_size=64)
    optimiser = torch.optim.Adam(plain.parameters(), lr=0.02)
    for _ in range(5):
        batch = trainer.batches.at(trainer.done)
        loss = nn.functional.cross_entropy(plain(batch.inputs)[0].flatten(0, 1), batch.targets.flatten())
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        assert trainer.step(0.02) == pytest.approx(loss.item(), abs=1e-5)


def test_it_learns_and_keeps_the_best(tiny_run: Run) -> None:
    results = tiny_run.about["results"]
    assert results["final"]["loss"] < 2.0
    assert results["best"]["bits_per_unit"] < 4
    assert results["iterations"] == 300
    assert results["symbols"] == 300 * 16 * 64


@pytest.mark.parametrize("changes", [(), DEMANDING], ids=["plain", "everything on"])
def test_stopped_and_resumed_is_as_if_never_stopped(own_file: Path, tmp_path: Path, changes: tuple[str, ...]) -> None:
    settings = tiny_settings(
        own_file, "training.iterations=60", "training.checkpoint_every=20", "training.validate_every=20", *changes
    )
    unbroken = train(settings, tmp_path / "unbroken", quiet)

    class StopAt(Tracker):
        """Presses Ctrl-C at an iteration."""

        def track(self, record: dict[str, Any]) -> None:
            if record["iteration"] == 33 and "loss" in record:
                os.kill(os.getpid(), signal.SIGINT)

    stopped = train(settings, tmp_path / "stopped", lambda run, trainer: [*quiet(run, trainer), StopAt()])
    assert stopped.about["results"]["stopped"]
    assert stopped.about["results"]["iterations"] == 33
    resumed = train(settings, tmp_path / "stopped", quiet, resume=True)
    assert_same_run(resumed, unbroken)


def test_killed_and_resumed_is_as_if_never_killed(own_file: Path, tmp_path: Path) -> None:
    settings = tiny_settings(own_file, *DEMANDING, "training.iterations=200")
    unbroken = train(settings, tmp_path / "unbroken", quiet)
    recipe = tmp_path / "recipe.json"
    recipe.write_text(dump_settings(settings))
    code = (
        "import sys, pathlib\nfrom tunewright.settings import read_settings\nfrom tunewright.train import train\n"
        "from tunewright.training.trackers import standard_trackers\n"
        "settings = read_settings(pathlib.Path(sys.argv[1]).read_text(), '')\n"
        "train(settings, pathlib.Path(sys.argv[2]), standard_trackers())"
    )
    folder = tmp_path / "killed"
    child = subprocess.Popen([sys.executable, "-c", code, str(recipe), str(folder)])
    deadline = time.monotonic() + 120
    while not (folder / "state.pt").exists() and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    child.kill()
    child.wait()
    assert (folder / "state.pt").exists()
    assert not open_run(folder).about["results"], "it ended before it was killed"
    resumed = train(settings, folder, quiet, resume=True)
    assert_same_run(resumed, unbroken)


def test_a_run_is_not_written_over(tiny_run: Run) -> None:
    with pytest.raises(RunError, match="holds a run already: --resume"):
        train(tiny_run.settings, tiny_run.folder, quiet)


def test_minutes_fix_the_iterations_in_the_settings(own_file: Path, tmp_path: Path) -> None:
    run = train(
        tiny_settings(own_file, "training.schedule=cosine"), tmp_path / "run", quiet, budget=Budget(minutes=0.02)
    )
    done = run.about["results"]["iterations"]
    assert run.settings.training.iterations == done
    assert read_metrics(run.folder / "metrics.jsonl")[0]["iteration"] == 1


@pytest.mark.parametrize("name", sorted(OPTIMISERS))
def test_every_optimiser_lowers_the_loss(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    import numpy as np

    rate = {"sgd": 1.0, "adagrad": 0.05}.get(name, 0.01)
    settings = TrainingSettings(optimiser=name, learning_rate=rate, iterations=60, batch_size=8, length=10)  # type: ignore[arg-type]
    batches = RandomWindows(Same([np.arange(400) % 7]), (0,), 8, 10, seed=0)
    trainer = Trainer(LSTM(7, embedding_size=8, hidden_size=16), batches, None, settings, tmp_path)
    first = trainer.step(rate)
    for _ in range(60):
        last = trainer.step(rate)
    assert last < 0.7 * first


def test_schedules(tmp_path: Path) -> None:
    import numpy as np

    settings = TrainingSettings(iterations=110, learning_rate=1.0, schedule="cosine", warmup_iterations=10)
    trainer = Trainer(
        LSTM(7, embedding_size=2, hidden_size=2),
        RandomWindows(Same([np.arange(400) % 7]), (0,), 2, 10, 0),
        None,
        settings,
        tmp_path,
    )
    rates = [trainer.learning_rate(iteration) for iteration in range(110)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == rates[10] == 1.0
    assert rates[60] == pytest.approx(0.5)
    assert rates[-1] < 0.001
    trainer.settings = settings.model_copy(update={"schedule": "noam"})
    rates = [trainer.learning_rate(iteration) for iteration in range(110)]
    assert rates[4] == pytest.approx(0.5)
    assert max(rates) == rates[9] == 1.0
    assert rates[39] == pytest.approx(0.5)


def test_a_training_ends_when_patience_does(own_file: Path, tmp_path: Path) -> None:
    settings = tiny_settings(
        own_file, "training.iterations=400", "training.validate_every=2", "training.patience=3",
        "training.learning_rate=1.0",
    )  # fmt: skip
    results = train(settings, tmp_path / "run", quiet).about["results"]
    assert not results["stopped"]
    assert results["iterations"] == results["best"]["iteration"] + 3 * 2 < 400
    again = train(settings, tmp_path / "run", quiet, resume=True).about["results"]
    assert again["iterations"] == results["iterations"]


def test_label_smoothing_spreads_a_share_of_each_target(tmp_path: Path) -> None:
    import numpy as np

    batches = RandomWindows(Same([np.arange(400) % 7]), (0,), 2, 10, 0)
    losses = {}
    for share in (0.0, 0.25):
        torch.manual_seed(0)
        settings = TrainingSettings(iterations=5, label_smoothing=share)
        model = LSTM(7, embedding_size=4, hidden_size=4)
        judge = torch.nn.CrossEntropyLoss(label_smoothing=share)
        batch = batches.at(0)
        expected = judge(model(batch.inputs)[0].flatten(0, 1), batch.targets.flatten()).item()
        losses[share] = Trainer(model, batches, None, settings, tmp_path).step(0.1)
        assert losses[share] == pytest.approx(expected, rel=1e-5)
    assert losses[0.0] != losses[0.25]


def seven(settings: TrainingSettings, folder: Path, measure: Any = None, model: nn.Module | None = None) -> Trainer:
    """Learns to count to seven."""
    import numpy as np

    torch.manual_seed(0)
    batches = RandomWindows(Same([np.arange(400) % 7]), (0,), 4, 10, 0)
    return Trainer(model or LSTM(7, embedding_size=8, hidden_size=16), batches, measure, settings, folder)


class Keeping(Tracker):
    """Keeps the records."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    def track(self, record: dict[str, Any]) -> None:
        self.records.append(record)


@pytest.mark.parametrize("share", [0.0, 0.25])
def test_loss_accuracy_and_smoothed_loss_are_told(share: float, tmp_path: Path) -> None:
    settings = TrainingSettings(iterations=1, label_smoothing=share, validate_every=1, learning_rate=0.01)
    keeping = Keeping()
    trainer = seven(settings, tmp_path, lambda model: Measured(1.5, 1.25, 1.375, 0.5))
    batch = trainer.batches.at(0)
    logits, targets = trainer.model(batch.inputs)[0].flatten(0, 1), batch.targets.flatten()
    trainer.run([keeping])
    trained, measured = keeping.records
    assert trained["loss"] == pytest.approx(nn.functional.cross_entropy(logits, targets).item(), rel=1e-5)
    assert trained["accuracy"] == pytest.approx((logits.argmax(-1) == targets).double().mean().item())
    smoothed = {"validation_smoothed": 1.375} if share else {}
    figures = {"validation": 1.5, "validation_loss": 1.25, "validation_accuracy": 0.5, **smoothed}
    assert measured == {"iteration": 1, **figures}
    assert ("smoothed" in trained) == bool(share)
    if share:
        judge = nn.CrossEntropyLoss(label_smoothing=share)
        assert trained["smoothed"] == pytest.approx(judge(logits, targets).item(), rel=1e-5)


def test_overfitting_is_told_when_training_goes_on_falling(tmp_path: Path) -> None:
    """Held-out bits fall until iteration 20 and again at 60; epochs have 10 iterations."""
    bits = iter([3.0, 2.0, 2.5, 2.5, 2.5, 1.0, 1.5, 1.5, 1.5, 1.5])
    settings = TrainingSettings(iterations=100, validate_every=10, learning_rate=0.01, checkpoint_every=45)
    keeping = Keeping()
    trainer = seven(settings, tmp_path, lambda model: Measured(next(bits), 1.0, 1.0, 0.5))
    assert trainer.batches.windows_per_epoch == 10
    outcome = trainer.run([keeping])
    told = {one["iteration"]: one.get("overfitting_since") for one in keeping.records if "validation" in one}
    assert told == {10: None, 20: None, 30: None, 40: None, 50: 20, 60: None, 70: None, 80: None, 90: 60, 100: 60}
    assert keeping.records[-1]["overfitting_epoch"] == 6
    assert outcome.overfitting == (60, 6)


def test_it_is_no_overfitting_where_training_stands_still(tmp_path: Path) -> None:
    bits = iter([3.0, 2.0, *[2.5] * 8])
    settings = TrainingSettings(iterations=100, validate_every=10, learning_rate=1e-30)
    trainer = seven(settings, tmp_path, lambda model: Measured(next(bits), 1.0, 1.0, 0.5))
    trainer.recent = [0.5]  # what has been reached can't be reached again
    assert trainer.run([]).overfitting is None
    assert trainer.unimproved == 8


@pytest.mark.parametrize("name", ["lstm", "transformer"])
def test_bfloat16_learns_and_leaves_weights_in_single_precision(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = LSTM(7, embedding_size=8, hidden_size=16) if name == "lstm" else Transformer(7, hidden_size=16, layers=2)
    settings = TrainingSettings(
        iterations=40, precision="bfloat16", learning_rate=0.01, carry_memory=True, label_smoothing=0.1
    )
    seen = set()
    model.register_forward_hook(lambda _, given, told: seen.add(told[0].dtype))
    trainer = seven(settings, tmp_path, model=model)
    first = trainer.step(0.01)
    trainer.run([])
    assert trainer.recent[-1] < 0.7 * first
    assert torch.bfloat16 in seen
    assert {value.dtype for value in load_file(tmp_path / "last.safetensors").values()} == {torch.float32}
    again = seven(settings, tmp_path, model=model)
    again.restore()
    assert again.done == 40


def test_a_compiled_model_is_saved_under_its_own_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were CUDA; what stands in for the compiler wraps the model as the compiler does."""
    compiled: list[nn.Module] = []

    class Wrapped(nn.Module):
        def __init__(self, model: nn.Module) -> None:
            super().__init__()
            self._orig_mod = model
            compiled.append(model)

        def forward(self, *given: Any) -> Any:
            self.called = True
            return self._orig_mod(*given)

    monkeypatch.setattr(torch, "compile", Wrapped)
    settings = TrainingSettings(iterations=2, compile=True)
    with monkeypatch.context() as cuda:
        cuda.setattr(Trainer, "device", type("Cuda", (), {"type": "cuda"})())
        trainer = seven(settings, tmp_path)
    assert compiled == [trainer.model]
    trainer.step(0.01)
    assert trainer._call.called  # type: ignore[attr-defined]
    trainer.save()
    assert set(load_file(tmp_path / "last.safetensors")) == set(LSTM(7).state_dict())
    without = seven(settings, tmp_path)
    assert without._call is without.model


def test_adam_s_betas_and_epsilon_reach_it(tmp_path: Path) -> None:
    settings = TrainingSettings(adam_betas=(0.9, 0.98), adam_epsilon=1e-9)
    (group,) = seven(settings, tmp_path).optimiser.param_groups
    assert (group["betas"], group["eps"]) == ((0.9, 0.98), 1e-9)
    (group,) = seven(TrainingSettings(), tmp_path).optimiser.param_groups
    assert (group["betas"], group["eps"]) == ((0.9, 0.999), 1e-8)


def test_tunes_are_learned_in_other_keys_and_measured_in_their_own(own_file: Path, tmp_path: Path) -> None:
    settings = tiny_settings(own_file, "training.iterations=3", "training.transposed=1.0")
    run = train(settings, tmp_path / "run", quiet)
    plain = train(tiny_settings(own_file, "training.iterations=3"), tmp_path / "plain", quiet)
    assert run.codec.size == plain.codec.size
    trainer, other = build_trainer(run), build_trainer(plain)
    assert not torch.equal(trainer.batches.at(0).inputs, other.batches.at(0).inputs)
    assert trainer.measure is not None
    assert other.measure is not None
    assert trainer.measure(plain.model()) == other.measure(plain.model())


def test_trackers_write_metrics_picture_and_events(own_file: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    settings = tiny_settings(own_file, "training.iterations=30", "training.validate_every=10")
    run = train(settings, tmp_path / "run", standard_trackers("console", "tensorboard"))
    records = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    assert [record["iteration"] for record in records if "loss" in record] == list(range(1, 31))
    assert [record["iteration"] for record in records if "validation" in record] == [10, 20, 30]
    assert all({"accuracy", "validation_accuracy"} & record.keys() for record in records)
    assert (run.folder / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert list((run.folder / "tensorboard").glob("events*"))


def test_what_could_not_begin_does_not_stand_in_the_way(own_file: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"set a smaller training\.batch_size"):
        train(tiny_settings(own_file, "training.length=10000"), tmp_path / "run", quiet)
    with pytest.raises(SettingsError, match="hidden_size = 0"):
        train(tiny_settings(own_file, "model.hidden_size=0"), tmp_path / "run", quiet)
    assert train(tiny_settings(own_file, "training.iterations=3"), tmp_path / "run", quiet).about["results"]


def test_weights_without_a_state_are_left_alone(tiny_run: Run, tmp_path: Path) -> None:
    exported = export_run(tiny_run, tmp_path / "copy")
    before = (exported.folder / "best.safetensors").read_bytes()
    with pytest.raises(RunError, match=r"no state\.pt"):
        train(exported.settings, exported.folder, quiet, resume=True)
    assert (exported.folder / "best.safetensors").read_bytes() == before


def test_a_damaged_state_is_told(own_file: Path, tmp_path: Path) -> None:
    run = train(tiny_settings(own_file, "training.iterations=3"), tmp_path / "run", quiet)
    (run.folder / "state.pt").write_bytes(b"rubbish")
    with pytest.raises(RunError, match=r"state\.pt can't be gone on from"):
        train(run.settings, run.folder, quiet, resume=True)


def test_a_loss_that_is_no_number_stops_and_keeps_what_was_saved(own_file: Path, tmp_path: Path) -> None:
    settings = tiny_settings(own_file, "training.iterations=50", "training.checkpoint_every=10")

    class Explode(Tracker):
        """What too high a learning rate ends in."""

        def __init__(self, trainer: Trainer) -> None:
            self.trainer = trainer

        def track(self, record: dict[str, Any]) -> None:
            if record["iteration"] == 23:
                next(self.trainer.model.parameters()).data.fill_(float("nan"))

    with pytest.raises(TrainingError, match=r"no longer a number at iteration 24: lower training\.learning_rate"):
        train(settings, tmp_path / "run", lambda run, trainer: [Explode(trainer)])
    kept = load_file(tmp_path / "run" / "last.safetensors")
    assert all(value.isfinite().all() for value in kept.values())
    assert train(settings, tmp_path / "run", quiet, resume=True).about["results"]["iterations"] == 50
