"""The course's notebooks, executed from start to end."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.course.running import checks_of_all, executed, with_wrong_answers, wrong_answers
from tunewright.course.chapters import CHAPTERS, ENGLISH, languages
from tunewright.course.lesson import checks_of
from tunewright.course.notebook import build

VERSIONS = [
    pytest.param(chapter, language, marks=[] if language == ENGLISH else [pytest.mark.slow])
    for chapter in CHAPTERS
    for language in languages()
]


@pytest.mark.parametrize(("chapter", "language"), VERSIONS)
def test_solutions_run_and_pass_every_check(chapter: str, language: str, tmp_path: Path) -> None:
    told = checks_of_all(executed(build(chapter, language, solutions=True), tmp_path))
    assert [one["exercise"] for one in told] == list(checks_of(chapter))
    assert [one for one in told if not one["passed"]] == []


@pytest.mark.parametrize(("chapter", "language"), VERSIONS)
def test_what_students_get_runs_and_fails_every_check_with_a_hint(chapter: str, language: str, tmp_path: Path) -> None:
    told = checks_of_all(executed(build(chapter, language), tmp_path))
    assert [one["exercise"] for one in told] == list(checks_of(chapter))
    assert {(one["passed"], one["hint"]) for one in told} == {(False, "todo")}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_exercise_has_three_wrong_answers_told_apart(chapter: str) -> None:
    told = wrong_answers(chapter)
    assert {one.exercise for one in told} == set(checks_of(chapter))
    for exercise, count in Counter(one.exercise for one in told).items():
        assert count >= 3, exercise
    for exercise in checks_of(chapter):
        assert len({one.hint for one in told if one.exercise == exercise}) >= 3, exercise


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_wrong_answers_get_the_hint_that_fits(chapter: str, tmp_path: Path) -> None:
    """Written into the notebook, each before the right one."""
    notebook, order = with_wrong_answers(chapter)
    told = [one for one in checks_of_all(executed(notebook, tmp_path)) if not one["passed"]]
    assert [(one["exercise"], one["hint"]) for one in told] == [(one.exercise, one.hint) for one in order]
