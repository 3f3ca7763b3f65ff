"""A model opened up."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.conftest import tiny_settings
from tunewright import catalogue
from tunewright.report.anatomy import first_step, is_tied, layers_of
from tunewright.settings import load_recipe, recipe_names
from tunewright.train import start_run

SYMBOLS, BOUNDARY = 40, 39
SMALL: dict[str, Any] = {"embedding_size": 8, "hidden_size": 24}


def small(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a recipe, those of :data:`SMALL` that it gives made small."""
    return {name: SMALL.get(name, value) for name, value in options.items()}


MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    **{name: (load_recipe(name).model.name, small(load_recipe(name).model.options)) for name in recipe_names()},
    "two layers": ("lstm", {**SMALL, "layers": 2, "dropout": 0.2}),
    "gru": ("gru", {**SMALL, "weight_dropout": 0.3, "pointer_size": 6}),
    "relative": ("transformer", {"hidden_size": 24, "heads": 2, "layers": 2}),
    "rotary": ("transformer", {"hidden_size": 24, "heads": 2, "layers": 1, "positions": "rotary", "tied": False}),
}


@pytest.mark.parametrize(("kind", "options"), MODELS.values(), ids=MODELS)
def test_every_parameter_is_in_the_table_of_layers(kind: str, options: dict[str, Any]) -> None:
    model = catalogue.build("model", kind, options, SYMBOLS, BOUNDARY)
    layers = layers_of(model, torch.randint(0, BOUNDARY, (2, 5)))
    assert sum(one.parameters for one in layers) == sum(one.numel() for one in model.parameters())
    assert {one.name for one in layers} >= {name.rpartition(".")[0] for name, _ in model.named_parameters()}
    assert all(one.shape and one.shape[:2] == (2, 5) for one in layers)
    assert not is_tied(model)


class Tied(nn.Module):
    """Reads and writes by one matrix, and has a part that it never calls."""

    def __init__(self) -> None:
        super().__init__()
        self.read, self.write, self.unused = nn.Embedding(7, 3), nn.Linear(3, 7, bias=False), nn.Linear(2, 2)
        self.write.weight = self.read.weight

    def forward(self, inputs: Tensor) -> Tensor:
        written: Tensor = self.write(self.read(inputs))
        return written


def test_what_two_layers_share_is_counted_once() -> None:
    layers = layers_of(Tied(), torch.zeros(1, 4, dtype=torch.long))
    assert [(one.name, one.shape, one.parameters) for one in layers] == [
        ("read", (1, 4, 3), 21),
        ("write", (1, 4, 7), 0),
        ("unused", None, 6),
    ]
    assert is_tied(Tied())


def test_a_single_number_has_a_deviation(own_file: Path, tmp_path: Path) -> None:
    run, _ = start_run(tiny_settings(own_file, "model.pointer_size=8", "model.weight_dropout=0.3"), tmp_path / "run")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        step = first_step(run)
    (nothing,) = [one for one in step.tensors if one.name == "pointer.nothing"]
    assert (nothing.shape, nothing.deviation) == ((1,), 0.0)
    assert "layers.0" in {one.name for one in step.layers}
    assert sum(one.parameters for one in step.layers) == step.parameters
