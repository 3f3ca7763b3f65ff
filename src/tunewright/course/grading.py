"""A teacher's gradebook: a folder of submitted notebooks, each run in isolation, as a table.

A learner's code runs in the same process as the checks. The simple ways of forging a pass don't work: checks, the
lesson and its calls are ours, and nothing counts but what they show. But somebody determined can forge one: what comes
out is for teaching, not for exams.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tunewright.course.chapters import CHAPTERS, ENGLISH, load_language
from tunewright.course.execution import CRASHED, Limits, Ran, run_submission, why_not_isolated
from tunewright.course.submission import (
    ForeignError,
    Submission,
    exercises_of,
    read_file,
    read_submission,
)
from tunewright.errors import InputError, MissingExtraError, SettingsError
from tunewright.executor import executor
from tunewright.files import write_whole
from tunewright.interrupts import stop_asked

UNREADABLE, FOREIGN = "unreadable", "not a notebook of the course"
PASSED = "passed"
COLUMNS = ("file", "sha256", "chapter", "solved", "of", "state", "seconds", "message")
"""Of every row; those of the exercises follow, each called ``chapter.exercise``."""
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\t\r\n]")
"""How texts begin that spreadsheets would run."""
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


@dataclass(frozen=True)
class Graded:
    """A row of the gradebook.

    Attributes:
        file: its path below the folder.
        sha256: of its content; empty where that can't be had.
        state: ``"graded"``, or why it isn't, or not to its end.
        chapter: which it is; empty if none.
        results: by exercise, ``"passed"`` or the key of the hint that was given; empty where its check didn't get
            to say anything.
        seconds: that it ran.
        message: the first thing that went wrong, in words.
    """

    file: str
    sha256: str
    state: str
    chapter: str = ""
    results: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    message: str = ""

    @property
    def solved(self) -> int:
        """Exercises that are solved."""
        return sum(result == PASSED for result in self.results.values())

    @property
    def of(self) -> int:
        """Exercises that there are."""
        return len(self.results)

    def to_dict(self) -> dict[str, Any]:
        """The columns that every row has."""
        return {name: getattr(self, name) for name in COLUMNS}


@dataclass(frozen=True)
class Grades:
    """What became of a folder.

    Attributes:
        rows: one for each notebook, by file.
        skipped: paths below the folder of what is no notebook.
        exposed: why nothing was isolated; None where it was.
    """

    rows: tuple[Graded, ...]
    skipped: tuple[str, ...]
    exposed: str | None


def grade(folder: Path, out: Path, limits: Limits, jobs: int, *, trust: bool = False) -> Grades:
    """Grades all notebooks below a folder, and writes the gradebook.

    Args:
        folder: of submissions, of any names, at any depth.
        out: the gradebook, a CSV; one that is there already is replaced.
        limits: of each submission.
        jobs: how many at a time.
        trust: run them as what they are where the system can't isolate them.

    Raises:
        InputError: there is no such folder, or no notebook in it.
        MissingExtraError: there is no IPython.
        SettingsError: the system can't isolate them; or ``out`` is there and no gradebook.
        KeyboardInterrupt: the user has asked to stop; nothing is written.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: expected a folder of submitted notebooks")
    _refuse_to_replace(out)
    found, skipped = _sorted_out(folder, out)
    if not found:
        raise InputError(f"{folder}: no notebook in it")
    if find_spec("IPython") is None:
        raise MissingExtraError("notebooks", "course")
    exposed = why_not_isolated()
    if exposed and not trust:
        raise SettingsError(
            f"submissions can't be isolated here ({exposed}): they could read and delete your files, and use the "
            "network. Grade them on another Linux, or, if you trust whoever wrote them, say --trust"
        )
    hidden = (folder.resolve(), out.resolve().parent, Path.home())
    work = partial(grade_file, folder=folder, limits=limits, hidden=hidden, isolated=not exposed)
    pool = executor("processes", jobs)
    with stop_asked(pool.stop) as is_asked:
        waiting = (path for path in found if not is_asked())
        rows = [row for _, row in pool.map(work, waiting)]
        if is_asked():
            raise KeyboardInterrupt
    rows.sort(key=lambda row: row.file)
    write_whole(out, as_csv(rows))
    return Grades(tuple(rows), tuple(skipped), exposed)


def grade_file(path: Path, folder: Path, limits: Limits, hidden: Sequence[Path], *, isolated: bool) -> Graded:
    """The row of a file."""
    name, sha256 = _shown(path.relative_to(folder)), ""
    try:
        content = read_file(path)
        sha256 = hashlib.sha256(content).hexdigest()
        submission = read_submission(content)
    except ForeignError as error:
        return Graded(name, sha256, FOREIGN, message=str(error))
    except InputError as error:
        return Graded(name, sha256, UNREADABLE, message=str(error))
    ran = run_submission(submission, limits, hidden, isolated=isolated)
    results = results_of(submission, ran.lines)
    message = _message(ran)
    return Graded(name, sha256, ran.state, submission.chapter, results, round(ran.seconds, 1), message)


def results_of(submission: Submission, lines: Iterable[dict[str, Any]]) -> dict[str, str]:
    """What the checks said, by exercise: solved if it was solved once, else the last hint.

    Anything is looked at that a learner may have made up: only known exercises and hints are believed.
    """
    chapter = submission.chapter
    results = dict.fromkeys(exercises_of(chapter), "")
    for line in lines:
        exercise, said = line.get("exercise"), line.get("said")
        if not isinstance(exercise, str) or exercise not in results or results[exercise] == PASSED:
            continue
        if not isinstance(said, dict) or (said.get("chapter"), said.get("exercise")) != (chapter, exercise):
            continue
        hint = said.get("hint")
        if said.get("passed") is True and hint is None:
            results[exercise] = PASSED
        elif said.get("passed") is False and isinstance(hint, str) and _is_hint(chapter, exercise, hint):
            results[exercise] = hint
    return results


def as_csv(rows: Sequence[Graded]) -> str:
    """The gradebook as text: columns for the exercises of those chapters that are in it, and no formulas."""
    chapters = [name for name in CHAPTERS if any(row.chapter == name for row in rows)]
    columns = [*COLUMNS, *(f"{name}.{exercise}" for name in chapters for exercise in exercises_of(name))]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        told = row.to_dict() | {f"{row.chapter}.{exercise}": result for exercise, result in row.results.items()}
        writer.writerow({name: harmless(value) if isinstance(value, str) else value for name, value in told.items()})
    return text.getvalue()


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def _is_hint(chapter: str, exercise: str, key: str) -> bool:
    told = load_language(ENGLISH)
    return bool(told.said("hint", chapter, exercise, key) or told.said("hint", "common", key))


def _message(ran: Ran) -> str:
    """The first error that a cell has told; else, of what crashed, the last line that it has printed."""
    told = [line.get("error") for line in ran.lines]
    printed = ran.errors.strip().splitlines() if ran.state == CRASHED else []
    first = next((one for one in told if isinstance(one, str) and one), printed[-1] if printed else "")
    return UNSEEN.sub(" ", first)[:200]


def _refuse_to_replace(out: Path) -> None:
    if out.is_dir():
        raise SettingsError(f"--out {out} is a folder: name a file in it, e.g. {out / 'grades.csv'}")
    if out.exists() and not out.read_bytes().startswith(",".join(COLUMNS[:4]).encode()):
        raise SettingsError(f"--out {out} is there and no gradebook: name another file")


def _sorted_out(folder: Path, out: Path) -> tuple[list[Path], list[str]]:
    """Notebooks below a folder, and what is none: by their names, or if not, by what is in them."""
    found, skipped = [], []
    for path in _files(folder):
        hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.relative_to(folder).parts)
        if not hidden and (path.suffix.lower() == ".ipynb" or (path.resolve() != out.resolve() and _is_notebook(path))):
            found.append(path)
        else:
            skipped.append(_shown(path.relative_to(folder)))
    return found, skipped


def _files(folder: Path) -> Iterator[Path]:
    """Sorted; links to folders aren't followed."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(place) / name for name in sorted(names))


def _is_notebook(path: Path) -> bool:
    try:
        read_submission(read_file(path))
    except InputError:
        return False
    return True


def _shown(path: Path) -> str:
    """A path as text of one line, whatever bytes its name is of."""
    name = os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")
    return UNSEEN.sub(lambda match: match[0].encode("unicode_escape").decode(), name)
