"""tunewright learns from tunes and composes new ones. The public names load when they are first used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "builtin_run": "tunewright.run",
    "open_run": "tunewright.run",
    "load_recipe": "tunewright.settings",
    "train": "tunewright.train",
    "compose": "tunewright.compose",
    "Wish": "tunewright.wish",
    "read_tune": "tunewright.music.reader",
    "check": "tunewright.music.bars",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'tunewright' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
