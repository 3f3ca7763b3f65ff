"""How a benchmark tells its results: a table, one JSON object, and a dated entry in RESULTS.md."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "RESULTS.md"


def parser(about: str | None) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    found = argparse.ArgumentParser(description=about)
    found.add_argument("--json", action="store_true")
    found.add_argument("--quick", action="store_true", help="end within a minute")
    found.add_argument("--keep", action="store_true", help="add the result to RESULTS.md")
    return found


def tell(name: str, rows: Sequence[Mapping[str, Any]], ratios: Mapping[str, float], as_json: bool, keep: bool) -> None:
    """Prints the results; with ``keep`` they go into RESULTS.md too, with the command that made them."""
    if as_json:
        print(json.dumps({"name": name, "rows": rows, "ratios": ratios}, indent=1))
    else:
        print(table(rows))
        print(*(f"{key}: {value:.3f}" for key, value in ratios.items()), sep="\n")
    if keep:
        shown = "\n".join(f"- {key}: **{value:.3f}**" for key, value in ratios.items())
        command = " ".join(["python", *sys.argv])
        machine = f"{platform.machine()}, Python {platform.python_version()}"
        entry = f"\n## {name}, {date.today()}\n\n`{command}` ({machine})\n\n{table(rows)}\n\n{shown}\n"
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(entry)


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as a Markdown table."""
    head = list(rows[0])
    lines = [head, ["---"] * len(head), *([_shown(row.get(key, "")) for key in head] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _shown(value: Any) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
