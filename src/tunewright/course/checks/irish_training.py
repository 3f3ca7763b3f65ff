"""Checks of chapter 2, Irish tunes with an LSTM: loss, training, tunes out of text."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from tunewright.course.checks.comparing import shape_of
from tunewright.course.lesson import Hint, finished


def loss(given: Any) -> Hint | None:
    """The mean cross-entropy over all places."""
    generator = torch.Generator().manual_seed(0)
    logits = (2 * torch.randn(3, 5, 7, generator=generator)).requires_grad_()
    targets = torch.randint(0, 7, (3, 5), generator=generator)
    try:
        value = finished(given(logits, targets))
    except (RuntimeError, ValueError) as error:
        if any(part in str(error) for part in ("target size", "batch_size", "multi-target", "target tensor")):
            return Hint("not_flattened")
        raise
    if not isinstance(value, Tensor) or not value.requires_grad:
        return Hint("no_graph")
    if value.ndim:
        return Hint("not_one_number", {"shape": shape_of(value)})
    entropy = nn.functional.cross_entropy
    rows, flat = logits.flatten(0, 1), targets.flatten()
    right = entropy(rows, flat)
    wrong = {
        "softmax_before": entropy(rows.softmax(-1), flat),
        "sum": entropy(rows, flat, reduction="sum"),
        "half_sum": right * 5,
        "bits": right / math.log(2),
        "sign": -right,
        "last_alone": entropy(logits[:, -1], targets[:, -1]),
        "first_alone": entropy(logits[:, 0], targets[:, 0]),
        "scrambled": entropy(logits.transpose(1, 2).reshape(-1, 7), flat),
        "scrambled_targets": entropy(rows, targets.T.flatten()),
        "perplexity": right.exp(),
    }
    if _same(value, right):
        return None
    return next((Hint(key) for key, own in wrong.items() if _same(value, own)), Hint("other"))


class _Call(NamedTuple):
    """How a model was called: with so many numbers, under autograd or not, with a state or not."""

    length: int
    is_recorded: bool
    has_state: bool


class _Table(nn.Module):
    """Foretells by the last symbol alone; a state that it is given changes what it says. Notes how it was called."""

    def __init__(self, size: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(1)
        self.table = nn.Parameter(2 * torch.randn(size, size, generator=generator))
        self.calls: list[_Call] = []

    def forward(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        self.calls.append(_Call(x.numel(), torch.is_grad_enabled(), state is not None))
        return self.table[x], torch.ones(1)


def bits(given: Any, tunes: Any, to_numbers: Any) -> Hint | None:
    """Bits for each character but the first, of each tune by itself."""
    own = [tunes[0][:40], tunes[1][:120]]
    rows = [finished(to_numbers(tune)) for tune in own]
    net = _Table(int(torch.cat(rows).max()) + 1)
    value = finished(given(net, own))
    if isinstance(value, Tensor):
        return Hint("still_tensor")
    if not isinstance(value, int | float):
        return Hint("no_number", {"type": type(value).__name__})
    if any(call.has_state for call in net.calls):
        return Hint("carried")
    lengths = [call.length for call in net.calls]
    if lengths and sum(lengths) <= 165 and max(lengths) > 120:
        return Hint("joined")
    if not lengths or sum(lengths) > 160:
        return Hint("other_tunes")
    if any(call.is_recorded for call in net.calls):
        return Hint("recorded")
    return _wrong_bits(value, net, rows)


def _wrong_bits(value: float, net: _Table, rows: list[Tensor]) -> Hint | None:
    """What is wrong with what these tunes are said to cost."""
    entropy = nn.functional.cross_entropy
    with torch.no_grad():
        nats = [entropy(net.table[row[:-1]], row[1:], reduction="sum").item() for row in rows]
        unmoved = sum(entropy(net.table[row], row, reduction="sum").item() for row in rows)
        cut = sum(entropy(net.table[row[:-1]], row[:-1], reduction="sum").item() for row in rows)
    counts = [len(row) - 1 for row in rows]
    mean = sum(nats) / sum(counts)
    each = [own / count for own, count in zip(nats, counts, strict=True)]
    wrong = {
        "nats": mean,
        "mean_of_means": sum(each) / 2 / math.log(2),
        "sum_of_means": sum(each) / math.log(2),
        "nats_of_means": sum(each) / 2,
        "first_counted": sum(nats) / sum(map(len, rows)) / math.log(2),
        "by_tunes": sum(nats) / 2 / math.log(2),
        "not_divided": sum(nats) / math.log(2),
        "times_ln_2": mean * math.log(2),
        "perplexity": math.exp(mean),
        "not_moved": unmoved / sum(map(len, rows)) / math.log(2),
        "inputs_as_targets": cut / sum(counts) / math.log(2),
    }
    if math.isclose(value, mean / math.log(2), rel_tol=1e-4):
        return None
    return next((Hint(key) for key, own in wrong.items() if math.isclose(value, own, rel_tol=1e-4)), Hint("other"))


class _Noting(torch.optim.SGD):
    """Plain descent that notes what is asked of it."""

    def __init__(self, net: _Table, rate: float) -> None:
        super().__init__(net.parameters(), rate)
        self.asked: list[str] = []
        hook: Any = net.table.register_hook
        hook(lambda slope: self.asked.append("backward"))

    def step(self, closure: Any = None) -> Any:
        self.asked.append("step")
        return super().step(closure)


def training_step(given: Any) -> Hint | None:
    """One step down the slope of the loss, and the loss."""
    net, rate = _Table(7), 0.5
    before = net.table.detach().clone()
    inputs, targets = torch.tensor([[0, 1, 2], [3, 4, 5]]), torch.tensor([[1, 2, 3], [4, 5, 6]])
    first = nn.functional.cross_entropy(net.table[inputs].flatten(0, 1), targets.flatten())
    (slope,) = torch.autograd.grad(first, net.table)
    net.table.grad = torch.ones_like(before)  # what an earlier step has left
    optimiser = _Noting(net, rate)
    value = given(net, optimiser, inputs, targets)
    if value is ...:
        return Hint("todo")
    asked, change = optimiser.asked, (net.table.detach() - before) / rate
    if "backward" not in asked:
        return Hint("no_backward")
    if "step" not in asked:
        return Hint("no_step")
    if asked.index("step") < asked.index("backward"):
        return Hint("step_first")
    if asked.count("step") > 1:
        return Hint("two_steps")
    if not change.any():
        return Hint("forgotten_late")
    if _same(change, -slope - 1):
        return Hint("no_zero_grad")
    if _same(change, slope):
        return Hint("uphill")
    if not _same(change, -slope):
        return Hint("other")
    return _wrong_value(value, first.item())


def _wrong_value(value: Any, loss: float) -> Hint | None:
    if value is None:
        return Hint("no_value")
    if isinstance(value, Tensor):
        return Hint("still_tensor")
    if not isinstance(value, int | float):
        return Hint("no_number", {"type": type(value).__name__})
    return None if math.isclose(value, loss, rel_tol=1e-4) else Hint("other_value", {"value": f"{value:.4g}"})


def songs(given: Any) -> Hint | None:
    """From each line that begins with X: to the next, or the end."""
    first, second, last = "X:1\nT:One\nK:D\nabc|", "X:2\nT:X:ample\nK:G\n\ngab|", "X:3\nT:Last\nK:A\nA2|"
    found = finished(given(f"left from before\n\n{first}\n\n{second}\n\n\n{last}"))
    if not isinstance(found, list | tuple) or not all(isinstance(one, str) for one in found):
        return Hint("no_list", {"type": type(found).__name__})
    bare = [one.strip() for one in found]
    if any(one.startswith(("ample", "X:ample")) for one in bare):
        return Hint("middle_of_line")
    if any(first.removeprefix("X:") == one for one in bare):
        return Hint("beginning_lost")
    if any("left from before" in one for one in bare):
        return Hint("before_first")
    if second not in bare and any(one in (second.split("\n\n")[0], "gab|") for one in bare):
        return Hint("cut_at_empty_line")
    if bare == [second, last]:
        return Hint("first_missing")
    if bare == [first, second]:
        return Hint("last_missing")
    if bare != [first, second, last]:
        return Hint("other", {"count": len(found)})
    if list(found) != bare:
        return Hint("blank_ends")
    if list(given(last)) != [last]:
        return Hint("one_alone")
    return Hint("none") if list(given("nothing")) else None


def _same(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and bool(torch.allclose(one, other, atol=1e-5))
