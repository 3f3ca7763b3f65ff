"""The chapters of the course, and what is said in them, by language.

A chapter's source is a Python file in the percent format that Jupyter editors read (jupytext): it is the English
solution. Everything else is built from it: ``language/<code>.toml`` holds what is said in another language, and the
hints in all of them. A further language is one more such file.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from tunewright.errors import SettingsError

CHAPTERS = {
    "pytorch": "1-pytorch",
    "irish": "2-irish",
    "mozart": "3-mozart",
    "attention": "4-attention",
    "decoding": "5-decoding",
    "study": "6-study",
}
"""The file names of the chapters, by what checks call them, in their order."""
ENGLISH = "en"
"""The language of the sources."""


@dataclass(frozen=True)
class Language:
    """What the course says in one language.

    Attributes:
        code: e.g. ``"en"``.
        tree: the tables of its file.
    """

    code: str
    tree: dict[str, Any]

    def said(self, *keys: str) -> str | None:
        """What stands under some keys; None if nothing does."""
        found: Any = self.tree
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found if isinstance(found, str) else None

    def hint(self, chapter: str, exercise: str, key: str, **values: Any) -> str:
        """A hint, in English where this language has none.

        Raises:
            KeyError: no language has it.
        """
        for language in (self, load_language(ENGLISH)):
            for place in ((chapter, exercise), ("common",)):
                if text := language.said("hint", *place, key):
                    return text.format(**values)
        raise KeyError(f"hint.{chapter}.{exercise}.{key}")

    def words(self, key: str, **values: Any) -> str:
        """What the course itself says, in English where this language doesn't."""
        text = self.said("words", key) or load_language(ENGLISH).said("words", key)
        assert text, key
        return text.format(**values)


def source_of(chapter: str) -> str:
    """The source of a chapter.

    Raises:
        SettingsError: there is none of this name.
    """
    if chapter not in CHAPTERS:
        raise SettingsError(f"no chapter is called '{chapter}'; there are: {', '.join(CHAPTERS)}")
    return (files("tunewright.course") / "source" / f"{CHAPTERS[chapter]}.py").read_text(encoding="utf-8")


def languages() -> list[str]:
    """Codes of the languages that the course is told in."""
    folder = files("tunewright.course") / "language"
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))


@cache
def load_language(code: str) -> Language:
    """A language by its code.

    Raises:
        SettingsError: the course isn't told in it.
    """
    if code not in languages():
        raise SettingsError(f"the course isn't told in '{code}'; there are: {', '.join(languages())}")
    file = files("tunewright.course") / "language" / f"{code}.toml"
    return Language(code, tomllib.loads(file.read_text(encoding="utf-8")))
