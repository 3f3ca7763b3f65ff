"""Beam search: the likeliest sequences that a model can be brought to tell, several followed side by side.

Knows ids, masks and a model that chooses one symbol at a time; never a codec, never music. Beam search after Lowerre
1976 ("The Harpy speech recognition system"); what is kept, what is dropped and when it stops are the rules of
``generate(num_beams=width, do_sample=False, early_stopping=False)`` in Hugging Face ``transformers`` (5.23), so that
both tell the same sequences. Beside the beams the greedy path is followed, which beams alone may lose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tunewright.contracts import Constraint, ConstraintState, Filter, SequenceModel
from tunewright.decoding.filters import NEVER
from tunewright.errors import DecodingError


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One sequence that was found.

    Attributes:
        ids: what follows the prefix, without the boundary.
        log_probability: natural logarithm, of all its symbols and its boundary.
        score: what hypotheses are ordered by: ``log_probability / length ** length_penalty``, the length counting
            the symbols and the boundary.
        complete: whether it came to its boundary by itself, and not to the longest length.
    """

    ids: tuple[int, ...]
    log_probability: float
    score: float
    complete: bool


@dataclass(frozen=True, slots=True)
class BeamResult:
    """What a search has found.

    Attributes:
        hypotheses: all different, best first; fewer than were asked for only where there are no more.
        greedy_won: whether the best of them is the greedy path (which the beams may have found as well).
        steps: how often the model was called.
    """

    hypotheses: tuple[Hypothesis, ...]
    greedy_won: bool
    steps: int


@torch.inference_mode()
def beam_search(
    model: SequenceModel,
    *,
    prefix: Tensor | Sequence[int],
    state: ConstraintState,
    boundary: tuple[int, ...],
    constraint: Constraint,
    filters: Sequence[Filter],
    width: int,
    returned: int,
    longest: int,
    length_penalty: float = 1.0,
    keep_greedy: bool = True,
) -> BeamResult:
    """Looks for the sequences with the best scores that may follow a prefix.

    Each step looks at the 2 * ``width`` likeliest continuations of all beams. Those of the first ``width`` that are
    finished join the pool, which keeps the ``width`` best; the likeliest ``width`` that are not go on. It stops when
    the pool is full and the likeliest beam, ended here, would not be better than the worst in it. One beam is the
    greedy path, and ends where it ends.

    Probabilities are the model's own: what the constraint forbids is passed over, and what it allows is not made
    likelier for it. If there are filters, they see what the constraint allows, and the probabilities are those of
    the filtered model.

    Args:
        model: in inference mode, with a categorical emission.
        prefix: ids fed first, shape (n,), at least one: the boundary, and what is given of the piece. The search runs
            on its device.
        state: where the constraint stands after the prefix.
        boundary: what ends a sequence; it may begin in the given part of the prefix.
        constraint: a symbol is taken only if its ``distance`` to the end still fits into ``longest``.
        width: number of beams, at least 1.
        returned: number of hypotheses to return, at most ``width``.
        longest: symbols, boundary included, after which a sequence is cut off as incomplete.
        length_penalty: 0 compares whole probabilities, 1 those per symbol; above, longer sequences gain.
        keep_greedy: follows the greedy path in a row of its own, as one more candidate; the beams don't see it.

    Raises:
        DecodingError: a width or a number that cannot be meant, or no sequence fits into ``longest``.
    """
    _refuse(width, returned, longest, constraint.distance(state))
    ids = torch.as_tensor(prefix)
    rules = _Rules(constraint, filters, boundary, _opening(ids.tolist(), boundary), longest, length_penalty)
    batch = _Batch(model, ids)
    beams = _Beams(rules, width, [_Path((), state, 0.0, row=0)] if width > 1 else [])
    greedy = _Path((), state, 0.0, row=0) if keep_greedy or width == 1 else None
    greedy_end: Hypothesis | None = None
    while True:
        beams.step(batch)
        if greedy:
            greedy = next(rules.continuations([greedy], batch, count=1), None)
        if greedy and rules.is_over(greedy):
            greedy_end, greedy = rules.hypothesis(greedy), None
        paths = [*beams.running, greedy] if greedy else beams.running
        if not paths:
            return _result(beams.pool, greedy_end, returned, batch.steps)
        batch.follow(paths)


@dataclass(slots=True)
class _Path:
    """A sequence that is being followed.

    Attributes:
        ids: what came after the prefix.
        state: of the constraint, after them.
        total: log-probability of them.
        row: of the batch; until the path itself is followed, that of the path it continues.
    """

    ids: tuple[int, ...]
    state: ConstraintState
    total: float
    row: int


class _Batch:
    """The rows that the model computes side by side: one for each path.

    Attributes:
        logits: of what comes next, shape (rows, size).
        steps: how often the model was called.
    """

    def __init__(self, model: SequenceModel, prefix: Tensor) -> None:
        self._model = model
        logits, self._memory = model(prefix.unsqueeze(0))
        self.logits = logits[:, -1]
        self.steps = 1

    def follow(self, paths: Sequence[_Path]) -> None:
        """Feeds the last symbol of each path, which then has the row of its place."""
        rows = [path.row for path in paths]
        if rows != list(range(self.logits.shape[0])):
            self._memory = self._model.select(self._memory, torch.tensor(rows, device=self.logits.device))
        for row, path in enumerate(paths):
            path.row = row
        inputs = torch.tensor([[path.ids[-1]] for path in paths], device=self.logits.device)
        logits, self._memory = self._model(inputs, self._memory)
        self.logits = logits[:, -1]
        self.steps += 1


@dataclass(frozen=True)
class _Rules:
    """What may follow a path, what it is worth and when it ends."""

    constraint: Constraint
    filters: Sequence[Filter]
    boundary: tuple[int, ...]
    opening: tuple[int, ...]
    longest: int
    length_penalty: float

    def continuations(self, paths: Sequence[_Path], batch: _Batch, count: int) -> Iterator[_Path]:
        """The ``count`` likeliest continuations by one symbol of all the paths, likeliest first, or all there are."""
        totals = self._totals(paths, batch.logits[[path.row for path in paths]])
        size = totals.shape[-1]
        found = 0
        for total, index in _descending(totals.flatten(), count):
            path, symbol = paths[index // size], index % size
            ids, state = (*path.ids, symbol), self.constraint.advance(path.state, symbol)
            if self.constraint.distance(state) <= self.longest - len(ids):
                yield _Path(ids, state, total, path.row)
                found += 1
            if found == count:
                return

    def has_ended(self, path: _Path) -> bool:
        """Whether its last symbols are the boundary."""
        length = len(self.boundary)
        return (self.opening + path.ids[-length:])[-length:] == self.boundary

    def is_over(self, path: _Path) -> bool:
        """Whether nothing more may follow."""
        return self.has_ended(path) or len(path.ids) >= self.longest

    def score(self, path: _Path) -> float:
        """What it would be worth if it ended here."""
        return float(path.total / len(path.ids) ** self.length_penalty)

    def hypothesis(self, path: _Path) -> Hypothesis:
        """The path as it is told."""
        complete = self.has_ended(path)
        ids = path.ids[: -len(self.boundary)] if complete else path.ids
        return Hypothesis(ids, path.total, self.score(path), complete)

    def _totals(self, paths: Sequence[_Path], logits: Tensor) -> Tensor:
        """Log-probability of each path with each symbol after it: (paths, size) -> (paths, size), in float64."""
        logits = logits.double()
        before = logits.new_tensor([[path.total] for path in paths])
        # What the constraint takes away stays in the sum: the probabilities are not shared out anew.
        whole = self._filtered(logits).logsumexp(-1, keepdim=True)
        return before + self._filtered(self._masked(paths, logits)) - whole

    def _filtered(self, logits: Tensor) -> Tensor:
        for apply in self.filters:
            logits = apply(logits)
        return logits

    def _masked(self, paths: Sequence[_Path], logits: Tensor) -> Tensor:
        masked = logits.clone()
        for row, path in enumerate(paths):
            if (mask := self.constraint.allowed(path.state)) is not None:
                masked[row].masked_fill_(~mask.to(logits.device), NEVER)
        return masked


class _Beams:
    """The paths that go on and the pool of those that have ended, best first: up to ``width`` of each."""

    def __init__(self, rules: _Rules, width: int, running: list[_Path]) -> None:
        self._rules = rules
        self._width = width
        self.running = running
        self.pool: list[Hypothesis] = []

    def step(self, batch: _Batch) -> None:
        """Goes one symbol further."""
        if not self.running:
            return
        is_over = self._rules.is_over
        candidates = list(self._rules.continuations(self.running, batch, 2 * self._width))
        # The second half only stands in for those of the first that have ended: it may go on, but not end.
        ended = [self._rules.hypothesis(path) for path in candidates[: self._width] if is_over(path)]
        self.pool = _best_first([*self.pool, *ended])[: self._width]
        self.running = [path for path in candidates if not is_over(path)][: self._width]
        full = len(self.pool) == self._width
        if full and self.running and self._rules.score(self.running[0]) <= self.pool[-1].score:
            self.running = []  # even the likeliest, ended here, would not be better than the worst of the pool


def _descending(values: Tensor, count: int) -> Iterator[tuple[float, int]]:
    """Values with their indices, the largest first, those of minus infinity left out: (n,).

    The others are sorted only if more than the first ``count`` are asked for, which is seldom.
    """
    told: set[int] = set()
    for everything in (False, True):
        if everything:
            ordered, order = values.sort(descending=True, stable=True)
        elif count == 1:
            ordered, order = values.max(0, keepdim=True)  # the first of equals, as a greedy filter takes it
        else:
            ordered, order = values.topk(min(count, len(values)))
        for value, index in zip(ordered.tolist(), order.tolist(), strict=True):
            if value == NEVER:
                return
            if index not in told:
                told.add(index)
                yield value, index


def _best_first(hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
    return sorted(hypotheses, key=lambda hypothesis: -hypothesis.score)


def _result(pool: Sequence[Hypothesis], greedy: Hypothesis | None, returned: int, steps: int) -> BeamResult:
    """The pool and the greedy path together, the best ``returned`` of them."""
    if greedy and greedy.ids not in [hypothesis.ids for hypothesis in pool]:
        pool = _best_first([*pool, greedy])
    if not pool:
        raise DecodingError("the filters leave no sequence that fits: take laxer filters, or a greater length")
    greedy_won = greedy is not None and pool[0].ids == greedy.ids
    return BeamResult(tuple(pool[:returned]), greedy_won, steps)


def _opening(prefix: Sequence[int], boundary: tuple[int, ...]) -> tuple[int, ...]:
    """What is given of the sequence itself: a prefix without the boundary that it begins with."""
    given = tuple(prefix)
    return given[len(boundary) :] if given[: len(boundary)] == boundary else given


def _refuse(width: int, returned: int, longest: int, needed: int) -> None:
    """Raises what :func:`beam_search` says it raises."""
    if width < 1:
        raise DecodingError(f"beam search needs at least one beam, not {width}")
    if not 1 <= returned <= width:
        right = f"ask for 1 to {width}, or take as many beams as sequences"
        raise DecodingError(f"{returned} sequences can't be returned from a search of width {width}: {right}")
    if longest < max(needed, 1):
        raise DecodingError(f"a length of {longest} is too short: what may follow needs at least {max(needed, 1)}")
