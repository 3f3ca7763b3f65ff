"""What reports and pages say, in every language that there is a file of messages for; another one is one more file, and
what it doesn't say yet is said in English.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

from tunewright.errors import SettingsError
from tunewright.messages.numbers import percent, written

FOLDER = files("tunewright.messages")
"""Where the files of the languages are."""
FULL = "en"
"""The language that says all there is to say."""


@dataclass(frozen=True)
class Messages:
    """The messages of one language.

    Attributes:
        language: its code.
        texts: by key; places in braces are filled in.
    """

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: Any) -> str:
        """A message with its places filled: floating numbers must be written before."""
        return self.texts[key].format(**values)

    def named(self, kind: str, name: str) -> str:
        """What something is called, e.g. a setting by its address; its own name where the language has none for it."""
        return self.texts.get(f"{kind}.{name}", name)

    def group(self, kind: str) -> dict[str, str]:
        """All messages of a kind, by their names in it."""
        beginning = f"{kind}."
        return {key.removeprefix(beginning): text for key, text in self.texts.items() if key.startswith(beginning)}

    def listed(self, items: Sequence[str]) -> str:
        """Names in a row."""
        return self.texts["effect.list_comma"].join(items)

    def about(self, kind: str, unit: str = "") -> Messages:
        """The same messages as they speak of pieces of a kind (out of :data:`tunewright.contracts.KINDS`): where there
        is another one under the kind's name, it takes the place of the usual one.

        Args:
            unit: of a piece, what bits are told by; in these others its name is filled in.
        """
        told = self.named("unit", unit)
        own = {key: text.replace("{unit}", told) for key, text in self.group(kind).items()}
        return replace(self, texts={**self.texts, **own})

    def number(self, value: float | None, digits: int = 3) -> str:
        """A number as the language writes it."""
        return written(value, digits, self.texts["decimal"])

    def value(self, value: bool | int | float | str) -> str:
        """The value of a setting as the language writes it: to be read, not to be given to a program."""
        if isinstance(value, bool):
            return self.texts[f"value.{str(value).lower()}"]
        return str(value).replace(".", self.texts["decimal"]) if isinstance(value, float) else str(value)

    def whole(self, value: float | None) -> str:
        """A whole number as the language writes it."""
        return self.number(value, 0)

    def percent(self, share: float | None, digits: int = 0) -> str:
        """A share as per cent."""
        return percent(share, self.texts["decimal"], digits)


def languages() -> list[str]:
    """Codes of the languages that there are messages in."""
    return sorted(file.name.removesuffix(".toml") for file in FOLDER.iterdir() if file.name.endswith(".toml"))


def load_messages(language: str) -> Messages:
    """The messages of a language, those that it lacks in English.

    Raises:
        SettingsError: there are none; the message lists the languages there are.
    """
    if language not in languages():
        raise SettingsError(f"--language {language}: there are: {', '.join(languages())}")
    return Messages(language, {**texts_of(FULL), **texts_of(language)})


def texts_of(language: str) -> dict[str, str]:
    """What the file of a language says, by key."""
    return _flat(tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8")))


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested tables as one, keys joined by full stops."""
    found: dict[str, str] = {}
    for key, value in tree.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found
