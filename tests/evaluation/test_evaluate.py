from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import own_tune
from tunewright.corpora.split import part_of
from tunewright.errors import RunError
from tunewright.evaluate import evaluate
from tunewright.run import Run, open_corpus


def test_tunes_the_run_knows_are_no_test(tiny_run: Run, tmp_path: Path) -> None:
    learned = tiny_run.part_pieces(open_corpus(tiny_run.settings), "training")[:5]
    # The same music under titles that put it into the test part.
    disguised = []
    for piece in learned:
        variants = (piece.text.replace("Own tune", f"Tune {n}") for n in range(200))
        disguised.append(next(text for text in variants if part_of(text) == "test"))
    strangers = [text for text in map(own_tune, range(1000, 1100)) if part_of(text) == "test"]
    path = tmp_path / "mixed.abc"
    path.write_text("\n\n".join([*disguised, *strangers]))
    result = evaluate(tiny_run, str(path), "test")
    assert (result["pieces"], result["left_out"]) == (len(strangers), 5)
    path.write_text("\n\n".join(disguised))
    with pytest.raises(RunError, match="5 are known to the run"):
        evaluate(tiny_run, str(path), "test")
