"""How fast tunes are composed: the lab's own loop against ours, with the same weights.

python benchmarks/compose.py [--run runs/lab] [--quick] [--json] [--keep]

The lab's loop (MIT 6.S191, lab 1, PyTorch version) calls the model once for each character and draws it by
``torch.multinomial``; it does so outside ``torch.no_grad()``, so a graph grows along. It is timed as it is and under
``no_grad``, by whole calls of 1000 characters. Ours draws whole tunes, at temperature 1: freely, or in the composing
language, one at a time or side by side. What counts are characters kept: those that were drawn in vain don't. *Cold*
is a constraint met for the first time, which is what a command line sees; *warm*, one that has been drawn from before.
A ratio is of the best repetitions on both sides; ours is cold.

A clean tune is whole, and no bar of it is wrong, on paper or when it is played, in the eyes of our ``check`` and of the
slow counter of tests/music/slow_bars.py. The lab's are cut out of its texts at blank lines; what share of them is clean
is counted in texts that the lab's model draws side by side, which are like those of its loop. Judging is timed apart.

Without --run, a run of the recipe ``lab`` in runs/lab is taken; a quick run can do with the built-in one.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from lab_loop import BLANK_LINE, Lab
from results import parser, tell
from tunewright.contracts import Constraint
from tunewright.decoding.drawing import Draw, Drawing, Finished
from tunewright.decoding.generate import generate
from tunewright.decoding.table import ConstraintTable
from tunewright.decoding.template import Template
from tunewright.errors import TunewrightError
from tunewright.language import composing_language
from tunewright.music.bars import check, is_valid
from tunewright.music.reader import read_tune
from tunewright.run import Run, builtin_run, open_run
from tunewright.tune_composer import LONGEST, REDRAWS
from tunewright.wish import Wish

sys.path.append(str(Path(__file__).parents[1]))  # the slow judge lives with the tests
from tests.music import slow_bars

USUAL_RUN = Path("runs/lab")


@dataclass(frozen=True)
class Amounts:
    """How much is drawn.

    Attributes:
        calls: of the lab's loop.
        texts: of the lab's model, for the share of clean tunes.
        one: tunes one at a time, under a constraint that is met for the first time.
        many: tunes side by side.
        widths: how many at once; the fastest counts.
        times: repetitions of what is drawn side by side.
    """

    calls: int
    texts: int
    one: int
    many: int
    widths: tuple[int, ...]
    times: int


FULL = Amounts(calls=3, texts=200, one=500, many=500, widths=(128, 256, 512), times=3)
QUICK = Amounts(calls=2, texts=60, one=25, many=200, widths=(128,), times=1)
ALONE = 5
"""One at a time, a fifth as many tunes will do where it isn't the constraint's first meetings that are timed."""


@dataclass
class Judging:
    """Which tunes are clean, and how long it took to tell.

    Attributes:
        seconds: all judging so far.
        disagreements: tunes in which only one of the judges finds something wrong.
    """

    seconds: float = 0.0
    disagreements: int = 0

    def clean(self, texts: Sequence[str]) -> int:
        """How many of these tunes are clean."""
        started = time.perf_counter()
        own = [is_clean(text) for text in texts]
        verdicts = [slow_bars.judge(text) for text in texts]
        slow = [verdict.complete and verdict.right for verdict in verdicts]
        self.disagreements += sum(one != other for one, other in zip(own, slow, strict=True))
        self.seconds += time.perf_counter() - started
        return sum(one and other for one, other in zip(own, slow, strict=True))


def is_clean(text: str) -> bool:
    """Whether ``check`` finds nothing wrong with a tune, on paper or when it is played."""
    tune = read_tune(text)
    return is_valid(tune) and not any("when it is played" in problem.message for problem in check(tune))


@dataclass
class Measured:
    """One way of composing.

    Attributes:
        loop: what it is called.
        width: tunes side by side.
        seconds: of each repetition.
        characters: that were kept in each.
        drawn_per_kept: symbols drawn for each that was kept.
        tunes: whole ones that were judged.
        clean: of those; None where they are not judged.
        judged: characters of what they were cut out of.
    """

    loop: str
    width: int = 1
    seconds: list[float] = field(default_factory=list)
    characters: list[int] = field(default_factory=list)
    drawn_per_kept: float = 1.0
    tunes: int = 0
    clean: int | None = None
    judged: int = 1

    @property
    def rates(self) -> list[float]:
        return [kept / took for kept, took in zip(self.characters, self.seconds, strict=True)]

    @property
    def best(self) -> float:
        """Characters kept in a second, in the best repetition."""
        return max(self.rates)

    @property
    def clean_rate(self) -> float:
        """Clean tunes in a second, at the best rate; none at all counts as one."""
        return max(self.clean or 0, 1) / self.judged * self.best

    def row(self) -> dict[str, Any]:
        judged = self.clean is not None
        return {
            "loop": self.loop,
            "side by side": self.width,
            "repetitions": len(self.seconds),
            "characters/s, best": self.best,
            "characters/s, median": statistics.median(self.rates),
            "drawn per kept": self.drawn_per_kept,
            "clean": f"{self.clean} of {self.tunes}" if judged else "",
            "clean tunes/s": self.clean_rate if judged else "",
        }


def measure_lab(run: Run, amounts: Amounts, judging: Judging) -> list[Measured]:
    """The lab's loop, as it is and under no_grad, in turns."""
    lab = Lab(run)
    found = [Measured("lab, as it is"), Measured("lab, no_grad")]
    modes: list[Callable[[], Any]] = [nullcontext, torch.no_grad]
    lab.generate_text(generation_length=50)  # the first call of all is slower
    for _ in range(amounts.calls):
        for one, mode in zip(found, modes, strict=True):
            with mode():
                started = time.perf_counter()
                text = lab.generate_text()
                one.seconds.append(time.perf_counter() - started)
            one.characters.append(len(text))
    texts = lab.texts(amounts.texts)
    tunes = [tune for text in texts for tune in text.split(BLANK_LINE)[:-1]]
    clean = judging.clean(tunes)
    for one in found:
        one.tunes, one.clean, one.judged = len(tunes), clean, sum(map(len, texts))
    return found


class Ours:
    """What we compose with, freely or in the composing language."""

    def __init__(self, run: Run, judging: Judging) -> None:
        self.run, self.judging = run, judging
        model: Any = run.model()
        self.model = model.for_inference()
        self.codec: Any = run.codec
        self.spelled = [len(text) for text in self.codec.spellings()]

    def table(self, free: bool) -> ConstraintTable:
        """A constraint that nothing is known of yet."""
        run = self.run
        constraint: Constraint = Template([], self.codec.spellings(), self.codec.boundary)
        if not free:
            constraint = composing_language(run, Wish(temperature=1))
        return ConstraintTable(constraint, self.codec.size)

    def draw(self, table: ConstraintTable, free: bool, width: int, pieces: range) -> tuple[list[Finished], float]:
        """Draws these pieces; with the seconds that it took."""
        longest = int(LONGEST * self.run.dialect.longest)
        drawing = Drawing(self.codec.boundary, longest=longest, redraws=0 if free else REDRAWS)
        waiting = map(Draw, pieces)
        started = time.perf_counter()
        found = list(generate(self.model, table, drawing, lambda: next(waiting, None), width))
        return found, time.perf_counter() - started

    def measure(self, name: str, free: bool, width: int, tunes: int, times: int) -> list[Measured]:
        """So many tunes under a constraint that is new each time, and then more now that it is known.

        Where all is free there is nothing to be known.
        """
        cold, warm = Measured(f"{name}, cold", width), Measured(f"{name}, warm", width)
        after = tunes if width > 1 else tunes // ALONE
        for _ in range(times):
            table = self.table(free)
            for one, pieces in ((cold, range(tunes)), (warm, range(tunes, tunes + after)))[: 1 if free else 2]:
                found, took = self.draw(table, free, width, pieces)
                one.seconds.append(took)
                one.characters.append(sum(map(self.kept, found)))
                one.drawn_per_kept = sum(each.drawn for each in found) / sum(map(self.symbols, found))
                if not free:
                    texts = [self.codec.decode(each.ids).text for each in found if each.complete]
                    one.tunes, one.clean, one.judged = len(texts), self.judging.clean(texts), one.characters[-1]
        return [cold] if free else [cold, warm]

    def kept(self, finished: Finished) -> int:
        """Characters of a sequence, with the blank line at its end."""
        return sum(self.spelled[symbol] for symbol in finished.ids) + len(BLANK_LINE) * finished.complete

    def symbols(self, finished: Finished) -> int:
        return len(finished.ids) + len(self.codec.boundary) * finished.complete


def measure_ours(run: Run, amounts: Amounts, judging: Judging) -> dict[str, list[Measured]]:
    """Ours in four ways, by the names of their ratios; of several widths the fastest is first."""
    ours = Ours(run, judging)
    found = {}
    for free, kind in ((True, "free"), (False, "constrained")):
        one, many = f"one_{kind}", f"batch_{kind}"
        found[one] = ours.measure(one, free, 1, amounts.one // ALONE if free else amounts.one, 1)
        by_width = [ours.measure(many, free, width, amounts.many, amounts.times) for width in amounts.widths]
        by_width.sort(key=lambda measured: -measured[0].best)
        found[many] = [one for measured in by_width for one in measured]
    return found


def find_ratios(lab: Sequence[Measured], ours: dict[str, list[Measured]]) -> dict[str, float]:
    """Ours against the lab's loop as it is, and against the same under no_grad."""
    ratios = {}
    for reference, suffix in zip(lab, ("", "_no_grad"), strict=True):
        ratios.update({f"{name}{suffix}": found[0].best / reference.best for name, found in ours.items()})
        ratios[f"clean_tunes{suffix}"] = ours["batch_constrained"][0].clean_rate / reference.clean_rate
    return ratios


def main() -> None:
    options = arguments()
    amounts, judging = QUICK if options.quick else FULL, Judging()
    run = the_run(options)
    torch.manual_seed(0)
    lab = measure_lab(run, amounts, judging)
    ours = measure_ours(run, amounts, judging)
    rows = [one.row() for one in (*lab, *(one for found in ours.values() for one in found))]
    told = f"run {run.name}, {torch.get_num_threads()} threads; judging took {judging.seconds:.0f} s; "
    print(f"{told}the judges disagree about {judging.disagreements} tunes", file=sys.stderr)
    tell("compose", rows, find_ratios(lab, ours), options.json, options.keep)


def arguments() -> argparse.Namespace:
    found = parser(__doc__)
    found.formatter_class = argparse.RawDescriptionHelpFormatter
    found.add_argument("--run", metavar="FOLDER", type=Path, help=f"{USUAL_RUN}, if nothing else is said")
    return found.parse_args()


def the_run(options: argparse.Namespace) -> Run:
    """The run whose weights compose."""
    if not options.run and options.quick:
        return builtin_run()
    try:
        return open_run(options.run or USUAL_RUN)
    except TunewrightError as error:
        sys.exit(f"{error}\nthe lab's model is trained by: tunewright train lab --out {USUAL_RUN}; or take --quick")


if __name__ == "__main__":
    main()
