"""Our ABC reader beside abc2midi on four books of tunes: bars flagged, notes and their times, and every difference.

python benchmarks/abc_reader.py [--quick] [--json] [--keep]

irish.abc is looked for under $TUNEWRIGHT_DATA (or in the cache); O'Neill's, Ryan's and Aird's books come with music21.
A book that is not here is left out. How the two are compared stands in tests/music/abc2midi.py and comparison.py.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from results import tell
from tunewright.corpora import download, irish
from tunewright.corpora.path import decode
from tunewright.music.fields import split_tunes

sys.path.append(str(Path(__file__).parents[1]))  # the judge lives with the tests
from tests.music import abc2midi, comparison
from tests.music.books import book_tunes

FOLDERS = {"O'Neill": "oneills1850", "Ryan": "ryansMammoth", "Aird": "airdsAirs"}
SENTENCES = {
    "abc2midi flags, we don't": comparison.THEIRS,
    "we flag, abc2midi doesn't": comparison.OURS,
    "notes or times": comparison.NOTES,
}
QUICK = 8
"""Every so many-th tune in a quick run."""
SHARES = ("share", "share but for its habits", "share identical")


@dataclass
class Tally:
    """What is counted of one book, or of all."""

    counts: Counter[str] = field(default_factory=Counter)
    classes: dict[str, Counter[str]] = field(default_factory=lambda: {kind: Counter() for kind in SENTENCES})
    examples: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, book: str, result: comparison.Comparison) -> None:
        tune = result.tune
        self.counts["tunes"] += 1
        self.counts["read"] += not any("not read" in problem.message for problem in tune.problems)
        self.counts["bars"] += len(tune.bars)
        self.counts["identical"] += not result.notes
        for kind, flags in zip(SENTENCES, (result.theirs, result.ours), strict=False):
            for bar, name in flags.items():
                self.note(kind, name, f"{book} X:{tune.number} {tune.title}, bar {bar + 1}")
        if result.notes:
            where = f", bar {result.bar + 1}" if result.bar is not None else ""
            self.note("notes or times", result.notes, f"{book} X:{tune.number} {tune.title}{where}")

    def note(self, kind: str, name: str, example: str) -> None:
        self.classes[kind][name] += 1
        self.examples.setdefault((kind, name), example)

    def row(self, book: str) -> dict[str, Any]:
        theirs, ours, tunes = *list(self.classes.values())[:2], self.counts["tunes"]
        return {
            "book": book,
            "tunes": tunes,
            "read": self.counts["read"],
            "bars": self.counts["bars"],
            "abc2midi flags": theirs.total(),
            "we too": theirs[comparison.SAME],
            "we a neighbour": theirs[comparison.NEIGHBOUR],
            "we make a note": theirs[comparison.NOTED],
            "share": comparison.share_agreed(theirs),
            "share but for its habits": comparison.share_agreed(theirs, comparison.THEIRS),
            "we flag": ours.total(),
            "abc2midi too": ours[comparison.SAME] + ours[comparison.NEIGHBOUR],
            "identical tunes": self.counts["identical"],
            "share identical": self.counts["identical"] / max(tunes, 1),
        }


def books() -> Iterator[tuple[str, list[str]]]:
    """Name and tunes of every book that is here."""
    path = download.find_file(irish.NAME, irish.SHA256)
    if path:
        yield "irish", [text for _, text in split_tunes(decode(path.read_bytes()))]
    for name, folder in FOLDERS.items():
        yield name, [text for _, text in book_tunes(folder)]


def differences(tallies: dict[str, Tally]) -> list[dict[str, Any]]:
    """Every class of difference: how often in each book, why, and one example."""
    rows = []
    for kind, sentences in SENTENCES.items():
        for name in tallies["all"].classes[kind].keys() - {comparison.SAME, comparison.NEIGHBOUR, comparison.NOTED}:
            counts = {book: tally.classes[kind][name] for book, tally in tallies.items()}
            why, example = sentences.get(name, ""), tallies["all"].examples[kind, name]
            rows.append({"difference": kind, "class": name, **counts, "why": why, "for example": example})
    kinds = list(SENTENCES)
    return sorted(rows, key=lambda row: (kinds.index(row["difference"]), -row["all"], row["class"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"every {QUICK}th tune only")
    telling = parser.add_mutually_exclusive_group()
    telling.add_argument("--json", action="store_true", help="books and differences as the rows of one object")
    telling.add_argument("--keep", action="store_true", help="add the result to RESULTS.md")
    options = parser.parse_args()
    if not abc2midi.INSTALLED:
        parser.exit(2, f"{abc2midi.MISSING}\n")
    tallies = compare_books(QUICK if options.quick else 1)
    if not tallies:
        parser.exit(2, "no book of tunes is here: set $TUNEWRIGHT_DATA, or install music21\n")
    rows, others = [tally.row(book) for book, tally in tallies.items()], differences(tallies)
    ratios = {f"{row['book']}, {key}": row[key] for key in SHARES for row in rows}
    if options.json:
        tell("abc_reader", [*rows, *others], ratios, True, False)
    else:
        tell("abc_reader", rows, ratios, False, options.keep)
        in_table = [{key: str(value).replace("|", r"\|") for key, value in row.items()} for row in others]
        tell("abc_reader, differences", in_table, {}, False, options.keep)


def compare_books(every: int) -> dict[str, Tally]:
    """Every so many-th tune of every book that is here, read with both; and all of them together."""
    tallies, everything = {}, Tally()
    with ThreadPoolExecutor(2) as two:  # abc2midi runs beside us, in processes of its own
        for book, texts in books():
            tally = tallies[book] = Tally()
            for result in two.map(comparison.compare, texts[::every]):
                tally.add(book, result)
                everything.add(book, result)
    return {**tallies, "all": everything} if tallies else {}


if __name__ == "__main__":
    main()
