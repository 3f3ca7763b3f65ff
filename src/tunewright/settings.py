"""Everything that defines a training, frozen; and recipes, the TOML files that hold it.

Knows nothing of the parts themselves: the sections ``corpus``, ``codec`` and ``model`` name a part of the catalogue,
and hand it every other key they hold as an option.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tunewright import catalogue
from tunewright.errors import SettingsError

Decay = Annotated[float, Field(ge=0, lt=1)]
ADAMS = ("adam", "adamw")
"""Optimisers that know betas and an epsilon."""


class Section(BaseModel):
    """A frozen group of settings that refuses what it doesn't know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(BaseModel):
    """A part of the catalogue by name; every further key is an option of that part."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str

    @property
    def options(self) -> dict[str, Any]:
        """What the part itself is given."""
        return dict(self.model_extra or {})


class CorpusSettings(Part):
    """Which pieces, and which of them may be learned from."""

    name: str = "irish"
    split: Literal["hash", "none"] = "hash"
    """``hash`` holds a tenth out for validation and a tenth for the test; ``none`` trains on everything."""
    form: Literal["raw", "house"] = "raw"
    """``raw`` reads tunes as they were found, ``house`` as we write them; figures are compared only within one form."""


class CodecSettings(Part):
    """How pieces become symbols."""

    name: str = "characters"
    fitted_on: Literal["training", "corpus"] = "training"
    """``corpus`` lets the symbol table see held-out pieces too, as the lab does."""


class ModelSettings(Part):
    """What predicts the next symbol."""

    name: str = "lstm"


class TrainingSettings(Section):
    """The loop's settings."""

    seed: int = Field(default=0, ge=0, lt=2**32)
    iterations: int = Field(default=3000, ge=1)
    batch_size: int = Field(default=8, ge=1)
    length: int = Field(default=100, ge=1)
    """Symbols in one window."""
    windows: Literal["random", "sequential"] = "random"
    """``random`` starts anywhere; ``sequential`` reads whole shuffled pieces on, lane by lane."""
    carry_memory: bool = False
    """Whether a window begins with the memory that the lane's last window ended with, instead of an empty one."""
    optimiser: Literal["adam", "adamw", "adagrad", "rmsprop", "sgd"] = "adam"
    learning_rate: float = Field(default=5e-3, gt=0)
    weight_decay: float = Field(default=0.0, ge=0)
    adam_betas: tuple[Decay, Decay] = (0.9, 0.999)
    """Decays an iteration of Adam's means of gradients and of their squares; Vaswani et al. 2017 have 0.9 and 0.98."""
    adam_epsilon: float = Field(default=1e-8, gt=0)
    """Keeps Adam from dividing by nothing; Vaswani et al. 2017 have 1e-9."""
    schedule: Literal["constant", "cosine", "noam"] = "constant"
    """After the warm-up; ``noam`` falls with the root of the iterations (Vaswani et al. 2017), and its peak, not its
    factor, is ``learning_rate``.
    """
    warmup_iterations: int = Field(default=0, ge=0)
    clip_norm: float = Field(default=0.0, ge=0)
    """Gradients are scaled down to this norm; 0 leaves them alone."""
    averaging: Decay = 0.0
    """Decay an iteration of a running average of the weights, which is then what is validated and kept; 0 keeps the
    weights themselves.
    """
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    """Share of each target that is spread over all symbols (Szegedy et al. 2016); likelihoods are measured without."""
    transposed: float = Field(default=0.0, ge=0, le=1)
    """Share of the tunes that an epoch reads in another key."""
    semitones: int = Field(default=0, ge=0, le=12)
    """Performances are read higher or lower by up to so many, drawn anew in each epoch."""
    stretch: float = Field(default=0.0, ge=0, lt=1)
    """They are read faster or slower by up to this share, drawn anew in each epoch."""
    patience: int = Field(default=0, ge=0)
    """Measurements on validation without a better one after which a training ends; 0 for never."""
    validate_every: int = Field(default=100, ge=0)
    """Iterations between two measurements on validation; 0 never measures."""
    samples: Literal["end", "validation"] = "end"
    """When a piece is composed, for trackers that can take one: at the end, or at each measurement, for all to see."""
    sample_length: str = ""
    """Of performances that are composed so, as ``compose --length`` takes it; empty for the usual one."""
    validate_symbols: int = Field(default=0, ge=0)
    """How much of each held-out piece is read when validation is measured along a training: so many symbols from its
    beginning, always the same ones; 0 for all of it.
    """
    checkpoint_every: int = Field(default=100, ge=1)
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the products in a training step; weights, likelihoods and what is saved are ``float32`` in any case.
    ``bfloat16`` is fast on GPUs; on most CPUs it is slower than ``float32``.
    """
    compile: bool = False
    """Whether ``torch.compile`` translates the model for training; only on CUDA."""

    @model_validator(mode="after")
    def _know_adam(self) -> Self:
        for name in ("adam_betas", "adam_epsilon"):
            if self.optimiser not in ADAMS and getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"optimiser {self.optimiser} has no {name}: only {' and '.join(ADAMS)} have")
        return self


class Settings(Section):
    """A whole recipe."""

    recipe: str = ""
    description: str = ""
    corpus: CorpusSettings = CorpusSettings()
    codec: CodecSettings = CodecSettings()
    model: ModelSettings = ModelSettings()
    training: TrainingSettings = TrainingSettings()

    def with_corpus(self, name: str) -> Settings:
        """These settings on another corpus (a name, or else the path of a file or folder); the options of the former
        one go with it.
        """
        is_path = name not in catalogue.parts("corpus") and os.path.exists(name)
        name = str(Path(name).resolve()) if is_path else name
        kept = CorpusSettings(name=name, split=self.corpus.split, form=self.corpus.form)
        return self.model_copy(update={"corpus": kept})

    def changed(self, assignments: Sequence[str]) -> Settings:
        """These settings with ``section.key=value`` assignments applied.

        Raises:
            SettingsError: an assignment that isn't one, or that no setting answers to.
        """
        values = self.model_dump()
        for assignment in assignments:
            address, equals, text = assignment.partition("=")
            section, dot, key = address.strip().partition(".")
            if not (equals and dot and key) or not isinstance(values.get(section), dict):
                sections = [name for name, value in values.items() if isinstance(value, dict)]
                raise SettingsError(
                    f"--set {assignment}: expected section.key=value with a section out of {', '.join(sections)}"
                )
            values[section][key] = _parse_value(text.strip())
        return parse_settings(values, "--set")

    def check_options(self) -> None:
        """Looks whether the parts that are named have the options that they are given.

        Raises:
            SettingsError: there is no such part or option, or a value is of another type.
        """
        own = self.corpus.name if self.corpus.name in catalogue.parts("corpus") else "path"
        for section, name, part in (("corpus", own, self.corpus), ("codec", "", self.codec), ("model", "", self.model)):
            catalogue.checked_options(section, name or part.name, part.options)


def parse_settings(values: dict[str, Any], source: str) -> Settings:
    """Settings out of nested dictionaries.

    Raises:
        SettingsError: names ``source``, the setting and what would be right.
    """
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        address = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            section = values.get(str(first["loc"][0]))
            known = TrainingSettings.model_fields if isinstance(section, dict) else Settings.model_fields
            raise SettingsError(f"{source}: there is no setting '{address}'; there are: {', '.join(known)}") from None
        if first["type"] == "value_error":  # of several settings, which its own words name
            raise SettingsError(f"{source}: {address}: {first['ctx']['error']}") from None
        raise SettingsError(f"{source}: {address} = {first['input']!r}: {first['msg'].lower()}") from None


def _parse_value(text: str) -> Any:
    """A TOML value where the text is one (numbers, true, lists), else the text itself."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def recipe_names() -> list[str]:
    """Names of the recipes that come with the package."""
    folder = resources.files("tunewright") / "recipes"
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))


def load_recipe(name: str) -> Settings:
    """A built-in recipe by name, or a TOML file by path.

    Raises:
        SettingsError: there is no such recipe, or it isn't right.
    """
    if name in recipe_names():
        text = (resources.files("tunewright") / "recipes" / f"{name}.toml").read_text(encoding="utf-8")
    elif name.endswith(".toml") and Path(name).is_file():
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"recipe {name}: {error}") from None
    else:
        raise SettingsError(f"no recipe '{name}'; there are: {', '.join(recipe_names())}, or a path to a .toml file")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"recipe {name}: {error}") from None
    return parse_settings({"recipe": Path(name).stem, **values}, f"recipe {name}")


def dump_settings(settings: Settings) -> str:
    """Settings as JSON text, readable by :func:`read_settings`."""
    return json.dumps(settings.model_dump(mode="json"), indent=1) + "\n"


def read_settings(text: str, source: str) -> Settings:
    """The inverse of :func:`dump_settings`."""
    return parse_settings(json.loads(text), source)
