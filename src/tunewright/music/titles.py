"""When two titles are one."""

from __future__ import annotations

import re

from tunewright.music.dances import DANCES


def plain_title(title: str) -> str:
    """A title without case, punctuation, article and dance: ``"Echo, The"`` and ``"The Echo! - Reel"`` are one."""
    words = re.findall(r"\w+", re.sub(r"['’]", "", title.lower()))
    while words and words[0] in ("the", "a", "an"):
        words.pop(0)
    while len(words) > 1 and words[-1] in ("the", "a", "an", *DANCES):
        words.pop()
    return " ".join(words)
