from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from tests.conftest import own_tune
from tunewright.evaluation.statistics import FEATURES, Statistics, statistics
from tunewright.evaluation.statistics_picture import COLOURS, GROUND, TICKS, draw_statistics
from tunewright.music.reader import read_tune


def own_statistics(*numbers: int) -> Statistics:
    return statistics(read_tune(own_tune(number)) for number in numbers)


def share_of(colour: str, path: Path) -> float:
    """Share of the picture's pixels that have just this colour."""
    pixels = imread(path)[..., :3]
    return float((np.abs(pixels - np.array(to_rgb(colour))).max(axis=-1) < 0.01).mean())


@pytest.mark.parametrize("count", [1, len(COLOURS)])
def test_every_set_is_drawn_over_the_reference(count: int, tmp_path: Path) -> None:
    sets = {f"set {number}": own_statistics(*range(50 * number, 50 * number + 20)) for number in range(1, count + 1)}
    ratios = {name: {feature.name: 12.5 for feature in FEATURES} for name in sets}
    path = draw_statistics(("reference", own_statistics(*range(1, 30))), sets, tmp_path / "p.png", ratios)
    width = imread(path).shape[1]
    assert width == 1200
    assert share_of(GROUND, path) > 0.02
    for colour in COLOURS[:count]:
        assert share_of(colour, path) > 0.0005
    for colour in COLOURS[count:]:
        assert share_of(colour, path) == 0


def test_what_no_tune_has_is_left_empty(tmp_path: Path) -> None:
    nothing = statistics([read_tune("X:1\nT:Nothing\nK:C\n")])
    path = draw_statistics(("reference", own_statistics(1)), {"nothing": nothing}, tmp_path / "p.png")
    assert share_of(GROUND, path) > 0.02
    assert draw_statistics(("reference", nothing), {"some": own_statistics(1, 2)}, tmp_path / "q.png").exists()


def test_every_profile_names_some_of_its_classes() -> None:
    labels = {feature.name: feature.labels for feature in FEATURES if not feature.is_number}
    assert TICKS.keys() == labels.keys()
    for name, ticks in TICKS.items():
        assert set(ticks.split()) <= set(labels[name])
