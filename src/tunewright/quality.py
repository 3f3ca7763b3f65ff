"""How good a run's pieces are, measured on its first attempts: nothing that fails is drawn again, so that nothing that
fails is hidden. What makes a piece worth hearing no figure tells; a listening page asks people.
"""

from __future__ import annotations

import statistics as averages
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tunewright.compose import composer_of
from tunewright.composer import Composer, Composition, Tally
from tunewright.contracts import PARTS, Piece
from tunewright.decoding.drawing import Draw, Finished
from tunewright.evaluation.distances import Distance, distances
from tunewright.evaluation.originality import NEAR_COPY
from tunewright.evaluation.statistics import Statistics, statistics
from tunewright.music.bars import is_valid
from tunewright.music.pieces import uncollected
from tunewright.music.reader import read_tune
from tunewright.run import Run, find_corpus
from tunewright.tune_composer import TuneComposer
from tunewright.wish import Wish

RESAMPLES = 200
LENGTH = "20 seconds"
"""Of performances that are composed to be judged, where nothing else is asked for."""
FEWEST = 10
"""Held-out tunes against which a distance says anything."""


@dataclass(frozen=True)
class Quality:
    """How the first attempts of a run under one wish turned out.

    Attributes:
        wish: what was asked for.
        attempts: how many were brought to an end.
        valid: share of them that are whole tunes in which ``check`` finds nothing wrong; None of performances.
        standing: those that would have been given to a user, as they are.
        rejected: how many of the others, by reason.
        statistics: of all tunes drawn that have notes in them, right or wrong.
        seconds: that drawing took.
    """

    wish: Wish
    attempts: int
    valid: float | None
    standing: tuple[Composition, ...]
    rejected: Counter[str]
    statistics: Statistics
    seconds: float
    distances: dict[str, Distance] = field(default_factory=dict)

    @property
    def near_copies(self) -> int:
        """Attempts that share more with a known piece than human ones share."""
        return self.rejected[NEAR_COPY] + sum(one.originality.verdict == NEAR_COPY for one in self.standing)

    @property
    def originality(self) -> float | None:
        """Mean score of those that stand: share of the notes found in no known piece."""
        return averages.fmean(one.originality.score for one in self.standing) if self.standing else None

    @cached_property
    def distance(self) -> float | None:
        """From the held-out tunes, in multiples of the distance of their one half from the other: the mean over the
        features of :mod:`tunewright.evaluation.statistics`, geometric since they are ratios.
        """
        ratios = [one.ratio for one in self.distances.values() if one.ratio]
        return averages.geometric_mean(ratios) if ratios else None

    def to_dict(self) -> dict[str, Any]:
        """The figures, for JSON."""
        return {
            "attempts": self.attempts,
            "valid": self.valid,
            "rejected": dict(self.rejected),
            "near_copies": self.near_copies,
            "originality": self.originality,
            "distance": self.distance,
            "seconds": round(self.seconds, 2),
        }


def quality(run: Run, wish: Wish, count: int, reference: Statistics) -> Quality:
    """Lets a run compose and judges what comes.

    Args:
        wish: what is asked for.
        count: how many attempts.
        reference: of real tunes that the run hasn't learned from, as :func:`held_out` counts them.

    Raises:
        DecodingError: a wish that the run can't understand.
    """
    composer, tally = composer_of(run, wish), Tally()
    started = time.perf_counter()
    # What is given up on the way, for a part that won't end on its tonic, was never an attempt to be judged.
    finished = [one for one in _first_attempts(composer, count) if not one.given_up]
    seconds = time.perf_counter() - started
    finished.sort(key=lambda one: one.draw.piece)
    with uncollected():
        standing = tuple(filter(None, (composer.judge(one, tally) for one in finished)))
        share, counted = _counted(composer, finished) if isinstance(composer, TuneComposer) else (None, statistics([]))
    apart = distances(counted, reference, RESAMPLES) if reference.tunes >= FEWEST else {}
    return Quality(wish, len(finished), share, standing, tally.reasons, counted, seconds, apart)


def _counted(composer: TuneComposer, finished: Sequence[Finished]) -> tuple[float, Statistics]:
    """The share of tunes that are whole and right, and what a musician counts in all of them."""
    drawn = [read_tune(composer.drawn_text(one)) for one in finished]
    valid = sum(one.complete and is_valid(tune) for one, tune in zip(finished, drawn, strict=True))
    return valid / max(1, len(finished)), statistics(tune for tune in drawn if tune.notes())


def held_out(run: Run) -> tuple[list[Piece], Statistics]:
    """The real pieces that a run hasn't learned from, and what a musician counts in them where they are tunes."""
    corpus = find_corpus(run.settings, PARTS[1])
    pieces = [piece for part in PARTS[1:] for piece in run.part_pieces(corpus, part)]
    with uncollected():
        return pieces, statistics(read_tune(piece.text) for piece in pieces if piece.kind == "tune")


def _first_attempts(composer: Composer, count: int) -> Iterator[Finished]:
    if composer.wish.beams:
        return iter(composer.search(min(count, composer.wish.beams)))
    if composer.wish.greedy:
        count = 1  # another one would be the same
    draws = iter([Draw(piece) for piece in range(count)])
    return composer.draw(lambda: next(draws, None))
