"""An honest figure for a run: its best weights on a part of a corpus, each piece alone."""

from __future__ import annotations

import math
from typing import Any

from tunewright.corpora.split import split_pieces
from tunewright.errors import RunError
from tunewright.evaluation.likelihood import score
from tunewright.run import Run, open_corpus


def evaluate(run: Run, on: str = "", part: str = "test", weights: str = "best") -> dict[str, Any]:
    """Scores a run.

    Args:
        on: name or path of a corpus; empty for the run's own, split as the run was.
        part: ``"training"``, ``"validation"``, ``"test"`` or ``"all"``.
        weights: ``"best"`` (on validation) or ``"last"``.

    Returns:
        ``run``, ``on``, ``split``, ``unit``, ``units``, ``nats``, ``bits_per_unit``, ``pieces``, ``weights`` and the
        ``sha256`` of the scored text.

    Raises:
        RunError: that part is empty.
    """
    settings = run.settings
    if on and on != settings.corpus.name:
        corpus = open_corpus(settings.with_corpus(on))
        pieces = split_pieces(corpus.pieces).select(corpus.pieces, part)
    else:
        corpus = open_corpus(settings)
        pieces = run.part_pieces(corpus, part)
    if not pieces:
        raise RunError(f"run {run.name} holds no {part} pieces of {corpus.name}; it can't be scored on them")
    result = score(run.model(weights), run.codec, pieces)  # type: ignore[arg-type]
    return {
        "run": run.name,
        "on": corpus.name,
        "split": part,
        "unit": result.unit,
        "units": sum(result.units),
        "nats": math.fsum(result.nats),
        "bits_per_unit": result.bits_per_unit,
        "pieces": len(pieces),
        "weights": weights,
        "sha256": result.sha256,
    }
