"""The lab's own notebooks, where somebody has fetched them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tunewright.corpora.irish import IrishCorpus

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "lab_notebooks.py"


@pytest.fixture
def lab() -> Path:
    """A copy of the lab's repository."""
    data = os.environ.get("TUNEWRIGHT_DATA")
    named = os.environ.get("TUNEWRIGHT_LAB") or (f"{data}/introtodeeplearning" if data else "")
    if not named or not Path(named).is_dir():
        pytest.skip("the lab's notebooks are neither in $TUNEWRIGHT_LAB nor in $TUNEWRIGHT_DATA/introtodeeplearning")
    return Path(named)


@pytest.mark.slow
def test_the_labs_notebooks_run_from_start_to_end(lab: Path, irish_corpus: IrishCorpus) -> None:
    command = [sys.executable, str(BENCHMARK), str(lab), "--quick", "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    first, second = json.loads(ended.stdout)["rows"]
    assert (first["cells"], second["cells"]) == ("19 of 19", "25 of 25")
    assert second["tunes read"] == len(irish_corpus.pieces)
    assert 0 < second["WAV files"] <= second["songs extracted"]


def test_a_folder_without_the_notebooks_is_told(tmp_path: Path) -> None:
    command = [sys.executable, str(BENCHMARK), str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert f"{tmp_path}: no PT_Part1_Intro_Solution.ipynb below it" in ended.stderr
