"""What notebooks show."""

from __future__ import annotations

import base64
import io
import re
import wave
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.conftest import own_tune
from tunewright.contracts import Piece
from tunewright.course import material
from tunewright.errors import CorpusError, RenderingError
from tunewright.music.bars import check
from tunewright.music.midi import Notes, write_midi
from tunewright.music.reader import read_tune


def test_a_tune_is_seen_and_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    from IPython import display

    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(display, "display", lambda data, raw: shown.append(data))
    material.show(own_tune(1))
    material.show(own_tune(2), sound=False)
    assert shown[0]["text/plain"] == own_tune(1)
    assert "<svg" in shown[0]["text/html"]
    sound = re.search(r"data:audio/wav;base64,([^\"]+)", shown[0]["text/html"])
    assert sound
    with wave.open(io.BytesIO(base64.b64decode(sound[1]))) as file:
        assert file.getnframes() / file.getframerate() > 5
    assert "audio" not in shown[1]["text/html"]


def test_a_performance_is_seen_and_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    from IPython import display

    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(display, "display", lambda data, raw: shown.append(data))
    notes = Notes(np.array([0.0, 1.0]), np.array([1.0, 4.0]), np.array([60, 64]), np.array([80, 40]))
    piece = Piece("Two <notes>", "", "", kind="performance", midi=write_midi(notes))
    material.show(piece)
    material.show(replace(piece, title=""), sound=False)
    assert shown[0]["text/plain"] == "Two <notes>"
    assert 'aria-label="Two &lt;notes&gt;"' in shown[0]["text/html"]
    assert "2 notes" in shown[0]["text/html"]
    sound = re.search(r"data:audio/wav;base64,([^\"]+)", shown[0]["text/html"])
    assert sound
    with wave.open(io.BytesIO(base64.b64decode(sound[1]))) as file:
        assert 4 < file.getnframes() / file.getframerate() < 10
    assert shown[1]["text/plain"] == "♪"
    assert "audio" not in shown[1]["text/html"]
    with pytest.raises(RenderingError, match="cannot read its MIDI"):
        material.show(replace(piece, midi=b"none"))


def test_without_the_book_the_built_in_run_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(settings: Any) -> None:
        raise CorpusError("no network")

    monkeypatch.setattr(material, "find_corpus", missing)
    monkeypatch.setattr(material, "COMPOSED", 5)
    book = material.irish_tunes.__wrapped__()
    assert not book.is_real
    assert len(book.tunes) == 5
    for abc in book.tunes:
        assert check(read_tune(abc)) == ()
        assert abc in book.text


def test_tunes_that_are_nearly_the_same_are_held_out_together() -> None:
    again = [own_tune(number).replace(f"X:{number}", "X:900", 1) for number in range(1, 41)]
    tunes = [own_tune(number) for number in range(1, 41)]
    known, held_out = material.Book((*tunes, *again), False).split()
    assert known
    assert held_out
    bodies = [{piece.text.split("K:")[1] for piece in side} for side in (known, held_out)]
    assert not bodies[0] & bodies[1]
    assert len(known) + len(held_out) < 80  # some are for the test, which notebooks leave alone


def test_the_book_is_the_lab_s(irish_corpus: Any) -> None:
    book = material.irish_tunes.__wrapped__()
    assert book.is_real
    assert len(book.tunes) == len(irish_corpus.pieces) == 804
