"""Which pieces are listened to: some of each variant of a study, some of each run, and some that are real."""

from __future__ import annotations

import base64
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count as numbers
from pathlib import Path

from tunewright.compose import compose
from tunewright.contracts import Piece, Value
from tunewright.errors import DecodingError, InputError, RunError, SettingsError
from tunewright.listening.openings import openings
from tunewright.music.headers import canonical_meter
from tunewright.music.pieces import house_text
from tunewright.quality import held_out
from tunewright.run import Run, open_run
from tunewright.study.plan import is_study
from tunewright.study.results import Ended, open_study
from tunewright.study.space import Assignments
from tunewright.wish import Wish

ALTOGETHER = 20
"""Composed tunes on a page, unless it is told how many of each source."""
MOST = 60
"""Composed tunes on a page: some 200 megabytes, and an hour of listening."""
LENGTH = "30 seconds"
"""Of a run's composed performances: long enough to be judged; some megabytes each on a page."""
COMPOSED_TO_REAL = 3
"""At most so many composed tunes stand beside a real one."""


@dataclass(frozen=True)
class Heard:
    """A piece that is listened to.

    Attributes:
        source: name of the run or study that it is from; empty for a real one.
        text: its ABC; empty for a performance.
        is_real: whether people made it.
        settings: what a study varied, with the values it was composed under; empty for pieces of a run.
        title: of a performance; a tune's stands in its text.
        midi: a performance's, in base64; empty for a tune.
    """

    source: str
    text: str
    is_real: bool = False
    settings: Assignments = field(default_factory=dict)
    title: str = ""
    midi: str = ""

    @property
    def piece(self) -> Piece:
        """What is listened to."""
        kind = "performance" if self.midi else "tune"
        return Piece(self.title, self.text, self.source, kind=kind, midi=base64.b64decode(self.midi))


def chosen(sources: Sequence[Path], count: int = 0, seed: int = 0) -> tuple[list[Heard], list[str]]:
    """Pieces of all sources, and real ones: as many as of one run or variant, but at least a quarter of all; tunes of
    the same types and meters as the composed ones as far as there are such, performances cut off at their length.

    Args:
        sources: runs and studies.
        count: tunes of each run or variant; 0 for about :data:`ALTOGETHER` in all.
        seed: which of the tunes there are.

    Returns:
        The tunes, and a message for each source that composed none, and where real ones are too few.

    Raises:
        SettingsError: more pieces than anyone listens to, or tunes and performances together.
        RunError: a source is neither run nor study, or none has composed a tune.
        CorpusError: the corpus with the real ones can't be found.
    """
    composers, failed = _composers(sources, seed), list[str]()
    if len({one.run.kind for one in composers}) > 1:
        raise SettingsError("tunes and performances can't be heard on one page: make one of runs of either")
    if len(composers) > MOST:
        failed.append(f"{MOST} of {len(composers)} runs and variants are heard: nobody listens to more tunes")
        composers = random.Random(seed).sample(composers, MOST)
    each = count or max(1, ALTOGETHER // len(composers))
    if each * len(composers) > MOST:
        raise SettingsError(
            f"--count {count}: of {len(composers)} runs or variants that makes {each * len(composers)} tunes; nobody "
            f"listens to more than {MOST}: expected --count {MOST // len(composers)} or less"
        )
    composed, like, most = list[Heard](), list[Piece](), 0
    for one in composers:
        try:
            pieces = one.pieces(each)
        except DecodingError as error:
            failed.append(f"{one.told}: {error}")
            continue
        composed += [_heard(piece, one.source, settings=one.settings) for piece in pieces]
        like += pieces
        most = max(most, len(pieces))
    if not composed:
        raise RunError(f"there is no tune to be listened to ({failed[0]})")
    left = held_out(composers[0].run)[0]
    random.Random(seed).shuffle(left)
    wanted = max(most, -(-len(composed) // COMPOSED_TO_REAL))
    if composers[0].run.kind == "performance":
        real = openings(_evenly(like, wanted), left, composers[0].run.codec)
    else:
        real = [Piece("", text, "") for text in matching(_evenly(_kinds(like), wanted), left)]
    if len(real) < wanted:
        failed.append(f"{len(real)} real tunes were found; {wanted} were wanted")
    return [*composed, *(_heard(piece, "", is_real=True) for piece in real)], failed


def _heard(piece: Piece, source: str, *, is_real: bool = False, settings: Assignments | None = None) -> Heard:
    midi = base64.b64encode(piece.midi).decode()
    return Heard(source, piece.text, is_real, settings or {}, piece.title if midi else "", midi)


def names_of(folders: Sequence[Path]) -> list[str]:
    """Each folder's name, after as many of its parents' names as tell it from the others.

    Args:
        folders: no two of them the same.
    """
    paths = [folder.resolve() for folder in folders]

    def name(path: Path) -> str:
        others = [one for one in paths if one != path]
        ends = (slice(-depth, None) for depth in numbers(1))
        end = next(end for end in ends if all(one.parts[end] != path.parts[end] for one in others))
        return Path(*path.parts[end]).as_posix()

    return [name(path) for path in paths]


@dataclass(frozen=True)
class _Composer:
    """Where composed tunes are from: a run, or a variant of a study."""

    source: str
    run: Run
    wish: Wish
    settings: Assignments = field(default_factory=dict)
    variant: str = ""

    @property
    def told(self) -> str:
        """What it is called in a message."""
        return f"{self.source}, {self.variant}" if self.variant else self.source

    def pieces(self, count: int) -> list[Piece]:
        """Some tunes of it; what leaves nothing to chance has fewer."""
        most = 1 if self.wish.greedy else self.wish.beams or count
        return [one.piece for one in compose(self.run, self.wish, count=min(count, most))]


def _composers(sources: Sequence[Path], seed: int) -> list[_Composer]:
    """Those of all sources, none twice."""
    folders = {source: (source if is_study(source) else open_run(source).folder).resolve() for source in sources}
    once = {folder: source for source, folder in folders.items()}
    named = zip(once.values(), names_of(list(once)), strict=True)
    return [one for source, name in named for one in _composers_of(source, name, seed)]


def _composers_of(source: Path, name: str, seed: int) -> Iterator[_Composer]:
    if not is_study(source):
        run = open_run(source)
        yield _Composer(name, run, Wish(seed=seed, length=LENGTH if run.kind == "performance" else ""))
        return
    study = open_study(source)
    if not study.done:
        raise RunError(f"{source}: no trial of this study is done yet")
    for one in _variants(study.done):
        wish = replace(study.plan.wish_of(one.trial), seed=seed)
        yield _Composer(name, study.run_of(one.trial), wish, one.trial.assignments, one.trial.variant)


def _variants(trials: Sequence[Ended]) -> list[Ended]:
    """One trial of each variant."""
    found: dict[str, Ended] = {}
    for one in trials:
        found.setdefault(one.trial.variant, one)
    return list(found.values())


_Kind = tuple[str, str]
"""Type and meter of a tune."""


def _kind(piece: Piece) -> _Kind:
    return piece.type, canonical_meter(piece.meter)


def _kinds(pieces: Sequence[Piece]) -> list[_Kind]:
    """Those of all pieces, the frequent ones first."""
    return [kind for kind, times in Counter(map(_kind, pieces)).most_common() for _ in range(times)]


def _evenly(ordered: Sequence[Value], count: int) -> list[Value]:
    """So many of these, each about as often, of all, as it is among them."""
    return [ordered[(2 * at + 1) * len(ordered) // (2 * count)] for at in range(count)]


def matching(kinds: Sequence[_Kind], pieces: Sequence[Piece]) -> list[str]:
    """A tune of each of these kinds, each once, as ours are written, so that no habit of writing tells them apart.

    Where there is none of a kind left it is one of its type, of its meter, or any; where there are no tunes left it is
    none.

    Args:
        kinds: types and meters.
        pieces: real tunes; the first that will do is taken.
    """
    found: list[str] = []
    unmatched, left = list(kinds), {piece: _kind(piece) for piece in pieces}
    closeness: list[Callable[[_Kind, _Kind], bool]] = [
        lambda one, other: one == other,
        lambda one, other: one[0] == other[0],
        lambda one, other: one[1] == other[1],
        lambda one, other: True,
    ]
    for alike in closeness:
        waiting, unmatched = unmatched, []
        for kind in waiting:
            text = _taken(left, lambda other, kind=kind, alike=alike: alike(kind, other))  # type: ignore[misc]
            if text:
                found.append(text)
            else:
                unmatched.append(kind)
    return found


def _taken(left: dict[Piece, _Kind], will_do: Callable[[_Kind], bool]) -> str:
    """Takes out the first that will do and that can be written in house form; empty if there is none."""
    for piece in [piece for piece, kind in left.items() if will_do(kind)]:
        del left[piece]
        try:
            return house_text(piece.text)
        except InputError:
            continue
    return ""
