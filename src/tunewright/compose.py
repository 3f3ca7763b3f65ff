"""From a wish to compositions, read top to bottom: run, template, draws, bar check, house form, provenance.

A piece is the first of its attempts that is a whole tune with right bars; what is judged is what was drawn, what is
given is its house form, whatever form the run has learned. Attempt ``a`` of piece ``p`` under a seed is always the same
tune, so pieces don't depend on how many are asked for, and a provenance is enough to get one again.
"""

from __future__ import annotations

import json
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunewright.contracts import Constraint, Piece, SequenceModel
from tunewright.errors import DecodingError, InputError
from tunewright.language import composing_language
from tunewright.music.bars import bar_problems, check, is_valid
from tunewright.music.pieces import house_text, piece_of
from tunewright.music.reader import read_tune
from tunewright.run import Run, builtin_run, open_run, text_sha256
from tunewright.wish import Wish

if TYPE_CHECKING:
    from tunewright.decoding.generate import Draw, Finished
    from tunewright.decoding.template import Template

LONGEST = 1.1
"""No tune has more symbols than this times the characters of the longest tune that was learned from."""
LONGEST_BAR = 40
"""Symbols that each bar adds to that, where their number is wished."""
LONGEST_PROMPT = 750
REDRAWS = 8
"""How often a bar is drawn as the model likes before what is wrong in it is masked."""
AHEAD = 32
"""Attempts at one piece that are under way at once, where most of them fail."""
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
    pieces = range(first, first + count)
    attempts = _Attempts(pieces, ahead=AHEAD if composer.wish.free and not composer.wish.greedy else 0)
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
                raise DecodingError(
                    f"no whole tune with right bars in {attempts.count(one.draw.piece)} attempts; another temperature, "
                    "another prompt or fewer wishes may help"
                )
        while following in found:
            yield found.pop(following)
            following = next(waiting, -1)


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
        composition = composer.composition(composer.again(piece, attempt))
        if text_sha256(composition.piece.text) == sha256:
            return composition
    raise DecodingError(f"{path}: run {run.name} composes another tune here today; that was with {versions}")


class _Attempts:
    """Which attempt at which piece is drawn next, and in what order they are judged.

    A piece is the first of its attempts that will do. Attempts that may be needed are drawn ahead where there is room,
    and judged in their order, so that company changes nothing.

    Args:
        pieces: numbers of the pieces that are wanted.
        ahead: how many attempts at one piece may be under way at once, at most; 0 begins none before the last failed.
    """

    def __init__(self, pieces: Sequence[int], ahead: int) -> None:
        self.ahead = ahead
        self.wanted = deque(pieces)
        self.begun = dict.fromkeys(pieces, 0)
        self.failed = dict.fromkeys(pieces, 0)
        self.done: dict[int, dict[int, Finished]] = {piece: {} for piece in pieces}

    def next(self) -> Draw | None:
        """The attempt that is most wanted: a first one, one in place of one that failed, one ahead; None for none."""
        from tunewright.decoding.generate import Draw

        if not self.wanted and self.begun and self.ahead:
            piece = min(self.begun, key=lambda one: self.begun[one] - self.failed[one])
            if self.begun[piece] - self.failed[piece] < self.ahead // len(self.begun):
                self.wanted.append(piece)
        while self.wanted:
            piece = self.wanted.popleft()
            if piece in self.begun:
                self.begun[piece] += 1
                return Draw(piece, self.begun[piece] - 1)
        return None

    def in_order(self, finished: Finished) -> Iterator[Finished]:
        """What can be judged now that this one is done."""
        piece = finished.draw.piece
        if piece not in self.done:
            return  # it stands already
        self.done[piece][finished.draw.attempt] = finished
        while piece in self.done and (one := self.done[piece].pop(self.failed[piece], None)):
            yield one

    def judged(self, piece: int, stands: bool) -> None:
        """Whether the attempt at a piece that was judged last will do."""
        if stands:
            del self.begun[piece], self.done[piece]
            return
        self.failed[piece] += 1
        if self.begun[piece] == self.failed[piece]:
            self.wanted.append(piece)

    def count(self, piece: int) -> int:
        """How many attempts at a piece have failed."""
        return self.failed[piece]


class _Composer:
    """A run made ready for one wish."""

    def __init__(self, run: Run, wish: Wish) -> None:
        from tunewright.decoding.generate import Drawing
        from tunewright.decoding.table import ConstraintTable

        self.run, self.wish = run, wish
        codec: Any = run.codec
        self.table = ConstraintTable(_constraint(run, wish), codec.size)
        model: Any = run.model().for_inference()  # type: ignore[operator]
        self.model: SequenceModel = model
        masked = wish.free or wish.masked or wish.greedy  # without chance, a second draw is the first again
        self.drawing = Drawing(
            boundary=codec.boundary,
            prompt=self.table.constraint.prompt,
            filters=wish.filters(),
            seed=wish.seed,
            longest=int(LONGEST * run.dialect.longest) + LONGEST_BAR * wish.bars + 2 * len(wish.prompt),
            redraws=0 if masked else REDRAWS,
        )
        # Greedy attempts are all alike; a second one is of no use.
        self.most_attempts = 1 if wish.greedy else MOST_ATTEMPTS

    def draw(self, following: Callable[[], Draw | None]) -> Iterator[Finished]:
        """Draws what ``following`` asks for."""
        from tunewright.decoding.generate import generate

        return generate(self.model, self.table, self.drawing, following)

    def again(self, piece: int, attempt: int) -> Finished:
        """One attempt by its address."""
        from tunewright.decoding.generate import Draw

        addresses = [Draw(piece, attempt)]
        return next(self.draw(lambda: addresses.pop() if addresses else None))

    def judge(self, finished: Finished, tally: Tally) -> Composition | None:
        """The composition, if what was drawn is a whole tune with right bars as it was wished, and so is its house
        form.
        """
        reason = self._fault(finished)
        if not reason:
            with suppress(InputError):
                composition = self.composition(finished)
                if not composition.problems:
                    return composition
            reason = "no house form"
        tally.reasons[reason] += 1
        return None

    def _fault(self, finished: Finished) -> str:
        """Why what was drawn will not do; empty if it will."""
        if not finished.complete:
            return "no end"
        drawn = read_tune(self.drawn_text(finished))
        if not is_valid(drawn):
            return "wrong bars"
        if drawn.meter.name == "none" and self.run.style.meters:
            return "no meter"  # without one, no bar can be wrong
        return "not as wished" if self.wish.unmet(drawn) else ""

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

    def _constraint_kept(self, finished: Finished) -> dict[str, Any]:
        """How the bars and wishes were kept, and what it took."""
        how = "none" if self.wish.free else "masked" if not self.drawing.redraws else "redrawn"
        return {"kept": how, "symbols_drawn": finished.drawn, "bars_masked": finished.masked}

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
            "constraint": self._constraint_kept(finished),
            "title": piece.title,
            "drawn": self.drawn_text(finished),
            "sha256": text_sha256(piece.text),
            "versions": {"tunewright": version("tunewright"), "torch": version("torch")},
        }


# What is drawn from


def _constraint(run: Run, wish: Wish) -> Constraint:
    """What keeps the tunes of a run right and as they are wished; with a free wish, only how they begin.

    Raises:
        DecodingError: the wish contradicts itself, or no right tune can begin with its prompt.
    """
    if wish.prompt:
        _check_prompt(wish.prompt)
    if wish.free:
        return _template(run, wish)
    return composing_language(run.style, run.dialect, run.codec, wish)


def _template(run: Run, wish: Wish) -> Template:
    """What the wish fixes of a tune's beginning, in the spelling that the run has learned."""
    from tunewright.decoding.template import Fixed, Open, Template

    codec: Any = run.codec

    def ids(text: str) -> tuple[int, ...]:
        return tuple(codec.encode_text(text).tolist())

    if wish.prompt:
        return Template([], codec.size, ids(wish.prompt))
    newline = ids("\n")[0]
    ends = tuple({*codec.boundary} - {newline})
    stretches: list[Fixed | Open] = []
    for text, goes_on in run.style.lines(wish.type, wish.meter, wish.key, wish.title):
        stretches += [Fixed(ids(text)), Open(newline, ends)] if goes_on else [Fixed(ids(text + "\n"))]
    return Template(stretches, codec.size)


def _check_prompt(prompt: str) -> None:
    """Refuses at once what could only fail after many attempts."""
    if len(prompt) > LONGEST_PROMPT:
        raise DecodingError(f"the prompt has {len(prompt)} characters; expected at most {LONGEST_PROMPT}")
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
