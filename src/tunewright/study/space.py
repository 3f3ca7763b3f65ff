"""What a study varies: settings of a training, and of composing, each over some values or a range.

``section.key=a,b,c`` tries these values; ``section.key=low..high`` is searched, evenly in its logarithm where it spans
at least a factor of ten. The section ``decoding`` holds what a :class:`tunewright.wish.Wish` does, e.g.
``decoding.temperature=0.7,1.0``; every other one is a section of a recipe.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from tunewright.errors import SettingsError

DECODING = "decoding"
LOGARITHMIC = 10
"""A range that spans such a factor is searched evenly in its logarithm."""
Value = bool | int | float | str
Assignments = Mapping[str, Value]
"""Values by the addresses of their settings."""


@dataclass(frozen=True)
class Values:
    """A setting and the values it is given.

    Attributes:
        address: ``section.key``.
    """

    address: str
    values: tuple[Value, ...]

    def __str__(self) -> str:
        return f"{self.address}={','.join(told(value) for value in self.values)}"


@dataclass(frozen=True)
class Range:
    """A setting that is searched between two numbers, both of which it may be; whole numbers where both are.

    Attributes:
        address: ``section.key``.
    """

    address: str
    low: int | float
    high: int | float

    @property
    def logarithmic(self) -> bool:
        """Whether it is searched evenly in its logarithm."""
        return self.low > 0 and self.high / self.low >= LOGARITHMIC

    def __str__(self) -> str:
        return f"{self.address}={self.low}..{self.high}"


Dimension = Values | Range


def parse_dimension(text: str) -> Dimension:
    """A dimension out of ``section.key=a,b,c`` or ``section.key=low..high``.

    Raises:
        SettingsError: it is neither, or a value stands there twice.
    """
    address, equals, right = (part.strip() for part in text.partition("="))
    if not (equals and right and re.fullmatch(r"\w+\.\w+", address)):
        raise SettingsError(f"--vary {text}: expected section.key=a,b,c or section.key=low..high")
    low, dots, high = right.partition("..")
    if dots:
        ends = [_parsed(low), _parsed(high)]
        if not all(_is_number(end) for end in ends) or not ends[0] < ends[1]:  # type: ignore[operator]
            raise SettingsError(f"--vary {text}: expected two numbers, the lower one first, as in 0.001..0.01")
        return Range(address, *ends)  # type: ignore[arg-type]
    values = tuple(_parsed(value.strip()) for value in right.split(","))
    if len(set(map(told, values))) < len(values):
        raise SettingsError(f"--vary {text}: a value stands there twice")
    return Values(address, values)


def parse_space(texts: Sequence[str]) -> tuple[Dimension, ...]:
    """Dimensions out of several texts.

    Raises:
        SettingsError: one can't be read, or a setting is varied twice.
    """
    found = tuple(parse_dimension(text) for text in texts)
    addresses = [one.address for one in found]
    for address in addresses:
        if addresses.count(address) > 1:
            raise SettingsError(f"--vary {address} is given twice; expected all its values in one, as in {address}=a,b")
    return found


def grid(space: Sequence[Dimension]) -> Iterator[dict[str, Value]]:
    """Every combination of the values; those of composing change last, so that trainings are shared.

    Raises:
        SettingsError: a range, of which no grid can be made.
    """
    for one in space:
        if isinstance(one, Range):
            raise SettingsError(f"--vary {one} is a range: it is searched with --trials N, or expected values a,b,c")
    # What is composed with is outermost: all trainings are done before one is composed with a second time.
    ordered = sorted(space, key=lambda one: not is_decoding(one.address))
    for values in product(*(one.values for one in ordered)):  # type: ignore[union-attr]
        chosen = dict(zip((one.address for one in ordered), values, strict=True))
        yield {one.address: chosen[one.address] for one in space}


def is_decoding(address: str) -> bool:
    """Whether a setting is one of composing."""
    return address.partition(".")[0] == DECODING


def told(value: Value) -> str:
    """A value as it is written after ``--set``."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _parsed(text: str) -> Value:
    """A number or a truth value where the text is one, else the text itself."""
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    return value if isinstance(value, bool | int | float | str) and value == value else text


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
