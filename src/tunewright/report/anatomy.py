"""A model opened up: its layers with what goes through them, and the tensors and gradients of one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from tunewright.run import Run
from tunewright.train import build_trainer


@dataclass(frozen=True)
class Layer:
    """A part of a model that learns something itself, or has no parts and gives something.

    Attributes:
        name: within the model; empty for the model itself.
        kind: its class.
        shape: of what it gives; None where its weights are used without it.
        parameters: numbers that it learns itself; what it shares with an earlier one counts there.
    """

    name: str
    kind: str
    shape: tuple[int, ...] | None
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
        tied: whether anything is shared.
        symbols: that an epoch reads, those between pieces among them.
    """

    inputs: tuple[int, ...]
    targets: tuple[int, ...]
    shape: tuple[int, int]
    loss: float
    layers: Sequence[Layer]
    tensors: Sequence[Learned]
    parameters: int
    tied: bool
    symbols: int


def first_step(run: Run) -> FirstStep:
    """Does the first step of a run's training again; the run is left as it is.

    Raises:
        CorpusError: what it has learned from can't be found.
        RunError: that has changed since.
    """
    trainer = build_trainer(run)
    model, batch = trainer.model, trainer.batches.at(0)
    inputs = batch.inputs.to(next(model.parameters()).device)
    layers = layers_of(model, inputs)
    trainer.seed_step()
    logits, _ = model.train()(inputs)
    emission: Any = model.emission
    loss: Tensor = emission.nll(logits, batch.targets.to(inputs.device)).mean()
    loss.backward()  # type: ignore[no-untyped-call]
    tensors = [
        Learned(name, tuple(one.shape), _item(one.mean()), _item(one.std(unbiased=False)), _item(one.grad.norm()))
        for name, one in model.named_parameters()
        if one.grad is not None
    ]
    windows, symbols = batch.inputs.shape
    return FirstStep(
        tuple(batch.inputs[0].tolist()),
        tuple(batch.targets[0].tolist()),
        (windows, symbols),
        loss.item(),
        layers,
        tuple(tensors),
        sum(one.numel() for one in model.parameters()),
        is_tied(model),
        trainer.batches.symbols,
    )


def layers_of(model: nn.Module, inputs: Tensor) -> tuple[Layer, ...]:
    """The parts of a model in the order in which they have given something; behind them those that never gave anything.

    Args:
        inputs: ids that go through it, (batch, time).
    """
    shapes: dict[str, tuple[int, ...]] = {}

    def noting(name: str) -> Any:
        def note(module: nn.Module, _: Any, output: Any) -> None:
            shapes.setdefault(name, tuple((output[0] if isinstance(output, tuple) else output).shape))

        return note

    modules = dict(model.named_modules())
    hooks = [module.register_forward_hook(noting(name)) for name, module in modules.items()]
    try:
        # While a model learns it may use the weights of a part without calling it.
        with torch.no_grad():
            model.eval()(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    counted: set[int] = set()
    layers = []
    for name in dict.fromkeys((*shapes, *modules)):
        module = modules[name]
        own = list(module.parameters(recurse=False))
        if own or (name in shapes and not list(module.children())):
            count = sum(one.numel() for one in own if id(one) not in counted)
            layers.append(Layer(name, type(module).__name__, shapes.get(name), count))
            counted |= {id(one) for one in own}
    return tuple(layers)


def is_tied(model: nn.Module) -> bool:
    """Whether parts of a model share parameters."""
    return len(list(model.named_parameters(remove_duplicate=False))) > len(list(model.parameters()))


def _item(value: Tensor) -> float:
    return float(value.detach())
