"""The training loop, the only one. Knows nothing of music: it sees batches of ids, a model and its emission.

Everything random follows from (seed, iteration), so that a run that was killed and resumed ends with the same
weights as one that was not, bit for bit on CPU.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from tunewright.errors import RunError, TrainingError
from tunewright.files import replacing, write_whole
from tunewright.interrupts import stop_asked
from tunewright.settings import TrainingSettings
from tunewright.training.batches import Batches
from tunewright.training.trackers import Tracker

Measure = Callable[[nn.Module], float]

OPTIMISERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    # The fused kernels do the same arithmetic in one pass over the weights; Adagrad has one for CPU alone.
    "adam": lambda parameters, **options: torch.optim.Adam(parameters, fused=True, **options),
    "adamw": lambda parameters, **options: torch.optim.AdamW(parameters, fused=True, **options),
    "adagrad": lambda parameters, **options: torch.optim.Adagrad(parameters, **options),
    "rmsprop": lambda parameters, **options: torch.optim.RMSprop(parameters, **options),
    "sgd": lambda parameters, **options: torch.optim.SGD(parameters, fused=True, **options),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a training ended.

    Attributes:
        iterations: done.
        stopped: by the user, before the end.
        seconds: spent training, measuring and saving left out.
        best: iteration and bits a unit of the best weights on validation, or None if it was never measured.
        final_loss: mean training loss of the last 100 iterations, nats a symbol.
    """

    iterations: int
    stopped: bool
    seconds: float
    best: tuple[int, float] | None
    final_loss: float


class Trainer:
    """One training of one model.

    Args:
        model: a sequence model that is a torch module, on the device to train on.
        batches: by iteration.
        measure: bits a unit of a model on validation; None if nothing is held out.
        settings: of the loop.
        folder: where ``best.safetensors``, ``last.safetensors`` and ``state.pt`` go.
    """

    def __init__(
        self, model: nn.Module, batches: Batches, measure: Measure | None, settings: TrainingSettings, folder: Path
    ) -> None:
        self.model, self.batches, self.measure = model, batches, measure
        self.settings, self.folder = settings, folder
        self.optimiser = OPTIMISERS[settings.optimiser](
            model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.averaged = copy.deepcopy(model).requires_grad_(False) if settings.averaging else None
        self.memory: Any = None
        self.done = 0
        self.seconds = 0.0
        self.symbols = 0
        self.best: tuple[int, float] | None = None
        self.unimproved = 0
        self.recent: list[float] = []

    @property
    def kept_model(self) -> nn.Module:
        """The model that is measured and kept: the running average where there is one."""
        return self.model if self.averaged is None else self.averaged

    @property
    def has_ended(self) -> bool:
        """Whether all iterations are done, or validation has not improved for as long as patience lasts."""
        patience = self.settings.patience
        return self.done >= self.settings.iterations or 0 < patience <= self.unimproved

    def run(self, trackers: Sequence[Tracker], stop: Callable[[], bool] = lambda: False) -> Outcome:
        """Trains from where it stands to its end, or until the user or ``stop`` ends it; what was learned is saved in
        any case.
        """
        with stop_asked() as asked:
            while not self.has_ended and not asked() and not stop():
                self._iterate(trackers)
            self.save()
        stopped = not self.has_ended
        mean = math.fsum(self.recent) / max(1, len(self.recent))
        return Outcome(self.done, stopped, self.seconds, self.best, mean)

    def _iterate(self, trackers: Sequence[Tracker]) -> None:
        started = time.perf_counter()
        rate = self.learning_rate(self.done)
        loss = self.step(rate)
        self.seconds += time.perf_counter() - started
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss is no longer a number at iteration {self.done}: lower training.learning_rate, or set "
                "training.clip_norm; what was saved last is kept"
            )
        self.recent = [*self.recent[-99:], loss]
        record = {"iteration": self.done, "loss": loss, "learning_rate": rate, "symbols": self.symbols}
        _tell(trackers, {**record, "seconds": round(self.seconds, 4)})
        last = self.done == self.settings.iterations
        every = self.settings.validate_every
        if self.measure and every and (last or self.done % every == 0):
            _tell(trackers, {"iteration": self.done, "validation": self.validate(self.measure)})
        if not last and self.done % self.settings.checkpoint_every == 0:
            self.save()

    def seed_step(self) -> None:
        """Lets dropout, too, follow from (seed, iteration), so that nothing random needs to be saved."""
        torch.manual_seed(self.settings.seed * 1_000_003 + self.done)

    def step(self, learning_rate: float) -> float:
        """One update of the weights; returns the batch's loss before it, in nats a symbol."""
        settings = self.settings
        self.seed_step()
        self.model.train()
        batch = self.batches.at(self.done)
        device = next(self.model.parameters()).device
        memory = self.memory if settings.carry_memory and not batch.fresh else None
        logits, memory = self.model(batch.inputs.to(device), memory)
        loss: Tensor = self._loss(logits, batch.targets.to(device))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if settings.clip_norm:
            nn.utils.clip_grad_norm_(self.model.parameters(), settings.clip_norm)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        self.optimiser.step()
        self.memory = _detached(memory) if settings.carry_memory else None
        self.done += 1
        self.symbols += batch.targets.numel()
        self._average()
        return loss.item()

    def _loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Mean nats a symbol, of which label smoothing lets every symbol be expected a little."""
        nll: Tensor = self.model.emission.nll(logits, targets).mean()  # type: ignore[operator, union-attr]
        share = self.settings.label_smoothing
        if not share:
            return nll
        spread: Tensor = self.model.emission.nll_of_all(logits).mean()  # type: ignore[operator, union-attr]
        return (1 - share) * nll + share * spread

    def learning_rate(self, iteration: int) -> float:
        """The rate of this iteration: a linear warm-up, then constant, a cosine down to nothing (Loshchilov & Hutter
        2017), or falling with the root of the iterations (Vaswani et al. 2017).
        """
        settings = self.settings
        warm = settings.warmup_iterations
        if iteration < warm:
            return settings.learning_rate * (iteration + 1) / warm
        if settings.schedule == "constant":
            return settings.learning_rate
        if settings.schedule == "noam":
            return settings.learning_rate * math.sqrt(max(1, warm) / (iteration + 1))
        progress = (iteration - warm) / max(1, settings.iterations - warm)
        return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * progress))

    def _average(self) -> None:
        if self.averaged is None:
            return
        # The average starts short, so that the first weights don't linger in it (as in Adam's bias correction).
        decay = min(self.settings.averaging, self.done / (self.done + 10))
        with torch.no_grad():
            for mean, current in zip(self.averaged.parameters(), self.model.parameters(), strict=True):
                mean.lerp_(current, 1 - decay)

    def validate(self, measure: Measure) -> float:
        """Bits a unit on validation; the best weights so far are kept in ``best.safetensors``."""
        bits = measure(self.kept_model.eval())
        self.unimproved += 1
        if self.best is None or bits < self.best[1]:
            self.best, self.unimproved = (self.done, bits), 0
            save_weights(self.kept_model, self.folder / "best.safetensors")
        return bits

    def save(self) -> None:
        """Saves the weights as they stand and all that :meth:`restore` needs to go on exactly."""
        save_weights(self.kept_model, self.folder / "last.safetensors")
        state = {
            "model": self.model.state_dict(),
            "averaged": self.averaged.state_dict() if self.averaged else None,
            "optimiser": self.optimiser.state_dict(),
            "memory": self.memory,
            "progress": {
                "done": self.done,
                "seconds": self.seconds,
                "symbols": self.symbols,
                "best": self.best,
                "unimproved": self.unimproved,
                "recent": self.recent,
            },
        }
        with replacing(self.folder / "state.pt") as beside:
            torch.save(state, beside)

    def restore(self) -> None:
        """Goes back to what :meth:`save` wrote last.

        Raises:
            RunError: that is damaged, or of other settings.
        """
        path = self.folder / "state.pt"
        try:
            self._restore(torch.load(path, weights_only=True, map_location=next(self.model.parameters()).device))
        except Exception as error:  # the restricted unpickler meets rubbish with errors of any kind
            why = (str(error).splitlines() or [type(error).__name__])[0]
            raise RunError(f"{path} can't be gone on from ({why})") from None

    def _restore(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        if self.averaged is not None:
            self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.memory = state["memory"]
        progress = state["progress"]
        self.done, self.seconds, self.symbols = progress["done"], progress["seconds"], progress["symbols"]
        self.best, self.recent, self.unimproved = progress["best"], progress["recent"], progress["unimproved"]


def save_weights(model: nn.Module, path: Path) -> None:
    """Weights as safetensors, whole or not at all."""
    write_whole(path, save({name: value.contiguous() for name, value in model.state_dict().items()}))


def iterations_in(trainer: Trainer, minutes: float) -> int:
    """How many iterations fit into so many minutes: measured on a copy, so that the trainer itself stands where it
    stood.
    """
    probe = Trainer(copy.deepcopy(trainer.model), trainer.batches, None, trainer.settings, trainer.folder)
    rate = trainer.settings.learning_rate
    for _ in range(2):  # first calls set up kernels and are no measure
        probe.step(rate)
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < min(5.0, 6.0 * minutes) or count < 3:
        probe.step(rate)
        count += 1
    return max(1, round(minutes * 60 * count / (time.perf_counter() - started)))


def _tell(trackers: Sequence[Tracker], record: dict[str, Any]) -> None:
    for tracker in trackers:
        tracker.track(record)


def _detached(memory: Any) -> Any:
    return memory.detach() if isinstance(memory, Tensor) else tuple(_detached(part) for part in memory)
