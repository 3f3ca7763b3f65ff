"""``python -m tunewright``."""

from __future__ import annotations

from tunewright.cli import main

main()
