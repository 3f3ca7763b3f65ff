"""A run made ready for one wish: what it draws from, what it draws, and whether that will do.

What only tunes need is in ``tune_composer.py``, what only performances need in ``performance_composer.py``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import version
from typing import Any

from tunewright.contracts import Constraint, Piece, SequenceModel
from tunewright.decoding.drawing import Draw, Drawing, Finished
from tunewright.errors import DecodingError, InputError
from tunewright.evaluation.originality import NEAR_COPY, Originality
from tunewright.run import Run
from tunewright.wish import Wish

LIKELIEST = 0.0
"""In the place of a chance, where nothing is left to chance: the most frequent form."""
TITLE_REDRAWS = 3
"""How often a tune is drawn anew that only has the title of a known one, before it is told as such."""
AHEAD = 32
"""Attempts at one piece that are under way at once, where most of them fail."""
MOST_ATTEMPTS = 200
"""Attempts after which a piece is given up."""


@dataclass(frozen=True)
class Composition:
    """A new piece and where it came from.

    Attributes:
        piece: a tune, in house form, or a performance.
        provenance: all that is needed to compose it again, and what was drawn.
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


class Composer(ABC):
    """A run made ready for one wish.

    Args:
        constraint: what keeps its pieces right and as they are wished.
        redraws: of what is wrong, before it is masked.
        patience: how many attempts are given up where what is right is regretted.
    """

    def __init__(self, run: Run, wish: Wish, constraint: Constraint, *, redraws: int = 0, patience: int = 0) -> None:
        from tunewright.decoding.table import ConstraintTable

        self.run, self.wish = run, wish
        self.table = ConstraintTable(constraint, run.codec.size)
        model: Any = run.model().for_inference()  # type: ignore[operator]
        self.model: SequenceModel = model
        masked = wish.free or wish.masked or wish.greedy  # without chance, a second draw is the first again
        self.drawing = Drawing(
            boundary=run.codec.boundary,
            prompt=constraint.prompt,
            filters=wish.filters(),
            seed=wish.seed,
            longest=self._longest(),
            redraws=0 if masked else redraws,
            chance=LIKELIEST if wish.greedy else None,
            patience=patience,
        )
        self.greedy_won: bool | None = None
        """Whether the last search found nothing likelier than the greedy path; None before there was one."""
        # Greedy attempts are all alike; a second one is of no use.
        self.most_attempts = 1 if wish.greedy else MOST_ATTEMPTS

    @property
    def is_free(self) -> bool:
        """Whether nothing keeps what is drawn right."""
        return self.wish.free

    @property
    def ahead(self) -> int:
        """How many attempts at one piece are under way at once, at most; 0 begins none before the last has failed."""
        return AHEAD if self.wish.free and not self.wish.greedy else 0

    @abstractmethod
    def _longest(self) -> int:
        """How many symbols a piece may have."""
        ...

    @abstractmethod
    def _fault(self, finished: Finished) -> str:
        """Why what was drawn will not do; empty if it will."""
        ...

    @abstractmethod
    def composition(self, finished: Finished) -> Composition:
        """What was drawn, as a piece.

        Raises:
            InputError: it can't be written as it should be.
        """
        ...

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
        """The composition, if what was drawn will do: whole, right, as it was wished, and near to no known piece. What
        is drawn freely only needs an end and notes; what is wrong with it is told.
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
        """Why a piece is too near to known ones; empty if it isn't."""
        if originality.score < self.wish.min_originality:
            return "not as original as wished"
        if not self.wish.redraws:
            return ""
        if originality.verdict == NEAR_COPY:
            return NEAR_COPY
        if originality.title_known and not self.wish.names_title and attempt < TITLE_REDRAWS:
            return "title of a known tune"
        return ""

    def _constraint_kept(self, finished: Finished) -> dict[str, Any]:
        """How what is right and wished was kept, and what it took."""
        if self.wish.beams:
            how = "none" if self.is_free else "masked"
            return {"kept": how, "steps": finished.drawn, "greedy_won": self.greedy_won}
        how = "none" if self.is_free else "masked" if not self.drawing.redraws else "redrawn"
        return {"kept": how, "symbols_drawn": finished.drawn, "bars_masked": finished.masked}

    def _provenance(self, finished: Finished, piece: Piece, originality: Originality, drawn: Any) -> dict[str, Any]:
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
            "drawn": drawn,
            "sha256": piece.sha256,
            "versions": {library: _version(library) for library in ("tunewright", "torch")},
        }


_version = cache(version)  # it reads a file anew each time
