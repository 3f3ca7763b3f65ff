"""What a learner has handed in: which chapter it is, and what is to be run of it.

The notebook that is run is ours. The learner's exercises stand in the places of its own, and what else the learner has
written, or has written otherwise, stands where it stood. What checks an exercise is taken from ours, and only that
counts.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tunewright.course.chapters import CHAPTERS, ENGLISH, languages, source_of
from tunewright.course.notebook import METADATA, build, parse
from tunewright.errors import InputError

LARGEST = 32 << 20
"""Bytes of the largest notebook that is read: sounds that it plays are in it."""
LONGEST = 100_000
"""Characters of the longest cell that is looked into."""
CHECK = re.compile(r"^[^#\n]*\blesson\s*\.\s*check\s*\(\s*([\"'])([a-z0-9-]+)\1", re.MULTILINE)


class ForeignError(InputError):
    """A notebook, but none of the course."""


@dataclass(frozen=True)
class Step:
    """Something to run.

    Attributes:
        code: a cell, or a part of one.
        exercise: whose check it is; None where nothing that it shows counts.
    """

    code: str
    exercise: str | None = None


@dataclass(frozen=True)
class Submission:
    """A notebook that was handed in.

    Attributes:
        chapter: its name.
        language: its code.
        steps: what is to be run, in order.
    """

    chapter: str
    language: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class _Cell:
    """A cell of code, with its id where it has one."""

    id: str
    code: str


def read_submission(content: bytes) -> Submission:
    """A submission out of the content of its file.

    Raises:
        InputError: it is no notebook.
        ForeignError: it is one, but none of the course.
    """
    try:
        read = json.loads(content)
    except (ValueError, RecursionError):
        raise InputError("this is no JSON, so no notebook: empty, cut off or of another kind") from None
    if not isinstance(read, dict) or not isinstance(read.get("cells"), list):
        raise InputError("this is JSON, but no notebook: it has no list of cells")
    cells = list(_code_cells(read["cells"]))
    about = _table(_table(read.get("metadata")).get(METADATA))
    chapter = about.get("chapter")
    if not isinstance(chapter, str) or chapter not in CHAPTERS:
        chapter = _likeliest(cells)
    language = about.get("language")
    told = language if isinstance(language, str) and language in languages() else ENGLISH
    return Submission(chapter, told, tuple(_steps(cells, chapter, told)))


@cache
def exercises_of(chapter: str) -> tuple[str, ...]:
    """The names of a chapter's exercises, in order."""
    return tuple(cell.name for cell in parse(source_of(chapter), chapter) if cell.is_exercise)


def read_file(path: Path) -> bytes:
    """The content of a file that someone else has made.

    Raises:
        InputError: it can't be read, is a link, or is far too large for a notebook.
    """
    if path.is_symlink() or not path.is_file():
        raise InputError("this is a link or no file: hand in the notebook itself")
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}") from None
    if len(content) > LARGEST:
        raise InputError(f"larger than {LARGEST >> 20} MB: hand it in without outputs")
    return content


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _code_cells(cells: list[Any]) -> Iterator[_Cell]:
    for cell in map(_table, cells):
        source = cell.get("source")
        lines = source if isinstance(source, list) else [source]
        if cell.get("cell_type") == "code":
            text = "".join(line for line in lines if isinstance(line, str))
            code = text.encode("utf-8", "replace").decode()  # of half characters none is left
            yield _Cell(cell["id"] if isinstance(cell.get("id"), str) else "", code)


def _likeliest(cells: Sequence[_Cell]) -> str:
    """The chapter most of whose exercises are in a notebook that doesn't say which it is."""
    counts = {name: len({one for cell in cells for one in _claimed(cell, name)}) for name in CHAPTERS}
    best = max(counts, key=counts.__getitem__)
    if not counts[best]:
        raise ForeignError("a notebook, but none of the course: no exercise of any chapter is in it")
    return best


def _claimed(cell: _Cell, chapter: str) -> list[str]:
    """The exercises that a cell is meant for: those that it checks, else the one whose id it has."""
    known = exercises_of(chapter)
    checked = [match[2] for match in CHECK.finditer(cell.code) if match[2] in known]
    return list(dict.fromkeys(checked)) or [cell.id] * (cell.id in known)


def _steps(cells: Sequence[_Cell], chapter: str, language: str) -> Iterator[Step]:
    """Our notebook, in which the learner's cells stand where they belong."""
    built = build(chapter, language)["cells"]
    ours = [_Cell(cell["id"], "".join(cell["source"])) for cell in built if cell["cell_type"] == "code"]
    places = {cell.id: number for number, cell in enumerate(ours)}
    same = {_bare(cell.code): cell.id for cell in ours}
    claimed = [_claimed(cell, chapter) for cell in cells]
    answered = {one for names in claimed for one in names}
    done = 0

    def until(end: int) -> Iterator[Step]:
        nonlocal done
        for own in ours[done:end]:
            if own.id not in answered:
                yield from _answer(own.code, {own.id: own} if own.id in exercises_of(chapter) else {})
        done = max(done, end)

    for cell, names in zip(cells, claimed, strict=True):
        if names:
            yield from until(min(places[name] for name in names))
            yield from _answer(cell.code, {name: ours[places[name]] for name in names})
            continue
        place = same.get(_bare(cell.code), cell.id if cell.id in places else None)
        if place:
            yield from until(places[place] + 1)
        if _bare(cell.code) not in same:
            yield Step(cell.code)
    yield from until(len(ours))


def _answer(code: str, exercises: dict[str, _Cell]) -> Iterator[Step]:
    """Some code without its checks, and then our checks of what it answers."""
    yield Step(_unchecked(code, exercises))
    for name, own in exercises.items():
        check = next(one for one in ast.parse(own.code).body if _checked_in(one) == name)
        yield Step(ast.unparse(check), name)


def _unchecked(code: str, exercises: dict[str, _Cell]) -> str:
    """Code without the checks of some exercises, where Python can read it: it may be the shell's own language, or say
    itself what is wrong when it is run.
    """
    if len(code) > LONGEST:
        return code
    try:
        tree = ast.parse(code)
        tree.body = [one for one in tree.body if _checked_in(one) not in exercises]
        return ast.unparse(tree)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return code


def _checked_in(statement: ast.stmt) -> str | None:
    """The exercise that is checked somewhere in a statement."""
    for node in ast.walk(statement):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="lesson"), attr="check"), args=[ast.Constant(value=str(name)), *_]
            ):
                return name
    return None


def _bare(code: str) -> str:
    """Code as far as editors leave it alone."""
    return "\n".join(line.rstrip() for line in code.strip().splitlines())
