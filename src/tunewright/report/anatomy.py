"""A model opened up: its layers with what goes through them, and the tensors and gradients of one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from tunewright.run import Run
from tunewright.train import build_trainer


@dataclass(frozen=True)
class Layer:
    """A part of a model that has no parts of its own.

    Attributes:
        name: within the model.
        kind: its class.
        shape: of what it gives.
        parameters: numbers that it learns.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


@dataclass(frozen=True)
class Learned:
    """A tensor that is learned, in the first step of the training.

    Attributes:
        name: within the model.
        shape: of the tensor.
        mean: of its values.
        deviation: standard deviation of its values.
        gradient: Euclidean length of its gradient.
    """

    name: str
    shape: tuple[int, ...]
    mean: float
    deviation: float
    gradient: float


@dataclass(frozen=True)
class FirstStep:
    """One step of a run's training, as it was at the beginning: the same weights, the same batch.

    Attributes:
        inputs, targets: the first window's symbols.
        shape: of the batch: windows, symbols.
        loss: nats a symbol, before anything is learned.
        layers: in the order in which they are gone through.
        tensors: that are learned.
        parameters: of the whole model; what is shared counts once.
    """

    inputs: tuple[int, ...]
    targets: tuple[int, ...]
    shape: tuple[int, int]
    loss: float
    layers: Sequence[Layer]
    tensors: Sequence[Learned]
    parameters: int


def first_step(run: Run) -> FirstStep:
    """Does the first step of a run's training again; the run is left as it is.

    Raises:
        CorpusError: what it has learned from can't be found.
        RunError: that has changed since.
    """
    trainer = build_trainer(run)
    model, batch = trainer.model, trainer.batches.at(0)
    trainer.seed_step()
    with _Watched(model.train()) as layers:
        device = next(model.parameters()).device
        logits, _ = model(batch.inputs.to(device))
    emission: Any = model.emission
    loss: Tensor = emission.nll(logits, batch.targets.to(device)).mean()
    loss.backward()  # type: ignore[no-untyped-call]
    tensors = [
        Learned(name, tuple(one.shape), _item(one.mean()), _item(one.std()), _item(one.grad.norm()))
        for name, one in model.named_parameters()
        if one.grad is not None
    ]
    windows, symbols = batch.inputs.shape
    return FirstStep(
        tuple(batch.inputs[0].tolist()),
        tuple(batch.targets[0].tolist()),
        (windows, symbols),
        loss.item(),
        tuple(layers),
        tuple(tensors),
        sum(one.numel() for one in model.parameters()),
    )


class _Watched:
    """Notes what each innermost part of a model gives, while it is gone through."""

    def __init__(self, model: nn.Module) -> None:
        self.model, self.layers = model, list[Layer]()

    def __enter__(self) -> list[Layer]:
        self._hooks = [
            module.register_forward_hook(self._noting(name))
            for name, module in self.model.named_modules()
            if not list(module.children())
        ]
        return self.layers

    def __exit__(self, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def _noting(self, name: str) -> Any:
        def note(module: nn.Module, _: Any, output: Any) -> None:
            given = output[0] if isinstance(output, tuple) else output
            own = sum(one.numel() for one in module.parameters())
            if name not in {layer.name for layer in self.layers}:
                self.layers.append(Layer(name, type(module).__name__, tuple(given.shape), own))

        return note


def _item(value: Tensor) -> float:
    return float(value.detach())
