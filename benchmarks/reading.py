"""How fast ABC is read and checked, against music21's reader and abc2midi's check, on the same tunes.

The three books that come with music21 are read. The big file holds them over and over, some bits turned round in each
copy: most of its tunes come again, and what is read once is remembered. The other rows read each tune once.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from results import parser, tell
from tunewright.corpora.path import decode
from tunewright.music.bars import check
from tunewright.music.fields import split_tunes
from tunewright.music.pieces import uncollected
from tunewright.music.reader import read_tune
from tunewright.publish import check_file

sys.path.append(str(Path(__file__).parents[1]))  # where the books are is known to the tests
from tests.music.books import BOOKS, book_files, write_big_file

SAMPLE = 150
"""Tunes that the slow readers read too."""


def forget() -> None:
    """Empties what the reader remembers of earlier tunes."""
    read_tune.cache_clear()
    check.cache_clear()


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def ours(texts: list[str]) -> None:
    forget()
    with uncollected():
        for text in texts:
            check(read_tune(text))


def everything(texts: list[str]) -> None:
    forget()
    with uncollected():
        for text in texts:
            check(read_tune(text))
            read_tune(text).notes()


def by_music21(texts: list[str]) -> None:
    from music21 import converter

    for text in texts:
        try:
            converter.parse(text, format="abc")
        except Exception as error:  # music21 raises anything on tunes that it can't read
            print(f"music21: {type(error).__name__}")


def by_abc2midi(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tunes.abc"
        path.write_text("\n\n".join(texts), encoding="utf-8")
        subprocess.run(["abc2midi", str(path), "-c"], capture_output=True, check=False)


def main() -> None:
    options = parser(__doc__).parse_args()
    files = [decode(path.read_bytes()) for name in BOOKS for path in book_files(name)]
    texts = [text for file in files for _, text in split_tunes(file)]
    sample = random.Random(0).sample(texts, 40 if options.quick else SAMPLE)
    rows = [
        row("tunewright, bars checked", texts, seconds(lambda: ours(texts))),
        row("tunewright, bars checked and every note made", texts, seconds(lambda: everything(texts))),
        row("tunewright, the sample", sample, seconds(lambda: everything(sample))),
        row("music21's reader, the sample", sample, seconds(lambda: by_music21(sample))),
    ]
    if shutil.which("abc2midi"):
        rows.append(row("abc2midi -c", texts, seconds(lambda: by_abc2midi(texts))))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big.abc"
        write_big_file(path, 10_000_000 if options.quick else 50_000_000)
        forget()
        tunes: list[object] = []
        took = seconds(lambda: tunes.extend(check_file(path)))
        size = path.stat().st_size / 1e6
        rows.append({"reader": "tunewright check, one big file", "tunes": len(tunes), "MB": size, "MB/s": size / took})
    rates = {str(one["reader"]): float(str(one["MB/s"])) for one in rows}
    ratios = {
        "tunewright / music21, the sample": rates["tunewright, the sample"] / rates["music21's reader, the sample"]
    }
    tell("reading", rows, ratios, options.json, options.keep)


def row(name: str, texts: list[str], took: float) -> dict[str, object]:
    size = sum(len(text) for text in texts) / 1e6
    return {"reader": name, "tunes": len(texts), "MB": size, "MB/s": size / took}


if __name__ == "__main__":
    main()
