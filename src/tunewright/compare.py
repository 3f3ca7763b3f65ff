"""Sets of tunes against a reference: what a musician counts in them, how far apart they are, and which is closer."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from tunewright.catalogue import parts
from tunewright.contracts import PARTS
from tunewright.corpora.split import split_corpus
from tunewright.errors import InputError, SettingsError
from tunewright.evaluation.distances import Distance, Interval, differences, distances
from tunewright.evaluation.statistics import FEATURES, Feature, Statistics, statistics
from tunewright.evaluation.statistics_picture import COLOURS, draw_statistics
from tunewright.music.pieces import uncollected
from tunewright.music.reader import read_tune
from tunewright.run import find_corpus, is_run, open_corpus, open_run
from tunewright.settings import Settings

HELD_OUT = "held-out"
"""Validation and test together."""
NAMED = (*PARTS, HELD_OUT, "all")
FEWEST = 2
"""Tunes of a reference: it must have two halves."""


@dataclass(frozen=True)
class TuneSet:
    """A set of tunes, counted.

    Attributes:
        label: as it is told.
        source: a corpus, a file or folder, or a run.
        split: which part of it.
        skipped: pieces of the source that could not be read.
    """

    label: str
    source: str
    split: str
    statistics: Statistics
    skipped: int = 0

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        named = {"label": self.label, "source": self.source, "split": self.split}
        return {**named, "tunes": self.statistics.tunes, "skipped": self.skipped}


def open_set(text: str, split: str = "test") -> TuneSet:
    """Opens and counts a set of tunes.

    Args:
        text: ``[LABEL=]SOURCE[:PART]``. The source is a corpus by name, a run (a folder, or a built-in one by name),
            of which its corpus in its own split is taken, or an .abc file, a folder of them or a .zip.
        split: the part where none is named (``"held-out"`` for validation and test together); a file or folder is then
            taken whole.

    Raises:
        CorpusError, RunError, SettingsError: there is no such source.
        InputError: there is no tune in that part of it, or it holds performances.
    """
    label, source, part = _spelled_out(text)
    if is_run(source) and source not in parts("corpus"):
        run = open_run(source)
        _refuse_performances(text, run.kind)
        part = part or split
        corpus = find_corpus(run.settings, "test" if part == HELD_OUT else part)
        pieces = [piece for own in _parts(part) for piece in run.part_pieces(corpus, own)]
    else:
        corpus = open_corpus(Settings().with_corpus(source))
        _refuse_performances(text, corpus.kind)
        part = part or (split if source in parts("corpus") else "all")
        pieces = list(corpus.pieces)
        if part != "all":
            divided = split_corpus(corpus)
            pieces = [piece for own in _parts(part) for piece in divided.select(corpus.pieces, own)]
    if not pieces:
        raise InputError(
            f"{text}: there is no {part} tune in it; expected a part out of {', '.join(NAMED[:-1])} and {NAMED[-1]}"
        )
    with uncollected():
        counted = statistics(read_tune(piece.text) for piece in pieces)
    return TuneSet(label, source, part, counted, len(corpus.skipped))


def _refuse_performances(text: str, kind: str) -> None:
    if kind != "tune":
        raise InputError(f"{text}: these are {kind}s; what is compared is counted in the bars of tunes: expected ABC")


def compare(
    sets: Sequence[TuneSet], reference: TuneSet, resamples: int = 1000, seed: int = 0, picture: Path | None = None
) -> dict[str, Any]:
    """Compares sets with a reference.

    Args:
        resamples: how often tunes are drawn; see :mod:`tunewright.evaluation.distances`.
        seed: the same seed draws the same tunes.
        picture: where to draw it, as PNG.

    Returns:
        ``reference`` and ``sets``: ``label``, ``source``, ``split``, ``tunes``, ``skipped``; ``features``: for each its
        ``name``, ``unit``, ``about``, ``labels`` of its classes, the ``reference``'s own ``tunes`` (that have it),
        ``mean`` and ``quartiles`` or ``profile``, and under ``sets`` by label the same with ``size`` (tunes drawn from
        either side), ``distance`` and ``halves`` (each with ``median``, ``low`` and ``high``) and ``ratio``; and
        ``closer``: for each two sets the ``differences`` of their distances by feature, below 0 where the ``first`` is
        closer than the ``second``; ``resamples`` and ``seed``.

    Raises:
        InputError: the reference has fewer than two tunes.
        SettingsError: two sets have one label, or there are more than can be drawn.
    """
    labels = [one.label for one in (reference, *sets)]
    if len(set(labels)) < len(labels):
        raise SettingsError(
            f"sets called {', '.join(labels)}: expected a name of its own for each, as in mine=mine.abc"
        )
    if picture and len(sets) > len(COLOURS):
        raise SettingsError(f"a picture of {len(sets)} sets: expected at most {len(COLOURS)}")
    if reference.statistics.tunes < FEWEST:
        raise InputError(f"{reference.label}: expected at least {FEWEST} tunes to compare with")
    found = {one.label: distances(one.statistics, reference.statistics, resamples, seed) for one in sets}
    if picture:
        ratios = {label: {name: own.ratio for name, own in every.items()} for label, every in found.items()}
        counted = {one.label: one.statistics for one in sets}
        draw_statistics((reference.label, reference.statistics), counted, picture, ratios)
    return {
        "reference": reference.facts(),
        "sets": [one.facts() for one in sets],
        "resamples": resamples,
        "seed": seed,
        "features": [_told_feature(feature, reference, sets, found) for feature in FEATURES],
        "closer": [_closer(one, other, reference, resamples, seed) for one, other in combinations(sets, 2)],
    }


def told(result: dict[str, Any]) -> Iterator[str]:
    """A comparison as lines to read: a table for each set, then which of two sets is closer."""
    reference = result["reference"]
    for one in result["sets"]:
        yield f"{_named(one)} against {_named(reference)}"
        yield f"  {'':18} {'unit':10} {'here':>8} {'there':>8}   {'distance':24} {'half against half':24} ratio"
        yield from (_row(feature, feature["sets"][one["label"]]) for feature in result["features"])
        yield ""
    for pair in result["closer"]:
        closer, farther = (
            [name for name, own in pair["differences"].items() if own[end] * sign > 0]
            for end, sign in (("high", -1), ("low", 1))
        )
        undecided = len(pair["differences"]) - len(closer) - len(farther)
        for label, names in ((pair["first"], closer), (pair["second"], farther)):
            yield f"{label} is closer in {len(names)}: {', '.join(names) or 'none'}"
        yield f"{undecided} undecided between {pair['first']} and {pair['second']}"


def _spelled_out(text: str) -> tuple[str, str, str]:
    """Label, source and part of ``[LABEL=]SOURCE[:PART]``; without a label the text is its own, no part is empty."""
    label, equals, source = ("", "", text) if os.path.exists(text) else text.partition("=")
    source = source if equals else text
    before, colon, part = source.rpartition(":")
    return (label or text, before, part) if colon and part in NAMED else (label or text, source, "")


def _parts(name: str) -> Sequence[str]:
    """The parts of a split that are meant by this name."""
    return PARTS[1:] if name == HELD_OUT else [name]


def _told_feature(
    feature: Feature, reference: TuneSet, sets: Sequence[TuneSet], found: dict[str, dict[str, Distance]]
) -> dict[str, Any]:
    about = {"name": feature.name, "unit": feature.unit, "about": feature.about, "labels": list(feature.labels)}
    own = {
        one.label: one.statistics.summary(feature) | _told_distance(found[one.label].get(feature.name)) for one in sets
    }
    return about | {"reference": reference.statistics.summary(feature), "sets": own}


def _told_distance(distance: Distance | None) -> dict[str, Any]:
    if distance is None:
        return {}
    ends = {"distance": distance.distance._asdict(), "halves": distance.halves._asdict()}
    return {"size": distance.size, **ends, "ratio": distance.ratio}


def _closer(one: TuneSet, other: TuneSet, reference: TuneSet, resamples: int, seed: int) -> dict[str, Any]:
    apart = differences(one.statistics, other.statistics, reference.statistics, resamples, seed)
    own = {name: interval._asdict() for name, interval in apart.items()}
    return {"first": one.label, "second": other.label, "differences": own}


def _named(one: dict[str, Any]) -> str:
    skipped = f", {one['skipped']} skipped" if one["skipped"] else ""
    return f"{one['label']} ({one['tunes']} tunes{skipped})"


def _row(feature: dict[str, Any], own: dict[str, Any]) -> str:
    means = [f"{side['mean']:8.3f}" if "mean" in side else " " * 8 for side in (own, feature["reference"])]
    line = f"  {feature['name']:18} {feature['unit']:10} {' '.join(means)}   "
    if "distance" not in own:
        return line + "in too few tunes"
    ends = [Interval(**own[name]) for name in ("distance", "halves")]
    spans = [f"{end.median:6.3f} [{end.low:6.3f}, {end.high:6.3f}]" for end in ends]
    ratio = f"{own['ratio']:5.1f}" if own["ratio"] is not None else "    -"
    return line + " ".join(f"{span:24}" for span in spans) + " " + ratio
