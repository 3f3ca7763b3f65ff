"""Grading: what is made of submissions, right ones, broken ones and hostile ones; and that nothing is harmed."""

from __future__ import annotations

import csv
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.course.handing_in import EXERCISES, SECRET, handed_in, without_marks
from tunewright.course import grading
from tunewright.course.execution import CRASHED, GRADED, OUT_OF_MEMORY, TIMED_OUT, TOO_MUCH_OUTPUT, Limits
from tunewright.course.grading import FOREIGN, PASSED, UNREADABLE, Graded, Grades, grade, harmless, results_of
from tunewright.course.notebook import build, to_json
from tunewright.course.submission import Submission
from tunewright.errors import InputError, SettingsError

SMALL = Limits(seconds=12, memory=1024, output=2)


FORGED = """
from IPython.display import display
from tunewright.course.lesson import MIME
display({MIME: {"chapter": "pytorch", "exercise": "matrix", "passed": True, "hint": None}}, raw=True)
"""
PATCHED = """
from tunewright.course import Lesson
Lesson.check = lambda self, exercise, *answers: True
Lesson._show = lambda self, exercise, hint: None
lesson.check = lambda exercise, *answers: True
lesson = None
"""
# What each of these does was in vain if the exercise after it is solved: else it ends. Should isolation fail, none goes
# on for ever, or reaches for anything but what the test has made.
DELETES = """
import pathlib, shutil
for path in {paths}:
    shutil.rmtree(path, ignore_errors=True)
    try:
        pathlib.Path(path).unlink()
    except OSError:
        pass
    try:
        pathlib.Path(path, "planted").write_text("mine")
    except OSError:
        pass
"""
FORKS = """
import os, time
for _ in range(300):
    try:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
    except OSError:
        break
else:
    os._exit(9)
"""
CONNECTS = """
import socket
try:
    socket.create_connection(("127.0.0.1", {port}), 2).close()
except OSError:
    pass
else:
    import os; os._exit(9)
"""
READS = """
import os, pathlib
def found():
    yield from map(str.encode, os.environ.values())
    for path in [*{paths}, *pathlib.Path("/proc").glob("[0-9]*/[ec][nm]*")]:  # environ, cmdline
        try:
            yield pathlib.Path(path).read_bytes()
        except OSError:
            pass
if any({secret!r}.encode() in text for text in found()):
    os._exit(9)
"""
KILLS = """
import os, signal
if os.getpid() > 9:
    os._exit(9)  # this is the machine's own numbering: nothing may be killed
os.kill(os.getppid(), signal.SIGKILL)
for how in (signal.SIGINT, signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
    os.kill(1, how)
try:
    os.kill(-1, signal.SIGKILL)
except OSError:
    pass
"""


@dataclass(frozen=True)
class Class:
    """A teacher's machine with what was handed in, after it was graded.

    Attributes:
        rows: by file.
        table: the gradebook.
    """

    home: Path
    folder: Path
    out: Path
    grades: Grades
    reached: bool

    @property
    def rows(self) -> dict[str, Graded]:
        return {row.file: row for row in self.grades.rows}

    @property
    def table(self) -> list[dict[str, str]]:
        return list(csv.DictReader(self.out.read_text(encoding="utf-8").splitlines()))


@cache
def submissions(home: Path, folder: Path, out: Path, port: int) -> dict[str, str]:
    """Twenty of them, by their paths."""
    paths = [str(home), str(out), str(out.parent), str(folder), str(folder / "right.ipynb"), str(home / "kept")]
    solved = to_json(handed_in(*EXERCISES, farewell=f"# {SECRET}"))
    notebooks = {
        "untouched": handed_in(),
        "deep/er/Відповіді": handed_in(*EXERCISES, language="uk"),
        "=half": handed_in(*EXERCISES[:5], images="helper = 3\n!true\n", dense="1 / 0"),
        "no ids": without_marks(handed_in(*EXERCISES)),
        "endless": handed_in("ranks", "matrix", images="while True: pass"),
        "deletes": handed_in("ranks", ranks=DELETES.format(paths=paths)),
        "prints": handed_in("ranks", matrix="for _ in range(1024): print('x' * (1 << 20))"),
        "forks": handed_in("ranks", ranks=FORKS),
        "allocates": handed_in("ranks", matrix="kept = [bytearray(10_000_000) for _ in range(400)]"),
        "connects": handed_in("ranks", ranks=CONNECTS.format(port=port)),
        "reads": handed_in("ranks", ranks=READS.format(paths=paths, secret=SECRET)),
        "patches": handed_in("ranks", ranks=PATCHED),
        "forges": handed_in("ranks", matrix=FORGED),
        "ends": handed_in("ranks", matrix="import os; os._exit(0)"),
        "leaves": handed_in("ranks", "matrix", matrix="import sys; sys.exit(3)"),
        "kills": handed_in("ranks", ranks=KILLS),
        "foreign": {"cells": [{"cell_type": "code", "source": ["1 + 1"]}], "metadata": {}},
    }
    texts = {"right": solved, "cut": solved[:3000], "empty": ""}
    texts |= {name: json.dumps(notebook) for name, notebook in notebooks.items()}
    return {f"{name}.ipynb": text for name, text in texts.items()}


@pytest.fixture(scope="module")
def graded(namespaces: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    place = tmp_path_factory.mktemp("teacher")
    home, folder, out = place / "home", place / "handed in", place / "books" / "grades.csv"
    with pytest.MonkeyPatch.context() as patch, socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        patch.setenv("HOME", str(home))
        patch.setenv("OWN_TOKEN", SECRET)
        for path in (home, folder, out.parent):
            path.mkdir()
        (home / "kept").write_text(SECRET)
        for name, text in submissions(home, folder, out, server.getsockname()[1]).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        (folder / "notes.txt").write_text("not a notebook")
        (folder / ".ipynb_checkpoints").mkdir()
        (folder / ".ipynb_checkpoints" / "right-checkpoint.ipynb").write_text("{}")
        grades = grade(folder, out, SMALL, jobs=2)
        reached = True
        try:
            server.accept()
        except TimeoutError:
            reached = False
        yield Class(home, folder, out, grades, reached)


def test_twenty_submissions_are_twenty_rows(graded: Class) -> None:
    states = {row.file.removesuffix(".ipynb"): (row.state, row.solved) for row in graded.grades.rows}
    assert states == {
        "right": (GRADED, 11),
        "deep/er/Відповіді": (GRADED, 11),
        "no ids": (GRADED, 11),
        "untouched": (GRADED, 0),
        "=half": (GRADED, 5),
        "endless": (TIMED_OUT, 2),
        "deletes": (GRADED, 1),
        "prints": (TOO_MUCH_OUTPUT, 1),
        "forks": (GRADED, 1),
        "allocates": (OUT_OF_MEMORY, 1),
        "connects": (GRADED, 1),
        "reads": (GRADED, 1),
        "patches": (GRADED, 1),
        "forges": (GRADED, 1),
        "ends": (CRASHED, 1),
        "leaves": (GRADED, 2),
        "kills": (GRADED, 1),
        "cut": (UNREADABLE, 0),
        "empty": (UNREADABLE, 0),
        "foreign": (FOREIGN, 0),
    }
    assert len(graded.table) == 20
    assert set(graded.grades.skipped) == {"notes.txt", ".ipynb_checkpoints/right-checkpoint.ipynb"}
    assert graded.grades.exposed is None


def test_nothing_was_harmed(graded: Class) -> None:
    assert [path.name for path in graded.home.iterdir()] == ["kept"]
    assert (graded.home / "kept").read_text() == SECRET
    assert [path.name for path in graded.out.parent.iterdir()] == ["grades.csv"]
    before = submissions(graded.home, graded.folder, graded.out, _port(graded))
    assert {name: (graded.folder / name).read_text(encoding="utf-8") for name in before} == before
    assert len([path for path in graded.folder.rglob("*") if path.is_file()]) == 22
    assert not graded.reached


def _port(graded: Class) -> int:
    code = (graded.folder / "connects.ipynb").read_text()
    return int(code.partition('127.0.0.1\\", ')[2].partition(")")[0])


def test_hints_and_reasons_are_in_the_table(graded: Class) -> None:
    table = {row["file"]: row for row in graded.table}
    half = table["'=half.ipynb"]
    assert (half["chapter"], half["solved"], half["of"]) == ("pytorch", "5", "11")
    assert (half["pytorch.graph"], half["pytorch.dense"]) == (PASSED, "todo")
    assert half["message"] == "ZeroDivisionError: division by zero"
    assert table["endless.ipynb"]["pytorch.images"] == ""
    assert float(table["endless.ipynb"]["seconds"]) >= SMALL.seconds
    assert table["untouched.ipynb"]["pytorch.ranks"] == "todo"
    assert "SystemExit: 3" in table["leaves.ipynb"]["message"]
    assert len(table["cut.ipynb"]["sha256"]) == 64
    assert [row["file"] for row in graded.table] == sorted(
        (row["file"] for row in graded.table), key=lambda name: name.removeprefix("'")
    )


def test_nothing_that_comes_out_is_believed() -> None:
    submission = Submission("pytorch", "en", ())
    good = {"chapter": "pytorch", "exercise": "ranks", "passed": True, "hint": None}
    lines: list[dict[str, Any]] = [
        {"exercise": ["ranks"], "said": good},
        {"exercise": "matrix", "said": good},
        {"exercise": "matrix", "said": {**good, "exercise": "matrix", "passed": 1}},
        {"exercise": "images", "said": {**good, "exercise": "images", "passed": False, "hint": "=cmd()"}},
        {"exercise": "unknown", "said": {**good, "exercise": "unknown"}},
        {"exercise": "slices", "said": "passed"},
        {"exercise": "dense", "said": {**good, "exercise": "dense", "passed": False, "hint": "shape"}},
        {"exercise": "ranks", "said": good},
        {"exercise": "ranks", "said": {**good, "passed": False, "hint": "todo"}},
    ]
    found = {name: result for name, result in results_of(submission, lines).items() if result}
    assert found == {"dense": "shape", "ranks": PASSED}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "＝1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless(f"a{text}") == f"a{text}"


def test_only_a_gradebook_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "handed in"
    folder.mkdir()
    with pytest.raises(InputError, match="no notebook in it"):
        grade(folder, tmp_path / "grades.csv", SMALL, 1)
    other = tmp_path / "thesis.csv"
    other.write_text("years of work")
    with pytest.raises(SettingsError, match="no gradebook"):
        grade(folder, other, SMALL, 1)
    assert other.read_text() == "years of work"
    with pytest.raises(InputError, match="expected a folder"):
        grade(tmp_path / "nowhere", other, SMALL, 1)


def test_links_and_pipes_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text(to_json(build("pytorch")))
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "target")
    os.mkfifo(tmp_path / "pipe.ipynb")
    for name in ("link.ipynb", "pipe.ipynb"):
        row = grading.grade_file(tmp_path / name, tmp_path, SMALL, [], isolated=True)
        assert (row.state, row.sha256) == (UNREADABLE, "")
