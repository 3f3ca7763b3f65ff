"""What moves the weights, and how fast: optimisers by name, and schedules of their learning rate."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn

from tunewright.settings import ADAMS, TrainingSettings

OPTIMISERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    # The fused kernels do the same arithmetic in one pass over the weights; Adagrad has one for CPU alone.
    "adam": lambda parameters, **options: torch.optim.Adam(parameters, fused=True, **options),
    "adamw": lambda parameters, **options: torch.optim.AdamW(parameters, fused=True, **options),
    "adagrad": lambda parameters, **options: torch.optim.Adagrad(parameters, **options),
    "rmsprop": lambda parameters, **options: torch.optim.RMSprop(parameters, **options),
    "sgd": lambda parameters, **options: torch.optim.SGD(parameters, fused=True, **options),
}


def optimiser_of(model: nn.Module, settings: TrainingSettings) -> torch.optim.Optimizer:
    """The optimiser that these settings name, over all weights of a model."""
    own = {"betas": settings.adam_betas, "eps": settings.adam_epsilon} if settings.optimiser in ADAMS else {}
    return OPTIMISERS[settings.optimiser](
        model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, **own
    )


def rate_at(iteration: int, settings: TrainingSettings) -> float:
    """The learning rate of an iteration: a linear warm-up, then constant, a cosine down to nothing (Loshchilov & Hutter
    2017), or falling with the root of the iterations (Vaswani et al. 2017).
    """
    warm = settings.warmup_iterations
    if iteration < warm:
        return settings.learning_rate * (iteration + 1) / warm
    if settings.schedule == "constant":
        return settings.learning_rate
    if settings.schedule == "noam":
        return settings.learning_rate * math.sqrt(max(1, warm) / (iteration + 1))
    progress = (iteration - warm) / max(1, settings.iterations - warm)
    return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * progress))
