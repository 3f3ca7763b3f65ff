from __future__ import annotations

import pytest

from tunewright.decoding.drawing import Draw, Drawing
from tunewright.decoding.generate import generate
from tunewright.decoding.table import ConstraintTable
from tunewright.errors import DecodingError
from tunewright.language import rewriting_language
from tunewright.music.bars import check
from tunewright.music.reader import read_tune
from tunewright.run import Run, builtin_run

HEADER = "X:1\nT:The Hole\nR:hornpipe\nM:C|\nL:1/8\nK:G\n"
PICKUPS = (
    HEADER + "|:GF|DGGB d2GB|d2GF Gc (3AGF|DGGB d2GB|dBcA F2GF|\nDGGB d2GF|DGGF G2Ge|fgaf gbag|fdcA G2:|\n"
    "|:GA|B2BG c2cA|d2GF G2GA|B2BG c2cA|d2DE F2GA|\nB2BG c2cA|d^cde f2 (3def|g2gf gbag|[1 fdcA G2:|[2 fdcA G2|]"
)
WHOLE = HEADER + "|:DGGB d2GB|d2GF Gc (3AGF:|\nDGGB d2GB|dBcA F2GF|]"


@pytest.fixture(scope="module")
def run() -> Run:
    return builtin_run()


def rewritten(run: Run, before: str, bars: int, after: str, count: int = 6) -> list[str]:
    language = rewriting_language(run, before, bars, after)
    table = ConstraintTable(language, run.codec.size)
    addresses = [Draw(piece) for piece in range(count)]
    model = run.model().for_inference()  # type: ignore[operator]
    drawing = Drawing(run.codec.boundary, language.prompt, longest=len(before + after) + 300)
    finished = generate(model, table, drawing, lambda: addresses.pop() if addresses else None)
    texts = []
    for one in finished:
        assert one.complete
        texts.append(run.codec.decode(one.ids).text)
    return texts


@pytest.mark.parametrize(
    ("tune", "first", "after", "bars"),
    [
        (PICKUPS, "dBcA F2GF|\n", "|DGGF G2Ge", 1),
        (PICKUPS, "fgaf gbag|", ":|\n|:GA", 1),
        (PICKUPS, "|:GF|", "|fgaf", 6),
        (PICKUPS, "|:GA|", "|d2DE F2GA|", 3),
        (PICKUPS, "|[1 ", ":|[2 ", 1),
        (PICKUPS, "|[2 ", "|]", 1),
        (WHOLE, "|:", ":|", 2),
        (WHOLE, ":|\n", "|]", 2),
    ],
)
def test_bars_are_written_anew_and_all_else_stays(run: Run, tune: str, first: str, after: str, bars: int) -> None:
    start = tune.index(first) + len(first)
    stop = tune.index(after, start)
    for text in rewritten(run, tune[:start], bars, tune[stop:]):
        assert text.startswith(tune[:start])
        assert text.endswith(tune[stop:])
        assert check(read_tune(text)) == ()
        inside = text[start : len(text) - len(tune[stop:])]
        assert inside.count("|") == bars - 1
        assert read_tune(text).bars[-1].number == read_tune(tune).bars[-1].number


@pytest.mark.parametrize(
    ("before", "bars", "after", "message"),
    [
        (HEADER + "|:DGG", 1, "|]", "begins after a bar line"),
        (HEADER + "|:DGGB d2GB|", 0, ":|", "at least one bar"),
        (HEADER + "|:DGGB d2GB|", 1, "", "ends before a bar line"),
        (HEADER + "|:DGGB d2GB|", 1, "|]", "no beginning"),
        (HEADER + "|:DGGB d2GB d|", 1, ":|", "no beginning"),
        (HEADER + "|:DGGB d2GB|", 1, "|DGG|:|", "no beginning"),
    ],
)
def test_what_is_no_hole_is_told(run: Run, before: str, bars: int, after: str, message: str) -> None:
    with pytest.raises(DecodingError, match=message):
        rewritten(run, before, bars, after)
