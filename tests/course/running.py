"""Notebooks of the course, executed as a learner would."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from tunewright.course.chapters import source_of
from tunewright.course.lesson import MIME
from tunewright.course.notebook import BEGIN, END, Cell, build, parse, solved, to_json

WRONG = Path(__file__).parent / "wrong"
SMALL = {
    "TUNEWRIGHT_COURSE_BUDGET": "0.05",
    "OMP_NUM_THREADS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}


@dataclass(frozen=True)
class Wrong:
    """A plausible wrong answer.

    Attributes:
        exercise: the cell it is written in.
        code: what stands in the places of the solutions, in their order.
        hint: the hint that fits.
    """

    exercise: str
    code: tuple[str, ...]
    hint: str


def wrong_answers(chapter: str) -> list[Wrong]:
    """The wrong answers that are kept for a chapter: ``wrong/<chapter>.toml``."""
    told = tomllib.loads((WRONG / f"{chapter}.toml").read_text(encoding="utf-8"))
    return [
        Wrong(exercise, tuple(part.strip("\n") for part in one["code"].split("\n---\n")), one["hint"])
        for exercise, answers in told.items()
        for one in answers
    ]


def executed(notebook: dict[str, Any], folder: Path) -> Any:
    """A notebook after it was run from start to end.

    Raises:
        CellExecutionError: a cell has failed.
    """
    os.environ.update(SMALL)
    read = nbformat.reads(to_json(notebook), as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(read)
    return NotebookClient(read, timeout=600, resources={"metadata": {"path": str(folder)}}).execute()


def checks_in(cell: Any) -> list[dict[str, Any]]:
    """What checks said in a cell."""
    return [dict(output["data"][MIME]) for output in cell.get("outputs", ()) if MIME in output.get("data", {})]


def checks_of_all(notebook: Any) -> list[dict[str, Any]]:
    """What checks said in a notebook."""
    return [one for cell in notebook["cells"] for one in checks_in(cell)]


def with_wrong_answers(chapter: str) -> tuple[dict[str, Any], list[Wrong]]:
    """The solved notebook of a chapter in which each exercise is done wrong in several ways before it is done right."""
    notebook, kept = build(chapter, solutions=True), wrong_answers(chapter)
    raw = {cell.name: cell for cell in parse(source_of(chapter), chapter)}
    cells: list[dict[str, Any]] = []
    order: list[Wrong] = []
    for cell in notebook["cells"]:
        own = [one for one in kept if one.exercise == cell["id"]]
        for number, one in enumerate(own):
            cells.append({**cell, "id": f"{cell['id']}-wrong-{number}", "source": answered(raw[cell["id"]], one.code)})
        order += own
        cells.append(cell)
    return {**notebook, "cells": cells}, order


def answered(cell: Cell, answers: tuple[str, ...]) -> str:
    """The code of an exercise with something else in the places of its solutions."""
    lines: list[str] = []
    waiting, within = list(answers), False
    for line in cell.source.splitlines():
        if line.strip() == BEGIN:
            within, indent = True, line[: len(line) - len(line.lstrip())]
            lines += [f"{indent}{own}" if own else "" for own in waiting.pop(0).splitlines()]
        elif line.strip() == END:
            within = False
        elif not within:
            lines.append(line)
    assert not waiting, f"{cell.name}: more answers than places"
    return solved("\n".join(lines))
