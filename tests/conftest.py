"""Tunes of our own making, a tiny run trained on them, and the real data where it is at hand."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.corpora.own_performances import own_maestro
from tunewright.contracts import Piece
from tunewright.corpora import download, irish, maestro
from tunewright.corpora.performances import PerformanceCorpus
from tunewright.errors import CorpusError
from tunewright.run import Run
from tunewright.settings import Settings
from tunewright.train import train
from tunewright.training.trackers import standard_trackers

if TYPE_CHECKING:
    from tunewright.study.results import Study

# One thread: models here are tiny, and two that wait for one another on a busy machine are far slower than one. Nothing
# above imports PyTorch, which reads this once.
os.environ.setdefault("OMP_NUM_THREADS", "1")

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
"""To open pages with; None where there is none."""
SCALE = ["D", "E", "F", "G", "A", "B", "c", "d", "e", "f", "g", "a", "b"]
DANCES = {"reel": ("4/4", 4), "jig": ("6/8", 3), "polka": ("2/4", 2)}


def own_tune(number: int) -> str:
    """A tune of our own: a random walk on the scale in two repeated parts of four bars of two beats.

    The same for the same number; its bars are simple enough for a tiny model to learn in seconds.
    """
    chance = random.Random(number)
    dance = chance.choice(sorted(DANCES))
    meter, eighths = DANCES[dance]
    at = chance.randrange(len(SCALE))

    def beat() -> str:
        nonlocal at
        notes = []
        for _ in range(eighths):
            at = min(max(at + chance.choice([-2, -1, 1, 2]), 0), len(SCALE) - 1)
            notes.append(SCALE[at])
        return "".join(notes)

    parts = "\n".join("|:" + "|".join(f"{beat()} {beat()}" for _ in range(4)) + ":|" for _ in range(2))
    key = chance.choice(["D", "G", "Edor", "Amix"])
    return f"X:{number}\nT:Own tune {number}\nR:{dance}\nM:{meter}\nL:1/8\nK:{key}\n{parts}"


def as_pieces(texts: Sequence[str]) -> list[Piece]:
    """Texts as pieces that tell nothing else."""
    return [Piece("", text, "") for text in texts]


@pytest.fixture(scope="session")
def own_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ABC file of 60 tunes of our own."""
    path = tmp_path_factory.mktemp("tunes") / "own.abc"
    path.write_text("\n\n".join(own_tune(number) for number in range(1, 61)) + "\n")
    return path


def tiny_settings(own_file: Path, *changes: str) -> Settings:
    """A model that trains in seconds."""
    return (
        Settings()
        .with_corpus(str(own_file))
        .changed(
            [
                "model.embedding_size=16",
                "model.hidden_size=64",
                "training.iterations=300",
                "training.batch_size=16",
                "training.length=64",
                "training.learning_rate=0.02",
                "training.validate_every=60",
                *changes,
            ]
        )
    )


@pytest.fixture(scope="session")
def tiny_run(own_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run trained for seconds on tunes of our own. Many tests share it: none may leave anything in its folder."""
    run = train(tiny_settings(own_file), tmp_path_factory.mktemp("runs") / "tiny", standard_trackers())
    before = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    yield run
    assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == before


@pytest.fixture(scope="session")
def tiny_performance_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run trained for seconds on performances of our own, a folder like MAESTRO's; what training prepares is kept in
    a cache of the tests' own. Many tests share it: none may leave anything in its folder.
    """
    corpus = own_maestro(tmp_path_factory.mktemp("performances"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNEWRIGHT_CACHE", str(tmp_path_factory.mktemp("cache")))
        settings = tiny_performance_settings(corpus)
        run = train(settings, tmp_path_factory.mktemp("runs") / "tiny-performances", standard_trackers())
        before = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
        yield run
        assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == before


def tiny_performance_settings(corpus: Path, *changes: str) -> Settings:
    """A model of performances that trains in seconds."""
    return (
        Settings()
        .with_corpus(str(corpus))
        .changed(
            [
                "codec.name=midi_events",
                "model.name=transformer",
                "model.hidden_size=32",
                "model.heads=2",
                "model.layers=1",
                "model.context=64",
                "training.iterations=60",
                "training.batch_size=8",
                "training.length=64",
                "training.learning_rate=0.01",
                "training.validate_every=20",
                *changes,
            ]
        )
    )


@pytest.fixture(scope="session")
def irish_corpus() -> irish.IrishCorpus:
    """The lab's tunes, where the file is at hand; nothing is fetched by tests."""
    if download.find_file(irish.NAME, irish.SHA256) is None:
        pytest.skip(f"irish.abc is not under $TUNEWRIGHT_DATA ({os.environ.get('TUNEWRIGHT_DATA', 'not set')})")
    return irish.open_irish()


@pytest.fixture(scope="session")
def maestro_corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PerformanceCorpus]:
    """MAESTRO, where it is at hand; an archive of it is unpacked into a cache of the tests' own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNEWRIGHT_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(maestro, "ADDRESS", "file:///nowhere")
        try:
            yield maestro.open_maestro()
        except CorpusError:
            pytest.skip(f"MAESTRO is not under $TUNEWRIGHT_DATA ({os.environ.get('TUNEWRIGHT_DATA', 'not set')})")


@pytest.fixture(scope="session")
def tiny_study(own_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Two sizes, two temperatures, two seeds."""
    from tests.study.studies import tiny_plan
    from tunewright.executor import InProcess
    from tunewright.study.conduct import conduct

    folder = tmp_path_factory.mktemp("studies") / "tiny"
    return conduct(folder, InProcess(), tiny_plan(own_file, seeds=2))
