"""Whether a figure on held-out pieces is honest: what each of them shares with those that were learned from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tunewright.contracts import Piece
from tunewright.errors import RunError
from tunewright.evaluate import pieces_of
from tunewright.evaluation.performance_index import line, query_of
from tunewright.evaluation.tune_index import Known
from tunewright.music.fingerprint import GRAM, PERFORMED_PERCENT, SHARED_GRAMS, Gram, grams, intervals
from tunewright.music.midi import read_midi
from tunewright.music.reader import read_tune
from tunewright.music.titles import plain_title
from tunewright.run import Run, find_corpus


def audit(run: Run, on: str = "", part: str = "test") -> dict[str, Any]:
    """Compares the pieces that a run is scored on with those it has learned from.

    Args:
        on: name or path of a corpus; empty for the run's own. Pieces are those that
            :func:`tunewright.evaluate.evaluate` scores.
        part: ``"training"``, ``"validation"``, ``"test"`` or ``"all"``.

    Returns:
        ``run``, ``on``, ``split``, ``kind`` of the pieces; ``tunes``, one for each piece: ``title``, ``origin``, the
        ``nearest`` piece that was learned from (``title``, ``origin``, ``shared_grams``: how many different runs of
        twelve intervals both have, ``longest_run``: of intervals that both have in a row; None where there is none)
        and ``equal_titles``: origins of the learned pieces with the same title; ``left_out``: how many pieces were
        not looked at since the run knows them; over all pieces ``most_shared_grams``, ``longest_run`` and
        ``with_equal_title``; ``clean``: no piece is a near-duplicate of one that was learned from, and no tune shares
        ten runs or more with one.

    Raises:
        RunError: the run's corpus is not the one that it was split on, or the part is empty.
    """
    corpus, pieces, left_out = pieces_of(run, on, part)
    if not pieces:
        raise RunError(f"there are no {part} pieces of {corpus.name} to look at")
    compared = _COMPARED[run.kind](run)
    tunes = [compared(piece) for piece in pieces]
    nearest = [tune["nearest"] for tune in tunes if tune["nearest"]]
    most = max((one["shared_grams"] for one in nearest), default=0)
    return {
        "run": run.name,
        "on": corpus.name,
        "split": part,
        "kind": run.kind,
        "tunes": tunes,
        "left_out": left_out,
        "most_shared_grams": most,
        "longest_run": max((one["longest_run"] for one in nearest), default=0),
        "with_equal_title": sum(bool(tune["equal_titles"]) for tune in tunes),
        "clean": _is_clean(run, pieces, part, most),
    }


def _is_clean(run: Run, pieces: Sequence[Piece], part: str, most: int) -> bool:
    if run.kind == "tune" and (most >= SHARED_GRAMS or part in ("training", "all")):
        return most < SHARED_GRAMS
    return not any(map(run.relatives(), pieces))  # performances are so long that many share some runs


_NEAR = {
    "tune": f"{SHARED_GRAMS} shared runs or more",
    "performance": f"runs of ten notes, {PERFORMED_PERCENT} in 100 of them shared,",
}
"""What makes pieces of each kind near-duplicates."""


def told(result: dict[str, Any]) -> Iterator[str]:
    """An audit as lines to read: one for each piece, nearest first, and what they come to."""
    for tune in sorted(result["tunes"], key=_nearness, reverse=True):
        line = f"{tune['title'] or 'untitled'} ({tune['origin']})"
        if near := tune["nearest"]:
            line += f": nearest {near['title'] or 'untitled'} ({near['origin']}), {near['shared_grams']} shared runs of"
            line += f" {GRAM} intervals, longest {near['longest_run']}"
        yield line + (f"; same title: {', '.join(tune['equal_titles'])}" if tune["equal_titles"] else "")
    yield (
        f"{len(result['tunes'])} {result['split']} pieces of {result['on']}, {result['left_out']} left out: at most "
        f"{result['most_shared_grams']} shared runs, longest {result['longest_run']} intervals; "
        f"{result['with_equal_title']} with the title of a {result['kind']} learned from; "
        + ("clean" if result["clean"] else f"not clean ({_NEAR[result['kind']]} make a near-duplicate)")
    )


Compared = Callable[[Piece], dict[str, Any]]
"""Tells of a piece what it shares with those that a run has learned from, as :func:`audit` gives it."""


def _with_tunes(run: Run) -> Compared:
    learned = [_Line.of(piece) for piece in run.part_pieces(find_corpus(run.settings), "training")]
    return lambda piece: _compare(_Line.of(piece), learned)


def _with_performances(run: Run) -> Compared:
    """By what the run keeps of performances; of their runs, those of few different intervals don't count."""
    index = run.performance_index
    titles = [plain_title(known.title) for known in index.known]

    def compared(piece: Piece) -> dict[str, Any]:
        runs = index.shared_runs(query_of(line(read_midi(piece.midi).notes)).lines)
        found: dict[int, tuple[int, int]] = {}
        for number, steps in zip(runs.tune.tolist(), runs.intervals.tolist(), strict=True):
            shared, longest = found.get(number, (0, 0))
            found[number] = shared + max(0, steps - GRAM + 1), max(longest, steps)
        nearest = max(((*shared, -number) for number, shared in found.items()), default=None)
        own = plain_title(piece.title)
        alike = [known.origin for known, title in zip(index.known, titles, strict=True) if own and title == own]
        return {
            "title": piece.title,
            "origin": piece.origin,
            "nearest": nearest and _nearest(index.known[-nearest[2]], *nearest[:2]),
            "equal_titles": alike,
        }

    return compared


_COMPARED: dict[str, Callable[[Run], Compared]] = {"tune": _with_tunes, "performance": _with_performances}
"""By the kind of pieces."""


@dataclass(frozen=True)
class _Line:
    """The melody of a piece, as sets of runs and as one string: a character for each interval."""

    piece: Piece
    title: str
    runs: frozenset[Gram]
    steps: str

    @classmethod
    def of(cls, piece: Piece) -> _Line:
        tune = read_tune(piece.text)
        # MIDI pitches differ by less than 256, so that every interval has a character of its own.
        return cls(piece, plain_title(piece.title), grams(tune), "".join(chr(256 + step) for step in intervals(tune)))


def _compare(line: _Line, learned: Sequence[_Line]) -> dict[str, Any]:
    shared = [len(line.runs & other.runs) for other in learned]
    most = max(shared, default=0)
    longest, nearest = max(
        (
            (_longest_common(line.steps, other.steps), -index)
            for index, other in enumerate(learned)
            if shared[index] == most
        ),
        default=(0, 0),
    )
    return {
        "title": line.piece.title,
        "origin": line.piece.origin,
        "nearest": _nearest(learned[-nearest].piece, most, longest) if learned else None,
        "equal_titles": [other.piece.origin for other in learned if line.title and other.title == line.title],
    }


def _nearest(one: Piece | Known, shared: int, longest: int) -> dict[str, Any]:
    return {"title": one.title, "origin": one.origin, "shared_grams": shared, "longest_run": longest}


def _longest_common(one: str, other: str) -> int:
    """Length of the longest text that stands in both."""
    best = 0
    for start in range(len(one)):
        while start + best < len(one) and one[start : start + best + 1] in other:
            best += 1
    return best


def _nearness(tune: dict[str, Any]) -> tuple[int, int]:
    near = tune["nearest"]
    return (near["shared_grams"], near["longest_run"]) if near else (0, 0)
