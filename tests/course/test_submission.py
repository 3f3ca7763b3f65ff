"""What is taken from a learner's notebook."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.course.handing_in import EXERCISES, handed_in, without_marks
from tunewright.course.submission import CHECK, Step, read_submission
from tunewright.errors import InputError


def steps_of(notebook: dict[str, Any]) -> tuple[Step, ...]:
    return read_submission(json.dumps(notebook).encode()).steps


def test_what_is_run_is_ours_with_the_learner_s_cells_in_their_places() -> None:
    plain = steps_of(handed_in())
    assert [step.exercise for step in plain if step.exercise] == list(EXERCISES)
    helped = steps_of(handed_in(images="helper = 3\n"))
    number = helped.index(Step("helper = 3\n"))
    assert helped[:number] + helped[number + 1 :] == plain
    assert [step.exercise for step in helped[number:] if step.exercise] == list(EXERCISES[2:])
    assert steps_of(without_marks(handed_in(images="helper = 3\n"))) == helped


def test_a_changed_setup_is_kept_behind_ours() -> None:
    notebook = handed_in()
    setup = next(cell for cell in notebook["cells"] if cell["id"] == "setup")
    setup["source"] = ["import numpy\n", *setup["source"]]
    steps = steps_of(notebook)
    at = next(number for number, step in enumerate(steps) if step.code.startswith("import numpy"))
    assert "Lesson(" in steps[at - 1].code
    assert "numpy" not in steps[at - 1].code
    del setup["source"]
    assert read_submission(json.dumps(notebook).encode()).chapter == "pytorch"


def test_no_check_of_the_learner_is_left() -> None:
    notebook = handed_in()
    cell = next(cell for cell in notebook["cells"] if cell["id"] == "ranks")
    cell["source"] = 'lesson.check("ranks", 0, 0, 1, 1)'
    at, check = next((number, step) for number, step in enumerate(steps_of(notebook)) if step.exercise == "ranks")
    assert steps_of(notebook)[at - 1] == Step("")
    assert check.code == "lesson.check('ranks', rank_of_integer, rank_of_decimal, rank_of_fibonacci, rank_of_count)"
    cell["source"] = "rank_of_integer = = 0"
    assert Step("rank_of_integer = = 0") in steps_of(notebook)


def test_a_second_attempt_counts_too() -> None:
    notebook = handed_in()
    right = next(cell for cell in handed_in("ranks")["cells"] if cell["id"] == "ranks")
    places = [cell["id"] for cell in notebook["cells"]]
    notebook["cells"].insert(places.index("ranks") + 1, {**right, "id": "copied"})
    assert [step.exercise for step in steps_of(notebook) if step.exercise][:3] == ["ranks", "ranks", "matrix"]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ('lesson.check("ranks", a)', "ranks"),
        ("if lesson . check( 'ranks', a):", "ranks"),
        ('# lesson.check("ranks", a)', None),
        ("lesson.check(name)", None),
    ],
)
def test_cells_are_known_by_what_they_check(code: str, name: str | None) -> None:
    found = CHECK.search(code)
    assert (found[2] if found else None) == name


@pytest.mark.parametrize(
    "content",
    [b"", b"[", b"[1]", b'{"cells": 3}', b"[" * 100_000, b"\xff\xfe", b'{"cells": [' + b"9" * 5000 + b"]}"],
)
def test_what_is_no_notebook_is_told(content: bytes) -> None:
    with pytest.raises(InputError, match="no notebook"):
        read_submission(content)


@pytest.mark.parametrize(
    "code",
    ["-" * 90_000 + "1", "(" * 90_000, "+".join("1" * 40_000), "a" + ".a" * 40_000, "x\0", "x = 1\n" * 90_000],
    ids=["minus", "brackets", "sum", "dots", "zero", "long"],
)
def test_code_that_python_cannot_look_into_is_run_as_it_is(code: str) -> None:
    notebook = handed_in()
    next(cell for cell in notebook["cells"] if cell["id"] == "ranks")["source"] = code
    steps = steps_of(notebook)
    assert code in [step.code for step in steps]
    assert [step.exercise for step in steps if step.exercise] == list(EXERCISES)
