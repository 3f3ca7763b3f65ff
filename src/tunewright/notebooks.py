"""Where this runs, and what a notebook can display. Nothing of IPython is imported before something is displayed."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from tunewright.errors import MissingExtraError


def in_notebook() -> bool:
    """Whether this runs in the kernel of a notebook."""
    if "IPython" not in sys.modules:
        return False
    shell: Any = import_module("IPython").get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def displays() -> Any:
    """IPython's module of what a notebook can display.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        return import_module("IPython.display")
    except ImportError:
        raise MissingExtraError("sounds and pictures in a notebook", "course") from None
