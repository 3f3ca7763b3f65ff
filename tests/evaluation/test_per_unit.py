from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from tunewright.contracts import Piece
from tunewright.errors import OutputError
from tunewright.evaluation.per_unit import write_units

PIECES = [Piece("Café", "T:Café <1>\nK:D\nA>B|", "a.abc, line 1"), Piece("", 'K:G\n"{{SCALE}}"c&', "a.abc, line 5")]
NATS = [np.linspace(0, 5, len(piece.text) + 1) for piece in PIECES]


def test_json_lines_tell_each_character_and_the_end(tmp_path: Path) -> None:
    path = write_units(tmp_path / "deep" / "units.jsonl", PIECES, NATS, "")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for piece, nats in zip(PIECES, NATS, strict=True):
        own = [row for row in rows if row["origin"] == piece.origin]
        assert "".join(row["unit"] for row in own) == piece.text
        assert [row["position"] for row in own] == list(range(len(piece.text) + 1))
        assert [row["nats"] for row in own] == pytest.approx(nats, abs=1e-6)
        assert {row["tune"] for row in own} == {piece.title}
        assert own[-1]["field"] == "end"
    assert rows[0] == {
        "tune": "Café",
        "origin": "a.abc, line 1",
        "position": 0,
        "unit": "T",
        "field": "title",
        "nats": 0.0,
    }
    assert len(rows) == sum(len(piece.text) + 1 for piece in PIECES)


def test_the_page_shows_each_text_and_needs_nothing_else(tmp_path: Path) -> None:
    page = write_units(tmp_path / "units.html", PIECES, NATS, "A < B").read_text(encoding="utf-8")
    shown = [unescape(re.sub(r"<[^>]*>", "", text)) for text in re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL)]
    assert shown == [piece.text.replace("\n", "↵\n") + "∎" for piece in PIECES]
    assert page.count("<h1>A &lt; B</h1>") == page.count("<h2>Untitled</h2>") == 1
    assert not re.search(r"https?:|src=|@import|url\(", page)


def test_the_page_shades_by_bits(tmp_path: Path) -> None:
    bits = np.array([0.4, 0.6, 3, 60, 0.2])
    page = write_units(tmp_path / "units.html", [Piece("", "abcd", "")], [bits * np.log(2)], "").read_text()
    marks = re.findall(r'<i class="(s\d)" title="([\d.]+)">(.)</i>', page)
    assert marks == [
        ("s0", "0.40", "a"),
        ("s1", "0.60", "b"),
        ("s3", "3.00", "c"),
        ("s8", "60.00", "d"),
        ("s0", "0.20", "∎"),
    ]
    assert {f"s{shade}" for shade in range(1, 9)} <= set(re.findall(r"\.(s\d) \{", page))


def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"cannot write .*units\.jsonl"):
        write_units(tmp_path / "file" / "units.jsonl", PIECES, NATS, "")
