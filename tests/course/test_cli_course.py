"""The course on the command line, and as files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.test_cli import as_json, call
from tunewright.course import grading
from tunewright.course.build import all_notebooks, main
from tunewright.course.chapters import CHAPTERS, languages
from tunewright.course.notebook import build, to_json

COMMITTED = Path(__file__).parents[2] / "course"


def test_chapters_are_listed_in_any_language() -> None:
    for language in languages():
        told = as_json(call("course", "list", "--language", language, "--json"))
        assert [one["name"] for one in told["chapters"]] == list(CHAPTERS)
        for one in told["chapters"]:
            notebook = build(one["name"], language)
            assert one["title"] in "".join(notebook["cells"][0]["source"])
            assert one["exercises"] == sum(bool(cell["metadata"]) for cell in notebook["cells"]) > 0
        assert told["chapters"][0]["title"] in call("course", "list", "--language", language).stdout
    result = call("course", "list", "--language", "tlh")
    assert (result.exit_code, result.stderr) == (2, "tunewright: the course isn't told in 'tlh'; there are: en, uk\n")


def test_notebooks_are_laid_into_a_folder(tmp_path: Path) -> None:
    result = call("course", "copy", tmp_path / "mine")
    assert result.exit_code == 0
    assert "pip install 'tunewright[course]'" in result.stderr
    assert "VS Code" in result.stderr
    for name, file in CHAPTERS.items():
        assert (tmp_path / "mine" / f"{file}.ipynb").read_text() == to_json(build(name))
    told = as_json(call("course", "copy", tmp_path / "mine", "--solutions", "--language", "uk", "--json"))
    assert len(told["notebooks"]) == len(CHAPTERS)
    solved = tmp_path / "mine" / "solutions" / f"{CHAPTERS['pytorch']}.ipynb"
    assert solved.read_text() == to_json(build("pytorch", "uk", solutions=True))


def test_one_chapter_can_be_chosen(tmp_path: Path) -> None:
    assert call("course", "copy", tmp_path, "--chapter", "pytorch").exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["1-pytorch.ipynb"]
    result = call("course", "copy", tmp_path, "--chapter", "drums")
    assert (result.exit_code, result.stderr) == (2, f"tunewright: --chapter drums: there are: {', '.join(CHAPTERS)}\n")


def test_a_learner_s_work_is_never_overwritten(tmp_path: Path) -> None:
    notebook, first = tmp_path / "1-pytorch.ipynb", call("course", "copy", tmp_path)
    assert first.exit_code == 0
    assert call("course", "copy", tmp_path).exit_code == 0  # the same again changes nothing
    for work in ("mine", "mine, too"):
        notebook.write_text(work)
        result = call("course", "copy", tmp_path)
        assert result.exit_code == 2
        assert str(notebook) in result.stderr
        assert notebook.read_text() == work
        told = as_json(call("course", "copy", tmp_path, "--force", "--json"))
        assert Path(told["notebooks"][0]["renamed"]).read_text() == work
        assert notebook.read_text() == to_json(build("pytorch"))
    old = [(tmp_path / f"1-pytorch.old-{number}.ipynb").read_text() for number in (1, 2)]
    assert old == ["mine", "mine, too"]


def test_all_versions_are_built(tmp_path: Path) -> None:
    main(tmp_path)
    found = {path.relative_to(tmp_path) for path in tmp_path.rglob("*.ipynb")}
    expected = {
        Path(language, *folder, f"{file}.ipynb")
        for language in languages()
        for folder in ([], ["solutions"])
        for file in CHAPTERS.values()
    }
    assert found == expected == set(all_notebooks())
    for path in found:
        about = json.loads((tmp_path / path).read_text())["metadata"]["tunewright"]
        assert (about["language"], about["solutions"]) == (path.parts[0], "solutions" in path.parts)


def test_committed_notebooks_are_what_is_built() -> None:
    if not COMMITTED.is_dir():
        pytest.skip("no built notebooks are committed yet: make course")
    committed = {path.relative_to(COMMITTED): path.read_text() for path in COMMITTED.rglob("*.ipynb")}
    assert committed == all_notebooks(), "the sources have changed: make course"


def test_grading_tells_and_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, out = tmp_path / "handed in", tmp_path / "grades.csv"
    folder.mkdir()
    (folder / "cut.ipynb").write_text("{")
    (folder / "notes.txt").write_text("no notebook")
    monkeypatch.setattr(grading, "why_not_isolated", lambda: "this is another system")
    refused = call("course", "grade", folder, "--out", out)
    assert refused.exit_code == 2
    assert "can't be isolated here (this is another system)" in refused.stderr
    trusted = call("course", "grade", folder, "--out", out, "--trust", "--jobs", 1)
    assert trusted.exit_code == 0
    assert "not isolated (this is another system)" in trusted.stderr
    assert "1 notebooks: 1 unreadable\n1 other files skipped: notes.txt" in trusted.stderr
    assert out.read_text().startswith("file,sha256,chapter,solved,of,state,seconds,message\ncut.ipynb,")
    told = as_json(call("course", "grade", folder, "--out", out, "--trust", "--json"))
    assert (told["isolated"], told["states"], told["skipped"]) == (False, {"unreadable": 1}, ["notes.txt"])
    assert told["submissions"][0]["file"] == "cut.ipynb"


def test_help_says_what_grades_are_worth() -> None:
    assert "not for exams" in call("course", "grade", "--help").stdout
