from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.conftest import tiny_settings
from tunewright.cli import main
from tunewright.contracts import Corpus
from tunewright.errors import RunError
from tunewright.run import open_corpus, open_run
from tunewright.settings import Settings
from tunewright.train import train
from tunewright.training.trackers import Tracker, read_metrics, standard_trackers


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings of each opening of a corpus."""
    seen: list[Settings] = []

    def count(settings: Settings) -> Corpus:
        seen.append(settings)
        return open_corpus(settings)

    monkeypatch.setattr(import_module("tunewright.train"), "open_corpus", count)
    return seen


def test_a_training_opens_its_corpus_once(own_file: Path, tmp_path: Path, opened: list[Settings]) -> None:
    settings = tiny_settings(own_file, "training.iterations=2")
    train(settings, tmp_path / "run", standard_trackers())
    assert opened == [settings]
    train(settings, tmp_path / "run", standard_trackers(), resume=True)
    assert len(opened) == 2


def test_a_folder_with_a_run_is_refused_before_any_corpus_is_opened(
    own_file: Path, tmp_path: Path, opened: list[Settings]
) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(RunError, match="holds a run already"):
        train(tiny_settings(own_file), tmp_path, standard_trackers())
    assert opened == []


class Interrupting(Tracker):
    """Ends the process, as far as a test can, right after the first measurement."""

    def track(self, record: dict[str, Any]) -> None:
        if "validation" in record:
            raise SystemExit


def test_a_training_killed_before_its_first_checkpoint_begins_anew(own_file: Path, tmp_path: Path) -> None:
    settings = tiny_settings(own_file, "training.iterations=20", "training.validate_every=5")
    usual = standard_trackers()
    with pytest.raises(SystemExit):
        train(settings, tmp_path / "run", lambda run, trainer: [*usual(run, trainer), Interrupting()])
    assert (tmp_path / "run" / "best.safetensors").exists()
    assert not (tmp_path / "run" / "state.pt").exists()
    (tmp_path / "run" / ".state.123.pt").write_bytes(b"half")
    run = train(settings, tmp_path / "run", usual, resume=True)
    assert run.about["results"]["iterations"] == 20
    losses = [one["iteration"] for one in read_metrics(run.folder / "metrics.jsonl") if "loss" in one]
    assert losses == list(range(1, 21))
    assert not (run.folder / ".state.123.pt").exists()
    (run.folder / "state.pt").unlink()
    with pytest.raises(RunError, match=r"holds what was learned but no state\.pt"):
        train(settings, tmp_path / "run", usual, resume=True)


class Clumsy(Tracker):
    """Can't take its leave."""

    def track(self, record: dict[str, Any]) -> None:
        return

    def close(self) -> None:
        raise OSError("no network")


def test_a_tracker_that_fails_at_the_end_costs_nothing_of_the_run(own_file: Path, tmp_path: Path) -> None:
    usual = standard_trackers()
    settings = tiny_settings(own_file, "training.iterations=5")
    with pytest.raises(OSError, match="no network"):
        train(settings, tmp_path / "run", lambda run, trainer: [Clumsy(), *usual(run, trainer)])
    assert open_run(tmp_path / "run").about["results"]["iterations"] == 5
    assert (tmp_path / "run" / "loss.png").exists()


def test_overfitting_stands_in_the_run_and_at_the_end_of_its_output(own_file: Path, tmp_path: Path) -> None:
    """A few tunes are soon known by heart."""
    book = tmp_path / "few.abc"
    book.write_text("\n\n".join(own_file.read_text().split("\n\n")[:14]) + "\n")
    changes = ["batch_size=4", "length=64", "iterations=160", "validate_every=10", "learning_rate=0.02"]
    arguments = ["train", "lab", "--corpus", str(book), "--set", "model.hidden_size=64", "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(main, arguments + [part for one in changes for part in ("--set", f"training.{one}")])
    assert result.exit_code == 0, result.output
    results = open_run(tmp_path / "run").about["results"]
    since = results["overfitting"]
    assert since["iteration"] == results["best"]["iteration"] <= 130
    assert result.stderr.splitlines()[-1].endswith(
        f"held-out bits have not fallen since iteration {since['iteration']} (epoch {since['epoch']})"
    )
