"""Seconds of training: the lab's loop as the lab writes it, against our ``lab`` and ``irish`` recipes.

The three take turns, so that a machine whose speed drifts treats them alike; only their ratios count. Validation is
left out of all three.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from results import parser, tell
from tunewright.settings import load_recipe
from tunewright.train import build_trainer, start_run

LAB_ITERATIONS = 3000


class LabModel(nn.Module):
    """The lab's model in plain PyTorch: embedding 256, LSTM 1024, linear."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(size, 256)
        self.lstm = nn.LSTM(256, 1024, batch_first=True)
        self.fc = nn.Linear(1024, size)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = self.fc(self.lstm(self.embedding(inputs))[0])
        return outputs


def lab_step(stream: np.ndarray, size: int) -> Callable[[], None]:
    """One update as in the lab's notebook: batch 8 x 100 at random starts, Adam 5e-3."""
    model = LabModel(size)
    optimiser = torch.optim.Adam(model.parameters(), lr=5e-3)
    criterion = nn.CrossEntropyLoss()
    history: list[float] = []

    def step() -> None:
        starts = np.random.choice(len(stream) - 101, 8)
        inputs = torch.tensor(np.stack([stream[start : start + 100] for start in starts]), dtype=torch.long)
        labels = torch.tensor(np.stack([stream[start + 1 : start + 101] for start in starts]), dtype=torch.long)
        optimiser.zero_grad()
        loss = criterion(model(inputs).view(-1, size), labels.view(-1))
        loss.backward()
        optimiser.step()
        history.append(loss.item())

    return step


def recipe_step(name: str, folder: Path) -> tuple[Callable[[], None], int]:
    """One update of a recipe of ours, and how many it has."""
    settings = load_recipe(name)
    trainer = build_trainer(start_run(settings, folder / name)[0])
    return lambda: void(trainer.step(settings.training.learning_rate)), settings.training.iterations


def void(_: object) -> None:
    """Forgets a value."""


def main() -> None:
    options = parser(__doc__).parse_args()
    rounds, updates = (3, 10) if options.quick else (7, 40)
    with tempfile.TemporaryDirectory() as folder:
        lab, lab_iterations = recipe_step("lab", Path(folder))
        irish, irish_iterations = recipe_step("irish", Path(folder))
        stream = np.random.randint(0, 83, 163_000)
        steps = {
            "bare PyTorch loop of the lab": (lab_step(stream, 83), LAB_ITERATIONS),
            "recipe lab": (lab, lab_iterations),
            "recipe irish": (irish, irish_iterations),
        }
        seconds: dict[str, list[float]] = {name: [] for name in steps}
        for turn in range(rounds + 1):
            for name, (step, _) in steps.items():
                started = time.perf_counter()
                for _ in range(updates if turn else 3):  # the first turn warms up
                    step()
                if turn:
                    seconds[name].append((time.perf_counter() - started) / updates)
    totals = {name: statistics.median(own) * steps[name][1] for name, own in seconds.items()}
    bare = totals["bare PyTorch loop of the lab"]
    rows = [
        {
            "loop": name,
            "iterations": steps[name][1],
            "iterations/s": 1 / statistics.median(own),
            "seconds in all": totals[name],
            "spread": f"{min(own) / statistics.median(own):.2f} to {max(own) / statistics.median(own):.2f}",
        }
        for name, own in seconds.items()
    ]
    ratios = {f"{name} / bare, seconds in all": totals[name] / bare for name in ("recipe lab", "recipe irish")}
    tell("train", rows, ratios, options.json, options.keep)


if __name__ == "__main__":
    main()
