"""How far sets of tunes are from music that nobody composed here: note lengths, melodic intervals, keys.

python benchmarks/honesty.py --reference held_out.abc free=free.abc bars=constrained.abc [--run RUN] [--json] [--keep]

A file holds many tunes with blank lines between them. Each distribution of a set is set beside the reference's: total
variation (half the sum of the differences, 0 to 1), and the Jensen-Shannon distance (the square root of the divergence
in bits, 0 to 1; Endres and Schindelin 2003). In brackets the 2.5th and 97.5th percentile over sets of as many tunes
drawn from the set with replacement (Efron 1979), the reference staying as it is. The row ``reference, drawn anew``
tells how far chance alone takes a set as small as the reference: its mean, and the same percentiles.

With ``--run``, a set's nats per character under the plain model of a run: every tune alone, its end charged. The texts
must be in the form that the run has learned.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from results import parser, tell
from tunewright.contracts import Piece
from tunewright.evaluation.likelihood import score
from tunewright.music.reader import read_tune
from tunewright.music.tune import Tune
from tunewright.run import Run, builtin_run, open_run
from validity import read_set

Array = NDArray[np.float64]
RESAMPLES = 200
QUICK = 300
"""Tunes of each set in a quick run."""
CHANCE = "reference, drawn anew"


def note_lengths(tune: Tune) -> Counter[str]:
    """How often each length sounds, in eighths; rests are left out."""
    return Counter(str(note.length * 8) for note in tune.notes() if not note.is_rest)


def melodic_intervals(tune: Tune) -> Counter[int]:
    """How often each step in semitones from one note to the next; chords count by their top note, rests not at all."""
    pitches = [max(pitch.midi for pitch in note.pitches) for note in tune.notes() if note.pitches]
    return Counter(later - earlier for earlier, later in pairwise(pitches))


def keys(tune: Tune) -> Counter[str]:
    """The key that a tune begins in."""
    return Counter([tune.key.name])


MEASURES: dict[str, Callable[[Tune], Counter[Any]]] = {
    "note lengths": note_lengths,
    "intervals": melodic_intervals,
    "keys": keys,
}


def total_variation(one: Array, other: Array) -> Array:
    """Half the sum of the differences of two distributions, (..., categories) -> (...)."""
    return np.asarray(np.abs(one - other).sum(axis=-1) / 2)


def jensen_shannon(one: Array, other: Array) -> Array:
    """The Jensen-Shannon distance of two distributions, base 2, (..., categories) -> (...)."""
    middle = (one + other) / 2
    divergence = (_relative_entropy(one, middle) + _relative_entropy(other, middle)) / 2
    return np.asarray(np.sqrt(np.maximum(divergence, 0)))  # rounding may take it below 0


def _relative_entropy(one: Array, other: Array) -> Array:
    """In bits; ``other`` is nowhere 0 where ``one`` is not."""
    ratio = np.divide(one, other, out=np.ones_like(other), where=one > 0)
    return np.asarray((one * np.log2(ratio)).sum(axis=-1))


DISTANCES = {"TV": total_variation, "JS": jensen_shannon}


class Interval(NamedTuple):
    """A figure with its percentile interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def shares(counts: Array) -> Array:
    """Counts as shares of their sum, (..., categories)."""
    return np.asarray(counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1))


def tabulate(*sets: Sequence[Counter[Any]]) -> list[Array]:
    """Counts of every tune of each set over the categories of all: arrays (tunes, categories)."""
    categories = sorted({category for own in sets for tune in own for category in tune})
    column = {category: index for index, category in enumerate(categories)}
    tables = [np.zeros((len(own), len(column))) for own in sets]
    for table, own in zip(tables, sets, strict=True):
        for row, tune in zip(table, own, strict=True):
            for category, count in tune.items():
                row[column[category]] = count
    return tables


def resampled(counts: Array, seed: int = 0, resamples: int = RESAMPLES) -> Array:
    """Shares in sets of as many tunes, drawn with replacement: (tunes, categories) -> (resamples, categories)."""
    tunes = len(counts)
    drawn = np.random.default_rng(seed).multinomial(tunes, np.full(tunes, 1 / tunes), size=resamples)
    return shares(drawn @ counts)


def distance(name: str, counts: Array, reference: Array) -> Interval:
    """How far a set is from the reference; both (tunes, categories)."""
    measure, target = DISTANCES[name], shares(reference.sum(axis=0))
    low, high = np.percentile(measure(resampled(counts), target), [2.5, 97.5])
    return Interval(float(measure(shares(counts.sum(axis=0)), target)), float(low), float(high))


def chance(name: str, reference: Array) -> Interval:
    """How far a set is from the reference that only chance distinguishes, if it is as small: the mean."""
    found = DISTANCES[name](resampled(reference), shares(reference.sum(axis=0)))
    low, high = np.percentile(found, [2.5, 97.5])
    return Interval(float(found.mean()), float(low), float(high))


def nats_per_character(run: Run, texts: Sequence[str]) -> float:
    """What a run's plain model is charged for a character of these tunes, each alone, its end included.

    Args:
        texts: in the form that the run has learned.
    """
    pieces = [Piece("", text, "") for text in texts]
    result = score(run.model(), run.codec, pieces)  # type: ignore[arg-type]
    return math.fsum(result.nats) / max(1, sum(result.units))


def main() -> None:
    options = arguments()
    named = {CHANCE: options.reference, **dict(pair.split("=", 1) for pair in options.sets)}
    texts = {name: read_set(Path(path))[: QUICK if options.quick else None] for name, path in named.items()}
    tunes = {name: [read_tune(text) for text in own] for name, own in texts.items()}
    rows: dict[str, dict[str, Any]] = {name: {"set": name, "tunes": len(own)} for name, own in texts.items()}
    for title, measure in MEASURES.items():
        tables = tabulate(*([measure(tune) for tune in own] for own in tunes.values()))
        for short in DISTANCES:
            rows[CHANCE][f"{title}, {short}"] = chance(short, tables[0])
            for name, counts in list(zip(rows, tables, strict=True))[1:]:
                rows[name][f"{title}, {short}"] = distance(short, counts, tables[0])
    if options.run is not None:
        run = open_run(options.run) if options.run else builtin_run()
        for name, row in rows.items():
            row[f"nats per character, {run.name}"] = nats_per_character(run, texts[name])
    tell("honesty", list(rows.values()), {}, options.json, options.keep)


def arguments() -> argparse.Namespace:
    found = parser(__doc__)
    found.formatter_class = argparse.RawDescriptionHelpFormatter
    found.add_argument("--reference", required=True, metavar="FILE.abc", help="the music, e.g. what was held out")
    found.add_argument("sets", nargs="+", metavar="NAME=FILE.abc")
    found.add_argument("--run", help="tell nats per character under its model; '' is the built-in run")
    options = found.parse_args()
    for path in (options.reference, *(pair.partition("=")[2] for pair in options.sets)):
        if not Path(path).is_file() or not read_set(Path(path)):
            found.error(f"{path or options.sets}: expected NAME=FILE.abc with tunes in it")
    return options


if __name__ == "__main__":
    main()
