"""tunewright learns from tunes and composes new ones. The public names load when they are first used."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
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


class _Package(ModuleType):
    """Leaves the names of functions to them: importing a module of the same name would put that in their place."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _PUBLIC and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
