"""The commands that compare, report and ask: study, report, listen."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tunewright.cli import main
from tunewright.cli.common import place_of
from tunewright.cli.studying import _source
from tunewright.run import Run
from tunewright.study.results import Study
from tunewright.train import Budget


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_study_from_the_command_line(own_file: Path, tmp_path: Path) -> None:
    quick = ["--set", "model.embedding_size=8", "--set", "training.validate_every=10", "--engine", "in-process"]
    begun = invoke(
        "study", "lab", "--corpus", own_file, "--vary", "model.hidden_size=8,16", "--iterations", 20, "--tunes", 0,
        *quick, "--out", tmp_path / "study", "--json",
    )  # fmt: skip
    assert begun.exit_code == 0, begun.output
    told = json.loads(begun.stdout)
    assert (told["planned"], told["done"], told["left"]) == (2, 2, 0)
    assert [one["assignments"] for one in told["trials"]] == [{"model.hidden_size": 8}, {"model.hidden_size": 16}]
    assert "1/2 model.hidden_size=8,seed=0: done" in begun.stderr
    again = invoke("study", "--resume", "--out", tmp_path / "study", "--engine", "in-process")
    assert again.exit_code == 0
    assert "2 trials: 2 done" in again.stderr


def test_a_trial_that_fails_is_told(own_file: Path, tmp_path: Path) -> None:
    result = invoke(
        "study", "lab", "--corpus", own_file, "--vary", "training.length=100000", "--tunes", 0,
        "--engine", "in-process", "--out", tmp_path / "study",
    )  # fmt: skip
    assert result.exit_code == 2
    assert "training.length=100000,seed=0: " in result.stderr
    assert "set a smaller training.batch_size" in result.stderr


def test_of_one_name_the_run_is_meant_where_only_composing_is_varied() -> None:
    warm, usual = ("decoding.top_k=0,5",), Budget()
    assert _source("session", "", [], usual, warm) == (None, "session")
    assert _source("session", "", ["training.iterations=5"], usual, warm)[1] == ""
    assert _source("session", "", [], Budget(minutes=1), warm)[1] == ""
    settings, run = _source("session", "", [], usual, (*warm, "model.layers=1,2"))
    assert (settings and settings.recipe, run) == ("session", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["study"], "study what? Give a recipe or a run, and what to --vary"),
        (["study", "lab"], "study what?"),
        (["study", "nothing", "--vary", "model.layers=1,2"], "no recipe 'nothing'"),
        (["study", "lab", "--vary", "model.layers"], "expected section.key=a,b,c"),
        (["study", "lab", "--vary", "model.layers=1,2", "--minutes", "1", "--iterations", "3"], "give one of them"),
        (["study", "irish", "--vary", "model.layers=1,2", "--resume", "--out", "x"], "--resume goes on with the study"),
        (["study", "--resume"], "expected --out STUDY"),
        (["study", "--resume", "--out", "x", "--seeds", "9", "--set", "a.b=1"], "leave --set, --seeds out"),
        (["study", "--resume", "--out", "x", "--tracker", "comet", "lab"], "leave RECIPE, --tracker out"),
        (["study", "lab", "--vary", "model.layers=1,2", "--engine", "steam"], "no engine is called 'steam'"),
        (["report", "nowhere"], "nowhere is no run"),
        (["report", "session", "--language", "tlh"], "--language tlh: there are: en, uk"),
        (["report", "session", "--to", "docx"], "--to docx: expected any of html, md, pdf"),
        (["listen", "nowhere"], "nowhere is no run"),
    ],
)
def test_mistakes_are_one_line(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_reports_from_the_command_line(tiny_study: Study, tmp_path: Path) -> None:
    result = invoke("report", tiny_study.folder, "--language", "uk", "--to", "html,md", "--out", tmp_path, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {"report": [str(tmp_path / "report-uk.html"), str(tmp_path / "report-uk.md")]}
    assert "Тема і мета" in result.stderr


def test_listening_from_the_command_line(tiny_run: Run, tmp_path: Path) -> None:
    run = tmp_path / "mine"
    shutil.copytree(tiny_run.folder, run)
    first = invoke("listen", run, "--count", 2, "--out", tmp_path / "page", "--json")
    assert first.exit_code == 0, first.output
    told = json.loads(first.stdout)
    assert told == {"page": str(tmp_path / "page" / "listening.html"), "answers": 0, "verdicts": []}
    key = json.loads((tmp_path / "page" / "key.json").read_text())
    saved = tmp_path / "saved.json"
    saved.write_text(
        json.dumps({"page": key["page"], "listener": "1", "answers": {next(iter(key["items"])): {"score": 4}}})
    )
    second = invoke("listen", run, "--out", tmp_path / "page", "--answers", saved)
    assert second.exit_code == 0, second.output
    assert "1 answer taken in" in second.stderr
    assert "4.00  1 answer  " in second.stdout


def test_nothing_is_kept_within_the_package(tiny_run: Run, tiny_study: Study) -> None:
    assert place_of(Path("session")) == Path("runs/session")
    assert place_of(tiny_run.folder) == tiny_run.folder
    assert place_of(tiny_study.folder) == tiny_study.folder
