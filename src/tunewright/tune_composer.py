"""What composing tunes needs: their constraint, when one is whole and right, and its house form.

What is judged is what was drawn; what is given is its house form, whatever form the run has learned, and how original
it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tunewright.composer import LIKELIEST, Composer, Composition
from tunewright.contracts import Constraint
from tunewright.decoding.drawing import Finished
from tunewright.errors import DecodingError, InputError
from tunewright.evaluation.originality import measure
from tunewright.language import composing_language
from tunewright.music.bars import bar_problems, check, is_valid
from tunewright.music.pieces import house_text, numbered, piece_of
from tunewright.music.reader import read_tune
from tunewright.run import Run
from tunewright.wish import OF_PERFORMANCES, Wish

if TYPE_CHECKING:
    from tunewright.decoding.template import Template

LONGEST = 1.1
"""No tune has more symbols than this times the characters of the longest tune that was learned from."""
LONGEST_BAR = 40
"""Symbols that each bar adds to that, where their number is wished."""
LONGEST_PROMPT = 750
REDRAWS = 12
"""How often a bar is drawn as the model likes before what is wrong in it is masked."""
PATIENCE = 3
"""How often a tune is begun anew where a part can't be made to end on the tonic, before it ends where it likes."""


class TuneComposer(Composer):
    """A run that composes tunes, made ready for one wish."""

    def __init__(self, run: Run, wish: Wish) -> None:
        wish.refuse(OF_PERFORMANCES, run.name, run.kind)
        super().__init__(run, wish, _constraint(run, wish), redraws=REDRAWS, patience=PATIENCE)
        self.given = len(read_tune(wish.prompt).notes()) if wish.prompt else 0
        """Notes at the beginning of a tune that the prompt has given."""

    def _longest(self) -> int:
        """How many symbols a tune may have, which leaves room for the longest form that may be drawn."""
        usual = int(LONGEST * self.run.dialect.longest) + LONGEST_BAR * self.wish.bars + 2 * len(self.wish.prompt)
        constraint = self.table.constraint
        return max(usual, 2 * constraint.distance(constraint.start(LIKELIEST)))

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
        provenance = self._provenance(finished, piece, originality, self.drawn_text(finished))
        return Composition(piece, provenance, originality, problems)

    def _house_text(self, drawn: str, number: int) -> str:
        try:
            return house_text(drawn, number)
        except InputError:
            if not self.wish.free:
                raise
            return numbered(drawn, number)


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
