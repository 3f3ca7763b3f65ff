"""What stands in a PDF."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Literal, overload

import pytest

READER = shutil.which("pdftotext")


@overload
def text_of(path: Path) -> str: ...
@overload
def text_of(path: Path, places: Literal[True]) -> list[tuple[float, str]]: ...
def text_of(path: Path, places: bool = False) -> str | list[tuple[float, str]]:
    """The letters of a PDF without any space between them; or its words, each with where it ends, in points from the
    left.
    """
    if READER is None:
        pytest.skip("no pdftotext to read a PDF with")
    # Raw: in the order in which they were written, so that nothing is read across columns.
    options = ["-bbox"] if places else ["-raw"]
    read = subprocess.run([READER, *options, str(path), "-"], capture_output=True, text=True, check=True).stdout
    if places:
        return [(float(right), word) for right, word in re.findall(r'xMax="([\d.]+)"[^>]*>([^<]*)</word>', read)]
    return re.sub(r"[\s\u200b]", "", read)
