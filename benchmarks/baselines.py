"""Held-out bits per unit of what only counts and copies, beside trained runs, on the same validation and test pieces.

python benchmarks/baselines.py lab=runs/lab-0,runs/lab-1,runs/lab-2 ours=runs/irish-0,runs/irish-1,runs/irish-2

Baselines are fitted to the recipe's training pieces, once for every form of the text that the runs read: figures, and
ratios to the 5-gram, are compared within one form. A run that was split otherwise is refused. Intervals are of 95 %, by
resampling the test pieces; those of ratios compare both models on the same draws.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from held_out import figure_with_interval, open_groups, spread
from results import tell
from tunewright import catalogue
from tunewright.baselines import USUAL, baseline_codec, fit_baselines
from tunewright.contracts import Codec, Piece
from tunewright.errors import RunError, TunewrightError
from tunewright.evaluate import evaluate
from tunewright.evaluation.bootstrap import Floats, rate, ratio
from tunewright.evaluation.likelihood import score, text_sha256
from tunewright.run import Run, open_corpus
from tunewright.settings import Settings, load_recipe
from tunewright.train import divide

ORDERS = range(1, 9)
USUAL_NAME = f"{USUAL}-gram"
SCORED = ("validation", "test")


@dataclass(frozen=True)
class Ground:
    """What all models of one form of the text are compared on."""

    form: str
    codec: Codec
    training: list[Piece]
    clusters: list[int]
    held_out: dict[str, list[Piece]]

    def units(self, part: str) -> Floats:
        """Raw units of each piece, (pieces,)."""
        return np.array([self.codec.units(piece) for piece in self.held_out[part]], dtype=np.float64)


@dataclass(frozen=True)
class Measured:
    """Nats of each piece by one model, or by its seeds, (seeds, pieces), by part."""

    name: str
    ground: Ground
    nats: dict[str, Floats]

    def bits_per_unit(self, part: str) -> list[float]:
        """Of each seed."""
        return [float(bits) for bits in rate(self.nats[part], self.ground.units(part)) / math.log(2)]


def prepare(settings: Settings, form: str) -> Ground:
    """Corpus and split as a training of these settings would have them, and what baselines count in them; the codec
    sees training pieces only.
    """
    corpus = open_corpus(settings.changed([f"corpus.form={form}"]))
    split = divide(settings, corpus)
    training = split.select(corpus.pieces, "training")
    clusters = [number for number, part in zip(split.clusters, split.parts, strict=True) if part == "training"]
    codec = baseline_codec(catalogue.build("codec", settings.codec.name, settings.codec.options, training), training)
    return Ground(form, codec, training, clusters, {part: split.select(corpus.pieces, part) for part in SCORED})


def baselines(ground: Ground, orders: Sequence[int]) -> Iterator[Measured]:
    """N-grams and the copier."""
    for name, model in fit_baselines(ground.codec, ground.training, ground.clusters, orders).items():
        nats = {part: np.array([score(model, ground.codec, ground.held_out[part]).nats]) for part in SCORED}
        yield Measured(name, ground, nats)


def trained(name: str, runs: Sequence[Run], ground: Ground) -> Measured:
    """The runs of one group, on the very text that the baselines are scored on.

    Raises:
        RunError: a run was split otherwise.
    """
    nats = {}
    for part in SCORED:
        results = [evaluate(run, part=part) for run in runs]
        for run, result in zip(runs, results, strict=True):
            if result["sha256"] != text_sha256(ground.held_out[part]):
                raise RunError(f"{run.folder} holds out other {part} pieces than today's split; train it again")
        nats[part] = np.array([[tune["nats"] for tune in result["tunes"]] for result in results])
    return Measured(name, ground, nats)


def row(measured: Measured, usual: Measured) -> dict[str, Any]:
    """One line of the table; of a scored text it gives the number of pieces and the first digits of its sha256.

    Args:
        usual: the 5-gram on the same form of the text.
    """
    ground = measured.ground
    shown: dict[str, Any] = {"model": measured.name, "form": ground.form, "seeds": len(measured.nats["test"])}
    shown |= {f"{part}, bits per {ground.codec.unit}": spread(measured.bits_per_unit(part), 3) for part in SCORED}
    own, other = (one.nats["test"].mean(axis=0) / math.log(2) for one in (measured, usual))
    units = ground.units("test")
    shown["test, interval over tunes"] = figure_with_interval(rate, own, units)
    shown[f"test, over the {usual.name}'s"] = figure_with_interval(ratio, own, units, other, units)
    for part, pieces in ground.held_out.items():
        shown[f"{part} text"] = f"{len(pieces)} pieces, sha256 {text_sha256(pieces)[:16]}"
    return shown


def ratios_to_usual(all_measured: Sequence[Measured], usual: dict[str, Measured]) -> dict[str, float]:
    """Test bits of each model over those of the 5-gram on the same form of the text."""
    return {
        f"{one.name} / {USUAL_NAME}, test bits, {one.ground.form} text": one.nats["test"].mean(axis=0).sum()
        / usual[one.ground.form].nats["test"].sum()
        for one in all_measured
        if not one.name.endswith("-gram")
    }


def measure(options: argparse.Namespace) -> list[Measured]:
    """All that was asked for, form by form."""
    settings = load_recipe(options.recipe).changed(options.set)
    groups = open_groups(options.groups, options.quick)
    forms = {name: {run.settings.corpus.form for run in runs} for name, runs in groups.items()}
    mixed = [name for name, found in forms.items() if len(found) > 1]
    if mixed:
        raise RunError(f"group {mixed[0]} mixes runs that read {' and '.join(sorted(forms[mixed[0]]))} text")
    orders = [USUAL] if options.quick else ORDERS
    found: list[Measured] = []
    for form in sorted(set().union(*forms.values()) or {settings.corpus.form}, reverse=True):
        ground = prepare(settings, form)
        found += baselines(ground, orders)
        found += (trained(name, runs, ground) for name, runs in groups.items() if forms[name] == {form})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", metavar="NAME=RUN,RUN...", default=[])
    parser.add_argument("--recipe", default="irish", help="whose corpus, split and codec the baselines have")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help="change the recipe")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="the 5-gram and the copier only, and one run of a group")
    parser.add_argument("--keep", action="store_true", help="add the result to RESULTS.md")
    options = parser.parse_args()
    try:
        measured = measure(options)
    except TunewrightError as error:
        parser.error(str(error))
    usual = {one.ground.form: one for one in measured if one.name == USUAL_NAME}
    rows = [row(one, usual[one.ground.form]) for one in measured]
    tell("baselines", rows, ratios_to_usual(measured, usual), options.json, options.keep)


if __name__ == "__main__":
    main()
