"""A run: one folder that holds everything a training was and learned. Nothing outside it is needed to compose; to
resume or to evaluate needs the corpus too.

settings.json         what was asked
codec.json            symbols
best.safetensors      weights with the best figure on validation (the last ones where nothing was held out)
last.safetensors      weights at the end
state.pt              optimiser and progress, for resuming
split.json            part, cluster and sha256 of every piece
index.npz             what was learned from, to be compared with, and how much human tunes share
style.json            of tunes: how headers were written in those learned from
dialect.json          how music was
shapes.json           what forms they had
metrics.jsonl         one record an iteration
loss.png              the same as a picture
run.json              data source and licence, library versions, speed, results
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tunewright import catalogue
from tunewright.contracts import Codec, Corpus, Piece
from tunewright.corpora.mixture import judged
from tunewright.errors import InputError, RunError
from tunewright.music.dialect import Dialect
from tunewright.music.headers import HeaderStyle
from tunewright.music.pieces import in_form
from tunewright.music.shapes import Shapes
from tunewright.settings import Settings, parse_settings

if TYPE_CHECKING:
    from torch import nn

    from tunewright.evaluation.performance_index import PerformanceIndex
    from tunewright.evaluation.relatives import IsRelative
    from tunewright.evaluation.tune_index import TuneIndex

FORMAT = 5
"""Of a run folder. Since the third it tells the dialect of its music, since the fourth its forms, since the fifth the
tunes themselves: what composing needs.
"""
INDEX = "index.npz"
BUILTIN = Path(__file__).parent / "builtin"
"""Where the runs are that come with the package, each by its recipe's name."""
USUAL = "session"
"""The one that composes where none is named."""


@dataclass(frozen=True)
class Run:
    """An opened run folder; parts are read when first asked for.

    Attributes:
        weights: what it composes with: ``"best"`` (on validation) or ``"last"``.
    """

    folder: Path
    weights: Literal["best", "last"] = "best"

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def is_builtin(self) -> bool:
        """Whether it came with the package."""
        return self.folder.parent == BUILTIN

    @property
    def workplace(self) -> Path:
        """Where what is made of it is kept: its folder; of a run that came with the package, one of its name here."""
        return Path("runs") / self.name if self.is_builtin else self.folder

    @cached_property
    def settings(self) -> Settings:
        return parse_settings(self._json("settings.json", dict), str(self.folder / "settings.json"))

    @cached_property
    def codec(self) -> Codec:
        maker = catalogue.find("codec", self.settings.codec.name)
        try:
            codec: Codec = maker.__self__.load(self.folder / "codec.json")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunError(f"{self.folder / 'codec.json'} is no codec ({error})") from None
        return codec

    @property
    def kind(self) -> str:
        """Of the pieces that it has learned from and composes, out of :data:`tunewright.contracts.KINDS`."""
        return self.codec.kind

    @cached_property
    def about(self) -> dict[str, Any]:
        """Contents of ``run.json``."""
        content: dict[str, Any] = self._json("run.json", dict)
        return content

    @cached_property
    def style(self) -> HeaderStyle:
        try:
            return HeaderStyle.from_dict(self._json("style.json", dict))
        except (KeyError, TypeError) as error:
            raise RunError(f"{self.folder / 'style.json'} is no style of headers ({error})") from None

    @cached_property
    def dialect(self) -> Dialect:
        """How music was written in the tunes learned from."""
        try:
            return Dialect.from_dict(self._json("dialect.json", dict))
        except (KeyError, TypeError) as error:
            raise RunError(f"{self.folder / 'dialect.json'} is no dialect ({error})") from None

    @cached_property
    def shapes(self) -> Shapes:
        """What forms the tunes learned from had."""
        try:
            return Shapes.from_dict(self._json("shapes.json", dict))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise RunError(f"{self.folder / 'shapes.json'} tells no shapes of tunes ({error})") from None

    @cached_property
    def index(self) -> TuneIndex:
        """The tunes learned from, ready to be compared with."""
        from tunewright.evaluation.tune_index import TuneIndex

        try:
            return TuneIndex.load(self.folder / INDEX)
        except InputError as error:
            raise RunError(str(error)) from None

    @cached_property
    def performance_index(self) -> PerformanceIndex:
        """The performances learned from, ready to be compared with."""
        from tunewright.evaluation.performance_index import PerformanceIndex

        try:
            return PerformanceIndex.load(self.folder / INDEX)
        except InputError as error:
            raise RunError(str(error)) from None

    def relatives(self) -> IsRelative:
        """Tells which pieces are near-duplicates of those learned from."""
        from tunewright.evaluation.relatives import relatives_of_performances, relatives_of_tunes

        if self.kind == "performance":
            return relatives_of_performances(self.performance_index)
        return relatives_of_tunes(self.index)

    @cached_property
    def split(self) -> list[dict[str, Any]]:
        """Origin, sha256, part and cluster of each piece of the corpus."""
        rows: list[dict[str, Any]] = self._json("split.json", list)
        return rows

    def new_model(self) -> nn.Module:
        """The model of these settings with weights not yet learned."""
        section = self.settings.model
        boundary = self.codec.boundary[0] if len(self.codec.boundary) == 1 else None
        model: nn.Module = catalogue.build("model", section.name, section.options, self.codec.size, boundary)
        return model

    def model(self, weights: str = "") -> nn.Module:
        """The trained model in inference mode, in single precision.

        Args:
            weights: ``"best"`` or ``"last"``; empty for those it composes with.

        Raises:
            RunError: the run has no weights yet.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        path = self.folder / f"{weights or self.weights}.safetensors"
        if not path.exists():
            path = self.folder / "last.safetensors"
        if not path.exists():
            raise RunError(
                f"run {self.folder} has no weights yet; go on with: tunewright train --resume --out {self.folder}"
            )
        model = self.new_model()
        try:
            model.load_state_dict({name: value.float() for name, value in load_file(path).items()})
        except (RuntimeError, SafetensorError) as error:
            raise RunError(f"{path} holds no weights for this run's settings ({str(error).splitlines()[0]})") from None
        return model.eval()

    def part_pieces(self, corpus: Corpus, part: str) -> list[Piece]:
        """The pieces of one part of this run's split (``"all"`` for every piece), in the run's form.

        Args:
            corpus: the run's own, as it was found or in the run's form already.

        Raises:
            RunError: the corpus is not the one that was split.
        """
        by_sha256 = {piece.sha256: piece for piece in corpus.pieces}
        rows = [row for row in self.split if part in ("all", row["part"])]
        missing = [row["origin"] for row in rows if row["sha256"] not in by_sha256]
        if missing:
            raise RunError(f"{corpus.source} is not what run {self.name} was split on: it lacks {missing[0]}")
        chosen = tuple(by_sha256[row["sha256"]] for row in rows)
        return list(in_form(replace(corpus, pieces=chosen), self.settings.corpus.form).pieces)

    def _json(self, name: str, kind: type) -> Any:
        """Contents of a JSON file of the run.

        Raises:
            RunError: it is missing, damaged, or holds something else.
        """
        try:
            content = json.loads((self.folder / name).read_text(encoding="utf-8"))
        except OSError:
            raise RunError(f"{self.folder} is not a whole run: it lacks {name}") from None
        except ValueError as error:
            raise RunError(f"{self.folder / name} is damaged ({error})") from None
        if not isinstance(content, kind):
            raise RunError(f"{self.folder / name} is damaged (it holds no {kind.__name__})")
        return content


def open_run(path: str | Path) -> Run:
    """Opens a run folder, or a built-in run by its name where there is no such folder.

    Raises:
        RunError: there is none, or it was written by a newer tunewright.
    """
    folder = _run_folder(path)
    if not (folder / "run.json").is_file():
        raise RunError(f"{folder} is no run: it has no run.json (tunewright runs lists those there are)")
    run = Run(folder)
    if run.about.get("format", 0) > FORMAT:
        raise RunError(f"run {folder} was written by a newer tunewright; this one is {version('tunewright')}")
    if run.about.get("format", 0) < FORMAT:
        raise RunError(
            f"run {folder} was written by an older tunewright and lacks what composing needs today: train it again"
        )
    if not {"format", "recipe", "corpus"} <= run.about.keys():
        raise RunError(f"{folder / 'run.json'} is damaged (it lacks format, recipe or corpus)")
    return run


def is_run(path: str | Path) -> bool:
    """Whether there is a run in this folder, or a built-in one of this name."""
    return (_run_folder(path) / "run.json").is_file()


def _run_folder(path: str | Path) -> Path:
    """A folder, or that of the built-in run of this name where there is no such folder."""
    folder = Path(path)
    builtin = BUILTIN / folder
    return builtin if not folder.exists() and len(folder.parts) == 1 and (builtin / "run.json").is_file() else folder


def builtin_run(name: str = USUAL) -> Run:
    """A run that comes with the package.

    Raises:
        RunError: this installation lacks it.
    """
    folder = BUILTIN / name
    if not (folder / "run.json").is_file():
        raise RunError(
            f"the built-in run is missing from this installation ({folder}); "
            "install tunewright again, or name a run of your own: tunewright compose RUN"
        )
    return open_run(folder)


def open_corpus(settings: Settings) -> Corpus:
    """The corpus that the settings name, in the form they ask for.

    Raises:
        CorpusError: it can't be found or read.
        SettingsError: there is no such corpus, option or form of it.
    """
    return in_form(find_corpus(settings), settings.corpus.form)


def find_corpus(settings: Settings, part: str = "all") -> Corpus:
    """The corpus that the settings name, as it was found: one of the catalogue, or a user's file or folder.

    Args:
        part: the only one that is wanted; of several books none is opened that has nothing in it.

    Raises:
        CorpusError: it can't be found or read.
        SettingsError: there is no such corpus or option of it.
    """
    section = settings.corpus
    named = section.name != "path" and (section.name in catalogue.parts("corpus") or not os.path.exists(section.name))
    options = section.options
    if section.name == "mixture" and part in ("validation", "test"):
        options = {**options, "books": judged(options["books"])}
    corpus: Corpus = (
        catalogue.build("corpus", section.name, options)
        if named
        else catalogue.build("corpus", "path", section.options, Path(section.name))
    )
    return corpus


def find_runs(folder: Path) -> list[Run]:
    """The built-in runs and those in a folder that can be opened, by name."""
    runs = []
    for one in [path for place in (BUILTIN, folder) if place.is_dir() for path in sorted(place.iterdir())]:
        with suppress(RunError):
            runs.append(open_run(one))
    return runs


def text_sha256(text: str) -> str:
    """sha256 of a text in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
