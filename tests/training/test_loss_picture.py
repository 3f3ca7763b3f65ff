from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

import pytest
from matplotlib.image import imread

from tunewright.training.loss_picture import draw_losses, smoothed


def records(seed: int, count: int = 100) -> list[dict[str, float]]:
    steps = [{"iteration": n, "loss": 3 / math.sqrt(n) + 0.01 * seed} for n in range(1, count)]
    measured = [{"iteration": n, "validation": 1.5 + abs(n - 60) / 100 + 0.02 * seed} for n in range(10, count, 10)]
    return sorted([*steps, *measured], key=lambda record: record["iteration"])


@pytest.mark.parametrize("along", ["iteration", "share"])
def test_a_picture_with_something_on_it(along: Literal["iteration", "share"], tmp_path: Path) -> None:
    path = draw_losses(
        {"one": [records(0)], "three": [records(seed, 200) for seed in range(3)]}, tmp_path / "p.png", along=along
    )
    picture = imread(path)
    assert picture.shape[:2] == (648, 1152)
    coloured = (picture[..., :3].max(-1) - picture[..., :3].min(-1) > 0.3).mean()
    assert coloured > 0.005


def test_nothing_to_draw_yet(tmp_path: Path) -> None:
    assert draw_losses({"empty": [[]]}, tmp_path / "p.png").exists()


def test_running_mean() -> None:
    assert smoothed([2, 4, 6, 8], window=2) == [2, 3, 5, 7]
