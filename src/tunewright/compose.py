"""From a wish to compositions: attempts are drawn until every wanted piece stands.

A piece is the first of its attempts that is a whole tune with right bars and no near-copy of a known one. Attempt ``a``
of piece ``p`` under a seed is always the same tune, so pieces don't depend on how many are asked for, and a provenance
is enough to get one again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from tunewright.attempts import Attempts
from tunewright.composer import Composer, Composition, Tally
from tunewright.errors import DecodingError, InputError
from tunewright.performance_composer import PerformanceComposer
from tunewright.run import Run, builtin_run, open_run
from tunewright.tune_composer import TuneComposer
from tunewright.wish import Wish

COMPOSERS: dict[str, Callable[[Run, Wish], Composer]] = {"tune": TuneComposer, "performance": PerformanceComposer}
"""By the kind of pieces that a run composes."""


WHOLE = {"tune": "whole tune with right bars", "performance": "whole performance with notes of its own"}
"""What is wanted of each kind."""


def composer_of(run: Run, wish: Wish) -> Composer:
    """A run made ready for a wish.

    Raises:
        DecodingError: a wish that the run can't understand.
    """
    return COMPOSERS[run.kind](run, wish)


def compose(
    run: Run | None = None, wish: Wish | None = None, *, count: int = 1, first: int = 0, tally: Tally | None = None
) -> list[Composition]:
    """Composes whole tunes whose bars are right; :func:`iterate` as a list.

    Raises:
        DecodingError: a wish that the run can't understand, or a tune that didn't succeed in
            :data:`MOST_ATTEMPTS` attempts.
    """
    return list(iterate(run, wish, count=count, first=first, tally=tally))


def iterate(
    run: Run | None = None, wish: Wish | None = None, *, count: int = 1, first: int = 0, tally: Tally | None = None
) -> Iterator[Composition]:
    """Composes whole tunes whose bars are right and that copy no known one, in order, each as soon as it and those
    before it stand.

    Args:
        run: whose model composes; None for the built-in one.
        wish: what is asked for.
        count: how many tunes.
        first: number of the first; tune ``n`` is the same whichever call asks for it.
        tally: counts what was rejected.

    Raises:
        DecodingError: as for :func:`compose`.
    """
    composer = composer_of(run or builtin_run(), wish or Wish())
    tally = tally if tally is not None else Tally()
    if composer.wish.beams:
        yield from _searched(composer, first + count, tally)
        return
    pieces = range(first, first + count)
    attempts = Attempts(pieces, ahead=composer.ahead)
    found: dict[int, Composition] = {}
    waiting = iter(pieces)
    following = next(waiting)
    for finished in composer.draw(attempts.next):
        for one in attempts.in_order(finished):
            composition = composer.judge(one, tally)
            attempts.judged(one.draw.piece, composition is not None)
            if composition:
                found[one.draw.piece] = composition
            elif attempts.count(one.draw.piece) >= composer.most_attempts:
                yield from (found[piece] for piece in sorted(found))  # one that fails takes none of the others with it
                reasons = ", ".join(f"{reason}: {times}" for reason, times in tally.reasons.most_common())
                raise DecodingError(
                    f"no {WHOLE[composer.run.kind]} in {attempts.count(one.draw.piece)} attempts ({reasons}); another "
                    "temperature, another prompt or fewer wishes may help"
                )
        while following in found:
            yield found.pop(following)
            following = next(waiting, -1)


def _searched(composer: Composer, count: int, tally: Tally) -> Iterator[Composition]:
    """What beam search finds, best first."""
    found = [composition for one in composer.search(count) if (composition := composer.judge(one, tally))]
    yield from found
    if len(found) < count:
        raise DecodingError(
            f"beam search found {len(found)} of {count} wanted, each a {WHOLE[composer.run.kind]}; more beams, or "
            "none, would give more"
        )


def replay(path: Path) -> Composition:
    """Composes again what a provenance file tells of.

    Raises:
        InputError: it is no provenance.
        RunError: its run is not here.
        DecodingError: what came out is not what the provenance tells of.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        wish, versions = Wish(**told["wish"]), told["versions"]
        piece, attempt, sha256 = int(told["piece"]), int(told["attempt"]), str(told["sha256"])
        builtin, folder = bool(told["run"]["builtin"]), str(told["run"]["folder"])
        name = str(told["run"]["name"])
        if not (0 <= piece < 2**32 and 0 <= attempt < 2**16):
            raise ValueError("piece or attempt out of range")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not the provenance of a composition ({error})") from None
    run = builtin_run(name) if builtin else open_run(folder)
    composer = composer_of(run, wish)
    with suppress(InputError):  # what has no house form isn't what was told of
        composition = composer.composition(composer.again(piece, attempt))
        if composition.piece.sha256 == sha256:
            return composition
    raise DecodingError(f"{path}: run {run.name} composes another {run.kind} here today; that was with {versions}")
