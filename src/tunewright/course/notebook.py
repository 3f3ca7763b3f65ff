"""Notebooks out of a chapter's source: for students or with the solutions, in any language.

The source is in the percent format: ``# %% name`` begins a cell of code, ``# %% name [markdown]`` one of text, whose
lines are comments. An exercise is a cell of code with a part between ``# <solution>`` and ``# </solution>``; of that
students get the lines that begin with ``#?`` alone, which nobody else gets.

Text is translated by the cell's name; in code every comment and every string that the language has something for.
"""

from __future__ import annotations

import io
import json
import re
import tokenize
from ast import literal_eval
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

from tunewright.course.chapters import ENGLISH, Language, load_language, source_of
from tunewright.errors import InputError

HEAD = re.compile(r"# %% (?P<name>[a-z0-9-]+)(?P<text> \[markdown\])?")
BEGIN, END, STUDENTS = "# <solution>", "# </solution>", "#? "
METADATA = "tunewright"
"""The key under which notebooks and their cells say what they are."""


@dataclass(frozen=True)
class Cell:
    """A cell of a chapter.

    Attributes:
        name: unlike that of any other cell of the chapter.
        is_code: whether it is code, or else text.
        source: its lines.
    """

    name: str
    is_code: bool
    source: str

    @property
    def is_exercise(self) -> bool:
        """Whether students have something to do in it."""
        return self.is_code and BEGIN in self.source


def parse(text: str, file: str) -> list[Cell]:
    """The cells of a source.

    Raises:
        InputError: what is no such source; names file and line.
    """
    cells: list[Cell] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("# %%"):
            head = HEAD.fullmatch(line.rstrip())
            if not head:
                raise InputError(f"{file}, line {number}: expected '# %% name' or '# %% name [markdown]'")
            if head["name"] in {cell.name for cell in cells}:
                raise InputError(f"{file}, line {number}: there are two cells called '{head['name']}'")
            cells.append(Cell(head["name"], not head["text"], ""))
        elif cells:
            cells[-1] = replace(cells[-1], source=f"{cells[-1].source}{line}\n")
        elif line.strip():
            raise InputError(f"{file}, line {number}: expected a cell, '# %% name'")
    return [_tidied(cell) for cell in cells]


def _tidied(cell: Cell) -> Cell:
    lines = cell.source.strip("\n").splitlines()
    if not cell.is_code:
        lines = [line.removeprefix("#").removeprefix(" ") for line in lines]
    return replace(cell, source="\n".join(lines))


def build(chapter: str, language: str = ENGLISH, *, solutions: bool = False) -> dict[str, Any]:
    """A chapter as a notebook, for :func:`json.dumps`.

    Args:
        chapter: its name.
        language: its code.
        solutions: with the solutions, or as students get it.

    Raises:
        SettingsError: there is no such chapter or language.
        InputError: the source is none.
    """
    told = load_language(language)
    cells = [_notebook_cell(cell, chapter, told, solutions) for cell in parse(source_of(chapter), f"{chapter}.py")]
    about = {"chapter": chapter, "language": language, "solutions": solutions, "version": version("tunewright")}
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            METADATA: about,
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def to_json(notebook: dict[str, Any]) -> str:
    """A notebook as the text of its file."""
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _notebook_cell(cell: Cell, chapter: str, language: Language, solutions: bool) -> dict[str, Any]:
    own = {METADATA: {"exercise": True}} if cell.is_exercise else {}
    if not cell.is_code:
        text = (language.said("text", chapter, cell.name) or "").strip("\n") or cell.source
        return {"cell_type": "markdown", "id": cell.name, "metadata": own, "source": _lines(text)}
    code = translated(solved(cell.source) if solutions else unsolved(cell.source), language)
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": cell.name,
        "metadata": own,
        "outputs": [],
        "source": _lines(code),
    }


def _lines(text: str) -> list[str]:
    """As notebooks hold it: lines with their ends."""
    return text.splitlines(keepends=True)


def solved(code: str) -> str:
    """The code of a cell with its solutions."""
    lines = [line for line in code.splitlines() if line.strip() not in (BEGIN, END)]
    return "\n".join(line for line in lines if not line.lstrip().startswith(STUDENTS))


def unsolved(code: str) -> str:
    """The code of a cell as students get it."""
    kept, within = [], False
    for line in code.splitlines():
        if line.strip() in (BEGIN, END):
            within = line.strip() == BEGIN
        elif line.lstrip().startswith(STUDENTS):
            kept.append(line.replace(STUDENTS, "", 1))
        elif not within:
            kept.append(line)
    return "\n".join(kept)


def translated(code: str, language: Language) -> str:
    """Code with its comments and strings in a language, as far as it has something for them."""
    if language.code == ENGLISH:
        return code
    lines = code.splitlines(keepends=True)
    # From the end, so that earlier places stay where they are.
    for token in reversed(list(prose(code))):
        other = _translation(token, language)
        if other is not None:
            lines = _replaced(lines, token, other)
    return "".join(lines)


def prose(code: str) -> Iterator[tokenize.TokenInfo]:
    """The comments and strings of some code."""
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return (token for token in tokens if token.type in (tokenize.COMMENT, tokenize.STRING))


def said_in(token: tokenize.TokenInfo) -> str:
    """What a comment or a string says."""
    if token.type == tokenize.COMMENT:
        return token.string.lstrip("#").strip()
    if token.string[0] in "fF":
        return ""  # what is computed can't be looked up
    value = literal_eval(token.string)
    return value if isinstance(value, str) else ""


def _translation(token: tokenize.TokenInfo, language: Language) -> str | None:
    text = said_in(token)
    if token.type == tokenize.STRING and text == ENGLISH:
        return f'"{language.code}"'  # the language that a lesson is told to speak
    other = language.said("code", text)
    if other is None:
        return None
    return f"# {other}" if token.type == tokenize.COMMENT else json.dumps(other, ensure_ascii=False)


def _replaced(lines: list[str], token: tokenize.TokenInfo, other: str) -> list[str]:
    (first, start), (last, end) = token.start, token.end
    whole = lines[first - 1][:start] + other + lines[last - 1][end:]
    return [*lines[: first - 1], whole, *lines[last:]]
