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
RANGE = re.compile(r"([^,/]*[^,/.])\.\.([^,/.][^,/]*)")
"""Two ends; paths may hold dots, too."""
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
    """A setting that is searched between two numbers, both of which it may be.

    Attributes:
        address: ``section.key``.
        whole: whether it is a whole number.
    """

    address: str
    low: int | float
    high: int | float
    whole: bool = False

    @property
    def logarithmic(self) -> bool:
        """Whether it is searched evenly in its logarithm."""
        return self.low > 0 and self.high / self.low >= LOGARITHMIC

    def __str__(self) -> str:
        return f"{self.address}={self.low}..{self.high}"


Dimension = Values | Range


def parse_dimension(text: str) -> Dimension:
    """A dimension out of ``section.key=a,b,c`` or ``section.key=low..high``.

    Both ends of a range being whole, so are the numbers between, unless what they are for is known to take others too.

    Raises:
        SettingsError: it is neither, or a value stands there twice.
    """
    address, equals, right = (part.strip() for part in text.partition("="))
    if not (equals and right and re.fullmatch(r"\w+\.\w+", address)):
        raise SettingsError(f"--vary {text}: expected section.key=a,b,c or section.key=low..high")
    if ends := RANGE.fullmatch(right):
        return _range(text, address, _parsed(ends[1]), _parsed(ends[2]))
    values = tuple(_parsed(value.strip()) for value in right.split(","))
    if "" in values:
        raise SettingsError(f"--vary {text}: there is no value beside a comma; expected section.key=a,b,c")
    # As numbers 1, 1.0 and true are one, and so would be their trials.
    if len(set(map(told, values))) < len(values) or len(set(values)) < len(values):
        raise SettingsError(f"--vary {text}: a value stands there twice")
    return Values(address, values)


def _range(text: str, address: str, low: Value, high: Value) -> Range:
    if not (_is_number(low) and _is_number(high)) or not low < high:  # type: ignore[operator]
        raise SettingsError(f"--vary {text}: expected two numbers, the lower one first, as in 0.001..0.01")
    return Range(address, low, high, whole=isinstance(low, int) and isinstance(high, int))  # type: ignore[arg-type]


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


def size_of(space: Sequence[Dimension]) -> float:
    """How many variants there can be; infinite where a range isn't of whole numbers."""
    return math.prod(len(_values(one)) if _is_countable(one) else math.inf for one in space)


def combinations(space: Sequence[Dimension]) -> Iterator[dict[str, Value]]:
    """Every variant of a space in which they can be counted, as they come."""
    for values in product(*map(_values, space)):
        yield dict(zip((one.address for one in space), values, strict=True))


def _is_countable(dimension: Dimension) -> bool:
    return isinstance(dimension, Values) or dimension.whole


def _values(dimension: Dimension) -> Sequence[Value]:
    if isinstance(dimension, Values):
        return dimension.values
    return range(int(dimension.low), int(dimension.high) + 1)


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
