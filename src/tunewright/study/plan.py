"""What a study is to do, as it stands in its ``study.json``: once written it doesn't change."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from tunewright import catalogue
from tunewright.errors import DecodingError, RunError, SettingsError
from tunewright.files import write_whole
from tunewright.quality import LENGTH
from tunewright.run import open_run
from tunewright.settings import Settings, parse_settings
from tunewright.study.space import (
    Assignments,
    Dimension,
    Range,
    Value,
    Values,
    grid,
    is_decoding,
    parse_space,
    size_of,
    told,
)
from tunewright.train import Budget
from tunewright.wish import OF_PERFORMANCES, OF_TUNES, Wish

PLAN = "study.json"
FORMAT = 1
LONGEST_NAME = 120
SEEDS = ("training.seed", "decoding.seed")


@dataclass(frozen=True)
class Trial:
    """One variant under one seed.

    Attributes:
        assignments: values of what is varied, by address.
        seed: of the training, and of composing.
    """

    assignments: Assignments
    seed: int

    @property
    def name(self) -> str:
        """The same for the same trial, whenever and in whatever order it is met."""
        return _named(self.assignments, self.seed)

    @property
    def variant(self) -> str:
        """What is told of it apart from the seed."""
        return ", ".join(f"{one}={told(value)}" for one, value in self.assignments.items())

    @property
    def training(self) -> str:
        """Name of the training it composes with, which others may share."""
        return _named({one: value for one, value in self.assignments.items() if not is_decoding(one)}, self.seed)

    def to_dict(self) -> dict[str, Any]:
        """For JSON, readable by :meth:`from_dict`."""
        return {"trial": self.name, "assignments": dict(self.assignments), "seed": self.seed}

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Trial:
        """The inverse of :meth:`to_dict`."""
        return cls(dict(told["assignments"]), int(told["seed"]))


@dataclass(frozen=True)
class Plan:
    """What a study is to do.

    Attributes:
        settings: of a recipe, of which some are varied; None where a trained run is composed with.
        run: folder or name of that run; empty where there is a recipe.
        varied: what is varied, each as after ``--vary``.
        seeds: how many seeds every variant is tried with, from that of the settings on.
        trials: how many variants a search tries; 0 for the grid of all.
        budget: of each training.
        tunes: how many pieces each trial composes to be judged (tunes with and without the constraint); 0 for none.
        trackers: names of those that watch each training, beside the usual ones.

    Raises:
        SettingsError: something is varied that there isn't, that can't be, or that the plan itself lays down.
    """

    settings: Settings | None
    run: str = ""
    varied: tuple[str, ...] = ()
    seeds: int = 1
    trials: int = 0
    budget: Budget = field(default_factory=Budget)
    tunes: int = 50
    trackers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for one in self.space:
            self._check_dimension(one)
        samples = self._corners() if self.trials else grid(self.space)
        for trial in (Trial(assignments, self.first_seed) for assignments in samples):
            if settings := self.settings_of(trial):
                settings.check_options()
            self.wish_of(trial)
        self._check_objective()

    @cached_property
    def space(self) -> tuple[Dimension, ...]:
        """What is varied; of a range it is known here whether it takes whole numbers alone."""
        return tuple(
            replace(one, whole=False) if isinstance(one, Range) and one.whole and self._takes_fractions(one) else one
            for one in parse_space(self.varied)
        )

    @property
    def variants(self) -> int:
        """How many there are to be: as many as a search tries, if there can be so many."""
        return int(min(self.trials or math.inf, size_of(self.space)))

    @property
    def objective(self) -> str:
        """The name of the figure that a search makes small."""
        return "distance" if any(is_decoding(one.address) for one in self.space) else "validation"

    @cached_property
    def codec(self) -> Any:
        """The codec, or its class where the codec is still to be made: what tells of which kind pieces are, and what is
        counted as their unit.
        """
        if not self.settings:
            return open_run(self.run).codec
        return catalogue.find("codec", self.settings.codec.name).__self__

    @property
    def first_seed(self) -> int:
        """The seed of each variant's first trial."""
        return self.settings.training.seed if self.settings else 0

    def trials_of(self, assignments: Assignments) -> list[Trial]:
        """A variant under every seed."""
        return [Trial(assignments, self.first_seed + number) for number in range(self.seeds)]

    def grid(self) -> Iterator[Trial]:
        """Every combination of the values under every seed."""
        for assignments in grid(self.space):
            yield from self.trials_of(assignments)

    def settings_of(self, trial: Trial) -> Settings | None:
        """The settings of a trial's training; None where there is none.

        Raises:
            SettingsError: a setting that there isn't, or a value that it can't have.
        """
        if not self.settings:
            return None
        own = {one: value for one, value in trial.assignments.items() if not is_decoding(one)}
        return self.settings.changed(
            [*(f"{one}={told(value)}" for one, value in own.items()), f"training.seed={trial.seed}"]
        )

    def wish_of(self, trial: Trial) -> Wish:
        """What a trial composes.

        Raises:
            SettingsError: a setting of composing that there isn't, or a value that it can't have.
        """
        own = {one.partition(".")[2]: value for one, value in trial.assignments.items() if is_decoding(one)}
        known = {name for name in Wish.__dataclass_fields__ if name != "seed"}
        if own.keys() - known:
            raise SettingsError(f"--vary decoding.{min(own.keys() - known)}: there are: {', '.join(sorted(known))}")
        defaults = Wish(length=LENGTH if self.codec.kind == "performance" else "")
        for name, value in own.items():
            usual = getattr(defaults, name)
            right = isinstance(value, int | float) if isinstance(usual, float) else isinstance(value, type(usual))
            if not right or (isinstance(value, bool) and not isinstance(usual, bool)):
                raise SettingsError(f"--vary decoding.{name}={told(value)}: expected {_example(usual)}")
        try:
            wish = replace(defaults, **own, seed=trial.seed)  # type: ignore[arg-type]
            wish.refuse(OF_PERFORMANCES if self.codec.kind == "tune" else OF_TUNES, trial.name, self.codec.kind)
            return wish
        except DecodingError as error:
            raise SettingsError(f"--vary decoding: {error}") from None

    def _check_dimension(self, one: Dimension) -> None:
        if not self.settings and not is_decoding(one.address):
            raise SettingsError(f"--vary {one}: run {self.run} is trained already; expected decoding.key=a,b,c")
        if is_decoding(one.address) and not self.tunes:
            raise SettingsError(f"--vary {one}: without --tunes nothing is composed that could tell of it")
        if one.address in SEEDS:
            raise SettingsError(f"--vary {one}: every trial has a seed of its own; --seeds N tries each variant with N")
        if one.address == "training.iterations" and self.budget != Budget():
            raise SettingsError(f"--vary {one}: how long each is trained is told by --minutes or --characters already")

    def _check_objective(self) -> None:
        """A search needs a figure to go by."""
        settings = self.settings
        if self.trials and self.objective == "distance" and self.codec.kind != "tune":
            raise SettingsError(
                f"a search over decoding goes by the distance from real tunes, which {self.codec.kind}s don't have: "
                "leave --trials out, or vary settings of the training alone"
            )
        if not (self.trials and settings and self.objective == "validation"):
            return
        if settings.corpus.split == "none" or not settings.training.validate_every:
            raise SettingsError(
                "a search goes by held-out bits, which these settings don't measure: expected corpus.split=hash and "
                "training.validate_every=N"
            )

    def _corners(self) -> Iterator[Assignments]:
        """Enough variants to meet every value and both ends of every range."""
        ends = {one.address: one.values if isinstance(one, Values) else (one.low, one.high) for one in self.space}
        first = {address: values[0] for address, values in ends.items()}
        for address, values in ends.items():
            for value in values:
                yield {**first, address: value}

    def _takes_fractions(self, dimension: Range) -> bool:
        """Whether a setting can be a number between two whole ones."""
        if is_decoding(dimension.address):
            return isinstance(getattr(Wish(), dimension.address.partition(".")[2], None), float)
        try:
            if self.settings:
                self.settings.changed([f"{dimension.address}={dimension.low + 0.5}"]).check_options()
            return True
        except SettingsError:
            return False


def write_plan(plan: Plan, folder: Path) -> None:
    """Writes ``study.json``."""
    told = {"format": FORMAT, **{one.name: getattr(plan, one.name) for one in fields(plan)}}
    told["settings"] = plan.settings and plan.settings.model_dump(mode="json")
    told["budget"] = asdict(plan.budget)
    write_whole(folder / PLAN, json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def read_plan(folder: Path) -> Plan:
    """The plan of a study that was begun.

    Raises:
        RunError: there is none in this folder, or it is damaged.
    """
    path = folder / PLAN
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told.pop("format") != FORMAT:
            raise RunError(f"{folder} was written by another tunewright, whose studies this one can't go on with")
        settings = told["settings"] and parse_settings(told["settings"], str(path))
        sequences = {name: tuple(told[name]) for name in ("varied", "trackers") if name in told}
        return Plan(**{**told, **sequences, "settings": settings, "budget": Budget(**told["budget"])})
    except FileNotFoundError:
        raise RunError(f"{folder} is no study: it has no {PLAN}") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{path} is damaged ({error})") from None


def is_study(folder: Path) -> bool:
    """Whether there is a study in this folder."""
    return (folder / PLAN).is_file()


def _example(usual: Value) -> str:
    return "a text" if isinstance(usual, str) else f"a value such as {told(usual)}"


def _named(assignments: Assignments, seed: int) -> str:
    """A file name that tells what is varied; where that can't be, the beginning of it and a hash."""
    text = ",".join([*(f"{one}={told(value)}" for one, value in assignments.items()), f"seed={seed}"])
    name = re.sub(r"[^\w.=,+-]", "_", text)
    if name == text and len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 20]}-{sha256(text.encode()).hexdigest()[:8]}"
