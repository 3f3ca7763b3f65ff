"""An honest figure for a run: its best weights on a part of a corpus, each piece alone."""

from __future__ import annotations

import math
from typing import Any

from tunewright.contracts import Corpus, Piece
from tunewright.corpora.split import split_pieces
from tunewright.errors import RunError
from tunewright.evaluation.likelihood import score
from tunewright.music.fingerprint import Relatives
from tunewright.music.reader import read_tune
from tunewright.run import Run, open_corpus, read_fingerprints, text_sha256


def evaluate(run: Run, on: str = "", part: str = "test", weights: str = "best") -> dict[str, Any]:
    """Scores a run.

    Args:
        on: name or path of a corpus; empty for the run's own, split as the run was. Another corpus is read in the
            run's form; tunes that the run has learned from, or near-duplicates of them, are left out of its validation
            and test.
        part: ``"training"``, ``"validation"``, ``"test"`` or ``"all"``.
        weights: ``"best"`` (on validation) or ``"last"``.

    Returns:
        ``run``, ``on``, ``form`` (of the text; only figures of one form can be compared), ``split``, ``unit``,
        ``units``, ``nats``, ``bits_per_unit``, ``pieces``, ``left_out``, ``weights`` and the ``sha256`` of the scored
        text.

    Raises:
        RunError: that part is empty.
    """
    corpus, pieces, left_out = pieces_of(run, on, part)
    if not pieces:
        told = f" ({left_out} are known to the run)" if left_out else ""
        raise RunError(f"run {run.name} can't be scored on {part} pieces of {corpus.name}: there are none{told}")
    result = score(run.model(weights), run.codec, pieces)  # type: ignore[arg-type]
    return {
        "run": run.name,
        "on": corpus.name,
        "form": corpus.form,
        "split": part,
        "unit": result.unit,
        "units": sum(result.units),
        "nats": math.fsum(result.nats),
        "bits_per_unit": result.bits_per_unit,
        "pieces": len(pieces),
        "left_out": left_out,
        "weights": weights,
        "sha256": result.sha256,
    }


def pieces_of(run: Run, on: str, part: str) -> tuple[Corpus, list[Piece], int]:
    """The pieces of a part of a corpus that a run may be asked about.

    Args:
        on: name or path of a corpus; empty for the run's own, split as the run was.
        part: of another corpus, validation and test leave out what the run has learned from, and near-duplicates of it.

    Returns:
        The corpus, those pieces, and how many were left out.
    """
    if not on or on == run.settings.corpus.name:
        corpus = open_corpus(run.settings)
        return corpus, run.part_pieces(corpus, part), 0
    corpus = open_corpus(run.settings.with_corpus(on))
    pieces = split_pieces(corpus.pieces).select(corpus.pieces, part)
    if part not in ("validation", "test"):
        return corpus, pieces, 0
    learned = {row["sha256"] for row in run.split if row["part"] == "training"}
    relatives = Relatives(read_fingerprints(run.folder / "fingerprints.safetensors"))
    unknown = [p for p in pieces if text_sha256(p.text) not in learned and read_tune(p.text) not in relatives]
    return corpus, unknown, len(pieces) - len(unknown)
