"""Which tunes are listened to: some of each variant of a study, some of each run, and some that are real."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tunewright.compose import compose
from tunewright.contracts import Piece
from tunewright.errors import DecodingError, InputError, RunError
from tunewright.music.pieces import house_text
from tunewright.quality import held_out
from tunewright.run import Run, open_run
from tunewright.study.plan import is_study
from tunewright.study.results import Ended, Study, open_study
from tunewright.wish import Wish

REAL = "real"
"""In the place of a source: of tunes that people made."""
ALTOGETHER = 20
"""Composed tunes on a page, unless it is told how many of each source."""


@dataclass(frozen=True)
class Heard:
    """A tune that is listened to.

    Attributes:
        source: the run or the variant that it is from, or :data:`REAL`.
        text: its ABC.
    """

    source: str
    text: str


def chosen(sources: Sequence[Path], count: int = 0, seed: int = 0) -> tuple[list[Heard], list[str]]:
    """Tunes of all sources, and real ones: as many as of one source, but at least a quarter of all.

    Args:
        sources: runs and studies.
        count: tunes of each run or variant; 0 for about :data:`ALTOGETHER` in all.
        seed: which of the tunes there are.

    Returns:
        The tunes, and a message for each source that composed none.

    Raises:
        RunError: a source is neither run nor study, or none has composed a tune.
        CorpusError: the corpus with the real ones can't be found.
    """
    composers = [one for source in sources for one in _composers(source, seed)]
    each = count or max(1, ALTOGETHER // len(composers))
    composed, failed = list[Heard](), list[str]()
    for one in composers:
        try:
            composed += one.tunes(each)
        except DecodingError as error:
            failed.append(f"{one.name}: {error}")
    if not composed:
        raise RunError(f"there is no tune to be listened to ({failed[0]})")
    real = held_out(composers[0].run)[0]
    random.Random(seed).shuffle(real)
    wanted = max(each, len(composed) // 3)
    return [*composed, *(Heard(REAL, text) for text in _in_house_form(real, wanted))], failed


@dataclass(frozen=True)
class _Composer:
    """Where composed tunes are from: a run, or a variant of a study."""

    name: str
    run: Run
    wish: Wish

    def tunes(self, count: int) -> list[Heard]:
        """Some tunes of it; what leaves nothing to chance has fewer."""
        most = 1 if self.wish.greedy else self.wish.beams or count
        return [Heard(self.name, one.piece.text) for one in compose(self.run, self.wish, count=min(count, most))]


def _composers(source: Path, seed: int) -> Iterator[_Composer]:
    if not is_study(source):
        run = open_run(source)
        yield _Composer(run.name, run, Wish(seed=seed))
        return
    study = open_study(source)
    if not study.done:
        raise RunError(f"{source}: no trial of this study is done yet")
    for one in _variants(study):
        yield _Composer(one.trial.variant, study.run_of(one.trial), replace(study.plan.wish_of(one.trial), seed=seed))


def _variants(study: Study) -> list[Ended]:
    """One trial of each variant."""
    found: dict[str, Ended] = {}
    for one in study.done:
        found.setdefault(one.trial.variant, one)
    return list(found.values())


def _in_house_form(pieces: Sequence[Piece], count: int) -> list[str]:
    """Real tunes as ours are written, so that no habit of writing tells them apart."""
    found: list[str] = []
    for piece in pieces:
        if len(found) == count:
            break
        try:
            found.append(house_text(piece.text, len(found) + 1))
        except InputError:
            continue
    return found
