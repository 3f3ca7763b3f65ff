"""From a wish to compositions, read top to bottom: run, template, draws, bar check, house form, provenance.

A piece is the first of its attempts that is a whole tune with right bars; what is judged is what was drawn, what is
given is its house form, whatever form the run has learned. Attempt ``a`` of piece ``p`` under a seed is always the same
tune, so pieces don't depend on how many are asked for, and a provenance is enough to get one again.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunewright.contracts import Piece, SequenceModel
from tunewright.errors import DecodingError, InputError
from tunewright.music.bars import bar_problems, check, is_valid
from tunewright.music.pieces import house_text, piece_of
from tunewright.music.reader import read_tune
from tunewright.run import Run, builtin_run, open_run, text_sha256
from tunewright.wish import Wish

if TYPE_CHECKING:
    from tunewright.decoding.generate import Finished
    from tunewright.decoding.template import Template

LONGEST = 1500
"""Symbols after which an attempt is given up; the longest of the lab's tunes has 603 characters."""
MOST_ATTEMPTS = 200
"""Attempts after which a piece is given up."""


@dataclass(frozen=True)
class Composition:
    """A new piece and where it came from.

    Attributes:
        piece: the tune, in house form.
        provenance: all that is needed to compose it again, and the text as it was drawn.
        problems: what ``check`` found; empty for what :func:`compose` gives.
    """

    piece: Piece
    provenance: dict[str, Any]
    problems: tuple[str, ...] = ()


@dataclass
class Tally:
    """How many attempts were rejected, by reason."""

    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def rejected(self) -> int:
        return self.reasons.total()


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
    """Composes whole tunes whose bars are right, in order, each as soon as it and those before it stand.

    Args:
        run: whose model composes; None for the built-in one.
        wish: what is asked for.
        count: how many tunes.
        first: number of the first; tune ``n`` is the same whichever call asks for it.
        tally: counts what was rejected.

    Raises:
        DecodingError: as for :func:`compose`.
    """
    composer = _Composer(run or builtin_run(), wish or Wish())
    tally = tally if tally is not None else Tally()
    found: dict[int, Composition] = {}
    attempts = dict.fromkeys(range(first, first + count), 0)
    following = first
    try:
        while attempts:
            for piece, finished in composer.round(attempts):
                composition = composer.judge(finished, tally)
                if composition:
                    found[piece] = composition
                    del attempts[piece]
                    while following in found:
                        yield found.pop(following)
                        following += 1
    except DecodingError:
        yield from (found[piece] for piece in sorted(found))  # one that fails takes none of the others with it
        raise


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
        if not (0 <= piece < 2**32 and 0 <= attempt < 2**16):
            raise ValueError("piece or attempt out of range")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not the provenance of a composition ({error})") from None
    run = builtin_run() if builtin else open_run(folder)
    composer = _Composer(run, wish)
    with suppress(InputError):  # what has no house form isn't what was told of
        composition = composer.composition(next(composer.draw([(piece, attempt)])))
        if text_sha256(composition.piece.text) == sha256:
            return composition
    raise DecodingError(f"{path}: run {run.name} composes another tune here today; that was with {versions}")


class _Composer:
    """A run made ready for one wish."""

    def __init__(self, run: Run, wish: Wish) -> None:
        self.run, self.wish = run, wish
        self.template = build_template(run, wish)
        model: Any = run.model().for_inference()  # type: ignore[operator]
        self.model: SequenceModel = model
        self.filters = wish.filters()

    def draw(self, addresses: Sequence[tuple[int, int]]) -> Iterator[Finished]:
        from tunewright.decoding.generate import Draw, generate

        return generate(
            self.model,
            [Draw(piece, attempt) for piece, attempt in addresses],
            boundary=self.run.codec.boundary,
            constraint=self.template,
            filters=self.filters,
            seed=self.wish.seed,
            longest=LONGEST,
        )

    def round(self, attempts: dict[int, int]) -> Iterator[tuple[int, Finished]]:
        """The next attempts of some wanted pieces, as many as fill a tile, in the order of pieces and attempts.

        A piece that leaves ``attempts`` meanwhile is not offered again; the counts of the others go up.
        """
        from tunewright.decoding.generate import TILE

        pieces = list(islice(attempts, TILE))
        # Greedy attempts are all alike; a second one is of no use.
        each = 1 if self.wish.greedy else max(1, TILE // len(pieces))
        addresses = [(piece, attempts[piece] + extra) for piece in pieces for extra in range(each)]
        results = {(done.draw.piece, done.draw.attempt): done for done in self.draw(addresses)}
        for address in addresses:
            piece = address[0]
            if piece in attempts:
                yield piece, results[address]
            if piece in attempts:
                attempts[piece] += 1
                if attempts[piece] >= MOST_ATTEMPTS or self.wish.greedy:
                    raise DecodingError(
                        f"no whole tune with right bars in {attempts[piece]} attempts; another temperature, "
                        "another prompt or fewer wishes may help"
                    )

    def judge(self, finished: Finished, tally: Tally) -> Composition | None:
        """The composition, if what was drawn is a whole tune with right bars, and so is its house form."""
        if not finished.complete:
            tally.reasons["no end"] += 1
            return None
        drawn = read_tune(self.drawn_text(finished))
        if not is_valid(drawn):
            tally.reasons["wrong bars"] += 1
            return None
        if drawn.meter.name == "none" and self.run.style.meters:
            tally.reasons["no meter"] += 1  # without one, no bar can be wrong
            return None
        try:
            composition = self.composition(finished)
        except InputError:
            composition = None
        if composition is None or composition.problems:
            tally.reasons["no house form"] += 1
            return None
        return composition

    def drawn_text(self, finished: Finished) -> str:
        """What was drawn, to the letter."""
        return self.run.codec.decode(finished.ids).text.rstrip("\n")

    def composition(self, finished: Finished) -> Composition:
        """What was drawn, as a piece in house form, numbered by its place.

        Raises:
            InputError: it can't be written in house form.
        """
        number = finished.draw.piece
        text = house_text(self.drawn_text(finished), number + 1)
        piece = piece_of(text, f"run {self.run.name}, seed {self.wish.seed}, piece {number}")
        problems = tuple(problem.message for problem in check(read_tune(text)) if problem.severity != "note")
        return Composition(piece, self._provenance(finished, piece), problems)

    def _provenance(self, finished: Finished, piece: Piece) -> dict[str, Any]:
        about = self.run.about
        return {
            "run": {
                "name": self.run.name,
                "builtin": self.run.is_builtin,
                "folder": str(self.run.folder.resolve()) if not self.run.is_builtin else "",
                "recipe": about["recipe"],
                "learned_from": about["corpus"]["name"],
                "licence_of_data": about["corpus"]["licence"],
            },
            "wish": asdict(self.wish),
            "piece": finished.draw.piece,
            "attempt": finished.draw.attempt,
            "title": piece.title,
            "drawn": self.drawn_text(finished),
            "sha256": text_sha256(piece.text),
            "versions": {"tunewright": version("tunewright"), "torch": version("torch")},
        }


def build_template(run: Run, wish: Wish) -> Template:
    """What the wish fixes of a tune's beginning, in the spelling that the run has learned.

    Raises:
        DecodingError: the run has not learned this dance, meter or key, or no right tune can begin with the prompt.
    """
    from tunewright.decoding.template import Fixed, Open, Template

    codec: Any = run.codec

    def ids(text: str) -> tuple[int, ...]:
        return tuple(codec.encode_text(text).tolist())

    if wish.prompt:
        _check_prompt(wish.prompt)
        return Template([Fixed(ids(wish.prompt))], codec.size)
    newline = ids("\n")[0]
    ends = tuple({*codec.boundary} - {newline})
    stretches: list[Fixed | Open] = []
    for text, goes_on in run.style.lines(wish.type, wish.meter, wish.key, wish.title):
        stretches += [Fixed(ids(text)), Open(newline, ends)] if goes_on else [Fixed(ids(text + "\n"))]
    return Template(stretches, codec.size)


def _check_prompt(prompt: str) -> None:
    """Refuses at once what could only fail after many attempts."""
    if len(prompt) > LONGEST // 2:
        raise DecodingError(f"the prompt has {len(prompt)} characters; expected at most {LONGEST // 2}")
    if re.search(r"\n\s*\n", prompt):
        raise DecodingError("the prompt holds a blank line, which ends a tune; expected the beginning of one tune")
    if "\nK:" not in prompt or not prompt.rpartition("\nK:")[2].count("|"):
        return
    tune = read_tune(prompt[: prompt.rfind("|") + 1])  # what stands after the last bar line isn't finished yet
    for problem in (*tune.problems, *bar_problems(tune)):
        # The last bar may yet find its partner, unless it is too long already.
        open_ended = problem not in tune.problems and problem.bar == len(tune.bars)
        too_long = open_ended and tune.bars[-1].length > tune.bars[-1].meter.bar_length
        if problem.severity == "error" and (too_long or not open_ended):
            raise DecodingError(f"no right tune begins with this prompt: bar {problem.bar}: {problem.message}")
