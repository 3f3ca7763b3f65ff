"""An honest figure for a run: its best weights on a part of a corpus, each piece alone; how sure it is, in which fields
of the tunes the bits are, and what models that only count and copy have beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tunewright.baselines import baseline_codec, fit_baselines
from tunewright.contracts import Codec, Corpus, Piece
from tunewright.corpora.split import split_corpus
from tunewright.errors import RunError, SettingsError
from tunewright.evaluation.bootstrap import interval, rate, ratio
from tunewright.evaluation.fields import costs_of_fields, nats_per_character
from tunewright.evaluation.likelihood import Floats, nats_per_symbol, summed
from tunewright.evaluation.per_unit import write_units
from tunewright.music.pieces import in_form
from tunewright.run import Run, find_corpus


def evaluate(
    run: Run,
    on: str = "",
    part: str = "test",
    weights: str = "best",
    *,
    baselines: bool = False,
    per_unit: Path | None = None,
) -> dict[str, Any]:
    """Scores a run.

    Args:
        on: name or path of a corpus; empty for the run's own, split as the run was. Another corpus is read in the
            run's form; pieces that the run has learned from, or near-duplicates of them, are left out of its validation
            and test.
        part: ``"training"``, ``"validation"``, ``"test"`` or ``"all"``.
        weights: ``"best"`` (on validation) or ``"last"``.
        baselines: score what only counts and copies too, fitted to the run's own training pieces.
        per_unit: a file for what each character costs, whole or not at all; a page if its name ends with ``.html``,
            else JSON lines.

    Returns:
        ``run``, ``on``, ``form`` (of the text; only figures of one form can be compared), ``split``, ``unit``,
        ``units``, ``nats``, ``bits_per_unit``, ``interval`` (of that figure, 95 %, by resampling the pieces; None for
        a single piece), of performances also ``notes``, ``nats_per_note``, ``symbols`` (those of the run, with the
        ends of pieces) and ``nats_per_symbol``, ``pieces``, ``left_out``, ``weights`` and the ``sha256`` of the scored
        text; ``fields``, where the codec is of text (else None): for each field of the tunes its ``units``, ``nats``,
        ``bits_per_unit``, ``interval`` and ``share`` of all nats; ``tunes``, for each piece its ``title``, ``origin``,
        ``units`` and ``nats``; and ``baselines``, where they were asked for: for each its ``nats``,
        ``bits_per_unit``, ``interval``, ``fields``, of performances ``nats_per_note`` and ``nats_per_symbol`` too, and
        the ``ratio`` of the run's bits to its own with a ``ratio_interval`` on the same resamples.

    Raises:
        RunError: that part is empty.
        SettingsError: ``per_unit`` for a run whose codec is not of text, or a corpus of another kind than its own.
        OutputError: ``per_unit`` can't be written.
    """
    corpus, pieces, left_out = pieces_of(run, on, part)
    if not pieces:
        told = f" ({left_out} are known to the run)" if left_out else ""
        raise RunError(f"run {run.name} can't be scored on {part} pieces of {corpus.name}: there are none{told}")
    if per_unit and run.codec.unit != "character":
        raise SettingsError(f"--per-unit tells what each character costs, and run {run.name} counts {run.codec.unit}s")
    nats = nats_per_symbol(run.model(weights), run.codec, pieces)  # type: ignore[arg-type]
    result = summed(run.codec, pieces, nats)
    if per_unit:
        _write_units(per_unit, run, f"{part} pieces of {corpus.name}", pieces, nats)
    return {
        "run": run.name,
        "on": corpus.name,
        "form": run.settings.corpus.form,
        "split": part,
        "unit": result.unit,
        "units": sum(result.units),
        "pieces": len(pieces),
        "left_out": left_out,
        "weights": weights,
        "sha256": result.sha256,
        **_figures(run.codec, pieces, nats),
        **({"baselines": _baselines(run, pieces, np.array(result.nats))} if baselines else {}),
        "tunes": [
            {"title": piece.title, "origin": piece.origin, "units": units, "nats": own}
            for piece, units, own in zip(pieces, result.units, result.nats, strict=True)
        ],
    }


def _per_note(codec: Any, pieces: Sequence[Piece], nats: Sequence[Floats]) -> dict[str, Any]:
    """Of performances: nats a symbol, their ends counted, and nats a note, which compares codecs of any symbols."""
    if codec.kind != "performance":
        return {}
    total, symbols, notes = math.fsum(map(math.fsum, nats)), sum(map(len, nats)), sum(map(codec.notes, pieces))
    return {"notes": notes, "nats_per_note": total / notes, "symbols": symbols, "nats_per_symbol": total / symbols}


def _write_units(path: Path, run: Run, part: str, pieces: Sequence[Piece], nats: Sequence[Floats]) -> None:
    bits = summed(run.codec, pieces, nats).bits_per_unit
    heading = f"Run {run.name} on {part}: {bits:.3f} bits per character"
    write_units(path, pieces, _per_character(run.codec, pieces, nats), heading)


def _figures(codec: Codec, pieces: Sequence[Piece], nats: Sequence[Floats]) -> dict[str, Any]:
    """What any model is told by, run or baseline: see :func:`evaluate`."""
    result = summed(codec, pieces, nats)
    total = math.fsum(result.nats)
    found: dict[str, Any] = {
        "nats": total,
        "bits_per_unit": result.bits_per_unit,
        "interval": _interval(np.array(result.nats) / math.log(2), np.array(result.units)),
        **_per_note(codec, pieces, nats),
    }
    if codec.unit != "character":
        return {**found, "fields": None}
    fields = {}
    for name, cost in costs_of_fields(pieces, _per_character(codec, pieces, nats)).items():
        bits = cost.nats / math.log(2)
        fields[name] = {
            "units": int(cost.units.sum()),
            "nats": float(cost.nats.sum()),
            "bits_per_unit": float(rate(bits, cost.units)),
            "interval": _interval(bits, cost.units),
            "share": float(cost.nats.sum()) / total,
        }
    return {**found, "fields": fields}


def _baselines(run: Run, pieces: Sequence[Piece], nats: Floats) -> dict[str, dict[str, Any]]:
    """Figures of the baselines on these pieces, by name.

    Args:
        nats: of each piece by the run, (pieces,).
    """
    training = run.part_pieces(find_corpus(run.settings), "training")
    clusters = [row["cluster"] for row in run.split if row["part"] == "training"]
    codec = baseline_codec(run.codec, training)
    units = np.array([codec.units(piece) for piece in pieces])
    found = {}
    for name, model in fit_baselines(codec, training, clusters).items():
        own = nats_per_symbol(model, codec, pieces)
        others = np.array(summed(codec, pieces, own).nats)
        found[name] = {
            **_figures(codec, pieces, own),
            "ratio": float(ratio(nats, units, others, units)),
            "ratio_interval": list(interval(ratio, nats, units, others, units)) if len(pieces) > 1 else None,
        }
    return found


def _per_character(codec: Codec, pieces: Sequence[Piece], nats: Sequence[Floats]) -> list[Floats]:
    return [nats_per_character(codec, piece, own) for piece, own in zip(pieces, nats, strict=True)]


def _interval(amounts: Floats, units: Any) -> list[float] | None:
    """Of a rate over pieces; None where a single piece says nothing of others."""
    return list(interval(rate, amounts, units)) if len(amounts) > 1 else None


def pieces_of(run: Run, on: str, part: str) -> tuple[Corpus, list[Piece], int]:
    """The pieces of a part of a corpus that a run may be asked about.

    Args:
        on: name or path of a corpus; empty for the run's own, split as the run was.
        part: of another corpus, validation and test leave out what the run has learned from, and near-duplicates of it.

    Returns:
        The corpus, those pieces, and how many were left out.

    Raises:
        SettingsError: the corpus holds pieces of another kind than the run has learned from.
    """
    if not on or on == run.settings.corpus.name:
        corpus = find_corpus(run.settings, part)
        return corpus, run.part_pieces(corpus, part), 0
    found = find_corpus(run.settings.with_corpus(on))
    if found.kind != run.kind:
        raise SettingsError(
            f"--on {on}: this corpus holds {found.kind}s, and run {run.name} has learned from {run.kind}s; "
            f"expected a corpus of {run.kind}s"
        )
    corpus = in_form(found, run.settings.corpus.form)
    pieces = split_corpus(corpus).select(corpus.pieces, part)
    if part not in ("validation", "test"):
        return corpus, pieces, 0
    learned = {row["sha256"] for row in run.split if row["part"] == "training"}
    is_relative = run.relatives()
    unknown = [piece for piece in pieces if piece.sha256 not in learned and not is_relative(piece)]
    return corpus, unknown, len(pieces) - len(unknown)
