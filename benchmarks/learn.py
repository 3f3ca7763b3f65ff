"""What is learned in the seconds that the lab's own loop takes: the lab's recipe and ours, on the same split.

python benchmarks/learn.py [--runs runs/learn] [--seeds 3] [--forms raw,house] [--picture docs/learn.png] [--quick]
    [--json] [--keep]

Trains what isn't trained yet, one after another, into the folder of ``--runs`` (a training that was cut off is gone on
with), and compares held-out bits along seconds and along characters read. Seconds leave validation out, and are told
as multiples of what 3000 updates of the lab's bare loop take: measured before and after each training, since a machine
has better and worse minutes. Checkpoints are chosen on validation, figures quoted on test; the interval of the ratio is
over tunes (paired bootstrap of the first seeds). The last column is after how much of the seconds that the lab needs
for its best validation figure another recipe, with the same seed, first was as good.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from held_out import spread
from results import parser, tell
from train import LAB_ITERATIONS, lab_step
from tunewright.evaluate import evaluate
from tunewright.evaluation.bootstrap import interval, ratio
from tunewright.files import replacing, write_whole
from tunewright.run import Run, find_corpus, open_run
from tunewright.settings import Settings, load_recipe
from tunewright.train import train
from tunewright.training.loss_picture import COLOURS
from tunewright.training.trackers import read_metrics, standard_trackers

RECIPES = ("lab", "irish")
IN_FORM = {"lab": {"house": ("corpus.form=house", "corpus.reading=tunes")}}
"""How a recipe is told to read another form, where the form alone won't do."""
MEASURED_EVERY = {"lab": 50, "irish": 25}
TIMED_UPDATES = 30
SPEED = "bare_loop.json"


@dataclass(frozen=True)
class Training:
    """One training that is done.

    Attributes:
        run: its folder.
        seconds: that it took, validation left out, in multiples of the bare loop's.
        curve: (share of the bare loop's seconds, characters read, validation bits) wherever it was measured.
        test: what ``evaluate`` tells of its best weights.
        last: bits on test of its last weights.
    """

    run: Run
    seconds: float
    curve: list[tuple[float, float, float]]
    test: dict[str, Any]
    last: float

    @property
    def best(self) -> float:
        """Bits on validation of its best weights."""
        return min(bits for *_, bits in self.curve)

    def reached(self, bits: float) -> float:
        """Share of the bare loop's seconds after which validation was as good as this; infinite if it never was."""
        return next((share for share, _, own in self.curve if own <= bits), math.inf)


def settings_of(recipe: str, form: str, seed: int, quick: bool) -> Settings:
    """A recipe's settings as they are compared: measured often enough to see when a figure was reached."""
    settings = load_recipe(recipe)
    changes = IN_FORM.get(recipe, {}).get(form, (f"corpus.form={form}",)) if form != settings.corpus.form else ()
    changes = (*changes, f"training.seed={seed}", f"training.validate_every={MEASURED_EVERY[recipe]}")
    return settings.changed([*changes, "training.iterations=50"] if quick else changes)


def bare_seconds() -> float:
    """Seconds of one update of the lab's bare loop, now."""
    step = lab_step(np.random.default_rng(0).integers(0, 83, 163_000), 83)
    for _ in range(3):
        step()
    times = []
    for _ in range(TIMED_UPDATES):
        started = time.perf_counter()
        step()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def trained(recipe: str, form: str, seed: int, options: argparse.Namespace) -> Run:
    """The run of a recipe, trained as far as it isn't yet."""
    folder = Path(options.runs) / f"{recipe}-{form}-{seed}"
    if (folder / "run.json").exists() and open_run(folder).about["results"].get("stopped") is False:
        return open_run(folder)
    speeds = [bare_seconds()]
    resume = (folder / "run.json").exists()
    run = train(settings_of(recipe, form, seed, options.quick), folder, standard_trackers("console"), resume=resume)
    speeds.append(bare_seconds())
    write_whole(folder / SPEED, json.dumps(speeds))
    return run


def told(run: Run) -> Training:
    """What a trained run is compared by."""
    per_update = statistics.mean(json.loads((run.folder / SPEED).read_text()))
    whole = LAB_ITERATIONS * per_update
    pieces = run.part_pieces(find_corpus(run.settings), "training")
    characters = sum(run.codec.units(one) for one in pieces) / sum(len(run.codec.encode(one)) for one in pieces)
    curve, at = [], {"seconds": 0.0, "symbols": 0}
    for record in read_metrics(run.folder / "metrics.jsonl"):
        if "validation" in record:
            curve.append((at["seconds"] / whole, at["symbols"] * characters, record["validation"]))
        else:
            at = record
    last = evaluate(run, weights="last")["bits_per_unit"]
    return Training(run, at["seconds"] / whole, curve, evaluate(run), last)


def row(name: str, form: str, own: Sequence[Training], lab: Sequence[Training]) -> dict[str, Any]:
    """A group's line: means over seeds, least and greatest in brackets."""
    mean = statistics.mean(one.test["bits_per_unit"] for one in own)
    return {
        "recipe": name,
        "form": form,
        "seeds": len(own),
        "seconds / bare loop": spread([one.seconds for one in own], 2),
        "best iteration": ", ".join(str(one.run.about["results"]["best"]["iteration"]) for one in own),
        "validation": spread([one.best for one in own], 3),
        "test": spread([one.test["bits_per_unit"] for one in own], 3),
        "test, last weights": spread([one.last for one in own], 3),
        "test / lab": mean / statistics.mean(one.test["bits_per_unit"] for one in lab),
        "95 % over tunes": _paired(own[0], lab[0]),
        "lab's best reached / by the lab": spread(
            [one.reached(other.best) / other.reached(other.best) for one, other in zip(own, lab, strict=True)], 3
        ),
    }


def _paired(own: Training, lab: Training) -> str:
    """Interval of the ratio of bits on the same tunes."""
    counted = [np.array([tune[key] for tune in one.test["tunes"]]) for one in (own, lab) for key in ("nats", "units")]
    low, high = interval(ratio, *counted)
    return f"{low:.3f} to {high:.3f}"


def draw(groups: Mapping[tuple[str, str], Sequence[Training]], path: Path) -> Path:
    """Held-out bits along seconds and along millions of characters read, a row for each form."""
    forms = list(dict.fromkeys(form for _, form in groups))
    figure = Figure(figsize=(10, 3.6 * len(forms)), layout="constrained")
    panels = figure.subplots(len(forms), 2, squeeze=False, sharey="row")
    for (name, form), own in groups.items():
        colour = COLOURS[RECIPES.index(name)]
        for axes, place, unit in zip(panels[forms.index(form)], (0, 1), (1, 1e6), strict=True):
            rows = list(zip(*(one.curve for one in own), strict=False))
            along = [statistics.mean(point[place] for point in points) / unit for points in rows]
            bits = [[point[2] for point in points] for points in rows]
            axes.plot(along, [statistics.mean(values) for values in bits], color=colour, label=name)
            axes.fill_between(along, list(map(min, bits)), list(map(max, bits)), color=colour, alpha=0.2, linewidth=0)
            axes.set_ylim(1.0, 2.6)
            axes.grid(alpha=0.25)
            axes.spines[["top", "right"]].set_visible(False)
    for form, (seconds, characters) in zip(forms, panels, strict=True):
        seconds.set_ylabel(f"held-out bits per character, {form} form")
        seconds.set_xlabel("seconds, as multiples of the lab's bare loop")
        characters.set_xlabel("millions of characters read")
        seconds.legend(frameon=False)
    with replacing(path) as beside:
        figure.savefig(beside, dpi=144)
    return path


def main() -> None:
    found = parser(__doc__)
    found.formatter_class = argparse.RawDescriptionHelpFormatter
    found.add_argument("--runs", type=Path, default=Path("runs/learn"))
    found.add_argument("--seeds", type=int, default=3)
    found.add_argument("--forms", default="raw,house")
    found.add_argument("--picture", type=Path)
    options = found.parse_args()
    seeds = 1 if options.quick else options.seeds
    groups = {}
    for form in options.forms.split(","):
        for recipe in RECIPES:
            groups[recipe, form] = [told(trained(recipe, form, seed, options)) for seed in range(seeds)]
    rows = [row(name, form, own, groups["lab", form]) for (name, form), own in groups.items()]
    if options.picture:
        draw(groups, options.picture)
    ratios = {f"{one['recipe']}, {one['form']} form, test / lab": one["test / lab"] for one in rows}
    tell("learn", rows, ratios, options.json, options.keep)


if __name__ == "__main__":
    main()
