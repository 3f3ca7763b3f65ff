"""The training loop, the only one. Knows nothing of music: it sees batches of ids, a model and its emission.

Everything random follows from (seed, iteration), so that a run that was killed and resumed ends with the same
weights as one that was not, bit for bit on CPU.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from tunewright.errors import RunError, TrainingError
from tunewright.evaluation.likelihood import Measured, costs
from tunewright.files import replacing, write_whole
from tunewright.interrupts import stop_asked
from tunewright.settings import TrainingSettings
from tunewright.training.batches import Batches
from tunewright.training.optimisers import optimiser_of, rate_at
from tunewright.training.parallel import Alone
from tunewright.training.trackers import Tracker

Measure = Callable[[Any], Measured]

STALE = 3
"""Measurements without a better one after which held-out bits are said not to fall any more."""
RECENT = 100
"""Iterations over whose losses is averaged."""
PROGRESS = ("done", "seconds", "symbols", "best", "unimproved", "loss_at_best", "recent")
"""What a trainer remembers of its way."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a training ended.

    Attributes:
        iterations: done.
        stopped: by the user, before the end.
        seconds: spent training, measuring and saving left out.
        best: iteration and bits a unit of the best weights on validation, or None if it was never measured.
        final_loss: mean training loss of the last :data:`RECENT` iterations, nats a symbol.
        overfitting: since which iteration, and epoch, as :attr:`Trainer.overfitting` tells.
    """

    iterations: int
    stopped: bool
    seconds: float
    best: tuple[int, float] | None
    final_loss: float
    overfitting: tuple[int, int] | None


class Trainer:
    """One training of one model.

    Args:
        model: a sequence model that is a torch module, on the device to train on.
        batches: by iteration.
        measure: of a model on validation; None if nothing is held out.
        settings: of the loop.
        folder: where ``best.safetensors``, ``last.safetensors`` and ``state.pt`` go.
    """

    def __init__(
        self, model: nn.Module, batches: Batches, measure: Measure | None, settings: TrainingSettings, folder: Path
    ) -> None:
        self.model, self.batches, self.measure = model, batches, measure
        self.settings, self.folder = settings, folder
        self.optimiser = optimiser_of(model, settings)
        # Weights keep their names: what is called is compiled, not what is saved.
        self._call = torch.compile(model) if settings.compile and self.device.type == "cuda" else model
        self.team = Alone()
        self.averaged = copy.deepcopy(model).requires_grad_(False) if settings.averaging else None
        self.memory: Any = None
        self.done = 0
        self.seconds = 0.0
        self.symbols = 0
        self.best: tuple[int, float] | None = None
        self.unimproved = 0
        self.loss_at_best = math.inf
        self.recent: list[float] = []

    @property
    def kept_model(self) -> nn.Module:
        """The model that is measured and kept: the running average where there is one."""
        return self.model if self.averaged is None else self.averaged

    @property
    def device(self) -> torch.device:
        """Where it trains."""
        return next(self.model.parameters()).device

    @property
    def has_ended(self) -> bool:
        """Whether all iterations are done, or validation has not improved for as long as patience lasts."""
        patience = self.settings.patience
        return self.done >= self.settings.iterations or 0 < patience <= self.unimproved

    @property
    def recent_loss(self) -> float:
        """Mean training loss of the last iterations, nats a symbol."""
        return math.fsum(self.recent) / max(1, len(self.recent))

    @property
    def overfitting(self) -> tuple[int, int] | None:
        """Since which iteration, and epoch, from 1, held-out bits have not fallen though the training loss has; None
        where that is not so, or not for long.
        """
        if self.best is None or self.unimproved < STALE or self.recent_loss >= self.loss_at_best:
            return None
        return self.best[0], math.ceil(self.best[0] / self.batches.windows_per_epoch)

    def join(self, team: Alone) -> None:
        """Trains with others from here on, all of which stand where this one stands."""
        self.team = team
        if self.memory is not None:
            own = torch.arange(self.settings.batch_size)[team.rows(self.settings.batch_size)]
            self.memory = self.model.select(self.memory, own.to(self.device))  # type: ignore[operator]

    def run(self, trackers: Sequence[Tracker], stop: Callable[[], bool] = lambda: False) -> Outcome:
        """Trains from where it stands to its end, or until the user or ``stop`` ends it; what was learned is saved in
        any case.
        """
        with stop_asked() if self.team.leads else nullcontext(lambda: False) as asked:
            while not self.team.any(self.has_ended or asked() or stop()):
                self._iterate(trackers)
            self.save()
        return Outcome(self.done, not self.has_ended, self.seconds, self.best, self.recent_loss, self.overfitting)

    def _iterate(self, trackers: Sequence[Tracker]) -> None:
        started = time.perf_counter()
        rate = self.learning_rate(self.done)
        loss, smoothed, accuracy = self._update(rate)
        self.seconds += time.perf_counter() - started
        if not math.isfinite(smoothed):
            raise TrainingError(
                f"the loss is no longer a number at iteration {self.done}: lower training.learning_rate, or set "
                "training.clip_norm; what was saved last is kept"
            )
        self.recent = [*self.recent[1 - RECENT :], loss]
        record = {"iteration": self.done, "loss": loss, **self._smoothed("smoothed", smoothed), "accuracy": accuracy}
        record |= {"learning_rate": rate, "symbols": self.symbols, "seconds": round(self.seconds, 4)}
        _tell(trackers, record)
        last = self.done == self.settings.iterations
        every = self.settings.validate_every
        if self.measure and self.team.leads and every and (last or self.done % every == 0):
            _tell(trackers, {"iteration": self.done, **self.validate(self.measure)})
        if not last and self.done % self.settings.checkpoint_every == 0:
            self.save()

    def _smoothed(self, name: str, value: float) -> dict[str, float]:
        """A figure that only trainings with label smoothing have."""
        return {name: value} if self.settings.label_smoothing else {}

    def seed_step(self) -> None:
        """Lets dropout, too, follow from (seed, iteration), so that nothing random needs to be saved; each process of
        a training drops other features.
        """
        # Generators on CPUs know the lower 32 bits of a seed alone.
        torch.manual_seed(self.settings.seed * 1_000_003 + self.done + self.team.rank * 0x9E3779B1)

    def step(self, learning_rate: float) -> float:
        """One update of the weights; returns what it lowered: the batch's loss before it, in nats a symbol, with label
        smoothing where that is on.
        """
        return self._update(learning_rate)[1]

    def _update(self, learning_rate: float) -> tuple[float, float, float]:
        """One update of the weights; returns the batch's loss, its smoothed loss and its accuracy before it."""
        settings = self.settings
        self.seed_step()
        self.model.train()
        whole = self.batches.at(self.done)
        batch = self.team.share(whole)
        memory = self.memory if settings.carry_memory and not batch.fresh else None
        with torch.autocast(self.device.type, torch.bfloat16, enabled=settings.precision == "bfloat16"):
            logits, memory = self._call(batch.inputs.to(self.device), memory)
            told = costs(self.model.emission, logits, batch.targets.to(self.device), settings.label_smoothing)  # type: ignore[arg-type]
            means = torch.stack([one.mean() for one in told])
        self.optimiser.zero_grad(set_to_none=True)
        means[1].backward()  # type: ignore[no-untyped-call]
        figures = means.detach()
        self.team.average([figures, *(own.grad for own in self.model.parameters() if own.grad is not None)])
        if settings.clip_norm:
            nn.utils.clip_grad_norm_(self.model.parameters(), settings.clip_norm)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        self.optimiser.step()
        self.memory = _each(Tensor.detach, memory) if settings.carry_memory else None
        self.done += 1
        self.symbols += whole.targets.numel()
        self._average()
        loss, smoothed, accuracy = figures.tolist()
        return loss, smoothed, accuracy

    def learning_rate(self, iteration: int) -> float:
        """The rate of this iteration."""
        return rate_at(iteration, self.settings)

    def _average(self) -> None:
        if self.averaged is None:
            return
        # The average starts short, so that the first weights don't linger in it (as in Adam's bias correction).
        decay = min(self.settings.averaging, self.done / (self.done + 10))
        with torch.no_grad():
            for mean, current in zip(self.averaged.parameters(), self.model.parameters(), strict=True):
                mean.lerp_(current, 1 - decay)

    def validate(self, measure: Measure) -> dict[str, float]:
        """A record of the kept model on validation; the best weights so far are kept in ``best.safetensors``."""
        told = measure(self.kept_model.eval())
        self.unimproved += 1
        if self.best is None or told.bits_per_unit < self.best[1]:
            self.best, self.unimproved, self.loss_at_best = (self.done, told.bits_per_unit), 0, self.recent_loss
            save_weights(self.kept_model, self.folder / "best.safetensors")
        figures = {"validation": told.bits_per_unit, "validation_loss": told.loss, "validation_accuracy": told.accuracy}
        since = dict(zip(("overfitting_since", "overfitting_epoch"), self.overfitting or (), strict=False))
        return figures | self._smoothed("validation_smoothed", told.smoothed) | since

    def save(self) -> None:
        """Saves the weights as they stand and all that :meth:`restore` needs to go on exactly."""
        memory = self._whole_memory()
        if not self.team.leads:
            return
        save_weights(self.kept_model, self.folder / "last.safetensors")
        state = {
            "model": self.model.state_dict(),
            "averaged": self.averaged.state_dict() if self.averaged else None,
            "optimiser": self.optimiser.state_dict(),
            "memory": memory,
            "progress": {name: getattr(self, name) for name in PROGRESS},
        }
        with replacing(self.folder / "state.pt") as beside:
            torch.save(state, beside)

    def _whole_memory(self) -> Any:
        """What is remembered of all rows of a batch, whichever process has read them."""
        if self.memory is None or self.team.size == 1:
            return self.memory
        model: Any = self.model
        size = self.settings.batch_size
        whole, share = model.empty(size), size // self.team.size
        for rank, part in enumerate(self.team.gathered(_each(Tensor.cpu, self.memory))):
            rows = torch.arange(rank * share, (rank + 1) * share, device=self.device)
            own = _each(lambda one: one.to(self.device), part)
            whole = model.assign(whole, rows, own, rows - rank * share)
        return whole

    def restore(self) -> None:
        """Goes back to what :meth:`save` wrote last.

        Raises:
            RunError: that is damaged, or of other settings.
        """
        path = self.folder / "state.pt"
        try:
            self._restore(torch.load(path, weights_only=True, map_location=self.device))
        except Exception as error:  # the restricted unpickler meets rubbish with errors of any kind
            why = (str(error).splitlines() or [type(error).__name__])[0]
            raise RunError(f"{path} can't be gone on from ({why})") from None

    def _restore(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        if self.averaged is not None:
            self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.memory = state["memory"]
        progress = {"loss_at_best": math.inf, **state["progress"]}  # which older states don't tell
        for name in PROGRESS:
            setattr(self, name, progress[name])


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


def _each(function: Callable[[Tensor], Tensor], memory: Any) -> Any:
    """A memory with a function applied to each of its tensors."""
    return function(memory) if isinstance(memory, Tensor) else tuple(_each(function, part) for part in memory)
