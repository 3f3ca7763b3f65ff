"""Numbers as a language writes them."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[-−+]?\d[\d\s\u00a0\u202f]*([.,]\d+)?([eE][-+]?\d+)?\s?[%×s]?(\s*\([^()]*\d[^()]*\))?|[–—-]?")


def is_number(text: str) -> bool:
    """Whether a cell of a table holds a number, or nothing in the place of one."""
    return _NUMBER.fullmatch(text.strip()) is not None


def written(value: float | None, digits: int = 3, decimal: str = ".") -> str:
    """A number with so many decimals and thousands apart; a dash for none."""
    if value is None:
        return "–"
    text = f"{value:,.{digits}f}".replace(",", "\u00a0").replace("-", "−")
    return text.replace(".", decimal)


def percent(share: float | None, decimal: str = ".", digits: int = 0) -> str:
    """A share as per cent."""
    return "–" if share is None else f"{written(100 * share, digits, decimal)} %"
