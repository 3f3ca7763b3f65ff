"""The figures of a study as its report needs them, each reckoned once."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from tunewright.messages import Messages
from tunewright.report.charts import Levels
from tunewright.report.findings import TOLD
from tunewright.study.effects import RATIOS, Chance, chance_of, figures_of, levels
from tunewright.study.results import Ended, Study
from tunewright.study.space import Range, Value, is_decoding

SHARES = ("valid_free", "valid", "originality")
DIGITS = {"seconds": 1, "seconds_per_iteration": 4, "validation": 3, "test": 3, "distance": 2, "seconds_per_tune": 1}
Found = TypeVar("Found")


@dataclass(frozen=True)
class StudyFigures:
    """A study, and what its report tells in several places."""

    study: Study
    messages: Messages

    @cached_property
    def chance(self) -> dict[str, Chance | None]:
        """How much each figure varies by itself."""
        return {figure: chance_of(self.study, figure) for figure in TOLD}

    @cached_property
    def main(self) -> str:
        """The figure that tells most: held-out bits; where only composing is varied, the distance from real tunes; of
        performances, which have none, how original they are.
        """
        names = (["validation"] if self.study.plan.settings else []) + ["distance"]
        last = "distance" if self.study.plan.codec.kind == "tune" else "originality"
        return next((name for name in names if figures_of(self.study, name)), last)

    @cached_property
    def best(self) -> Ended | None:
        """The trial with the best held-out figure; None where there is none."""
        measured = [one for one in self.study.done if one.results.get("validation") is not None]
        return min(measured, key=lambda one: float(one.results["validation"]), default=None)

    @cached_property
    def ranges(self) -> list[Range]:
        """What was searched."""
        return [one for one in self.study.plan.space if isinstance(one, Range)]

    @cached_property
    def grids(self) -> list[str]:
        """The settings that were given some values each."""
        return [one.address for one in self.study.plan.space if not isinstance(one, Range)]

    @cached_property
    def most_telling(self) -> str:
        """The setting of the training between whose values the held-out figure varies most; empty if there is none."""
        spreads = {}
        for address in self.grids:
            if not is_decoding(address):
                means = [statistics.fmean(own) for own in self.by_value(address, "validation").values() if own]
                spreads[address] = max(means) - min(means) if means else 0.0
        return max(spreads, key=spreads.__getitem__, default="")

    def values(self, figure: str) -> list[tuple[Ended, float]]:
        """The trials that have a figure, with its value."""
        return [(one, math.exp(value) if figure in RATIOS else value) for one, value in figures_of(self.study, figure)]

    def by_value(self, address: str, figure: str) -> dict[Value, list[float]]:
        """A figure's values over those of a setting."""
        found: dict[Value, list[float]] = {value: [] for value in levels(self.study, address)}
        for one, value in self.values(figure):
            found[one.trial.assignments[address]].append(value)
        return found

    def levels(self, address: str) -> Levels:
        """A setting and its values, as they are called."""
        values = [self.messages.value(value) for value in levels(self.study, address)]
        return Levels(self.messages.named("setting", address), values)

    def grouped(self, found: Callable[[Ended], Found]) -> dict[str, list[Found]]:
        """What is found of each trial, by the values of the most telling setting; without one, all under no name."""
        groups: dict[str, list[Found]] = {}
        for name, one in self._named_by_group():
            groups.setdefault(name, []).append(found(one))
        return groups

    def _named_by_group(self) -> Iterator[tuple[str, Ended]]:
        address = self.most_telling
        if not address:
            yield from (("", one) for one in self.study.done)
            return
        name = self.messages.named("setting", address)
        for value in levels(self.study, address):
            own = (one for one in self.study.done if one.trial.assignments[address] == value)
            yield from ((f"{name} {self.messages.value(value)}", one) for one in own)

    def figure_name(self, figure: str) -> str:
        """What a figure is called at the beginning of a sentence."""
        name = self.messages.named("figure", figure)
        return name[0].upper() + name[1:]

    def cell(self, name: str, value: float | None) -> str:
        """A figure as it stands in a table."""
        if name in SHARES:
            return self.messages.percent(value)
        return self.messages.number(value, DIGITS.get(name, 0))
