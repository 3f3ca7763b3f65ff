"""What a notebook of the course talks to: it checks what was written, hints at what is wrong, shows how far one is."""

from __future__ import annotations

import html
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from tunewright.course.chapters import Language, load_language, source_of
from tunewright.errors import SettingsError
from tunewright.notebooks import displays, in_notebook

MIME = "application/vnd.tunewright.check+json"
"""The kind of output in which a check can be read by programs."""
BUDGET = "TUNEWRIGHT_COURSE_BUDGET"
STYLE = {True: "#e7f4ea;border-left:5px solid #2e7d46", False: "#fdf0e3;border-left:5px solid #b5600d"}


@dataclass(frozen=True)
class Hint:
    """What is wrong with an answer, and where to look; never the answer.

    Attributes:
        key: of the message.
        values: that fill its places.
    """

    key: str
    values: dict[str, Any] = field(default_factory=dict)


Check = Callable[..., Hint | None]
"""Takes what was written; None if it is right."""


class UnfinishedError(Exception):
    """The placeholder still stands where an answer should."""


class Lesson:
    """A chapter that is being worked through.

    Args:
        chapter: its name.
        language: in which it talks.

    Raises:
        SettingsError: there is no such chapter or language.
    """

    def __init__(self, chapter: str, language: str = "en") -> None:
        source_of(chapter)  # that there is such a chapter
        self.chapter = chapter
        self._language = load_language(language)
        self._checks = checks_of(chapter)
        self._passed: set[str] = set()

    def check(self, exercise: str, *answers: Any) -> bool:
        """Whether an exercise is solved; shows what is right or hints at what is wrong.

        Args:
            exercise: its name.
            answers: what was written in it.
        """
        hint = judged(self._checks[exercise], answers)
        (self._passed.discard if hint else self._passed.add)(exercise)
        self._show(exercise, hint)
        return hint is None

    def passed(self, *exercises: str) -> bool:
        """Whether these exercises are solved; tells which of them are needed first."""
        missing = [one for one in exercises if one not in self._passed]
        if missing:
            print(self._language.words("needed", exercises=", ".join(missing)))
        return not missing

    def budget(self, count: int) -> int:
        """How many iterations, tunes or samples to spend where the text says ``count``: as many times that as
        ``$TUNEWRIGHT_COURSE_BUDGET`` says, for those in a hurry or with time.

        Raises:
            SettingsError: that is no number above zero.
        """
        told = os.environ.get(BUDGET, "1")
        try:
            share = float(told)
        except ValueError:
            share = 0.0
        if not 0 < share < math.inf:
            raise SettingsError(f"{BUDGET}={told}: expected a number above zero, e.g. 0.1 for a tenth of everything")
        return max(1, round(count * share))

    def progress(self) -> str:
        """How far one is, as a line."""
        done, of = len(self._passed), len(self._checks)
        return f"{'■' * done}{'□' * (of - done)} {self._language.words('progress', done=done, of=of)}"

    def _show(self, exercise: str, hint: Hint | None) -> None:
        text = self._told(exercise, hint)
        line = f"{'✓' if hint is None else '✗'} {exercise}: {text}\n{self.progress()}"
        if not in_notebook():
            print(line)
            return
        about = {"chapter": self.chapter, "exercise": exercise, "passed": hint is None, "hint": hint and hint.key}
        displays().display({"text/plain": line, "text/html": _panel(line, hint is None), MIME: about}, raw=True)

    def _told(self, exercise: str, hint: Hint | None) -> str:
        if hint is None:
            return self._language.words("right")
        return told(self._language, self.chapter, exercise, hint)


def told(language: Language, chapter: str, exercise: str, hint: Hint) -> str:
    """A hint in words."""
    return language.hint(chapter, exercise, hint.key, **hint.values)


def checks_of(chapter: str) -> dict[str, Check]:
    """The checks of a chapter's exercises, by their names, in the order of the chapter."""
    module = import_module(f"tunewright.course.checks.{chapter}")
    checks: dict[str, Check] = module.CHECKS
    return checks


def judged(check: Check, answers: tuple[Any, ...]) -> Hint | None:
    """What a check says, also of answers that aren't finished or that fail."""
    if any(answer is ... for answer in answers):
        return Hint("todo")
    try:
        return check(*answers)
    except UnfinishedError:
        return Hint("todo")
    except Exception as error:
        # Placeholders that were called, added or taken apart.
        if "ellipsis" in str(error).lower():
            return Hint("todo")
        return Hint("raised", {"error": f"{type(error).__name__}: {error}"})


def choice(right: str, letters: str = "abcd") -> Check:
    """The check of a question with several answers, called by these letters: each wrong one has a hint of its own,
    whose key is its letter.
    """

    def check(given: Any) -> Hint | None:
        letter = str(given).strip().lower()
        if len(letter) != 1 or letter not in letters:
            return Hint("no_letter")
        return None if letter == right else Hint(letter)

    return check


def finished(value: Any) -> Any:
    """A value that a learner's function has returned.

    Raises:
        UnfinishedError: it is the placeholder, or nothing.
    """
    if value is ... or value is None:
        raise UnfinishedError
    return value


def _panel(line: str, right: bool) -> str:
    text = html.escape(line).replace("\n", "<br>")
    return f'<div style="padding:.6em 1em;color:#222;background:{STYLE[right]}">{text}</div>'
