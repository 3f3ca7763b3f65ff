"""Whether copies are told from tunes, and how original compositions are beside what people composed.

python benchmarks/originality.py [--run RUN] [--tunes 200] [--compositions 200] [--picture docs/originality.png]
    [--quick] [--json] [--keep]

*Planted copies*: tunes that the run has learned from, disguised: as they are; transposed by -6 to 6; barred anew (bars
and lengths halved or doubled, bar lines moved by half a bar, another unit length); ornamented in every way of
tests/music/planting.py; two spliced, the first half of one with the second of another in its meter, as they are and
transposed. How many are called near-copies, and the highest score among them. Two kinds go further, to tell where it
ends: a different ornament on each note, and every tenth note another one.

*Human tunes*: what the run has not learned from, of its own corpus and of the other books, one of each cluster, near-
duplicates of anything it has learned from left out. How many are called near-copies; that is a wrong alarm.

*Compositions* at default settings: first attempts, whatever they copy (``as drawn``), and what is given (``as
composed``), with how many attempts were rejected and why. Of every set the score, the longest run and the share of bars
found: means, in brackets the 2.5th and 97.5th percentile over sets of as many tunes drawn with replacement (Efron
1979).

*Four books*: an index of all their tunes, how long it takes to build and to open, and milliseconds a query, of which
the tune is read already.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from results import parser, tell
from tunewright.compose import compose
from tunewright.composer import Tally
from tunewright.decoding.drawing import Draw
from tunewright.errors import CorpusError, InputError, MissingExtraError
from tunewright.evaluation.originality import NEAR_COPY, Originality, calibrated, measure
from tunewright.evaluation.tune_index import TuneIndex
from tunewright.music.fingerprint import Relatives, cluster, fingerprint
from tunewright.music.pieces import uncollected
from tunewright.music.reader import read_tune
from tunewright.music.tune import Tune
from tunewright.run import Run, builtin_run, find_corpus, open_corpus, open_run
from tunewright.settings import Settings
from tunewright.tune_composer import TuneComposer
from tunewright.wish import Wish

sys.path.append(str(Path(__file__).parents[1]))  # planting lives with the tests
from tests.music.planting import MAJOR_KEYS, ORNAMENTS, Sound, bar_text, sound_of, written

BOOKS = ("irish", "oneills", "ryans", "airds")
QUICK = 20
"""Tunes and compositions in a quick run."""
RESAMPLES = 2000
Disguise = Callable[[Tune, Tune], str]


# Planted copies


def moved(tune: Tune, other: Tune) -> str:
    """The tune with its bar lines half a bar earlier; what a line comes to stand in is written as two notes."""
    fifths, bar = tune.key.fifths, tune.meter.bar_length
    texts, sounds, left = [], list[Sound](), bar / 2
    for sound in (sound_of(note, 0, 0) for note in tune.notes()):
        while sound.length >= left:
            sounds.append(replace(sound, length=left))
            texts.append(bar_text(sounds, fifths, 1, Fraction(0)))
            sound, sounds, left = replace(sound, length=sound.length - left), [], bar
        if sound.length:
            sounds.append(sound)
            left -= sound.length
    if sounds:
        texts.append(bar_text(sounds, fifths, 1, Fraction(0)))
    return f"X:1\nT:Planted\nM:{tune.meter.name}\nL:1/8\nK:{MAJOR_KEYS[fifths]}\n" + "|".join(texts) + "|"


def doubled(tune: Tune, other: Tune) -> str:
    """The tune in notes twice as long, in bars twice as long: a jig in 6/4."""
    lines = written(tune).split("\n")
    meter = f"M:{tune.meter.beats}/{max(1, tune.meter.unit // 2)}"
    return "\n".join([*lines[:2], meter, "L:1/4", *lines[4:]])


def in_quarters(tune: Tune, other: Tune) -> str:
    """The same music, written with another unit length."""
    lines = written(tune, shrink=2).split("\n")
    return "\n".join([*lines[:2], f"M:{tune.meter.name}", "L:1/4", *lines[4:]])


def spliced(tune: Tune, other: Tune, semitones: int = 0) -> str:
    """The first half of one tune's bars, the second half of the other's."""
    bars = (*tune.bars[: len(tune.bars) // 2], *other.bars[len(other.bars) // 2 :])
    return written(replace(tune, bars=bars), semitones=semitones)


def any_ornament(sound: Sound, chance: random.Random) -> list[Sound]:
    """One of the written-out ornaments."""
    names = [name for name in ORNAMENTS if name not in ("grace notes", "decorations")]
    return ORNAMENTS[chance.choice(names)](sound, chance)


def changed(sound: Sound, chance: random.Random) -> list[Sound]:
    """One note in ten becomes a neighbour."""
    if len(sound.tones) != 1 or chance.random() >= 0.1:
        return [sound]
    return [replace(sound, tones=(sound.tones[0].neighbour(chance.choice([-2, -1, 1, 2])),))]


def alone(**how: Any) -> Disguise:
    return lambda tune, other: written(tune, **how)


KINDS: dict[str, dict[str, Disguise]] = {
    "exact": {"": alone()},
    "transposed": {str(steps): alone(semitones=steps) for steps in range(-6, 7) if steps},
    "barred anew": {
        "bars halved": alone(halved_bars=True),
        "lengths halved": alone(shrink=2),
        "lengths doubled": doubled,
        "bar lines moved": moved,
        "in quarters": in_quarters,
    },
    "ornamented": {name: alone(ornament=ornament) for name, ornament in ORNAMENTS.items()},
    "ornamented, transposed": {name: alone(ornament=one, semitones=5) for name, one in ORNAMENTS.items()},
    "two spliced": {"": spliced, "transposed": partial(spliced, semitones=-3)},
    "every note ornamented at random": {"": alone(ornament=any_ornament)},
    "every tenth note changed": {"": alone(ornament=changed)},
}


def planted(index: TuneIndex, tunes: Sequence[Tune]) -> list[dict[str, Any]]:
    """A row for each kind of copy of these tunes, which the index knows."""
    rows = []
    for kind, ways in KINDS.items():
        found: list[Originality] = []
        for name, way in ways.items():
            for tune in tunes:
                if name in ("bars halved", "lengths halved") and tune.meter.bar_length != 1:
                    continue  # of other meters the halves are no bars
                partners = [one for one in tunes if one.meter.name == tune.meter.name and one is not tune] or [tune]
                copy = read_tune(way(tune, random.Random(tune.title).choice(partners)))
                found.append(measure(index, copy))
                if found[-1].verdict != NEAR_COPY and not kind.startswith("every"):
                    print(f"not found: {tune.title}, {kind}, {name}: {found[-1].score}", file=sys.stderr)
        rows.append(row(f"planted: {kind}", found))
    return rows


# Human tunes and compositions


def human(run: Run) -> dict[str, list[Tune]]:
    """Tunes that the run has not learned from, by where they are from, without near-duplicates."""
    relatives, sets = Relatives(run.index.fingerprints()), {}
    own = run.settings.corpus.name
    for name in BOOKS if own == "mixture" else dict.fromkeys([own, *BOOKS]):
        try:
            corpus = open_corpus(run.settings if name == own else Settings().with_corpus(name))
        except (CorpusError, MissingExtraError):
            print(f"{name} is not here and left out", file=sys.stderr)
            continue
        parts = ("validation", "test")
        pieces = [
            piece for part in parts for piece in (run.part_pieces(corpus, part) if name == own else corpus.pieces)
        ]
        tunes = [read_tune(piece.text) for piece in pieces]
        numbers = cluster([fingerprint(tune) for tune in tunes], [piece.text for piece in pieces])
        one_each = dict(zip(numbers, tunes, strict=True))
        sets[f"human: {name}"] = [tune for tune in one_each.values() if tune not in relatives]
    return sets


def as_drawn(run: Run, count: int) -> list[Originality]:
    """The first attempts at so many pieces, whatever they copy."""
    composer = TuneComposer(run, Wish())
    addresses = [Draw(piece, 0) for piece in reversed(range(count))]
    found = []
    for finished in composer.draw(lambda: addresses.pop() if addresses else None):
        if finished.complete:
            with suppress(InputError):  # what has no house form would be drawn anew
                found.append(composer.composition(finished).originality)
    return found


def row(name: str, found: Sequence[Originality]) -> dict[str, Any]:
    """What a set of tunes comes to."""
    copies = [one for one in found if one.verdict == NEAR_COPY]
    runs = [one.longest_run.notes if one.longest_run else 0 for one in found]
    return {
        "set": name,
        "tunes": len(found),
        "near-copies": len(copies),
        "share": len(copies) / max(1, len(found)),
        "score": spread([one.score for one in found], 3),
        "least score": min((one.score for one in found), default=0.0),
        "most score": max((one.score for one in found), default=0.0),
        "longest run (notes)": spread(runs, 1),
        "bars found": spread([one.bars_found for one in found], 3),
        "known titles": sum(bool(one.title_known) for one in found),
    }


def spread(values: Sequence[float], digits: int) -> str:
    """The mean, and the percentile interval of it."""
    if not values:
        return ""
    means = np.random.default_rng(0).choice(np.array(values), (RESAMPLES, len(values))).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{np.mean(values):.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def draw(sets: dict[str, list[Originality]], path: Path) -> None:
    """A picture of the sets: scores, longest runs and bars found, as shares of tunes that have no more."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figures: list[tuple[str, Callable[[Originality], float]]] = [
        ("share of notes found in known tunes", lambda one: 1 - one.score),
        ("longest run with a known tune (notes)", lambda one: one.longest_run.notes if one.longest_run else 0),
        ("share of bars found in known tunes", lambda one: one.bars_found),
    ]
    picture, axes = plt.subplots(1, 3, figsize=(13, 4), sharey=True, layout="constrained")
    for axis, (title, figure) in zip(axes, figures, strict=True):
        for name, found in sets.items():
            values = np.sort([figure(one) for one in found])
            axis.step(values, np.arange(1, len(values) + 1) / len(values), where="post", label=name)
        axis.set_xlabel(title)
        axis.grid(alpha=0.3)
    limit = next(iter(sets.values()))[0].limit
    axes[0].axvline(1 - limit, color="grey", linestyle="--", linewidth=1, label="near-copies beyond")
    axes[0].set_ylabel("share of tunes with no more")
    axes[0].legend(fontsize=8)
    picture.savefig(path, dpi=120)


# Four books


def timed(count: int) -> dict[str, float]:
    """Seconds to build and open an index of four books, milliseconds of queries to it."""
    corpora = []
    for name in BOOKS:
        try:
            corpora.append(open_corpus(Settings().with_corpus(name)))
        except (CorpusError, MissingExtraError):
            print(f"{name} is not here and left out", file=sys.stderr)
    pieces = [piece for corpus in corpora for piece in corpus.pieces]
    with uncollected():
        tunes = [read_tune(piece.text) for piece in pieces]
        numbers = cluster([fingerprint(tune) for tune in tunes], [piece.text for piece in pieces])
        start = time.perf_counter()
        content = calibrated(TuneIndex.of(tunes, pieces), tunes, numbers).to_bytes()
        built = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.npz"
        path.write_bytes(content)
        start = time.perf_counter()
        index = TuneIndex.load(path)
        measure(index, tunes[0])
        opened = time.perf_counter() - start
    spent = []
    for tune in random.Random(0).sample(tunes, min(count, len(tunes))):
        start = time.perf_counter()
        measure(index, tune)
        spent.append(1000 * (time.perf_counter() - start))
    return {
        "four books: tunes": len(tunes),
        "four books: megabytes": len(content) / 1e6,
        "four books: seconds to build": built,
        "four books: seconds to open, with a first query": opened,
        "four books: milliseconds a query, median": float(np.median(spent)),
        "four books: milliseconds a query, most": max(spent),
    }


def main() -> None:
    options = arguments()
    run = open_run(options.run) if options.run else builtin_run()
    learned = [read_tune(piece.text) for piece in run.part_pieces(find_corpus(run.settings), "training")]
    chosen = random.Random(0).sample(learned, min(options.tunes, len(learned)))
    rows = planted(run.index, chosen)
    sets = {name: [measure(run.index, tune) for tune in tunes] for name, tunes in human(run).items()}
    own = next(iter(sets))
    sets["as drawn"] = as_drawn(run, options.compositions)
    tally = Tally()
    sets["as composed"] = [one.originality for one in compose(run, count=options.compositions, tally=tally)]
    rows += [row(name, found) for name, found in sets.items()]
    if options.picture:
        draw({name: sets[name] for name in (own, "as composed")}, options.picture)
    ratios = {f"rejected of {options.compositions} compositions: {why}": n for why, n in tally.reasons.items()}
    tell("originality", rows, {**ratios, **timed(options.tunes)}, options.json, options.keep)


def arguments() -> argparse.Namespace:
    found = parser(__doc__)
    found.formatter_class = argparse.RawDescriptionHelpFormatter
    found.add_argument("--run", default="", help="whose tunes are copied and who composes [default: the built-in one]")
    found.add_argument("--tunes", type=int, default=200, help="how many learned tunes are copied in every way")
    found.add_argument("--compositions", type=int, default=200)
    found.add_argument("--picture", type=Path, help="draw how scores and runs are spread")
    options = found.parse_args()
    if options.quick:
        options.tunes, options.compositions = min(options.tunes, QUICK), min(options.compositions, QUICK)
    return options


if __name__ == "__main__":
    main()
