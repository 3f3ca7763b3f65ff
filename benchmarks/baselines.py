"""Held-out bits per unit of what only counts and copies, beside trained runs, on the same validation and test pieces.

python benchmarks/baselines.py lab=runs/lab-0,runs/lab-1,runs/lab-2 ours=runs/irish-0,runs/irish-1,runs/irish-2

Baselines are fitted to the recipe's training pieces, once for every form of the text that the runs read: figures, and
ratios to the 5-gram, are compared within one form. A run that was split otherwise is refused.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from held_out import open_groups, spread
from results import tell
from tunewright import catalogue
from tunewright.contracts import Codec, Piece, SequenceModel
from tunewright.errors import RunError, TunewrightError
from tunewright.evaluate import evaluate
from tunewright.evaluation.likelihood import score, text_sha256
from tunewright.models.copier import Copier
from tunewright.models.ngram import NGram
from tunewright.run import Run, open_corpus
from tunewright.settings import Settings, load_recipe
from tunewright.train import divide

ORDERS = range(1, 9)
USUAL = 5
SCORED = ("validation", "test")


@dataclass(frozen=True)
class Ground:
    """What all models of one form of the text are compared on."""

    form: str
    codec: Codec
    training: list[Piece]
    clusters: list[int]
    held_out: dict[str, list[Piece]]


@dataclass(frozen=True)
class Measured:
    """Bits per unit of one model, or of its seeds, by part."""

    name: str
    ground: Ground
    bits: dict[str, list[float]]


def prepare(settings: Settings, form: str) -> Ground:
    """Corpus, split and codec as a training of these settings would have them; the codec sees training pieces only."""
    corpus = open_corpus(settings.changed([f"corpus.form={form}"]))
    split = divide(settings, corpus)
    training = split.select(corpus.pieces, "training")
    clusters = [number for number, part in zip(split.clusters, split.parts, strict=True) if part == "training"]
    texts = [piece.text for piece in training]
    codec = catalogue.build("codec", settings.codec.name, settings.codec.options, texts)
    return Ground(form, codec, training, clusters, {part: split.select(corpus.pieces, part) for part in SCORED})


def baselines(ground: Ground, orders: Sequence[int]) -> Iterator[Measured]:
    """N-grams and the copier; all count in one tree."""
    ids = [ground.codec.encode(piece) for piece in ground.training]
    copier = Copier.fit(ids, ground.codec.boundary, ground.codec.size, groups=ground.clusters, order=USUAL)
    models: dict[str, SequenceModel] = {f"{order}-gram": NGram(copier.ngram.tree, order) for order in orders}
    for name, model in {**models, "copier": copier}.items():
        bits = {part: [score(model, ground.codec, ground.held_out[part]).bits_per_unit] for part in SCORED}
        yield Measured(name, ground, bits)


def trained(name: str, runs: Sequence[Run], ground: Ground) -> Measured:
    """The runs of one group, on the very text that the baselines are scored on.

    Raises:
        RunError: a run was split otherwise.
    """
    bits = {}
    for part in SCORED:
        results = [evaluate(run, part=part) for run in runs]
        for run, result in zip(runs, results, strict=True):
            if result["sha256"] != text_sha256(ground.held_out[part]):
                raise RunError(f"{run.folder} holds out other {part} pieces than today's split; train it again")
        bits[part] = [result["bits_per_unit"] for result in results]
    return Measured(name, ground, bits)


def row(measured: Measured) -> dict[str, Any]:
    """One line of the table; of a scored text it gives the number of pieces and the first digits of its sha256."""
    ground = measured.ground
    shown: dict[str, Any] = {"model": measured.name, "form": ground.form, "seeds": len(measured.bits["test"])}
    shown |= {f"{part}, bits per {ground.codec.unit}": spread(measured.bits[part], 3) for part in SCORED}
    for part, pieces in ground.held_out.items():
        shown[f"{part} text"] = f"{len(pieces)} pieces, sha256 {text_sha256(pieces)[:16]}"
    return shown


def ratios_to_usual(all_measured: Sequence[Measured]) -> dict[str, float]:
    """Test bits of each model over those of the 5-gram on the same form of the text."""
    means = {(one.ground.form, one.name): statistics.mean(one.bits["test"]) for one in all_measured}
    usual = f"{USUAL}-gram"
    return {
        f"{name} / {usual}, test bits, {form} text": mean / means[form, usual]
        for (form, name), mean in means.items()
        if name != usual and not name.endswith("-gram")
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
    tell("baselines", [row(one) for one in measured], ratios_to_usual(measured), options.json, options.keep)


if __name__ == "__main__":
    main()
