from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import tiny_settings
from tunewright import train as train_module
from tunewright.contracts import Corpus
from tunewright.errors import RunError
from tunewright.run import open_corpus
from tunewright.settings import Settings
from tunewright.train import train
from tunewright.training.trackers import standard_trackers


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings of each opening of a corpus."""
    seen: list[Settings] = []

    def count(settings: Settings) -> Corpus:
        seen.append(settings)
        return open_corpus(settings)

    monkeypatch.setattr(train_module, "open_corpus", count)
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
