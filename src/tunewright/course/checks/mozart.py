"""Checks of chapter 3, a piano roll and an LSTM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from tunewright.course.checks.comparing import mistaken, same_tensor, shape_of
from tunewright.course.lesson import Check, Hint, choice, finished

SECONDS = 0.3  # of a frame
KEYS, LOWEST = 88, 21
PIECES = (
    ((0.0, 0.6, 60), (0.5, 1.55, 64), (0.32, 0.4, 67), (1.5, 2.0, 21), (0.0, 2.0, 108)),
    ((0.0, 1.0, 72), (0.5, 1.45, 48), (1.55, 1.6, 50), (0.95, 2.5, 61)),
)
"""Notes as learners are given them: when they begin and end, in seconds, and their pitches."""

Nearest = Callable[[float], float]


def to_roll(function: Any) -> Hint | None:
    """Notes into frames of keys."""
    for notes in PIECES:
        right = _roll(notes)
        try:
            given = finished(function(list(notes)))
        except IndexError:
            return Hint("outside")
        if not isinstance(given, Tensor):
            return Hint("no_tensor", {"type": type(given).__name__})
        if same_tensor(given, right):
            continue
        if given.ndim != 2:
            return Hint("shape", {"shape": shape_of(given), "right": shape_of(right)})
        if given.shape[0] in (KEYS, 128) and given.shape[1] not in (KEYS, 128):
            return Hint("turned", {"shape": shape_of(given)})
        if given.shape[1] == 128:
            return Hint("all_pitches")
        if given.shape == right.shape and not bool(((given == 0) | (given == 1)).all()):
            return Hint("not_binary")
        wrong = (
            *((Hint("lowest"), _roll(notes, lowest=pitch)) for pitch in (0, 20, 22)),
            (Hint("end_cut"), _roll(notes, last=int)),
            (Hint("both_cut"), _roll(notes, first=int, last=int)),
            (Hint("begin_cut"), _roll(notes, first=int)),
            (Hint("too_long"), _roll(notes, longer=1)),
            (Hint("too_long"), _roll(notes, longer=1)[:-1]),
            *((Hint("vanished"), _roll(notes, shortest=0, last=last)) for last in (round, int)),
            (Hint("begins_alone"), _roll(notes, only_first=True)),
        )
        if found := _same_but_for_rest(given, wrong):
            return found
        if given.shape[1] == KEYS and len(given) < len(right):
            return Hint("in_seconds" if len(given) <= 3 else "too_few", {"count": len(given)})
        if given.shape != right.shape:
            return Hint("shape", {"shape": shape_of(given), "right": shape_of(right)})
        return Hint("other")
    return None


def _roll(
    notes: Sequence[tuple[float, float, int]],
    *,
    lowest: int = LOWEST,
    first: Nearest = round,
    last: Nearest = round,
    shortest: int = 1,
    longer: int = 0,
    only_first: bool = False,
) -> Tensor:
    """The roll of some notes, or what a mistake makes of it: pitches that no key has are left out."""
    frames = max(round(end / SECONDS) for _, end, _ in notes) + longer
    roll = torch.zeros(frames, KEYS)
    for onset, end, pitch in notes:
        begin = int(first(onset / SECONDS))
        after = begin + 1 if only_first else max(begin + shortest, int(last(end / SECONDS)) + longer)
        if pitch - lowest < KEYS:
            roll[begin:after, pitch - lowest] = 1
    return roll


def _same_but_for_rest(given: Tensor, wrong: Sequence[tuple[Hint, Tensor]]) -> Hint | None:
    """The mistake that gives the same frames, whatever empty ones follow them."""
    for hint, value in wrong:
        frames = max(len(given), len(value))
        if given.shape[1] == KEYS and same_tensor(_long(given, frames), _long(value, frames)):
            return hint
    return None


def _long(roll: Tensor, frames: int) -> Tensor:
    return functional.pad(roll.float(), (0, 0, 0, frames - len(roll)))


def to_notes(function: Any) -> Hint | None:
    """Frames of keys back into notes."""
    runs = ((0, 3, 60), (4, 6, 60), (1, 4, 64), (5, 7, 21), (0, 7, 108), (2, 3, 67))
    roll = torch.zeros(7, KEYS)
    for begin, after, pitch in runs:
        roll[begin:after, pitch - LOWEST] = 1
    given = finished(function(roll.clone()))
    try:
        told = sorted((round(float(a), 3), round(float(b), 3), float(c)) for a, b, c in given)
    except (TypeError, ValueError):
        return Hint("no_triples")

    def notes(change: Callable[[int, int, int], Any]) -> list[Any]:
        found = [tuple(map(float, one)) for run in runs for one in change(*run)]
        return sorted((round(a, 3), round(b, 3), c) for a, b, c in found)

    wrong = (
        (Hint("in_pieces"), notes(lambda a, b, p: [(t * SECONDS, (t + 1) * SECONDS, p) for t in range(a, b)])),
        (Hint("ends_early"), notes(lambda a, b, p: [(a * SECONDS, (b - 1) * SECONDS, p)])),
        (Hint("key_not_pitch"), notes(lambda a, b, p: [(a * SECONDS, b * SECONDS, p - LOWEST)])),
        (Hint("in_frames"), notes(lambda a, b, p: [(a, b, p)])),
        (Hint("length"), notes(lambda a, b, p: [(a * SECONDS, (b - a) * SECONDS, p)])),
        (Hint("last_lost"), notes(lambda a, b, p: [(a * SECONDS, b * SECONDS, p)] if b < 7 else [])),
        (Hint("joined"), notes(lambda a, b, p: [(0, 1.8, 60)] if p == 60 else [(a * SECONDS, b * SECONDS, p)])),
    )
    if told == notes(lambda a, b, p: [(a * SECONDS, b * SECONDS, p)]):
        return None
    found = next((hint for hint, value in wrong if told == sorted(set(value))), None)
    return found or Hint("other", {"count": len(told), "right": len(runs)})


def yes_no(given: Any) -> Hint | None:
    """Why 88 yes-or-no questions and not one choice."""
    return choice("b")(given)


def roll_loss(function: Any) -> Hint | None:
    """Binary cross-entropy, summed over keys, averaged over frames."""
    logits, targets = _guesses((6, KEYS))
    each = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    twice = functional.binary_cross_entropy_with_logits(logits.sigmoid(), targets, reduction="none")
    squares, right = (logits.sigmoid() - targets).square(), each.sum(dim=1).mean()
    given = finished(function(logits.clone(), targets.clone()))
    if not isinstance(given, Tensor) or given.ndim:
        return Hint("no_number")
    wrong = (
        (Hint("mean_of_all"), each.mean()),
        (Hint("sum_of_all"), each.sum()),
        (Hint("frames_summed"), each.mean(dim=1).sum()),
        *((Hint("sigmoid_twice"), cost.mean()) for cost in (twice.sum(dim=1), twice)),
        (Hint("softmax"), functional.cross_entropy(logits, targets)),
        *((Hint("squares"), cost.mean()) for cost in (squares, squares.sum(dim=1))),
        (Hint("only_yes"), -(targets * functional.logsigmoid(logits)).sum(dim=1).mean()),
        *((Hint("divided_twice"), cost / len(logits)) for cost in (right, each.mean())),
        (Hint("sign"), -right),
        (Hint("bits"), right / torch.tensor(2.0).log()),
    )
    if not same_tensor(given, right):
        return mistaken(given, wrong) or Hint("other", {"value": f"{float(given):.4g}", "right": f"{float(right):.4g}"})
    sure = finished(function(torch.full((2, KEYS), 200.0), torch.ones(2, KEYS)))
    unsure = finished(function(torch.full((2, KEYS), -200.0), torch.ones(2, KEYS)))
    return None if abs(float(sure)) < 1e-3 and abs(float(unsure) - 200.0 * KEYS) < 1 else Hint("overflows")


def _guesses(shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Logits and targets, always the same."""
    generator = torch.Generator().manual_seed(3)
    return 2 * torch.randn(shape, generator=generator), (torch.rand(shape, generator=generator) < 0.3).float()


def tiny(given: Any) -> Hint | None:
    """What a loss of 0.0000004 on unseen music says."""
    return choice("c")(given)


def padding(function: Any) -> Hint | None:
    """Rolls of different lengths as one batch, and what of it is real."""
    _, all_frames = _guesses((10, KEYS))
    rolls = [all_frames[:3].clone(), all_frames[3:8].clone(), all_frames[8:].clone()]
    rolls[1][2] = 0  # a rest
    given = finished(function([roll.clone() for roll in rolls]))
    if not isinstance(given, tuple | list) or len(given) != 2:
        return Hint("no_pair")
    batch, mask = finished(given[0]), finished(given[1])
    if not isinstance(batch, Tensor) or not isinstance(mask, Tensor):
        return Hint("no_tensors")
    right = torch.stack([_long(roll, 5) for roll in rolls])
    real = torch.stack([torch.arange(5) < length for length in (3, 5, 2)])
    wrong = (
        (Hint("time_first"), right.transpose(0, 1)),
        (Hint("shortest"), torch.stack([roll[:2] for roll in rolls])),
        (Hint("in_front"), torch.stack([functional.pad(roll, (0, 0, 5 - len(roll), 0)) for roll in rolls])),
    )
    if not same_tensor(batch, right):
        other = Hint("other", {"shape": shape_of(batch), "right": shape_of(right)})
        return mistaken(batch.float(), wrong) or other
    if mask.shape != real.shape:
        return Hint("mask_shape", {"shape": shape_of(mask), "right": shape_of(real)})
    if same_tensor(mask.bool(), real):
        return None
    return mistaken(mask.bool(), ((Hint("turned"), ~real), (Hint("rests"), right.any(dim=2)))) or Hint("mask")


def masked(function: Any) -> Hint | None:
    """The loss of a padded batch: summed over keys, averaged over the frames that are real."""
    logits, targets = _guesses((3, 5, KEYS))
    real = torch.stack([torch.arange(5) < length for length in (3, 5, 1)])
    targets = targets * real.unsqueeze(2)
    frames = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none").sum(dim=2)
    kept = frames * real
    right = kept.sum() / real.sum()
    given = finished(function(logits.clone(), targets.clone(), real.clone()))
    if not isinstance(given, Tensor) or given.ndim:
        return Hint("no_number")
    wrong = (
        (Hint("padding_counts"), frames.mean()),
        (Hint("padding_divides"), kept.mean()),
        (Hint("padding_divides"), kept.sum(dim=1).mean()),
        *((Hint("divided_twice"), right / count) for count in (real.sum(), 3, 15)),
        (Hint("each_piece"), (kept.sum(dim=1) / real.sum(dim=1)).mean()),
        (Hint("turned"), (frames * ~real).sum() / (~real).sum()),
        (Hint("keys_averaged"), right / KEYS),
        (Hint("no_mean"), kept.sum()),
    )
    if same_tensor(given, right):
        return None
    return mistaken(given, wrong) or Hint("other", {"value": f"{float(given):.4g}", "right": f"{float(right):.4g}"})


@torch.no_grad()
def recurrent(model_class: Any) -> Hint | None:
    """Linear, LSTM, linear; and what it remembers, given back and taken up."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = model_class(16).eval()
        _, x = _guesses((3, 6, KEYS))
        result = finished(model(x))
    if not isinstance(result, tuple) or len(result) != 2:
        return Hint("no_pair")
    logits, state = finished(result[0]), finished(result[1])
    if not any(isinstance(part, nn.LSTM) for part in model.modules()):
        return Hint("no_lstm")
    if not isinstance(logits, Tensor) or logits.shape != x.shape:
        shape = shape_of(logits) if isinstance(logits, Tensor) else type(logits).__name__
        return Hint("shape", {"shape": shape, "right": shape_of(x)})
    if float(logits.min()) >= 0:
        return Hint("squeezed")

    def changed(piece: int, frame: int) -> Tensor:
        """Where something is said otherwise once one frame is another, (pieces, frames)."""
        other = x.clone()
        other[piece, frame] = 1 - other[piece, frame]
        difference: Tensor = model(other)[0] - logits
        return difference.abs().amax(dim=2) > 1e-7

    if changed(1, 2)[[0, 2]].any():
        return Hint("pieces_mixed")
    if changed(1, 4)[1, :4].any():
        return Hint("looks_ahead")
    if not changed(1, 0)[1, 1:].any():
        return Hint("no_memory")
    if not changed(1, 2)[1, 2]:
        return Hint("no_input")
    first, state = model(x[:, :3])
    later, _ = model(x[:, 3:], state)
    return None if same_tensor(torch.cat([first, later], dim=1), logits) else Hint("forgets")


def dice(function: Any) -> Hint | None:
    """Each key by a throw of its own, with a temperature."""
    values = torch.tensor([-2.0, -1.0, 0.5, 1.5])
    logits, draws = values.repeat_interleave(KEYS // 4), 300
    with torch.random.fork_rng():
        torch.manual_seed(5)
        frames = [finished(function(logits.clone(), 2.0)) for _ in range(draws)]
    if not all(isinstance(frame, Tensor) for frame in frames):
        return Hint("no_tensor", {"type": type(frames[0]).__name__})
    if any(frame.shape != logits.shape for frame in frames):
        return Hint("shape", {"shape": shape_of(frames[0])})
    drawn = torch.stack(frames).float()
    if not bool(((drawn == 0) | (drawn == 1)).all()):
        return Hint("not_binary")
    if bool((drawn == drawn[0]).all()):
        return Hint("threshold")
    if bool((drawn.sum(dim=1) == 1).all()):
        return Hint("one_key")
    shares = drawn.view(draws, 4, -1).mean(dim=(0, 2))
    wrong = (
        (Hint("no_temperature"), values.sigmoid()),
        (Hint("multiplied"), (values * 2).sigmoid()),
        *((Hint("after_sigmoid"), told) for told in (values.sigmoid() / 2, values.sigmoid() ** 0.5)),
        (Hint("twice"), (values / 2).sigmoid().sigmoid()),
        (Hint("turned"), 1 - (values / 2).sigmoid()),
    )

    def near(told: Tensor) -> bool:
        return bool(torch.allclose(shares, told, atol=0.04))

    if near((values / 2).sigmoid()):
        return None
    return next((hint for hint, told in wrong if near(told)), Hint("other"))


def either_or(given: Any) -> Hint | None:
    """What keys that are drawn by themselves can't say."""
    return choice("a")(given)


CHECKS: dict[str, Check] = {
    "to-roll": to_roll,
    "to-notes": to_notes,
    "yes-no": yes_no,
    "roll-loss": roll_loss,
    "tiny": tiny,
    "padding": padding,
    "masked": masked,
    "recurrent": recurrent,
    "dice": dice,
    "either-or": either_or,
}
