"""Notebooks as learners hand them in."""

from __future__ import annotations

from typing import Any

from tunewright.course.notebook import build
from tunewright.course.submission import exercises_of

EXERCISES = exercises_of("pytorch")
SECRET = "correct-horse-battery-staple"
"""What nobody who is isolated may come to know."""


def handed_in(*solved: str, language: str = "en", **code: str) -> dict[str, Any]:
    """A notebook in which some exercises are solved, and some code stands before others."""
    right = {cell["id"]: cell for cell in build("pytorch", language, solutions=True)["cells"]}
    notebook = build("pytorch", language)
    cells: list[dict[str, Any]] = []
    for cell in notebook["cells"]:
        if cell["id"] in code:
            cells.append({"cell_type": "code", "id": f"own-{cell['id']}", "metadata": {}, "outputs": [],
                          "execution_count": None, "source": code[cell["id"]]})  # fmt: skip
        cells.append(right[cell["id"]] if cell["id"] in solved else cell)
    return {**notebook, "cells": cells}


def without_marks(notebook: dict[str, Any]) -> dict[str, Any]:
    """As some editors leave it: without ids, and without what we say in it of ourselves."""
    cells = [
        {key: value for key, value in cell.items() if key != "id"} | {"metadata": {}} for cell in notebook["cells"]
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
