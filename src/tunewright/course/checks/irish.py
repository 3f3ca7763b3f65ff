"""Checks of chapter 2, Irish tunes with an LSTM: the text, the model, what it writes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tunewright.course.checks.comparing import shape_of
from tunewright.course.checks.irish_training import bits, loss, songs, training_step
from tunewright.course.lesson import Check, Hint, choice, finished

SIZE = 11
"""Symbols of the small models that checks make."""


def vocabulary(given: Any, text: str) -> Hint | None:
    """Every character of the text once, sorted."""
    if isinstance(given, set | frozenset):
        return Hint("no_order")
    if not isinstance(given, list | tuple | str):
        return Hint("no_list", {"type": type(given).__name__})
    if not all(isinstance(one, str) and len(one) == 1 for one in given):
        return Hint("no_characters")
    if len(set(given)) < len(given):
        return Hint("repeated")
    if set(given) == set(text.lower()):
        return Hint("lowered")
    if missing := set(text) - set(given):
        return Hint("blanks_missing" if all(one.isspace() for one in missing) else "missing", {"count": len(missing)})
    if set(given) - set(text):
        return Hint("too_many")
    return None if list(given) == sorted(given) else Hint("unsorted")


def vectorise(to_numbers: Any, to_text: Any, symbols: Any) -> Hint | None:
    """Each symbol's place in the list, and back."""
    places = [len(symbols) - 1, 5, 0, 5, 7]
    sample = "".join(symbols[place] for place in places)
    given = finished(to_numbers(sample))
    if not isinstance(given, Tensor):
        return Hint("no_tensor", {"type": type(given).__name__})
    if given.shape != (5,):
        return Hint("shape", {"shape": shape_of(given)})
    wrong = {
        "codes": [ord(one) for one in sample],
        "from_one": [place + 1 for place in places],
        "order_lost": sorted(places),
    }
    for key, values in wrong.items():
        if given.tolist() == values:
            return Hint(key)
    if given.tolist() != places or finished(to_numbers(sample[:2])).tolist() != places[:2]:
        return Hint("other_numbers")
    if given.dtype != torch.long:
        return Hint("not_long", {"type": given.dtype})
    for numbers in (given, places):
        back = finished(to_text(numbers))
        if not isinstance(back, str):
            return Hint("no_text", {"type": type(back).__name__})
        if back != sample:
            return Hint("other_text")
    return None if to_text(places[:2]) == sample[:2] else Hint("other_text")


def batch(get_batch: Any) -> Hint | None:
    """Windows at random places, and the same one further on."""
    numbers, starts = 3 * torch.arange(50), []
    for _ in range(200):
        try:
            pair = finished(get_batch(numbers, 6, 4))
        except (RuntimeError, IndexError) as error:
            if "equal size" in str(error) or "out of bounds" in str(error) or "out of range" in str(error):
                return Hint("beyond_end")
            raise
        if wrong := _wrong_pair(pair, numbers):
            return wrong
        starts.append((pair[0][:, 0] // 3).tolist())
    if all(one == starts[0] for one in starts):
        return Hint("not_random")
    if all(len(set(one)) == 1 for one in starts):
        return Hint("one_start")
    every = {start for one in starts for start in one}
    return None if min(every) <= 3 and max(every) >= 40 else Hint("not_everywhere")


def _wrong_pair(pair: Any, numbers: Tensor) -> Hint | None:
    """What is wrong with four windows of six out of numbers that rise by 3."""
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        return Hint("no_pair")
    inputs, targets = (finished(one) for one in pair)
    if not isinstance(inputs, Tensor) or not isinstance(targets, Tensor):
        return Hint("no_tensors")
    for one in (inputs, targets):
        if one.shape != (4, 6):
            return Hint("turned" if one.shape == (6, 4) else "shape", {"shape": shape_of(one)})
    if not torch.isin(inputs, numbers).all():
        return Hint("not_the_argument")
    if (inputs.diff() != 3).any():
        return Hint("scattered")
    moved = targets - inputs
    for distance, key in ((0, "same"), (-3, "backwards"), (6, "by_two")):
        if (moved == distance).all():
            return Hint(key)
    if (moved == 3).all():
        return None
    return Hint("last_target" if (moved[:, :-1] == 3).all() else "other_targets")


def model(model_class: Any) -> Hint | None:
    """Embedding, LSTM, linear layer; logits and state."""
    x = torch.tensor([[10, 0, 3, 5], [1, 2, 10, 9], [4, 4, 8, 7]])
    try:
        net = model_class(SIZE, 5, 7)
        net.eval()
        given = finished(net(x))
    except (AttributeError, RuntimeError, IndexError) as error:
        told = {
            "before Module.__init__": "no_super",
            "must be equal to input_size": "sizes",
            "Expected": "sizes",
            "mat1 and mat2": "sizes",
            "index out of range": "embedding",
        }
        for part, key in told.items():
            if part in str(error):
                return Hint(key)
        raise
    if not isinstance(given, tuple) or len(given) != 2:
        return Hint("no_pair")
    logits, state = given
    if not isinstance(finished(logits), Tensor):
        return Hint("turned")
    if wrong := _wrong_logits(logits):
        return wrong
    if state is None:
        return Hint("no_state")
    if not isinstance(state, tuple):
        return Hint("another_cell")
    if state[0].shape[1] == 4:
        return Hint("batch_first")
    other = x.clone()
    other[:, -1] = 6
    if not _same(net(other)[0][:, :-1], logits[:, :-1]):
        return Hint("future")
    second = net(x[:, 2:], net(x[:, :2])[1])[0]
    return None if _same(second, logits[:, 2:]) else Hint("state_ignored")


def _wrong_logits(logits: Tensor) -> Hint | None:
    if logits.shape == (3, SIZE):
        return Hint("last_alone")
    if logits.shape == (3, 4, 7):
        return Hint("no_linear")
    if logits.shape != (3, 4, SIZE):
        return Hint("shape", {"shape": shape_of(logits), "symbols": SIZE})
    one = torch.ones(3, 4)
    if _same(logits.sum(-1), one) and (logits >= 0).all():
        return Hint("softmax")
    return Hint("log_softmax") if _same(logits.exp().sum(-1), one) else None


def draw(given: Any) -> Hint | None:
    """A draw from the softmax of the logits over the temperature."""
    p = torch.tensor([0.7, 0.25, 0.05])
    logits = p.log() + 3
    first = finished(given(logits, 1.0))
    if isinstance(first, Tensor):
        return Hint("still_tensor" if first.numel() == 1 else "probabilities", {"shape": shape_of(first)})
    if not isinstance(first, int) or not 0 <= first < 3:
        return Hint("no_number", {"type": type(first).__name__})
    usual, cool = (torch.tensor([given(logits, t) for _ in range(1500)]) for t in (1.0, 0.5))
    if len(set(usual.tolist())) == 1:
        return Hint("argmax" if usual[0] == 0 else "always_the_same")
    wrong = {
        "no_softmax": logits,
        "sigmoid": torch.sigmoid(logits),
        "uniform": torch.ones(3),
        "turned": 1 / p,
    }
    if key := _nearest(usual, p, wrong):
        return Hint(key)
    if key := _nearest(cool, p**2, {"temperature_ignored": p, "temperature_turned": p**0.5}):
        return Hint(key)
    return None


def _nearest(drawn: Tensor, right: Tensor, wrong: dict[str, Tensor]) -> str:
    """The mistake whose weights fit best to what was drawn; empty if the right ones do."""
    shares = torch.bincount(drawn, minlength=3) / len(drawn)
    weights = {"": right, **wrong}
    distances = {key: float((shares - own / own.sum()).abs().sum()) for key, own in weights.items()}
    nearest = min(distances, key=lambda key: distances[key])
    return nearest if distances[nearest] < 0.12 else "other"


class _Adding(nn.Module):
    """Foretells the sum of all numbers read so far, or, with odds, one of two numbers."""

    def __init__(self, size: int, odds: float | None = None) -> None:
        super().__init__()
        self.size, self.odds = size, odds

    def forward(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        sums = x.cumsum(1) + (0 if state is None else state)
        logits = 1000.0 * nn.functional.one_hot(sums % self.size, self.size)
        if self.odds is not None:
            logits = torch.full((*x.shape, self.size), -1000.0)
            logits[..., 1], logits[..., 2] = self.odds, 0.0
        return logits, sums[:, -1:]


def generate(given: Any, to_numbers: Any, symbols: Any) -> Hint | None:
    """The prompt and what follows, with the state fed back."""
    prompt = "".join(symbols[place] for place in (3, 5, 1))
    told = finished(given(_Adding(len(symbols)), prompt, 6))
    if not isinstance(told, str):
        return Hint("no_text", {"type": type(told).__name__})
    if not told.startswith(prompt):
        return Hint("prompt_missing")
    if len(told) != len(prompt) + 6:
        return Hint("length", {"count": len(told) - len(prompt)})
    # The prompt's numbers add up to 9, and each one that is read adds itself.
    sequences = {
        "": [9, 18, 36, 72, 144, 288],
        "first_place": [3, 12, 24, 48, 96, 192],
        "prompt_unread": [1, 2, 4, 8, 16, 32],
        "forgotten": [9, 9, 9, 9, 9, 9],
        "read_anew": [9, 27, 72, 189, 495, 1296],
        "stuck": [9, 18, 27, 36, 45, 54],
    }
    size = len(symbols)
    for key, places in sequences.items():
        if told[3:] == "".join(symbols[place % size] for place in places):
            if key:
                return Hint(key)
            break
    else:
        return Hint("other")
    even = given(_Adding(size, 0.0), prompt, 60)[3:]
    if len(set(even)) == 1:
        return Hint("not_drawn")
    cool = given(_Adding(size, 1.0), prompt, 60, temperature=0.02)[3:]
    return None if len(set(cool)) == 1 else Hint("temperature_unused")


def _same(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and bool(torch.allclose(one, other, atol=1e-5))


CHECKS: dict[str, Check] = {
    "vocabulary": vocabulary,
    "question-numbers": choice("b"),
    "vectorise": vectorise,
    "question-shift": choice("d"),
    "batch": batch,
    "model": model,
    "question-state": choice("a"),
    "draw": draw,
    "generate": generate,
    "loss": loss,
    "question-untrained": choice("c"),
    "bits": bits,
    "question-held-out": choice("b"),
    "training-step": training_step,
    "question-sampling": choice("d"),
    "question-temperature": choice("a"),
    "songs": songs,
}
