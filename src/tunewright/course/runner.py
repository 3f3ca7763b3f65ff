"""Runs the cells of a submission as a notebook would, and tells what the checks in them said.

``python -m tunewright.course.runner`` reads one JSON object: ``chapter``, ``language``, ``limits`` and ``steps``, each
with its ``code`` and, where its outputs count, the ``exercise`` that it checks. It writes a line of JSON when it
begins, one for each check and each error, one when it is done. What is printed goes to standard error.

The learner's code runs in this very process, so whoever knows how can write such lines too: what comes out is for
teaching, not for exams.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import Any, ClassVar

from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from tunewright.course.lesson import MIME, Lesson

GENUINE = {name: own for name, own in vars(Lesson).items() if not name.startswith("__") or name == "__init__"}
"""What a lesson can do, before any learner could change that."""


class Publisher(DisplayPublisher):
    """Keeps what checks display."""

    checks: ClassVar[list[Any]] = []

    def publish(self, data: dict[str, Any], *arguments: Any, **named: Any) -> None:
        if MIME in data:
            self.checks.append(data[MIME])


class Shell(InteractiveShell):
    """IPython that shows nothing, as no one looks."""

    kernel = None  # that there is one tells the lesson that it is in a notebook
    system = InteractiveShell.system_raw  # there are no terminals
    display_pub_class = Publisher

    def enable_gui(self, gui: Any = None) -> None:
        """``%matplotlib inline`` asks for this."""


def main() -> None:
    """Runs what standard input tells, to the end."""
    # Whatever else is written to standard output isn't ours.
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    told = json.load(sys.stdin)
    lesson = Lesson(told["chapter"], told["language"])
    shell: Any = Shell.instance()
    _limit(**told["limits"])
    for line in chain([{"begun": True}], _told(shell, lesson, told["steps"]), [{"done": True}]):
        results.write(json.dumps(line) + "\n")
        results.flush()
    sys.stdout.flush()
    os._exit(0)  # threads and handlers of the learner don't get another turn


def _told(shell: Any, lesson: Lesson, steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What each check says, and which errors there are."""
    for step in steps:
        if exercise := step["exercise"]:
            # Whatever became of the lesson: this one checks.
            shell.user_ns["lesson"] = lesson
            vars(lesson).pop("check", None)
            for name, own in GENUINE.items():
                setattr(Lesson, name, own)
        Publisher.checks.clear()
        done = shell.run_cell(step["code"], store_history=False)
        error = done.error_before_exec or done.error_in_exec
        if error:
            yield {"error": f"{type(error).__name__}: {error}"[:300], "memory": _is_of_memory(error)}
        said = [one for one in Publisher.checks if isinstance(one, dict) and one.get("exercise") == exercise]
        if exercise and said:
            yield {"exercise": exercise, "said": said[-1]}


def _is_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or "allocate memory" in str(error)


def _limit(seconds: int, memory: int, file: int) -> None:
    """What the system takes care of: seconds of all cores together, bytes of memory, bytes of one file."""
    with suppress(ImportError):  # on Windows
        import resource

        for name, most in (("CPU", seconds), ("DATA", memory), ("FSIZE", file), ("CORE", 0)):
            with suppress(ValueError, OSError):  # less is allowed already, or this system has no such limit
                resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))


if __name__ == "__main__":
    main()
