"""A run made ready for one wish: what it draws from, what it draws, and whether that will do.

What is judged is what was drawn; what is given is its house form, whatever form the run has learned, and how original
it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tunewright.contracts import Constraint, Piece, SequenceModel
from tunewright.decoding.drawing import Draw, Drawing, Finished
from tunewright.errors import DecodingError, InputError
from tunewright.evaluation.originality import NEAR_COPY, Originality, measure
from tunewright.language import composing_language
from tunewright.music.bars import bar_problems, check, is_valid
from tunewright.music.pieces import house_text, numbered, piece_of
from tunewright.music.reader import read_tune
from tunewright.run import Run, text_sha256
from tunewright.wish import Wish

if TYPE_CHECKING:
    from tunewright.decoding.template import Template

LONGEST = 1.1
"""No tune has more symbols than this times the characters of the longest tune that was learned from."""
LONGEST_BAR = 40
"""Symbols that each bar adds to that, where their number is wished."""
LONGEST_PROMPT = 750
REDRAWS = 12
"""How often a bar is drawn as the model likes before what is wrong in it is masked."""
LIKELIEST = 0.0
"""In the place of a chance, where nothing is left to chance: the most frequent form."""
TITLE_REDRAWS = 3
"""How often a tune is drawn anew that only has the title of a known one, before it is told as such."""
PATIENCE = 3
"""How often a tune is begun anew where a part can't be made to end on the tonic, before it ends where it likes."""
MOST_ATTEMPTS = 200
"""Attempts after which a piece is given up."""


@dataclass(frozen=True)
class Composition:
    """A new piece and where it came from.

    Attributes:
        piece: the tune, in house form.
        provenance: all that is needed to compose it again, and the text as it was drawn.
        originality: what of it is its own; the notes of a prompt don't count.
        problems: what ``check`` found; empty for what :func:`compose` gives.
    """

    piece: Piece
    provenance: dict[str, Any]
    originality: Originality
    problems: tuple[str, ...] = ()


@dataclass
class Tally:
    """How many attempts were rejected, by reason."""

    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def rejected(self) -> int:
        return self.reasons.total()


class Composer:
    """A run made ready for one wish."""

    def __init__(self, run: Run, wish: Wish) -> None:
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
            longest=self._longest(),
            redraws=0 if masked else REDRAWS,
            chance=LIKELIEST if wish.greedy else None,
            patience=PATIENCE,
        )
        self.given = len(read_tune(wish.prompt).notes()) if wish.prompt else 0
        """Notes at the beginning of a tune that the prompt has given."""
        self.greedy_won: bool | None = None
        """Whether the last search found nothing likelier than the greedy path; None before there was one."""
        # Greedy attempts are all alike; a second one is of no use.
        self.most_attempts = 1 if wish.greedy else MOST_ATTEMPTS

    def _longest(self) -> int:
        """How many symbols a tune may have, which leaves room for the longest form that may be drawn."""
        usual = int(LONGEST * self.run.dialect.longest) + LONGEST_BAR * self.wish.bars + 2 * len(self.wish.prompt)
        constraint = self.table.constraint
        return max(usual, 2 * constraint.distance(constraint.start(LIKELIEST)))

    def draw(self, following: Callable[[], Draw | None]) -> Iterator[Finished]:
        """Draws what ``following`` asks for."""
        from tunewright.decoding.generate import generate

        return generate(self.model, self.table, self.drawing, following)

    def search(self, count: int) -> list[Finished]:
        """The likeliest tunes that beam search finds, best first.

        Raises:
            DecodingError: more are wanted than beams were asked for.
        """
        from tunewright.decoding.beam import beam_search

        if count > self.wish.beams:
            raise DecodingError(
                f"--count {count} with --beams {self.wish.beams}: a search finds at most as many tunes as it has "
                f"beams; expected --beams {count} or more"
            )
        drawing, constraint = self.drawing, self.table.as_constraint()
        result = beam_search(
            self.model,
            prefix=[*drawing.boundary, *drawing.prompt],
            state=constraint.start(LIKELIEST),
            boundary=drawing.boundary,
            constraint=constraint,
            filters=(),
            width=self.wish.beams,
            returned=count,
            longest=drawing.longest - len(drawing.prompt),
            length_penalty=self.wish.length_penalty,
        )
        self.greedy_won = result.greedy_won
        return [
            Finished(Draw(rank), (*drawing.prompt, *one.ids), one.complete, result.steps, 0)
            for rank, one in enumerate(result.hypotheses)
        ]

    def again(self, piece: int, attempt: int) -> Finished:
        """One attempt by its address; what a search finds, by its rank."""
        if self.wish.beams:
            return self.search(piece + 1)[piece]
        addresses = [Draw(piece, attempt)]
        return next(self.draw(lambda: addresses.pop() if addresses else None))

    def judge(self, finished: Finished, tally: Tally) -> Composition | None:
        """The composition, if what was drawn will do: a whole tune with right bars, as it was wished, and so in its
        house form, and no near-copy of a known tune. What is drawn freely only needs an end and notes; what is wrong
        with it is told.
        """
        reason = self._fault(finished)
        if not reason:
            reason = "no house form"
            with suppress(InputError):
                composition = self.composition(finished)
                if self.wish.free or not composition.problems:
                    reason = self._too_near(composition.originality, finished.draw.attempt)
                    if not reason:
                        return composition
        tally.reasons[reason] += 1
        return None

    def _too_near(self, originality: Originality, attempt: int) -> str:
        """Why a tune is too near to known ones; empty if it isn't."""
        if originality.score < self.wish.min_originality:
            return "not as original as wished"
        if not self.wish.redraws:
            return ""
        if originality.verdict == NEAR_COPY:
            return NEAR_COPY
        if originality.title_known and not self.wish.names_title and attempt < TITLE_REDRAWS:
            return "title of a known tune"
        return ""

    def _fault(self, finished: Finished) -> str:
        """Why what was drawn will not do; empty if it will."""
        if not finished.complete:
            return "a part off its tonic" if finished.given_up else "no end"
        drawn = read_tune(self.drawn_text(finished))
        if all(bar.is_silent for bar in drawn.bars):
            return "no notes"
        if self.wish.free:
            return ""
        if not is_valid(drawn):
            return "wrong bars"
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
        text = self._house_text(self.drawn_text(finished), number + 1)
        piece = piece_of(text, f"run {self.run.name}, seed {self.wish.seed}, piece {number}")
        tune = read_tune(text)
        problems = tuple(problem.message for problem in check(tune) if problem.severity != "note")
        originality = measure(self.run.index, tune, self.given)
        return Composition(piece, self._provenance(finished, piece, originality), originality, problems)

    def _house_text(self, drawn: str, number: int) -> str:
        try:
            return house_text(drawn, number)
        except InputError:
            if not self.wish.free:
                raise
            return numbered(drawn, number)

    def _constraint_kept(self, finished: Finished) -> dict[str, Any]:
        """How the bars and wishes were kept, and what it took."""
        if self.wish.beams:
            how = "none" if self.wish.free else "masked"
            return {"kept": how, "steps": finished.drawn, "greedy_won": self.greedy_won}
        how = "none" if self.wish.free else "masked" if not self.drawing.redraws else "redrawn"
        return {"kept": how, "symbols_drawn": finished.drawn, "bars_masked": finished.masked}

    def _provenance(self, finished: Finished, piece: Piece, originality: Originality) -> dict[str, Any]:
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
            "originality": originality.to_dict(),
            "drawn": self.drawn_text(finished),
            "sha256": text_sha256(piece.text),
            "versions": {library: _version(library) for library in ("tunewright", "torch")},
        }


_version = cache(version)  # it reads a file anew each time


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
    return composing_language(run, wish)


def _template(run: Run, wish: Wish) -> Template:
    """What the wish fixes of a tune's beginning, in the spelling that the run has learned."""
    from tunewright.decoding.template import Template

    codec: Any = run.codec
    prompt = tuple(codec.encode_text(wish.prompt).tolist())
    lines = [] if prompt else run.style.lines(wish.type, wish.meter, wish.key, wish.title)
    return Template(lines, codec.spellings(), codec.boundary, prompt)


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
