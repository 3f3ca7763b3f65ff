"""The types that every room of the house agrees on. Imports nothing of ours.

A *piece* is what people make; a *corpus* holds pieces; a *codec* turns a piece into symbol ids and back; a
*sequence model* predicts the next symbol; an *emission* says what its output means; a *constraint* and *filters*
shape it while decoding; a *renderer* writes a piece as something to hear or see.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from torch import Tensor

PARTS = ("training", "validation", "test")
"""The parts of a split, in the order in which they are told."""

LEFT_OUT = "left out"
"""In the place of a part: of pieces that may not be learned from, since they are relatives of held-out ones."""

FORMS = ("raw", "house")
"""The forms in which a corpus can be read: as it was found, or as we write tunes ourselves."""


KINDS = ("tune", "performance")
"""Of pieces: tunes are written, in ABC; performances are played, and kept as MIDI."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of music: a tune as text, or a performance as MIDI.

    Attributes:
        title: as its composer or collector gave it; may be empty.
        text: the piece itself (for a tune: its ABC), without a newline at the end; empty for a performance.
        origin: where it came from, e.g. ``"irish.abc, tune 12"`` or a run and seed.
        type: the dance, e.g. ``"reel"``; empty if unknown.
        meter: e.g. ``"6/8"``; empty if unknown.
        key: e.g. ``"Edor"``; empty if unknown.
        licence: under which the piece may be used; empty if unknown.
        original: the text as it was found, where ``text`` is another form of it; empty where it is the same.
        kind: out of :data:`KINDS`.
        midi: a performance as the bytes of a standard MIDI file.
    """

    title: str
    text: str
    origin: str
    type: str = ""
    meter: str = ""
    key: str = ""
    licence: str = ""
    original: str = ""
    kind: str = "tune"
    midi: bytes = field(default=b"", repr=False)

    @property
    def found(self) -> str:
        """The text as it was found, whatever form it has now."""
        return self.original or self.text

    @property
    def content(self) -> bytes:
        """The piece as it was found, to the byte: what decides the split."""
        return self.midi or self.found.encode()

    @property
    def sha256(self) -> str:
        """Of the content, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or piece that could not be read, and why. Bad input is a counted result, never an exception."""

    origin: str
    reason: str


@dataclass(frozen=True)
class Corpus:
    """A set of pieces and where they come from.

    Attributes:
        name: as the user calls it.
        source: where the files were found.
        licence: of the data, as stated by its source.
        sha256: of the bytes that were read, in hexadecimal.
        pieces: in the order of the source.
        skipped: what could not be read.
        form: of the pieces' texts, out of :data:`FORMS`; figures are compared only within one form.
    """

    name: str
    source: str
    licence: str
    sha256: str
    pieces: tuple[Piece, ...]
    skipped: tuple[Skipped, ...] = ()
    form: str = "raw"

    @property
    def kind(self) -> str:
        """Of all its pieces, out of :data:`KINDS`."""
        return self.pieces[0].kind if self.pieces else KINDS[0]

    def rewritten(self, form: str, rewrite: Callable[[Piece], Piece | Skipped]) -> Self:
        """The corpus in another form: every piece as ``rewrite`` gives it, those it can't rewrite among the skipped.

        Raises:
            SettingsError: the corpus can't be read in another form as it is opened.
        """
        results = [rewrite(piece) for piece in self.pieces]
        pieces = tuple(one for one in results if isinstance(one, Piece))
        skipped = tuple(one for one in results if isinstance(one, Skipped))
        return replace(self, pieces=pieces, skipped=(*self.skipped, *skipped), form=form)

    def to_read(self, kept: Sequence[Piece]) -> list[Piece]:
        """What a model reads when it may see only the ``kept`` pieces, in the order of the source."""
        return list(kept)

    def weights(self, kept: Sequence[Piece]) -> list[float]:
        """How often an epoch reads each of these pieces, on average."""
        return [1.0] * len(kept)

    def may_be_held_out(self) -> list[bool]:
        """Of each piece, whether it may be in validation or test."""
        return [True] * len(self.pieces)

    def stated_parts(self) -> tuple[str, ...] | None:
        """The part of each piece where the source itself divides them; None where a hash of each piece decides."""
        return None

    def facts(self) -> dict[str, Any]:
        """What only this corpus can tell of itself, for ``corpus stats``."""
        return {}


@runtime_checkable
class Codec(Protocol):
    """Pieces to symbol ids and back, without loss, with a charged escape for what it has never seen."""

    @property
    def size(self) -> int:
        """Number of symbols."""
        ...

    @property
    def boundary(self) -> tuple[int, ...]:
        """The symbols between two pieces: fed before a piece to begin it, predicted after it to end it."""
        ...

    @property
    def unit(self) -> str:
        """What is counted as one unit of a piece, e.g. ``"character"``."""
        ...

    @property
    def kind(self) -> str:
        """Of the pieces that it takes, out of :data:`KINDS`."""
        ...

    def encode(self, piece: Piece) -> NDArray[np.int64]:
        """Symbol ids of a piece, shape (symbols,), without boundary."""
        ...

    def decode(self, ids: Sequence[int], origin: str = "") -> Piece:
        """The piece that these ids spell; the inverse of :meth:`encode`."""
        ...

    def spellings(self) -> list[str]:
        """The text that each id stands for; empty for a symbol that spells nothing."""
        ...

    def names(self) -> list[str]:
        """What each id is called, for people to read, e.g. ``"on C4"``; empty for a boundary."""
        ...

    def units(self, piece: Piece) -> int:
        """Number of raw units in a piece: the honest denominator of any rate."""
        ...

    def save(self, path: Path) -> None:
        """Writes the codec as one JSON file."""
        ...

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads what :meth:`save` wrote."""
        ...


class Emission(Protocol):
    """What one step of a model puts out. Objective, likelihood and the step loop know only this."""

    @property
    def uniforms_per_draw(self) -> int:
        """How many uniform numbers one draw consumes."""
        ...

    def nll(self, logits: Tensor, target: Tensor) -> Tensor:
        """Negative log-likelihood in nats: (..., size) and (...) of targets -> (...)."""
        ...

    def nll_of_all(self, logits: Tensor) -> Tensor:
        """Negative log-likelihood in nats of a target that is spread over all outcomes: (..., size) -> (...)."""
        ...

    def likeliest(self, logits: Tensor) -> Tensor:
        """The outcome that is likeliest, of the shape of targets: (..., size) -> (...)."""
        ...

    def draw(self, logits: Tensor, uniforms: Tensor) -> Tensor:
        """Draws by inverting the distribution function: (batch, size), (batch, uniforms_per_draw) -> (batch,)."""
        ...


Memory = Any
"""What a model remembers between steps. Opaque: only the model that made it looks inside."""


class SequenceModel(Protocol):
    """Predicts what comes next. Memory goes in and comes out; nothing is hidden between calls."""

    @property
    def emission(self) -> Emission:
        """What its output means."""
        ...

    def __call__(self, inputs: Tensor, memory: Memory = None) -> tuple[Tensor, Memory]:
        """Ids (batch, time) and the memory before them -> logits (batch, time, size) and the memory after them."""
        ...

    def select(self, memory: Memory, rows: Tensor) -> Memory:
        """The memory of these rows (by index, repeats allowed), e.g. when finished rows leave a batch."""
        ...

    def empty(self, rows: int) -> Memory:
        """The memory of so many rows that have read nothing."""
        ...

    def assign(self, memory: Memory, rows: Tensor, source: Memory, source_rows: Tensor) -> Memory:
        """The memory with ``rows`` replaced by ``source_rows`` of another one, e.g. when a row begins anew.

        May work in place: what is returned counts, and ``memory`` is not to be used again. ``source`` stays as it is.
        """
        ...

    def for_inference(self) -> SequenceModel:
        """A twin with the same interface and weights, laid out for stepping.

        Its rows are independent: a row's logits and memory are the same, bit for bit, whatever other rows stand beside
        it and however many. A call leaves the memory that it is given as it is.
        """
        ...


Value = TypeVar("Value")

Filter = Callable[["Tensor"], "Tensor"]
"""A pure function on logits, (batch, size) -> (batch, size), e.g. top-k."""


ConstraintState = Any
"""Where a constraint stands: immutable and hashable, and of a type that only its constraint knows."""


class Constraint(Protocol):
    """What may follow, as an automaton.

    A state may be two things in one: what is *near*, on which depends what may come next, and what is *far*, which
    only matters when something has been completed. Told apart, they needn't be known in every combination.

    Attributes:
        prompt: symbols that have come before the start.
    """

    prompt: tuple[int, ...]

    def start(self, chance: float | None = None) -> ConstraintState:
        """The state before the first symbol that is drawn.

        Args:
            chance: a number in [0, 1), by which is drawn what is left to chance; None for a state that leaves it open.
        """
        ...

    def allowed(self, state: ConstraintState) -> torch.Tensor | None:
        """A mask of shape (size,), True where a symbol may come next; None where anything may."""
        ...

    def advance(self, state: ConstraintState, symbol: int) -> ConstraintState | None:
        """The state after this symbol; None if it may not come."""
        ...

    def resting(self, state: ConstraintState) -> bool:
        """Whether something is just complete, e.g. a bar: a good place to come back to when what follows fails."""
        ...

    def meant(self, rested: ConstraintState, symbol: int) -> ConstraintState:
        """Where to go on instead of where it last rested, when a symbol that could not come has told what was meant."""
        ...

    def regrets(self, before: Hashable, after: Hashable, ids: Sequence[int]) -> bool:
        """Whether what has just become complete is right, but had better be drawn again.

        Args:
            before: what was far before the last symbol came.
            after: what is far now.
            ids: symbols before the last one, the prompt included.
        """
        return False

    def distance(self, state: ConstraintState) -> int:
        """How many symbols it takes from here to an end; 0 where the constraint knows of no end."""
        ...

    def farthest(self, state: ConstraintState) -> int | None:
        """What ``distance`` is at most after any symbol that may come; None where that would have to be tried."""
        return None

    def split(self, state: ConstraintState) -> tuple[ConstraintState, Hashable]:
        """What is near and what is far of a state. A near one does for all but ``allowed``,
        ``distance`` and ``farthest``."""
        return state, None

    def join(self, near: ConstraintState, far: Hashable) -> ConstraintState | None:
        """The state of both. If what is near has come to matter to what is far, this is where the two meet; None if
        that shows that the last symbol may not come.
        """
        return near

    def crosses(self, near: ConstraintState) -> bool:
        """Whether what is near, as it has come out of ``advance`` or ``meant``, must be joined before it goes on."""
        return False


class Renderer(Protocol):
    """Writes a piece as something to hear or see."""

    @property
    def suffix(self) -> str:
        """Of the file it writes, with the dot."""
        ...

    def __call__(self, piece: Piece, path: Path) -> Path:
        """Writes ``path`` whole or not at all, and returns it.

        Raises:
            RenderingError: the piece cannot be rendered; the message says why.
        """
        ...


@dataclass(frozen=True)
class Split:
    """Which piece belongs to which part.

    Attributes:
        parts: part of each piece out of :data:`PARTS` and :data:`LEFT_OUT`, in the corpus's order.
        clusters: number of the near-duplicate cluster of each piece, in the same order.
    """

    parts: tuple[str, ...]
    clusters: tuple[int, ...] = field(default=())

    def select(self, values: Sequence[Value], part: str) -> list[Value]:
        """What is told of each piece, or the pieces themselves: those of one part, or all of them for ``"all"``."""
        return [value for value, own in zip(values, self.parts, strict=True) if part in ("all", own)]

    def counts(self) -> dict[str, int]:
        """Number of pieces in each part, and of those left out, if any are."""
        parts = (*PARTS, LEFT_OUT) if LEFT_OUT in self.parts else PARTS
        return {part: self.parts.count(part) for part in parts}
