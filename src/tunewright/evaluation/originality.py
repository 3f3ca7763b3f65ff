"""How much of a tune is found in known ones, and whether that is more than human tunes of one book share.

A stretch of a tune is *found* where its melody or its beats have twelve intervals or more in a row with a known tune:
the runs that make near-duplicates (:mod:`tunewright.music.fingerprint`), which no change of key, rhythm, bar lines or
ornaments hides; shorter ones count where they are in step, so that single notes that were changed don't hide a copy.
The score is the share of its notes that is found neither in the nearest known tune nor in the one that adds the most to
it: two tunes spliced are found as one is.

Human tunes share phrases too. So known tunes have been held out, each with its near-duplicates, against the rest: a
tune of which more is found than of nearly all of those is a near-copy, and so is a near-duplicate of a known one. What
this does not see: a tune changed in every bar, on the beats too.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tunewright.evaluation.tune_index import Known, TuneIndex
from tunewright.evaluation.tune_lines import BEATS, MELODY, NOTES, Lines, Mask, Query, SharedRuns, any_of
from tunewright.music.fingerprint import GRAM, enough
from tunewright.music.titles import plain_title
from tunewright.music.tune import Tune

ORIGINAL, NEAR_COPY = "original", "near-copy"
HUMAN_SHARE = 0.995
"""Of a near-copy more is found than of this share of human tunes."""
LEAST, MOST = 0.5, 0.9
"""But a tune of which less than half is found is none, whatever the book, and one of which nine tenths are is one."""
HELD_OUT = 1000
"""At most so many known tunes are held out to learn how much human tunes share."""
TOLD = 3
"""How many of the nearest tunes are told."""
_BY = {MELODY: "melody", BEATS: "beats", NOTES: "notes"}


@dataclass(frozen=True)
class Stretch:
    """What a tune has in a row with a known one.

    Attributes:
        notes: how many of its notes.
        bars: how many of its bars whole.
        by: ``"melody"``, or ``"beats"`` where what is between them differs; of a performance ``"notes"``.
        tune: title of the known tune.
        origin: where that is from.
    """

    notes: int
    bars: int
    by: str
    tune: str
    origin: str


@dataclass(frozen=True)
class Near:
    """A known tune that is near.

    Attributes:
        title: of the known tune.
        origin: where it is from.
        key: its own; empty for a performance.
        transposition: semitones that what is shared lies higher here than there.
        share: of the notes, what is found in it.
        bars: which bars are found in it whole, counted from 1 as they are written.
        longest_run: what both have in a row.
        near_duplicate: whether the two are near-duplicates (:func:`tunewright.music.fingerprint.enough`); of
            performances, whether more is found in it alone than the limit.
        text: of the known tune; empty for a performance.
    """

    title: str
    origin: str
    key: str
    transposition: int
    share: float
    bars: tuple[int, ...]
    longest_run: Stretch
    near_duplicate: bool
    text: str


@dataclass(frozen=True)
class Originality:
    """What of a tune or of a performance is its own.

    Attributes:
        score: share of its notes that is not found in two known tunes, the nearest and the one that adds the most.
        verdict: :data:`ORIGINAL` or :data:`NEAR_COPY`.
        limit: the score below which a tune is a near-copy.
        human_percentile: of how many human tunes in a hundred less is found in others of their book.
        found_anywhere: share of its notes that is found in any known tune.
        bars_found: share of its bars whose contents stand as a bar in a known tune; single phrases are common property.
        longest_run: the longest that it has in a row with a known tune; None if there is nothing.
        nearest: the nearest known tunes, at most :data:`TOLD`, nearest first; none that shares nothing.
        title_known: where the known tunes of the same title are from.
        kind: of piece, out of :data:`tunewright.contracts.KINDS`. Performances have no bars, and their titles aren't
            compared.
    """

    score: float
    verdict: str
    limit: float
    human_percentile: float
    found_anywhere: float
    bars_found: float
    longest_run: Stretch | None
    nearest: tuple[Near, ...]
    title_known: tuple[str, ...]
    kind: str = "tune"

    def to_dict(self) -> dict[str, Any]:
        """As JSON tells it; without the known tunes' texts."""
        told = json.loads(json.dumps(asdict(self)))
        for near in told["nearest"]:
            del near["text"]
        return {**told}


class KnownPieces(Protocol):
    """What an index holds: lines, how much human pieces share, and what is told of each known piece."""

    lines: Lines
    usual: NDArray[np.float32]

    @property
    def known(self) -> Sequence[Known]: ...


def measure(index: TuneIndex, tune: Tune, given: int = 0) -> Originality:
    """What of a tune is its own.

    Args:
        given: how many notes at its beginning nobody composed, such as those of a prompt; they don't count.
    """
    query = Query.of(tune, given)
    runs = index.shared_runs(query.lines)
    own = compared(index, query, runs, _near_duplicates(index, query, runs))
    plain = plain_title(tune.title)
    known = tuple(index.titles.get(plain, ())) if plain else ()
    return replace(own, bars_found=round(index.bars_found(tune), 4), title_known=known)


def compared(index: KnownPieces, query: Query, runs: SharedRuns, near_duplicates: set[int]) -> Originality:
    """What of a piece is its own, by its notes alone.

    Args:
        runs: what it shares with known ones.
        near_duplicates: numbers of the known pieces that are.
    """
    covered = query.covered(runs[query.counts(runs)])[1]
    found, limit = query.found_in_two(covered), human_limit(index)
    return Originality(
        score=round(1 - found, 4),
        verdict=NEAR_COPY if near_duplicates or found > limit else ORIGINAL,
        limit=round(1 - limit, 4),
        human_percentile=round(100 * float(np.searchsorted(index.usual, found)) / max(1, len(index.usual)), 1),
        found_anywhere=round(query.share(any_of(covered)), 4),
        bars_found=0.0,
        longest_run=_stretch(index, query, runs) if len(runs) else None,
        nearest=tuple(
            _near(index, query, runs[runs.tune == number], number in near_duplicates) for number in _ranked(query, runs)
        ),
        title_known=(),
    )


def found_share(index: TuneIndex, tune: Tune, among: Mask | None = None) -> float:
    """Share of a tune's notes that is found in known tunes, two at most.

    Args:
        among: which of them count, shape (tunes,); None for all.
    """
    query = Query.of(tune)
    runs = index.shared_runs(query.lines, among)
    return query.found_in_two(query.covered(runs[query.counts(runs)])[1])


def calibrated(index: TuneIndex, tunes: Sequence[Tune], clusters: Sequence[int]) -> TuneIndex:
    """An index that knows how much of human tunes is found in others.

    Args:
        tunes: those of the index.
        clusters: of near-duplicates, the number of each tune's; no tune is compared with its own.
    """
    chosen = random.Random(0).sample(range(len(tunes)), min(len(tunes), HELD_OUT))
    numbers = np.array(clusters)
    shares = [found_share(index, tunes[one], numbers != numbers[one]) for one in chosen]
    return index.with_usual(np.array(sorted(shares), np.float32))


def human_limit(index: KnownPieces) -> float:
    """The share of a piece that is found in known ones, above which it is a near-copy."""
    usual = float(np.quantile(index.usual, HUMAN_SHARE)) if len(index.usual) else LEAST
    return min(max(usual, LEAST), MOST)


def told(originality: Originality) -> str:
    """An originality as a sentence to read."""
    kind = originality.kind
    found = f"{100 * (1 - originality.score):.0f} % of its notes"
    if originality.human_percentile:
        found += f" (of {originality.human_percentile:.0f} in 100 human {kind}s it is less)"
    if kind == "tune":
        found += f" and {100 * originality.bars_found:.0f} % of its bars"
    sentence = f"{originality.verdict.capitalize()}, {originality.score:.2f}: {found} are found in known {kind}s"
    if run := originality.longest_run:
        sentence += f"; {stretch_told(run)} as in {run.tune or f'an untitled {kind}'} ({run.origin})"
    if originality.title_known:
        sentence += f"; its title is that of a known tune ({', '.join(originality.title_known)})"
    return sentence


def near_told(near: Near) -> str:
    """What is shared with a known tune, as a sentence to read."""
    moved = f", {abs(near.transposition)} semitones {'higher' if near.transposition > 0 else 'lower'} here"
    key = f" in {near.key}" if near.key else ""
    sentence = f"{near.title or 'untitled'} ({near.origin}){key}{moved if near.transposition else ''}: "
    sentence += f"{100 * near.share:.0f} % of the notes are found in it, {stretch_told(near.longest_run)}"
    return sentence + ("; a near-duplicate" if near.near_duplicate else "")


def stretch_told(run: Stretch) -> str:
    """How long a run is, in words."""
    bars = f" ({run.bars} whole bar{'s' if run.bars > 1 else ''})" if run.bars else ""
    return f"{run.notes} notes in a row{bars}" + (" by their beats" if run.by == "beats" else "")


def shared_notes(tune: Tune, other: Tune) -> tuple[list[int], list[int]]:
    """Which notes of two tunes are what they have in common, as indices in ``notes()`` of each."""
    query, known = Query.of(tune), Query.of(other)
    runs = TuneIndex.of([other], []).shared_runs(query.lines)
    runs = runs[query.counts(runs)]
    mirrored = SharedRuns(runs.kind, runs.known_start, runs.start, runs.intervals, runs.tune)
    here, there = any_of(query.covered(runs)[1]), any_of(known.covered(mirrored)[1])
    return np.flatnonzero(here).tolist(), np.flatnonzero(there).tolist()


def _ranked(query: Query, runs: SharedRuns) -> list[int]:
    """Numbers of the nearest known tunes: by how many notes are found in them, then by shorter runs."""
    tunes, near = query.covered(runs)
    found_in, covered = query.covered(runs[query.counts(runs)])
    found = np.zeros(len(tunes))
    found[np.searchsorted(tunes, found_in)] = covered.sum(axis=1)
    order = np.lexsort((tunes, -near.sum(axis=1), -found))
    return [int(number) for number in tunes[order[:TOLD]]]


def _near(index: KnownPieces, query: Query, runs: SharedRuns, near_duplicate: bool) -> Near:
    """What is told of the known tune that these runs are shared with."""
    known = index.known[int(runs.tune[0])]
    found = any_of(query.covered(runs[query.counts(runs)])[1])
    steps = query.lines.pitches[runs.start].astype(int) - index.lines.pitches[runs.known_start]
    heights, where = np.unique(steps, return_inverse=True)
    return Near(
        known.title,
        known.origin,
        known.key,
        int(heights[np.bincount(where, runs.intervals).argmax()]),
        round(query.share(found), 4),
        tuple(query.whole_bars(found)),
        _stretch(index, query, runs),
        near_duplicate,
        known.text,
    )


def _stretch(index: KnownPieces, query: Query, runs: SharedRuns) -> Stretch:
    """The longest of these runs; of equal ones that of the melody, and of the first tune."""
    begins, ends = query.span(runs)
    before = np.concatenate([[0], np.cumsum(query.counted)])
    notes = before[ends + 1] - before[begins]
    row = int(np.lexsort((-runs.tune, -runs.kind, notes))[-1])
    places = np.arange(len(query.counted))
    within = query.counted & (places >= begins[row]) & (places <= ends[row])
    known = index.known[int(runs.tune[row])]
    by = _BY[int(runs.kind[row])]
    return Stretch(int(notes[row]), len(query.whole_bars(within)), by, known.title, known.origin)


def _near_duplicates(index: TuneIndex, query: Query, runs: SharedRuns) -> set[int]:
    """Numbers of the known tunes that are near-duplicates: those that share enough different runs of one kind."""
    related: set[int] = set()
    for kind in (MELODY, BEATS):
        long = runs[(runs.kind == kind) & (runs.intervals >= GRAM)]
        own = query.lines.grams(kind, GRAM) if len(long) else {}
        different = len(set(own.values()))
        shared: dict[int, set[bytes]] = defaultdict(set)
        for tune, start, length in zip(long.tune.tolist(), long.start.tolist(), long.intervals.tolist(), strict=True):
            shared[tune].update(own[place] for place in range(start, start + length - GRAM + 1))
        for tune, common in shared.items():
            if enough(len(common), min(different, len(set(index.lines_of(tune).grams(kind, GRAM).values())))):
                related.add(tune)
    return related
