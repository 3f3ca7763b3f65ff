"""Losses and pictures under the names of the lab's ``util``."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tunewright.errors import SettingsError
from tunewright.notebooks import displays, in_notebook

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCALES = {None: "plot", "semilogx": "semilogx", "semilogy": "semilogy", "loglog": "loglog"}


class LossHistory:
    """Losses, smoothed as they come.

    Args:
        smoothing_factor: share of the last smoothed value in the next, from 0 (none) to less than 1.

    Raises:
        SettingsError: another share.
    """

    def __init__(self, smoothing_factor: float = 0.0) -> None:
        if not 0 <= smoothing_factor < 1:
            raise SettingsError(f"smoothing_factor {smoothing_factor}: expected 0 to less than 1")
        self.alpha = smoothing_factor
        self.loss: list[float] = []

    def append(self, value: float) -> None:
        """Takes the next loss."""
        self.loss.append(self.alpha * self.loss[-1] + (1 - self.alpha) * value if self.loss else value)

    def get(self) -> list[float]:
        """All of them, smoothed."""
        return self.loss


class PeriodicPlotter:
    """A curve in a notebook's output, drawn anew in its place now and then; nothing outside notebooks.

    Args:
        sec: seconds between drawings.
        xlabel: of the horizontal axis.
        ylabel: of the vertical axis.
        scale: None, ``"semilogx"``, ``"semilogy"`` or ``"loglog"``.

    Raises:
        SettingsError: another scale.
    """

    def __init__(self, sec: float, xlabel: str = "", ylabel: str = "", scale: str | None = None) -> None:
        if scale not in SCALES:
            raise SettingsError(f"scale {scale!r}: expected None, {', '.join(repr(name) for name in SCALES if name)}")
        self.sec = sec
        self.xlabel = xlabel
        self.ylabel = ylabel
        self.scale = scale
        self._drawn = time.monotonic()
        self._display: Any = None

    def plot(self, data: Sequence[float]) -> None:
        """Draws the values if it is time to."""

        if time.monotonic() - self._drawn < self.sec or not in_notebook():
            return
        picture = _picture(self._figure(data))
        if self._display is None:
            self._display = displays().display(picture, display_id=True)
        else:
            self._display.update(picture)
        self._drawn = time.monotonic()

    def _figure(self, data: Sequence[float]) -> Figure:
        # The Figure class alone: pyplot would show its own copy at the end of the cell, and keep it.
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6.4, 4.2), layout="constrained")
        axes = figure.add_subplot()
        getattr(axes, SCALES[self.scale])(data)
        axes.set_xlabel(self.xlabel)
        axes.set_ylabel(self.ylabel)
        return figure


def display_model(model: Any) -> Any:
    """A picture of a ``torch.nn.Module``, an ``IPython.display.Image``: its layers as they were defined, their weights'
    shapes, and how many numbers it learns.

    Raises:
        SettingsError: it is no module of PyTorch.
        MissingExtraError: IPython is not installed.
    """
    from matplotlib.figure import Figure
    from torch import nn

    if not isinstance(model, nn.Module):
        raise SettingsError(f"display_model: expected a torch.nn.Module, not a {type(model).__name__}")
    rows = [_layer(name, layer) for name, layer in model.named_modules() if not any(layer.children())]
    figure = Figure(figsize=(6.4, 0.75 * (len(rows) + 1)))
    head = f"{type(model).__name__}: {sum(one.numel() for one in model.parameters()):,} numbers learned"
    for place, text in enumerate([head, *rows]):
        box = {"boxstyle": "round", "facecolor": "white"} if place else None
        height = 1 - (place + 0.5) / (len(rows) + 1)
        figure.text(0.5, height, text, ha="center", va="center", fontsize=9, bbox=box)
    return _picture(figure)


def _layer(name: str, layer: Any) -> str:
    shapes = ", ".join(" × ".join(map(str, one.shape)) for one in layer.parameters())
    return f"{name or 'the model'}: {type(layer).__name__}\n{shapes or 'nothing to learn'}"


def create_grid_of_images(xs: Sequence[Any], size: tuple[int, int] = (5, 5)) -> Any:
    """The first images side by side in rows: each (height, width, ...), all (rows * height, columns * width, ...).

    Raises:
        SettingsError: there are too few images for the grid.
    """
    import numpy as np

    rows, columns = size
    if len(xs) < rows * columns:
        raise SettingsError(f"a grid of {rows} x {columns} takes {rows * columns} images; here are {len(xs)}")
    return np.vstack([np.hstack(list(xs[row * columns : (row + 1) * columns])) for row in range(rows)])


def _picture(figure: Figure) -> Any:
    """A figure as an ``IPython.display.Image``."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    return displays().Image(data=buffer.getvalue())
