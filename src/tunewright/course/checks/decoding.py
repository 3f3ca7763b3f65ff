"""Checks of chapter 5, choosing the next symbol."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from tunewright.course.checks.comparing import compared, is_number, same
from tunewright.course.checks.sequences import allowed, beam, fill, length, mask, sequence
from tunewright.course.lesson import Check, Hint, choice, finished

LOGITS = torch.tensor([0.5, 2.0, -1.0, 2.4, 1.0, 0.0])
OTHERS = torch.tensor([-0.3, 0.2, 1.7, 0.9])
CHANCES, OTHER_CHANCES = LOGITS.softmax(-1), OTHERS.softmax(-1)
LEVEL = torch.tensor([0.1, 0.2, 0.3, 0.4])


def softmax(given: Any) -> Hint | None:
    """Probabilities at a temperature."""
    cases = [(LOGITS, 1.0), (LOGITS, 0.5), (OTHERS, 2.0)]
    found = compared(
        given,
        cases,
        lambda z, t: (z / t).softmax(-1),
        [
            (Hint("no_temperature"), lambda z, t: z.softmax(-1)),
            (Hint("multiplied"), lambda z, t: (z * t).softmax(-1)),
            (Hint("late"), lambda z, t: z.softmax(-1) / t),
            (Hint("unnormalised"), lambda z, t: (z / t).exp()),
            (Hint("unnormalised"), lambda z, t: (z / t - (z / t).max()).exp()),
            (Hint("no_exponential"), lambda z, t: (z / t) / (z / t).sum()),
            (Hint("logarithms"), lambda z, t: (z / t).log_softmax(-1)),
        ],
    )
    if found is None and not same(given(torch.tensor([1000.0, 999.0]), 1.0), torch.tensor([1.0, 0.0]).softmax(-1)):
        return Hint("overflow")
    return found


def entropy(given: Any) -> Hint | None:
    """In bits; what never comes adds nothing."""
    cases = [(CHANCES,), (LEVEL,)]
    found = compared(
        given,
        cases,
        lambda p: -(p * p.log2()).sum(),
        [
            (Hint("nats"), lambda p: -(p * p.log()).sum()),
            (Hint("negative"), lambda p: (p * p.log2()).sum()),
            (Hint("unweighted"), lambda p: -p.log2().sum()),
            (Hint("unweighted"), lambda p: -p.log2().mean()),
            (Hint("averaged"), lambda p: -(p * p.log2()).mean()),
            (Hint("no_sum"), lambda p: -(p * p.log2())),
        ],
    )
    return Hint("zero") if found is None and not same(given(torch.tensor([0.5, 0.0, 0.5])), 1.0) else found


def greedy(given: Any) -> Hint | None:
    """The place of the largest."""
    cases = [(LOGITS,), (OTHERS,), (torch.tensor([3.0, -1.0, 2.0]),)]
    if isinstance(given(LOGITS.clone()), str):
        return Hint("letter")
    if len({str(given(torch.zeros(6) + LOGITS / 10)) for _ in range(30)}) > 1:
        return Hint("drawn")
    return compared(
        given,
        cases,
        lambda z: z.argmax(),
        [
            (Hint("value"), lambda z: z.max()),
            (Hint("value"), lambda z: z.softmax(-1).max()),
            (Hint("least"), lambda z: z.argmin()),
            (Hint("last"), lambda z: z.argsort()),
            (Hint("last"), lambda z: z.argsort(descending=True)),
        ],
    )


def top_k(given: Any) -> Hint | None:
    """The k largest, and nothing else."""

    def kept(p: Tensor, k: int) -> Tensor:
        return torch.where(p >= p.topk(k).values[-1], p, 0.0)

    return compared(
        given,
        [(CHANCES, 3), (CHANCES, 1), (OTHER_CHANCES, 2)],
        lambda p, k: _shared(kept(p, k)),
        [
            (Hint("not_shared"), kept),
            (Hint("short"), lambda p, k: _shared(p.topk(k).values)),
            (Hint("short"), lambda p, k: p.topk(k).values),
            (Hint("first"), lambda p, k: _shared(torch.cat([p[:k], torch.zeros(len(p) - k)]))),
            (Hint("one_too_many"), lambda p, k: _shared(kept(p, k + 1))),
            (Hint("one_too_few"), lambda p, k: _shared(torch.where(p > p.topk(k).values[-1], p, 0.0))),
            (Hint("least"), lambda p, k: _shared(torch.where(p <= p.sort().values[k - 1], p, 0.0))),
            (Hint("alike"), lambda p, k: _shared((kept(p, k) > 0).double())),
            (Hint("softmax_again"), lambda p, k: kept(p, k).softmax(-1)),
            (Hint("sorted"), lambda p, k: _shared(kept(p, k)).sort(descending=True).values),
        ],
    )


def top_p(given: Any) -> Hint | None:
    """The fewest likeliest that reach p together."""

    def kept(q: Tensor, p: float, *, crossing: bool = True, more: int = 0, in_order: bool = False) -> Tensor:
        order = torch.arange(len(q)) if in_order else q.argsort(descending=True)
        sums = q[order].cumsum(-1)
        count = max(1, int(((sums - q[order] < p) if crossing else (sums <= p)).sum())) + more
        return torch.zeros_like(q).scatter(0, order[:count], q[order[:count]])

    cases = [(CHANCES, 0.7), (CHANCES, 0.95), (OTHER_CHANCES, 0.85), (CHANCES, 0.3)]
    found = compared(
        given,
        cases,
        lambda q, p: _shared(kept(q, p)),
        [
            (Hint("not_shared"), kept),
            (Hint("cut_crossing"), lambda q, p: _shared(kept(q, p, crossing=False))),
            (Hint("unsorted"), lambda q, p: _shared(kept(q, p, in_order=True))),
            (Hint("one_too_many"), lambda q, p: _shared(kept(q, p, more=1))),
            (Hint("sorted"), lambda q, p: _shared(kept(q, p)).sort(descending=True).values),
            (Hint("threshold"), lambda q, p: _shared(torch.where(q >= p, q, 0.0))),
            (Hint("threshold"), lambda q, p: _shared(torch.where(q >= 1 - p, q, 0.0))),
        ],
    )
    left = given(LEVEL.clone(), 0.35) if found == Hint("other") else LEVEL
    return Hint("none_left") if same(left.sum(), 0.0) or bool(left.isnan().any()) else found


def min_p(given: Any) -> Hint | None:
    """Whatever has this share of the largest."""

    def kept(p: Tensor, share: float) -> Tensor:
        return torch.where(p >= share * p.max(), p, 0.0)

    return compared(
        given,
        [(CHANCES, 0.2), (CHANCES, 0.05), (OTHER_CHANCES, 0.3)],
        lambda p, share: _shared(kept(p, share)),
        [
            (Hint("not_shared"), kept),
            (Hint("absolute"), lambda p, share: _shared(torch.where(p >= share, p, 0.0))),
            (Hint("below"), lambda p, share: _shared(torch.where(p < share * p.max(), p, 0.0))),
            (Hint("of_least"), lambda p, share: _shared(torch.where(p >= share * p.min(), p, 0.0))),
            (Hint("distance"), lambda p, share: _shared(torch.where(p >= p.max() - share, p, 0.0))),
        ],
    )


def draw(given: Any) -> Hint | None:
    """The first symbol whose cumulative sum is beyond the number."""
    chances = torch.tensor([0.1, 0.4, 0.2, 0.3])
    cases = [(chances, number) for number in (0.05, 0.3, 0.6, 0.95)] + [(torch.tensor([0.5, 0.25, 0.25]), 0.6)]
    if not is_number(finished(given(chances.clone(), 0.3))):
        return Hint("no_index")
    if len({str(given(chances.clone(), 0.6)) for _ in range(30)}) > 1:
        return Hint("chance")
    found = compared(
        given,
        cases,
        lambda p, u: (p.cumsum(-1) > u).double().argmax(),
        [
            (Hint("greedy"), lambda p, u: p.argmax()),
            (Hint("before"), lambda p, u: (p.cumsum(-1) > u).double().argmax() - 1),
            (Hint("nearest"), lambda p, u: (p - u).abs().argmin()),
            (Hint("nearest"), lambda p, u: (p.cumsum(-1) - u).abs().argmin()),
            (Hint("no_sums"), lambda p, u: (p > u).double().argmax()),
            (Hint("value"), lambda p, u: p.cumsum(-1)[(p.cumsum(-1) > u).double().argmax()]),
            (Hint("sorted"), lambda p, u: (p.sort(descending=True).values.cumsum(-1) > u).double().argmax()),
        ],
    )
    edge = found is None and not same(given(torch.tensor([0.0, 0.5, 0.5]), 0.0), 1)
    return Hint("impossible") if edge else found


def repeat(given: Any) -> Hint | None:
    """Many draws, the same for the same seed."""
    count, chances = 2000, torch.tensor([0.1, 0.4, 0.2, 0.3])
    try:
        one, again, other = (_listed(given(chances.clone(), count, seed)) for seed in (1, 1, 2))
    except RuntimeError as error:
        if "without replacement" in str(error):
            return Hint("no_replacement")
        raise
    if len(one) != count:
        return Hint("count", {"count": len(one)})
    if len(set(one)) == 1:
        return Hint("alike")
    if one != again:
        return Hint("unseeded")
    if one == other:
        return Hint("one_seed")
    shares = torch.tensor([one.count(symbol) / count for symbol in range(4)])
    return None if float((shares - chances).abs().max()) < 0.06 else Hint("other")


def _shared(chances: Tensor) -> Tensor:
    return chances / chances.sum()


def _listed(given: Any) -> list[Any]:
    return list(torch.as_tensor(finished(given)).flatten().tolist())


CHECKS: dict[str, Check] = {
    "softmax": softmax,
    "entropy-bits": entropy,
    "greedy-choice": greedy,
    "top-k": top_k,
    "top-p": top_p,
    "min-p": min_p,
    "question-filters": choice("c", "abc"),
    "draw-one": draw,
    "same-seed": repeat,
    "question-temperature": choice("a", "abc"),
    "whole-tune": sequence,
    "beam-search": beam,
    "length-penalty": length,
    "question-likeliest": choice("b", "abc"),
    "can-fill": fill,
    "may-come": allowed,
    "masking": mask,
    "question-masked": choice("b", "abc"),
}
