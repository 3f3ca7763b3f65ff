"""From a wish to compositions, read top to bottom: run, template, draws, bar check, provenance.

A piece is the first of its attempts that is a whole tune with right bars. Attempt ``a`` of piece ``p`` under a seed
is always the same tune, so pieces don't depend on how many are asked for, and a provenance is enough to get one again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunewright import catalogue
from tunewright.contracts import Filter, Piece, SequenceModel
from tunewright.errors import DecodingError, InputError
from tunewright.music.bars import check
from tunewright.music.reader import read_tune
from tunewright.run import Run, builtin_run, open_run, text_sha256

if TYPE_CHECKING:
    from tunewright.decoding.generate import Finished
    from tunewright.decoding.template import Template

LONGEST = 1500
"""Symbols after which an attempt is given up; the longest of the lab's tunes has 603 characters."""
MOST_ATTEMPTS = 200
"""Attempts after which a piece is given up."""
NEUTRAL = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "greedy": False}
"""The filters in their order, each with the value at which it changes nothing."""


@dataclass(frozen=True)
class Wish:
    """What is asked for. Empty means: as the model likes.

    Attributes:
        type: dance, e.g. ``"jig"``.
        meter: e.g. ``"6/8"``.
        key: e.g. ``"Edor"``.
        title: of the tune.
        prompt: ABC that the tune begins with, to the letter; excludes the four above.
        temperature: 1 draws as the model predicts; below 1 more safely. At 0.8 the built-in run makes the fewest
            wrong bars.
        top_k: only the likeliest k symbols; 0 for all.
        top_p: only the likeliest symbols that reach this probability; 1 for all.
        min_p: only symbols at least this share as likely as the likeliest; 0 for all.
        greedy: always the likeliest symbol.
        seed: of everything random.
    """

    type: str = ""
    meter: str = ""
    key: str = ""
    title: str = ""
    prompt: str = ""
    temperature: float = 0.8
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    greedy: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.temperature <= 0:
            raise DecodingError(f"temperature {self.temperature}: expected a number above 0 (--greedy for none at all)")
        if not 0 < self.top_p <= 1:
            raise DecodingError(f"top-p {self.top_p}: expected a probability above 0 and up to 1")
        if not 0 <= self.min_p < 1:
            raise DecodingError(f"min-p {self.min_p}: expected a share from 0 to below 1")
        if self.top_k < 0:
            raise DecodingError(f"top-k {self.top_k}: expected a number of symbols, or 0 for all")
        if not 0 <= self.seed < 2**64:
            raise DecodingError(f"seed {self.seed}: expected a whole number from 0 to 2**64 - 1")
        if self.prompt and (self.type or self.meter or self.key or self.title):
            raise DecodingError("a prompt in ABC already holds the header: give it, or type, meter, key and title")

    def filters(self) -> list[Filter]:
        """The filters that change anything, in their order."""
        chosen = [name for name, neutral in NEUTRAL.items() if getattr(self, name) != neutral]
        return [partial(catalogue.find("filter", name), value=getattr(self, name)) for name in chosen]


@dataclass(frozen=True)
class Composition:
    """A new piece and where it came from.

    Attributes:
        piece: the tune.
        provenance: all that is needed to compose it again.
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
    run: Run | None = None,
    wish: Wish | None = None,
    *,
    count: int = 1,
    first: int = 0,
    tally: Tally | None = None,
    on_piece: Callable[[Composition], None] | None = None,
) -> list[Composition]:
    """Composes whole tunes whose bars are right, in one batch.

    Args:
        run: whose model composes; None for the built-in one.
        wish: what is asked for.
        count: how many tunes.
        first: number of the first; tune ``n`` is the same whichever call asks for it.
        tally: counts what was rejected.
        on_piece: is told each tune as soon as it stands.

    Raises:
        DecodingError: a wish that the run can't understand, or a tune that didn't succeed in :data:`MOST_ATTEMPTS`
            attempts.
    """
    run, wish = run or builtin_run(), wish or Wish()
    tally = tally if tally is not None else Tally()
    composer = _Composer(run, wish)
    found: dict[int, Composition] = {}
    attempts = dict.fromkeys(range(first, first + count), 0)
    while attempts:
        for piece, finished in composer.round(attempts):
            composition = composer.judge(finished, tally)
            if composition:
                found[piece] = composition
                del attempts[piece]
                if on_piece:
                    on_piece(composition)
    return [found[piece] for piece in range(first, first + count)]


def replay(path: Path) -> Composition:
    """Composes again what a provenance file tells of.

    Raises:
        InputError: it is no provenance.
        RunError: its run is not here.
        DecodingError: what came out is not what the provenance tells of.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        run_name, wish = told["run"], Wish(**told["wish"])
        piece, attempt, sha256 = int(told["piece"]), int(told["attempt"]), str(told["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not the provenance of a composition ({error})") from None
    run = builtin_run() if run_name["builtin"] else open_run(run_name["folder"])
    composer = _Composer(run, wish)
    composition = composer.composition(next(composer.draw([(piece, attempt)])))
    if text_sha256(composition.piece.text) != sha256:
        raise DecodingError(
            f"{path}: run {run.name} now composes another tune here; it was composed with {told['versions']}"
        )
    return composition


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
        """The next attempts of all wanted pieces, several of each where that fills a tile, in the order of attempts.

        A piece that leaves ``attempts`` meanwhile is not offered again; the others' counts go up.
        """
        from tunewright.decoding.generate import TILE

        # Greedy attempts are all alike; a second one is of no use.
        each = 1 if self.wish.greedy else max(1, TILE // len(attempts))
        addresses = [(piece, start + extra) for piece, start in attempts.items() for extra in range(each)]
        results = {(done.draw.piece, done.draw.attempt): done for done in self.draw(addresses)}
        for address in addresses:
            piece = address[0]
            if piece in attempts:
                yield piece, results[address]
            if piece in attempts:
                attempts[piece] += 1
                if attempts[piece] >= MOST_ATTEMPTS or self.wish.greedy:
                    raise DecodingError(
                        f"no whole tune with right bars in {attempts[piece]} attempts; a lower temperature, "
                        "another prompt or fewer wishes may help"
                    )

    def judge(self, finished: Finished, tally: Tally) -> Composition | None:
        """The composition, if it is a whole tune with right bars."""
        if not finished.complete:
            tally.reasons["no end"] += 1
            return None
        composition = self.composition(finished)
        if composition.problems:
            tally.reasons["wrong bars"] += 1
            return None
        return composition

    def composition(self, finished: Finished) -> Composition:
        codec = self.run.codec
        origin = f"run {self.run.name}, seed {self.wish.seed}, piece {finished.draw.piece}"
        text = codec.decode(finished.ids).text.rstrip("\n")
        tune = read_tune(text)
        problems = tuple(problem.message for problem in check(tune) if problem.severity != "note")
        piece = Piece(tune.title, text, origin, tune.type, tune.meter.name, tune.key.name)
        return Composition(piece, self._provenance(finished, text), problems)

    def _provenance(self, finished: Finished, text: str) -> dict[str, Any]:
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
            "sha256": text_sha256(text),
            "versions": {"tunewright": version("tunewright"), "torch": version("torch")},
        }


def build_template(run: Run, wish: Wish) -> Template:
    """What the wish fixes of a tune's beginning, in the spelling that the run has learned.

    Raises:
        DecodingError: the run has not learned this dance, meter or key, or the prompt says nothing.
    """
    from tunewright.decoding.template import Fixed, Open, Template

    codec: Any = run.codec

    def ids(text: str) -> tuple[int, ...]:
        return tuple(codec.encode_text(text).tolist())

    if wish.prompt:
        return Template([Fixed(ids(wish.prompt))], codec.size)
    newline = ids("\n")[0]
    ends = tuple({*codec.boundary} - {newline})
    stretches: list[Fixed | Open] = []
    for text, goes_on in run.style.lines(wish.type, wish.meter, wish.key, wish.title):
        stretches += [Fixed(ids(text)), Open(newline, ends)] if goes_on else [Fixed(ids(text + "\n"))]
    return Template(stretches, codec.size)
