"""Pages to listen to, and answers to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunewright.listening.page import PAGE, read_key
from tunewright.listening.tunes import Heard

TUNE = "X:1\nT:{title}\nR:jig\nM:6/8\nL:1/8\nK:D\n|:{notes}|D3 D3:|\n"
NOTES = ["DEF GAB", "FED BAG", "AGF EDE", "dcB AGF", "EFG ABc", "GBd gdB", "AcA GBG", "FAF EGE", "DFA dAF"]
REAL = "people"
"""What real tunes are called in these tests; on pages they have no source."""


def tunes(composed: int = 9, real: int = 3, **settings: Any) -> list[Heard]:
    """Tunes that can be told apart by their titles, composed ones first."""
    told = [Heard("machine", tune(f"Composed {number}", number), settings=settings) for number in range(composed)]
    return told + [Heard("", tune(f"Folk {number}", composed + number), is_real=True) for number in range(real)]


def tune(title: str, number: int) -> str:
    """One of nine tunes, under a title."""
    return TUNE.format(title=title, notes=NOTES[number % len(NOTES)])


def items(folder: Path) -> list[str]:
    """Names of the tunes in the page's order."""
    return re.findall(r'data-item="(\w+)"', (folder / PAGE).read_text())


def named(folder: Path, source: str) -> list[str]:
    """Names of the tunes of a source, or of the real ones."""
    own = read_key(folder).items.items()
    return [name for name, one in own if (REAL if one.is_real else one.source) == source]


def answered(folder: Path, scores: Mapping[str, int], listener: str = "1-2", at: str = "") -> dict[str, Any]:
    """What the page tells when tunes of these sources were given these scores."""
    given = {name: {"score": score, "at": at} for source, score in scores.items() for name in named(folder, source)}
    return {"page": read_key(folder).page, "listener": listener, "answers": given}


def answer(folder: Path, listener: str, **by_item: dict[str, Any]) -> dict[str, Any]:
    """What the page tells when these tunes were given these answers."""
    return {"page": read_key(folder).page, "listener": listener, "answers": by_item}
