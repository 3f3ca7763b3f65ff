"""Checks of chapter 4, a Music Transformer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from tunewright.course.checks.comparing import mistaken, same_tensor, shape_of
from tunewright.course.checks.performing import events, pedal, transposed
from tunewright.course.lesson import Check, Hint, choice, finished


def scaled(function: Any) -> Hint | None:
    """softmax(q k / root of their size) v, by hand."""
    queries, keys, values = _random(4, 9), _random(6, 9, seed=1), _random(6, 5, seed=2)
    products = queries @ keys.T
    scores = products / 3
    right = scores.softmax(dim=1) @ values
    try:
        given = finished(function(queries.clone(), keys.clone(), values.clone()))
    except RuntimeError as error:
        if "mat1 and mat2" in str(error) or "size mismatch" in str(error) or "must match" in str(error):
            return Hint("order")
        raise
    if not isinstance(given, Tensor):
        return Hint("no_tensor", {"type": type(given).__name__})
    wrong = (
        (Hint("no_scaling"), products.softmax(dim=1) @ values),
        (Hint("no_root"), (products / 9).softmax(dim=1) @ values),
        (Hint("other_root"), (products / math.sqrt(6)).softmax(dim=1) @ values),
        (Hint("other_root"), (products / 2).softmax(dim=1) @ values),
        (Hint("multiplied"), (products * 3).softmax(dim=1) @ values),
        (Hint("over_queries"), scores.softmax(dim=0) @ values),
        (Hint("over_queries"), products.softmax(dim=0) @ values),
        (Hint("no_softmax"), scores @ values),
        (Hint("no_softmax"), products @ values),
        (Hint("too_late"), products.softmax(dim=1) @ values / 3),
        (Hint("no_values"), scores.softmax(dim=1)),
        (Hint("no_values"), scores),
        (Hint("sigmoid"), scores.sigmoid() @ values),
    )
    if same_tensor(given, right):
        return None
    return mistaken(given, wrong) or Hint("other", {"shape": shape_of(given), "right": shape_of(right)})


def root(given: Any) -> Hint | None:
    """Why scores are divided by a root."""
    return choice("b")(given)


def causal(function: Any) -> Hint | None:
    """Scores in which no query sees what comes after it."""
    hint = _causal(function, _random(5, 5)) or _causal(function, _random(7, 7))
    if hint:
        return hint
    try:
        return Hint("directions") if _causal(function, _random(2, 3, 4, 4)) else None
    except (IndexError, RuntimeError, ValueError):
        return Hint("directions")


def _causal(function: Any, scores: Tensor) -> Hint | None:
    given = finished(function(scores.clone()))
    if not isinstance(given, Tensor):
        return Hint("no_tensor", {"type": type(given).__name__})
    if given.shape != scores.shape:
        return Hint("shape", {"shape": shape_of(given), "right": shape_of(scores)})
    time = scores.shape[-1]
    later = torch.ones(time, time, dtype=torch.bool).triu(1)
    least = float("-inf")
    if same_tensor(given.softmax(dim=-1), scores.masked_fill(later, least).softmax(dim=-1)):
        return None
    wrong = (
        (Hint("past"), scores.masked_fill(later.T, least).softmax(dim=-1)),
        (Hint("itself"), scores.masked_fill(later | later.new_ones(time).diag(), least).softmax(dim=-1)),
        (Hint("past"), scores.masked_fill(~later, least).softmax(dim=-1)),
        (Hint("zero"), scores.masked_fill(later, 0).softmax(dim=-1)),
        (Hint("one_too_many"), scores.masked_fill(later & later.triu(2), least).softmax(dim=-1)),
        (Hint("plus"), scores.masked_fill(later, math.inf).softmax(dim=-1)),
        (Hint("unmasked"), scores.softmax(dim=-1)),
    )
    if same_tensor(given, scores.masked_fill(later, least).softmax(dim=-1)):
        return Hint("softmaxed")
    return mistaken(given.softmax(dim=-1), wrong) or Hint("other")


def why_mask(given: Any) -> Hint | None:
    """Why what comes later is hidden."""
    return choice("c")(given)


def split_join(split: Any, join: Any) -> Hint | None:
    """Features shared out among heads, and put together again."""
    x = _random(2, 5, 12)
    parts = x.view(2, 5, 3, 4)
    right = parts.transpose(1, 2)
    given = finished(split(x.clone(), 3))
    if not isinstance(given, Tensor):
        return Hint("no_tensor", {"type": type(given).__name__})
    wrong = (
        (Hint("view"), x.reshape(2, 3, 5, 4)),
        (Hint("time_first"), parts),
        (Hint("interleaved"), x.view(2, 5, 4, 3).permute(0, 3, 1, 2)),
        (Hint("sizes"), x.view(2, 5, 4, 3).transpose(1, 2)),
        (Hint("features_first"), parts.permute(0, 2, 3, 1)),
    )
    if not same_tensor(given, right):
        return mistaken(given, wrong) or Hint("split", {"shape": shape_of(given), "right": shape_of(right)})
    try:
        back = finished(join(right.clone(memory_format=torch.contiguous_format)))
        finished(join(right))  # as it comes out of a transpose
    except RuntimeError as error:
        if "view" in str(error) and "reshape" in str(error):
            return Hint("not_in_order")
        raise
    if not isinstance(back, Tensor):
        return Hint("no_tensor", {"type": type(back).__name__})
    joined = (
        (Hint("join_view"), right.reshape(2, 5, 12)),
        (Hint("join_interleaved"), right.permute(0, 2, 3, 1).reshape(2, 5, 12)),
    )
    if same_tensor(back, x):
        return None
    return mistaken(back, joined) or Hint("join", {"shape": shape_of(back), "right": shape_of(x)})


def same_anywhere(given: Any) -> Hint | None:
    """What relative positions can say."""
    return choice("a")(given)


def skew(function: Any) -> Hint | None:
    """From query x distance to query x key."""
    for shape in ((1, 1, 4, 4), (2, 3, 6, 6)):
        by_distance = _random(*shape)
        time = shape[-1]
        given = finished(function(by_distance.clone()))
        if not isinstance(given, Tensor):
            return Hint("no_tensor", {"type": type(given).__name__})
        padded = functional.pad(by_distance, (1, 0))
        behind = functional.pad(by_distance, (0, 1))

        def read(filled: Tensor, time: int = time) -> Tensor:
            return filled.reshape(*filled.shape[:2], time + 1, time)

        right = read(padded)[:, :, 1:]
        wrong = (
            (Hint("as_it_was"), by_distance),
            (Hint("last_row"), read(padded)[:, :, :-1]),
            (Hint("behind"), read(behind)[:, :, 1:]),
            (Hint("behind"), read(behind)[:, :, :-1]),
            (Hint("mirrored"), by_distance.flip(-1)),
            (Hint("turned"), right.transpose(2, 3)),
            (Hint("turned"), by_distance.transpose(2, 3)),
        )
        if same_tensor(given, padded) or same_tensor(given, read(padded)):
            return Hint("uncut", {"shape": shape_of(given)})
        if given.shape != by_distance.shape:
            return Hint("shape", {"shape": shape_of(given), "right": shape_of(by_distance)})
        if not same_tensor(given.tril(), right.tril()):
            return mistaken(given.tril(), [(hint, value.tril()) for hint, value in wrong]) or Hint("other")
    return None


def noam(function: Any) -> Hint | None:
    """The learning rate of Vaswani et al. 2017."""
    points = ((100, 64, 400), (2, 64, 400), (1600, 64, 400), (4000, 256, 1000))

    def curve(rate: Callable[[float, float, float], float]) -> Tensor:
        return torch.tensor([rate(*map(float, point)) for point in points], dtype=torch.float64)

    given = curve(lambda s, d, w: float(finished(function(int(s), int(d), int(w)))))
    right = curve(lambda s, d, w: d**-0.5 * min(s**-0.5, s * w**-1.5))
    told: tuple[tuple[Hint, Tensor], ...] = (
        (Hint("no_warmup"), curve(lambda s, d, w: d**-0.5 * s**-0.5)),
        (Hint("only_warmup"), curve(lambda s, d, w: d**-0.5 * s * w**-1.5)),
        (Hint("greater"), curve(lambda s, d, w: d**-0.5 * max(s**-0.5, s * w**-1.5))),
        (Hint("warmup_power"), curve(lambda s, d, w: d**-0.5 * min(s**-0.5, s * w**-0.5))),
        (Hint("warmup_power"), curve(lambda s, d, w: d**-0.5 * min(s**-0.5, s / w))),
        (Hint("step_power"), curve(lambda s, d, w: d**-0.5 * min(s**-1.5, s * w**-1.5))),
        (Hint("step_power"), curve(lambda s, d, w: d**-0.5 * min(1 / s, s * w**-1.5))),
        (Hint("features"), curve(lambda s, d, w: min(s**-0.5, s * w**-1.5))),
        (Hint("features"), curve(lambda s, d, w: d**0.5 * min(s**-0.5, s * w**-1.5))),
        (Hint("features"), curve(lambda s, d, w: min(s**-0.5, s * w**-1.5) / d)),
    )

    def near(one: Tensor) -> bool:
        return bool(torch.allclose(given, one, rtol=1e-4, atol=0))

    if near(right):
        return None
    found = next((hint for hint, one in told if near(one)), None)
    return found or Hint("other", {"value": f"{given[0].item():.4g}", "right": f"{right[0].item():.4g}"})


@torch.no_grad()
def residual(block_class: Any) -> Hint | None:
    """x + attention(norm(x)), then + feed(norm(x))."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        block = block_class(nn.Linear(12, 12), 12).eval()
    for norm in (block.first_norm, block.second_norm):  # two that can be told apart
        nn.init.normal_(norm.weight, generator=torch.Generator().manual_seed(4 + (norm is block.second_norm)))
    x = _random(2, 5, 12)
    hears, feeds, first, second = block.attention, block.feed, block.first_norm, block.second_norm
    given = finished(block(x.clone()))
    middle = x + hears(first(x))
    right = middle + feeds(second(middle))
    bare = hears(first(x))
    after = first(x + hears(x))
    wrong = (
        (Hint("nothing_added"), feeds(second(bare))),
        (Hint("only_second"), bare + feeds(second(bare))),
        (Hint("only_first"), feeds(second(middle))),
        (Hint("no_norm"), x + hears(x) + feeds(x + hears(x))),
        (Hint("no_feed"), middle),
        (Hint("same_norm"), middle + feeds(first(middle))),
        (Hint("side_by_side"), middle + feeds(second(x))),
        (Hint("norm_after"), second(after + feeds(after))),
        (Hint("input_forgotten"), x + feeds(second(middle))),
        (Hint("input_forgotten"), x + feeds(second(bare))),
        (Hint("norm_carried"), first(x) + bare + feeds(second(first(x) + bare))),
        (Hint("feed_unnormed"), middle + feeds(middle)),
    )
    if not isinstance(given, Tensor):
        return Hint("no_tensor", {"type": type(given).__name__})
    return None if same_tensor(given, right) else mistaken(given, wrong) or Hint("other")


def _random(*shape: int, seed: int = 0) -> Tensor:
    """Numbers that are always the same."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


CHECKS: dict[str, Check] = {
    "scaled": scaled,
    "root": root,
    "causal": causal,
    "why-mask": why_mask,
    "split-join": split_join,
    "same-anywhere": same_anywhere,
    "skew": skew,
    "residual": residual,
    "noam": noam,
    "events": events,
    "pedal": pedal,
    "transposed": transposed,
}
